// Mover: takes a user or a mailbox from this server to another one, so that nothing is lost and
// nothing is doubled (doc/ARCHITECTURE.md, doc/rules.md 6).
//
// copy: everything goes to the destination while it is in use here, in passes, each only with what
// changed since the one before; the destination keeps it apart. freeze: the entries here say
// "moving" and the mailboxes refuse every writer (durable, readers go on), the master is told, the
// last differences go over, and all of it is read back and compared. activate: the destination
// tells the master. moved: sessions here are told, entries here point there; after move_grace what
// is here goes, if the master says that another server holds it. The journal says how far a move
// is; run again, each step does only what is left. Back to how it was (abort) until the destination
// was asked to activate; in doubt the master's word decides.
// The names are locked (cluster::NameLocks) where the list changes. Codes: services.h. One thread.
#ifndef ROOKERY_IMAP_SYNC_MOVER_H
#define ROOKERY_IMAP_SYNC_MOVER_H

#include <cstdint>
#include <string>
#include <vector>

#include "imap/cluster/name_locks.h"
#include "imap/sync/move_journal.h"
#include "imap/sync/server.h"
#include "imap/sync/services.h"

namespace rookery::sync {

class Mover final : public MoveService {
 public:
    explicit Mover(const LocalSide& here);

    Status move(const model::MailboxName& name, const MoveTarget& target,
                const Progress& progress) override;
    // What move() would do, without doing it: connects, and says what is in the way.
    Status check(const model::MailboxName& name, const MoveTarget& target);
    // Goes on with what a crash or a failure has left, as far as it comes: the agent's part.
    Status resume(const model::MailboxName& name, const Progress& progress);
    Status resume_all();
    // Back, if the destination is not active yet.
    Status abort(const model::MailboxName& name);
    // What was left here goes at once, also if the master knows of nobody who has it: a person has
    // made sure of it.
    Status purge(const model::MailboxName& name);
    // For what comes back to this server: the copy that went to another one goes now, if the master
    // says that another one holds it.
    Status make_room(const model::MailboxEntry& entry);

 private:
    friend class MoveRun;
    Status run(MoveJournal& journal, const Progress& progress);
    // also_unknown: what the master does not know at all, too.
    enum class Purge { when_due, now, also_unknown };
    Status purge(MoveJournal& journal, Purge how);

    LocalSide here_;
    cluster::NameLocks locks_;
};

}  // namespace rookery::sync

#endif
