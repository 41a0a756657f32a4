// The literals of messages: the head of one in UTF-8, and the body of one that was gone ahead with
// (CommandReader::go_ahead), as it comes.
//
// All of a body is read whatever happens, so that the stream stays in step. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_LITERAL_BODY_H
#define ROOKERY_IMAP_IMAPD_SELECTED_LITERAL_BODY_H

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// In front of a message, or of a part of one, whose header is UTF-8 (RFC 6855 4).
inline constexpr std::string_view kUtf8 = "UTF8";
// What follows it: SP "(" and the head of a literal8. The caller takes the bytes and ")".
inline Result<LiteralHead> utf8_literal_head(ImapSession& s)
{
    if (!s.user.modes.utf8) return Error{Code::syntax, "UTF8=ACCEPT is not enabled"};
    TRY(s.reader.space());
    TRY(s.reader.expect('('));
    TRY_ASSIGN(const char next, s.reader.peek());
    if (next != '~') return Error{Code::syntax, "Expected ~{"};
    return s.reader.literal_head();
}

// To write, a piece after the other, until that fails. none: the client is gone.
template <class Write>
std::optional<Status> receive_bytes(ImapSession& s, uint64_t size, const Write& write)
{
    Status written = success();
    while (size > 0) {
        if (!s.client.peek()) return std::nullopt;
        const std::string_view there = s.client.buffered();
        const auto n = static_cast<size_t>(std::min<uint64_t>(there.size(), size));
        if (written) written = write(there.substr(0, n));
        s.client.consume(n);
        size -= n;
    }
    return written;
}

}  // namespace rookery::imapd

#endif
