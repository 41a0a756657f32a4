#include "imap/nntp/reply.h"

#include "lib/base/strings.h"

namespace rookery::nntp {
namespace {

constexpr size_t kMaxText = 480;  // an initial line has 512 bytes at most (RFC 3977 3.1)

}  // namespace

std::string reply(int code, std::string_view text)
{
    std::string out = cat(code, ' ');
    for (const char c : text.substr(0, kMaxText))
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) out += c;
    return out + "\r\n";
}

bool is_trouble(Code code)
{
    switch (code) {
        case Code::not_found:
        case Code::denied:
        case Code::bad_name:
        case Code::maintenance:
        case Code::reserved:
        case Code::moved:
        case Code::syntax:
        case Code::limit: return false;
        case Code::exists:
        case Code::busy:
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
        case Code::limit: return reply(501, error.text);
        case Code::not_found:
        case Code::bad_name: return reply(411, "No such newsgroup");
        case Code::denied: return reply(502, "You may not read that newsgroup");
        case Code::maintenance: return reply(403, error.text);
        case Code::reserved:
        case Code::moved: return reply(403, "The newsgroup is being moved, try again later");
        case Code::corrupt: return reply(403, "It is damaged");
        case Code::unavailable:
        case Code::timeout:
        case Code::closed: return reply(403, "The server of the newsgroup cannot be reached now");
        case Code::exists:
        case Code::busy:
        case Code::over_quota:
        case Code::no_master:
        case Code::behind:
        case Code::io:
        case Code::no_space:
        case Code::unsupported:
        case Code::config: break;
    }
    return reply(403, "Not possible now, try again later");
}

}  // namespace rookery::nntp
