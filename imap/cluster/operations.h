// Operations: the changes of the namespace at the server that holds the mailboxes.
//
// Each is one state machine whose journal is the list: the intent is in the name's entry before the
// store or the master hear of it, under the name's lock, so that after any prefix of its steps
// settle() gets it to "done" or "not done". An entry that has something pending while nobody locks
// its name is what a crash has left; the next operation on the name settles it, and the agent
// (agent.h), ctl_cyrusdb -r and murder check do. What an entry's state and pending change say:
//   reserved, create            RESERVE, the store makes it: undone, unless a message is there
//   active, create | update     the header, ACTIVATE: forward
//   deleted, remove             the store removes it, what belongs to a user too, DELETE: forward
//   ..., rename_in | rename_out see rename_operation.h
//   active, partition_out       the store copies it: back, or forward if the old place is left
//   active, partition_in        the old place is emptied, ACTIVATE: forward
// ACTIVATE is sent only when what it says is durable here. Without a master there is nobody to tell
// and the same steps are taken. Master unreachable: create and rename are refused (no_master);
// remove, change, a new partition and a rename into the deleted namespace are done and told later.
// What is written is read under the lock that guards it: callers give functions of the entry.
// Codes: not_found, exists, reserved, moved, busy (the name's lock was not free for kLockWait),
// no_master, what check and change give, and those of the list and the store. One thread; open
// after fork.
#ifndef ROOKERY_IMAP_CLUSTER_OPERATIONS_H
#define ROOKERY_IMAP_CLUSTER_OPERATIONS_H

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "imap/cluster/operation_parts.h"

namespace rookery::cluster {

class Operations {
 public:
    // Of all who look at the entry as it is now.
    using Check = std::function<Status(const model::MailboxEntry& now)>;
    using Change = std::function<Status(model::MailboxEntry& entry)>;
    using Fill = std::function<Status(const model::MailboxEntry& made)>;
    struct Renaming {
        model::MailboxName from;
        model::MailboxName to;
    };
    // to comes as a copy of from with the new name.
    using Adapt = std::function<Status(const model::MailboxEntry& from, model::MailboxEntry& to)>;
    enum class Tell { master, nobody };  // nobody: between nodes, LOCALCREATE and LOCALDELETE

    // All of it outlives this. quotas may be null.
    Operations(const config::Config& config, mboxlist::Directory& list,
               mailbox::MailboxStore& store, mailbox::Quotas* quotas);

    // uses: RFC 6154, "" for none. fill: what comes into it before anybody sees it; where that
    // fails, or a crash stops it, the mailbox is made if there is a message in it, else not.
    Status create(const model::MailboxEntry& entry, const std::string& uses, Tell tell,
                  const Fill& fill = nullptr);
    Status remove(const model::MailboxName& name, const Check& check, Tell tell);
    // As one; in the order of the list.
    Status rename(std::span<const Renaming> names, const Adapt& adapt);
    Status move_partition(const model::MailboxName& name, const std::string& partition,
                          const Check& check);
    // Another ACL.
    Status change(const model::MailboxName& name, const Change& change);
    // Tells the master (again) of an entry that is here, or has come in: MUPDATEPUSH.
    Status push(const model::MailboxName& name);
    // --- what older versions and hands have left, see imap/store/stranded.h. What is right about
    // it was looked at under the locks of its names, which the caller holds all through.
    // A mailbox that is in the store only: the list and the master get it. prepare makes it ready
    // for use, when the name is known to be ours.
    Status adopt(const model::MailboxEntry& entry, const std::function<Status()>& prepare);
    // The mailbox of this name is in the store under the name or partition of `there`, whose ACL is
    // right: a rename, or a change of partition, is finished; a new name that the master refuses
    // means that the mailbox goes back.
    Status follow(const model::MailboxName& name, const model::MailboxEntry& there);
    // The mailbox in the place of this name has this unique id.
    Status take_id(const model::MailboxName& name, const std::string& uniqueid);
    // The mailbox of this name is nowhere: an empty one takes its place.
    Status make_empty(const model::MailboxName& name, const std::string& uniqueid);

    // True if the last of these was done here and the master will hear of it later.
    bool is_told_later() const { return told_later_; }

    // What is left of this name. busy: somebody works on it.
    Status settle(const model::MailboxName& name);
    // Of all names; master: null if it cannot be reached: then what the store and the list need is
    // done. success: nothing is left but what others work on.
    Status settle_all(Client* master);
    // Copies of mailboxes that nobody brings in any more: where the master says that another server
    // has the mailbox in use they go, with what came beside them. success: also where some stay.
    // look: also where nothing says that there may be any.
    Status drop_incoming(Client& master, bool look);

    mboxlist::Directory& list() { return parts_.list; }
    NameLocks& locks() { return parts_.locks; }
    const MasterLink& link() const { return parts_.link; }

 private:
    Client* connected();
    void tell_later(std::string_view what, const model::MailboxName& name, const Error& why);
    Status settle_own(const model::MailboxName& name, Client* master);
    Status settle_entry(const model::MailboxEntry& entry, Client* master);
    Status settle_one(const model::MailboxName& name, bool tombstones, Client* master,
                      std::set<std::string>& tried);
    Status settle_rename(const model::MailboxEntry& entry, Client* master);
    Status settle_old_rename(const model::MailboxEntry& entry, Client* master);
    Status settle_partition(const model::MailboxEntry& entry, Client* master);
    Status check_free(const model::MailboxName& name, Client* master);
    Result<model::MailboxEntry> lookup_unmoved(const model::MailboxName& name, Client* master);
    Status make(const model::MailboxEntry& entry, const std::string& uses);
    Status claim(const model::MailboxEntry& entry, Client* master);
    Status follow_partition(model::MailboxEntry entry, const std::string& before, Client* master);
    Status follow_name(const model::MailboxEntry& from, const model::MailboxEntry& to,
                       Client* master);
    Status undo_create(const model::MailboxEntry& entry, Client* master);
    Status finish_remove(const model::MailboxEntry& entry, Client* master, Tell tell);
    Status finish_change(const model::MailboxEntry& entry, Client* master);
    Status finish_partition(const model::MailboxEntry& entry, Client* master);
    Status announce(const model::MailboxEntry& entry, Client* master,
                    std::optional<Error>* refused = nullptr);
    Status arrive(const model::MailboxEntry& entry, Client& master, std::optional<Error>& refused);
    Result<bool> drop_copy(const model::MailboxName& name, NameLocks& incoming, Client& master);

    OperationParts parts_;
    bool told_later_ = false;
    std::unique_ptr<Client> master_;           // of the operation that runs
    std::unique_ptr<Client> push_connection_;  // kept for a series of push()
};

}  // namespace rookery::cluster

#endif
