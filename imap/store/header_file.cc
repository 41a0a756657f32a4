// Text form of the header: "key value" lines, the last one "end <crc>".
#include "imap/store/header_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "imap/model/flags.h"
#include "imap/store/index_format.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

constexpr std::string_view kFirstLine = "rookery header 1";
constexpr size_t kMaxHeaderFile = 1u << 20;

Status take_line(HeaderFile& header, std::string_view key, std::string_view value)
{
    if (key == "name") {
        header.name = value;
    } else if (key == "uniqueid") {
        header.uniqueid = value;
    } else if (key == "acl") {
        header.acl = value;
    } else if (key == "specialuse") {
        header.special_use = value;
    } else if (key == "uidvalidity") {
        TRY_ASSIGN(header.uidvalidity, to_number<uint32_t>(value));
    } else if (key == "keyword") {
        if (header.keywords.size() >= model::kMaxKeywords)
            return Error{Code::corrupt, "header: too many keywords"};
        header.keywords.emplace_back(value);
    }
    return success();
}

}  // namespace

Status replace_in(int directory, const std::string& name, std::string_view bytes)
{
    std::string temporary = cat(name, ".NEW");
    int fd = ::openat(directory, temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return errno_error(temporary);
    Fd owned(fd);
    Status done = write_all(fd, bytes);
    if (done) done = sync_fd(fd);
    if (done && ::renameat(directory, temporary.c_str(), directory, name.c_str()) != 0)
        done = errno_error(cat("rename ", name));
    if (!done) {
        ::unlinkat(directory, temporary.c_str(), 0);
        return done;
    }
    return sync_names(directory);
}

Result<std::string> read_in(int directory, const std::string& name, size_t max)
{
    int fd = ::openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno_error(name);
    Fd owned(fd);
    std::string out;
    char buf[4096];
    for (;;) {
        ssize_t n = ::read(fd, buf, sizeof buf);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error(name);
        if (n == 0) return out;
        out.append(buf, static_cast<size_t>(n));
        if (out.size() > max) return Error{Code::corrupt, cat(name, ": too large")};
    }
}

Status sync_names(int directory)
{
    if (::fsync(directory) != 0 && errno != EINVAL) return errno_error("fsync directory");
    return success();
}

Result<HeaderFile> HeaderFile::read(int directory)
{
    TRY_ASSIGN(std::string text, read_in(directory, kHeaderName, kMaxHeaderFile));
    return parse(text);
}

Status HeaderFile::write(int directory) const
{
    TRY_ASSIGN(std::string text, to_text());
    return replace_in(directory, kHeaderName, text);
}

std::optional<size_t> HeaderFile::keyword(std::string_view wanted) const
{
    for (size_t i = 0; i < keywords.size(); i++)
        if (equal_nocase(keywords[i], wanted)) return i;
    return std::nullopt;
}

Result<HeaderFile> HeaderFile::parse(std::string_view text)
{
    HeaderFile header;
    std::string_view rest = text;
    bool first = true;
    while (!rest.empty()) {
        size_t end = rest.find('\n');
        if (end == rest.npos) break;
        std::string_view line = rest.substr(0, end);
        size_t space = line.find(' ');
        std::string_view key = line.substr(0, space);
        std::string_view value = space == line.npos ? "" : line.substr(space + 1);
        if (first && line != kFirstLine) {
            bool newer = key == "rookery";
            return Error{newer ? Code::unsupported : Code::corrupt,
                         "header: not a header file of this version"};
        }
        first = false;
        if (key == "end") {
            auto before = static_cast<size_t>(line.data() - text.data());
            if (value != cat(checksum(text.substr(0, before)))) break;
            return header;
        }
        TRY(take_line(header, key, value));
        rest.remove_prefix(end + 1);
    }
    return Error{Code::corrupt, "header: checksum"};
}

Result<std::string> HeaderFile::to_text() const
{
    std::string out = cat(kFirstLine, "\nname ", name, "\nuniqueid ", uniqueid, "\nacl ", acl,
                          "\nspecialuse ", special_use, "\nuidvalidity ", uidvalidity, '\n');
    size_t lines = 6;
    for (const std::string& k : keywords) {
        cat_to(out, "keyword ", k, '\n');
        lines++;
    }
    for (char c : out)
        if (c == '\n') lines--;
    if (lines != 0) return Error{Code::limit, "header: line break in a value"};
    cat_to(out, "end ", checksum(out), '\n');
    return out;
}

}  // namespace rookery::store
