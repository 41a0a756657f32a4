// RemoteAppend: several messages into a mailbox on another server by one APPEND (MULTIAPPEND), so
// that all of them get there or none.
//
// message() announces one and waits until the server wants it; the caller then writes exactly size
// bytes with write(). Whatever fails: give_up(), or failed() of the channel if the server is lost.
// Codes: those of RelayChannel; unsupported (several messages at a server without MULTIAPPEND).
#ifndef ROOKERY_IMAP_IMAPD_RELAY_REMOTE_APPEND_H
#define ROOKERY_IMAP_IMAPD_RELAY_REMOTE_APPEND_H

#include <optional>
#include <string>
#include <string_view>

#include "imap/imapd/relay/channel.h"
#include "imap/imapd/selected/append_target.h"

namespace rookery::imapd {

// APPEND, or LOCALAPPEND where the server is part of a murder, and the mailbox.
void begin_append(RelayChannel& channel, std::string_view external);

// What "[APPENDUID uidvalidity uids]" says.
struct AppendUid {
    std::string uidvalidity;
    std::string uids;
    uint64_t count = 0;
};
std::optional<AppendUid> parse_appenduid(std::string_view text);

class RemoteAppend final : public AppendTarget {
 public:
    RemoteAppend(ImapSession& session, backend::Backend& backend, std::string_view external,
                 size_t messages);
    // True if the server wants the message; false: it has refused, see refusal().
    Result<bool> message(std::string_view flags, std::string_view internaldate,
                         uint64_t size) override;
    Status write(std::string_view bytes) override;
    const Answer& refusal() const override { return *channel_.early(); }
    Result<Answer> commit() override;
    // The server keeps none of the messages. In the middle of one only the end of the connection
    // says so: anything sent would be taken for its bytes.
    void give_up() override;
    Completion failed(const Error& error) override { return channel_.failed(error); }
    RelayChannel& channel() { return channel_; }

 private:
    ImapSession& session_;
    RelayChannel channel_;
    size_t messages_;
    uint64_t left_ = 0;  // of the message that is being written
};

}  // namespace rookery::imapd

#endif
