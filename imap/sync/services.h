// What the IMAP engine calls for other servers' copies and for moves: interfaces only, so that
// proxyd links neither. SyncServer and Mover implement them; the daemon's main wires them.
#ifndef ROOKERY_IMAP_SYNC_SERVICES_H
#define ROOKERY_IMAP_SYNC_SERVICES_H

#include <functional>
#include <string>
#include <string_view>

#include "imap/model/mailbox_name.h"
#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::sync {

// SYNCGET, SYNCAPPLY, SYNCRESTART of one connection. The arguments are read from the stream behind
// the verb, CRLF included, and untagged answers are put to it. A failure of the stream ends the
// connection; every other error is the command's.
class SyncService {
 public:
    virtual ~SyncService() = default;
    virtual Status get(stream::Stream& peer) = 0;
    virtual Status apply(stream::Stream& peer) = 0;
    // Forgets what was uploaded and not used.
    virtual void restart() = 0;
};

// "IMAP_MAILBOX_LOCKED text": how a failure is put in this dialect.
std::string sync_response(const Error& error);
// And what such a text means; unavailable: anything else.
Error parse_sync_response(std::string_view text);

struct MoveTarget {
    std::string server;
    std::string partition;  // "" = as the source has it, or the server likes
};

class MoveService {
 public:
    virtual ~MoveService() = default;
    // A line that tells how far it is.
    using Progress = std::function<void(std::string_view)>;
    // Moves a mailbox, or with an INBOX the whole user, and returns when it is there; or when it is
    // certain that it is here, with the reason. Goes on where an earlier run for the same name and
    // server stopped. Codes: unsupported (cannot be moved), busy (a move of it runs), moved (it is
    // on its way, and will arrive by itself: the agent goes on), unavailable, timeout, denied,
    // no_master, corrupt (the copy differed), and the store's.
    virtual Status move(const model::MailboxName& name, const MoveTarget& target,
                        const Progress& progress) = 0;
};

}  // namespace rookery::sync

#endif
