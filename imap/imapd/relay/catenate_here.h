// CatenateHere: an APPEND on its way to another server whose CATENATE (RFC 4469) is done here,
// since its parts may be anywhere: the other server gets the message. So it does where the client
// says UTF8 (RFC 6855 4).
//
// The parts are put together on disk before that server is told the message's size. Lives as long
// as the channel's client_arguments(). One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_CATENATE_HERE_H
#define ROOKERY_IMAP_IMAPD_RELAY_CATENATE_HERE_H

#include <optional>

#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/message_parts.h"
#include "imap/imapd/session.h"

namespace rookery::imapd {

class CatenateHere {
 public:
    CatenateHere(ImapSession& session, RelayChannel& channel);
    CatenateHere(const CatenateHere&) = delete;
    CatenateHere& operator=(const CatenateHere&) = delete;
    // The answer when client_arguments() has failed: that of CATENATE, or the channel's.
    Completion failed(const Error& error);

 private:
    Status word();
    Status utf8_literal();

    ImapSession& s_;
    RelayChannel& channel_;
    MessageParts parts_;
    std::optional<Completion> refused_;
};

}  // namespace rookery::imapd

#endif
