// Directory layout: root[/domain/d/dom][/letter]/name with '/' for '.'.
#include "imap/store/mailbox_path.h"

#include "imap/model/hash_letter.h"
#include "lib/base/strings.h"

namespace rookery::store {

Result<std::string> partition_root(const PathOptions& options, std::string_view partition)
{
    for (const auto& [name, path] : options.partitions)
        if (name == partition) return path;
    return Error{Code::not_found, cat("no partition ", partition)};
}

using model::hash_letter;

Result<std::string> mailbox_directory(const PathOptions& options, const model::MailboxEntry& entry)
{
    TRY_ASSIGN(std::string path, partition_root(options, entry.partition));
    std::string_view domain = entry.name.domain();
    std::string_view local = entry.name.local();
    if (!domain.empty()) {
        path += "/domain/";
        if (options.hashed) cat_to(path, hash_letter(domain, options.full_hash), '/');
        path += domain;
    }
    if (options.hashed) {
        size_t dot = local.find('.');
        std::string_view word = dot == local.npos ? local : local.substr(dot + 1);
        cat_to(path, '/', hash_letter(word, options.full_hash));
    }
    path += '/';
    for (char c : local) path += c == '.' ? '/' : c;
    return path;
}

std::string name_of_directory(const PathOptions& options, std::string_view relative)
{
    auto parts = split(relative, '/', false);
    std::string name;
    size_t i = 0;
    if (parts.size() > 1 && parts[0] == "domain") {
        i = options.hashed ? 2 : 1;
        if (i >= parts.size()) return "";
        cat_to(name, parts[i++], '!');
    }
    if (options.hashed) i++;
    if (i >= parts.size()) return "";
    for (size_t first = i; i < parts.size(); i++) {
        if (parts[i].find('.') != std::string_view::npos) return "";
        if (i > first) name += '.';
        name += parts[i];
    }
    return name;
}

Result<std::string> user_file(const std::string& configdirectory, std::string_view userid,
                              std::string_view suffix, bool full_hash)
{
    size_t at = userid.rfind('@');
    std::string_view local = userid.substr(0, at);
    std::string_view domain = at == userid.npos ? "" : userid.substr(at + 1);
    auto unsafe = [](std::string_view s) {
        return s.empty() || s.front() == '.' || s.find('/') != s.npos || s.find('\0') != s.npos;
    };
    if (unsafe(local) || (at != userid.npos && unsafe(domain)))
        return Error{Code::bad_name, "user id cannot be a file name"};
    std::string path = configdirectory;
    if (!domain.empty()) cat_to(path, "/domain/", hash_letter(domain, full_hash), '/', domain);
    cat_to(path, "/user/", hash_letter(local, full_hash), '/');
    for (char c : local) path += c == '.' ? '^' : c;  // as in mailbox names
    path += suffix;
    return path;
}

}  // namespace rookery::store
