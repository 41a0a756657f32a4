#include "imap/pop3/reply.h"

#include "lib/base/strings.h"

namespace rookery::pop3 {
namespace {

constexpr size_t kMaxText = 400;  // a response has 512 bytes at most (RFC 2449 4)

std::string line(std::string_view word, std::string_view code, std::string_view text)
{
    std::string out(word);
    if (!code.empty()) cat_to(out, " [", code, ']');
    if (!text.empty()) out += ' ';
    for (const char c : text.substr(0, kMaxText))
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
    return out + "\r\n";
}

}  // namespace

std::string ok(std::string_view text)
{
    return line("+OK", {}, text);
}

std::string err(std::string_view code, std::string_view text)
{
    return line("-ERR", code, text);
}

bool is_trouble(Code code)
{
    switch (code) {
        case Code::not_found:
        case Code::denied:
        case Code::busy:
        case Code::bad_name:
        case Code::maintenance:
        case Code::reserved:
        case Code::moved:
        case Code::syntax:
        case Code::limit: return false;
        case Code::exists:
        case Code::over_quota:
        case Code::unavailable:
        case Code::no_master:
        case Code::behind:
        case Code::io:
        case Code::no_space:
        case Code::corrupt:
        case Code::timeout:
        case Code::closed:
        case Code::unsupported:
        case Code::config: break;
    }
    return true;
}

std::string error_reply(const Error& error)
{
    switch (error.code) {
        case Code::syntax:
        case Code::limit: return err({}, error.text);
        case Code::not_found: return err({}, "No such message");
        case Code::denied: return err("SYS/PERM", "Permission denied");
        case Code::busy: return err("IN-USE", "The maildrop is in use by another session");
        case Code::corrupt: return err("SYS/PERM", error.text);
        case Code::maintenance: return err("SYS/TEMP", error.text);
        case Code::reserved:
        case Code::moved: return err("SYS/TEMP", "The mailbox is being moved, try again later");
        case Code::exists:
        case Code::over_quota:
        case Code::bad_name:
        case Code::unavailable:
        case Code::no_master:
        case Code::behind:
        case Code::io:
        case Code::no_space:
        case Code::timeout:
        case Code::closed:
        case Code::unsupported:
        case Code::config: break;
    }
    return err("SYS/TEMP", "Not possible now, try again later");
}

}  // namespace rookery::pop3
