// The form is the one that Cyrus uses: name, TAB, nothing; no first line of our own.
#include "imap/mboxlist/subscriptions.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/db/flat_store.h"

namespace rookery::mboxlist {
namespace {

using model::MailboxName;

// user/b/bob.sub; with a domain domain/e/example.org/user/b/bob.sub.
std::string path_of(const std::string& configdirectory, std::string_view userid)
{
    const auto letter = [](std::string_view text) {
        const char c = text.empty() ? 'q' : to_lower(text.front());
        return c >= 'a' && c <= 'z' ? c : 'q';
    };
    std::string path = configdirectory;
    const size_t at = userid.rfind('@');
    std::string local;
    for (const char c : userid.substr(0, at)) {
        if (c == '.')
            local += '^';  // the mailbox's spelling
        else if (c == '/')
            local += "%2f";
        else
            local += c;
    }
    if (at != std::string_view::npos) {
        const std::string_view domain = userid.substr(at + 1);
        cat_to(path, "/domain/", letter(domain), '/', domain);
    }
    return cat(path, "/user/", letter(local), '/', local, ".sub");
}

std::string name_to_text(std::string_view key)
{
    auto name = MailboxName::from_key(key);
    return name ? name->internal() : std::string(key);
}

std::string text_to_name(std::string_view text)
{
    return model::key_of_internal(text);
}

Result<std::unique_ptr<db::FlatStore>> open_file(const std::string& path)
{
    db::FlatOptions options;
    options.key_to_text = name_to_text;
    options.text_to_key = text_to_name;
    options.with_header = false;
    return db::FlatStore::open(path, options);
}

}  // namespace

Subscriptions::Subscriptions(std::string configdirectory, std::string userid)
    : path_(path_of(configdirectory, userid))
{
}

Result<std::vector<MailboxName>> Subscriptions::names() const
{
    std::vector<MailboxName> names;
    struct stat st {};
    if (stat(path_.c_str(), &st) != 0) {
        if (errno == ENOENT) return names;
        return errno_error(cat("stat ", path_));
    }
    TRY_ASSIGN(auto store, open_file(path_));
    if (store->check().is(Code::syntax)) TRY(store->sort_file());
    TRY(store->scan("", [&](std::string_view key, std::string_view) {
        auto name = MailboxName::from_key(key);
        if (name)
            names.push_back(*std::move(name));
        else
            log::warning("subscription ignored", {{"file", path_}, {"error", name.error()}});
        return db::Next::go_on();
    }));
    return names;
}

Status Subscriptions::add(const MailboxName& name)
{
    TRY(make_directories(directory_of(path_)));
    TRY_ASSIGN(auto store, open_file(path_));
    return store->put(name.key(), "");
}

Status Subscriptions::remove(const MailboxName& name)
{
    struct stat st {};
    if (stat(path_.c_str(), &st) != 0) {
        if (errno == ENOENT) return Error{Code::not_found, "not subscribed"};
        return errno_error(cat("stat ", path_));
    }
    TRY_ASSIGN(auto store, open_file(path_));
    auto done = store->erase(name.key());
    if (done.is(Code::not_found)) return Error{Code::not_found, "not subscribed"};
    return done;
}

Status Subscriptions::remove_all()
{
    for (const std::string& path : {path_, path_ + ".lock"})
        if (unlink(path.c_str()) != 0 && errno != ENOENT) return errno_error(cat("unlink ", path));
    return success();
}

Status Subscriptions::become(const Subscriptions& other, const MailboxName& own_inbox,
                             const MailboxName& other_inbox)
{
    TRY_ASSIGN(const std::vector<MailboxName> all, names());
    if (all.empty()) return remove_all();
    TRY(make_directories(directory_of(other.path_)));
    TRY_ASSIGN(auto store, open_file(other.path_));
    const auto fill = [&](db::Transaction& t) -> Status {
        for (const MailboxName& name : all) {
            const bool is_own = name == own_inbox || own_inbox.is_above(name);
            auto renamed = is_own ? name.with_prefix(own_inbox, other_inbox) : name;
            if (renamed) TRY(t.put(renamed->key(), ""));
        }
        return success();
    };
    TRY(store->transact(fill));
    return remove_all();
}

}  // namespace rookery::mboxlist
