// COPY and MOVE between two servers: FETCH from one, APPEND to the other
// (doc/protocols/cyrus.md 6).
//
// All messages go in one MULTIAPPEND, so that the destination has all or none. MOVE removes from
// the source exactly what the destination said it has, by UID, and only when the numbers agree.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_TRANSFER_H
#define ROOKERY_IMAP_IMAPD_RELAY_TRANSFER_H

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "imap/backend/backend.h"
#include "imap/imapd/selected/append_target.h"
#include "imap/imapd/session.h"

namespace rookery::imapd {

struct SourceMessage {
    uint32_t number = 0;
    uint32_t uid = 0;
    uint64_t size = 0;
    std::string flags;         // without \Recent
    std::string internaldate;  // without quotes
};
// A FETCH response, "* 5 FETCH (UID 7 FLAGS () INTERNALDATE "..." RFC822.SIZE 9)". none: it lacks
// one of these, so it is somebody else's.
std::optional<SourceMessage> parse_source_message(std::string_view line);

inline constexpr size_t kMaxTransfer = 100000;  // messages of one command

// Of the selected mailbox, on its server: may messages go from there by UID? The answer why not.
std::optional<Completion> may_remove_from_source(ImapSession& session);
// The UID of the message that this number means in the command; 0: there is none. The selection is
// followed where it has moved to. The answer if nobody can say.
std::optional<Completion> uid_at_source(ImapSession& session, const Command& command,
                                        const std::string& number, uint32_t& uid);
// What is somewhere else now goes; said is told to the client before.
Completion remove_from_source(ImapSession& session, const std::string& uids,
                              const std::string& said);

// Called once, with how many messages come.
using MakeTarget = std::function<std::unique_ptr<AppendTarget>(size_t messages)>;
// From the selected mailbox on its server. set: as the client wrote it. none: the destination's
// server says that it has moved, and has got nothing.
std::optional<Completion> transfer(ImapSession& session, const Command& command,
                                   const std::string& set, const MakeTarget& make_target,
                                   bool move);

}  // namespace rookery::imapd

#endif
