// RenameOperation: one mailbox or many get other names, as one: RENAME of a mailbox, of a tree, of
// a user, and delayed DELETE.
//
// The list is its journal. Each entry concerned carries the operation's id and its other side, so
// that the new name is found again (a retry of a delayed DELETE has the same one); one mark of the
// list, "rename-<id>", says how far the whole is:
//   asking    new names (reserved, rename_in), old ones (active, rename_out); the master is asked.
//             The store is untouched: the way is back.
//   decided   the store moves, deepest first; then the list: new (active, rename_in), old (deleted,
//             rename_out); then what belongs to a user; ACTIVATE of the new names, and DELETE of
//             each old one whose new one was taken: the way is forward. A mailbox that the master
//             refuses goes back by itself: its old name never left the master.
//   back      the store failed: it moves back, then as in asking.
// Every step may be done again: mailboxes are known by their uniqueids. The names' locks are held
// by the caller all through. Codes: those of the store, the list and MasterLink. One thread.
#ifndef ROOKERY_IMAP_CLUSTER_RENAME_OPERATION_H
#define ROOKERY_IMAP_CLUSTER_RENAME_OPERATION_H

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/cluster/operation_parts.h"

namespace rookery::cluster {

class RenameOperation {
 public:
    struct Pair {
        model::MailboxEntry from;
        model::MailboxEntry to;
    };

    // A new one, in the order of the list.
    RenameOperation(OperationParts& parts, std::vector<Pair> pairs);
    // What the list knows of one that was left; empty() if nothing.
    static Result<RenameOperation> left(OperationParts& parts, const std::string& id);

    bool empty() const { return pairs_.empty(); }
    std::vector<model::MailboxName> names() const;
    // master: null where there is none to ask. Success: it is done, but may have to be told later
    // (is_told()). no_master: nothing was done, or the agent undoes it.
    Status run(Client* master);
    // From where it was left. master: null if it cannot be reached. no_master: what the store and
    // the list need was done, the rest waits.
    Status resume(Client* master);
    // The master has heard all of it.
    bool is_told() const { return told_; }

 private:
    RenameOperation(OperationParts& parts, std::string id) : parts_(parts), id_(std::move(id)) {}
    Status write_intents(std::string_view stage);
    Status set_stage(std::string_view stage);
    Status commit_pairs(const std::function<void(Pair&, std::vector<mboxlist::Change>&)>& change,
                        std::string_view stage_at_end);
    Status move(Client* master);
    Status go_back(Client* master);
    Status undo(Client* master);
    Status announce(Client* master);
    Status take_back(Pair& pair);
    void change_users(const Pair& pair, bool back);
    void change_belongings(const Pair& pair, bool back);
    bool is_into_deleted() const;
    std::vector<model::MailboxEntry> targets() const;
    std::string mark() const;

    OperationParts& parts_;
    std::string id_;
    std::vector<Pair> pairs_;
    bool told_ = false;
};

}  // namespace rookery::cluster

#endif
