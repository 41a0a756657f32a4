// The body of a literal that was gone ahead with (CommandReader::go_ahead), as it comes.
//
// All of it is read whatever happens, so that the stream stays in step. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_LITERAL_BODY_H
#define ROOKERY_IMAP_IMAPD_SELECTED_LITERAL_BODY_H

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

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
