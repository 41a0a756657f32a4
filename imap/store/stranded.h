// Stranded: what the mailbox list and the partitions of this server do not agree on.
//
// A directory that the list does not know, or the reverse. What an operation that is under way, or
// was cut short, accounts for is none of it: the entry says so (a pending change, a state other
// than active), and whoever settles that (imap/cluster/operations.h) puts it right. Only looks;
// reconstruct -f mends. Memory grows with what is found, not with the list.
// Codes: those of the list. One thread.
#ifndef ROOKERY_IMAP_STORE_STRANDED_H
#define ROOKERY_IMAP_STORE_STRANDED_H

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mboxlist/directory.h"
#include "imap/model/mailbox_entry.h"
#include "imap/store/local_store.h"
#include "lib/base/result.h"

namespace rookery::store {

struct Stranded {
    enum class Kind : unsigned char {
        partition,   // its root cannot be read, or none of its mailboxes is there: one for all
        unreadable,  // a directory that cannot be looked into
        no_name,     // mail where no mailbox can be
        unlisted,    // a mailbox that the list does not know
        headerless,  // messages, or a damaged header, in the place of a mailbox
        elsewhere,   // the list has a mailbox of that name at another server
        renamed,     // a mailbox of the list, under another name or on another partition
        copy,        // of a mailbox of the list, and all of its messages are there too
        richer,      // the same, with messages that the mailbox of the list lacks
        unclear,     // more than one may be right
        missing,     // in the list, and nowhere on the partitions
        other_id,    // in its place, with another unique id than the list's
    };

    Kind kind = Kind::unlisted;
    // The directory; of missing and partition, where it would be.
    std::optional<model::MailboxName> name;
    std::string partition;
    std::string path;
    std::string uniqueid;  // "" if there is none that could be read
    std::string acl;       // the header's, if it was written for this name or for this owner
    uint32_t messages = 0;
    std::optional<model::MailboxEntry> listed;  // the entry that is concerned
    std::string note;

    // The names whose locks make a second look final.
    std::vector<model::MailboxName> names() const;
    // As if the list had it there.
    model::MailboxEntry as_entry() const;
    // What it is, and what reconstruct -f does about it.
    std::string meaning() const;
};

std::string_view kind_name(Stranded::Kind kind);

class StrandedScan {
 public:
    // Both outlive this.
    StrandedScan(LocalStore& store, mboxlist::Directory& list);
    ~StrandedScan();

    // Without locks: operations that run meanwhile may be among them.
    Result<std::vector<Stranded>> suspects();
    // One of these as it is now; none: it is not stranded. Final under the locks of its names.
    Result<std::optional<Stranded>> look_again(const Stranded& suspect);

 private:
    struct Seen;
    using Judgement = Result<std::optional<Stranded>>;

    Status walk_partition(const std::string& partition, const std::string& root);
    Status walk_list();
    Status find_relatives();
    void add_partition(const model::MailboxEntry& entry);
    Judgement judge(const Seen& seen);
    Judgement judge_partition(const Stranded& suspect);
    Judgement judge_own(const Seen& seen, const model::MailboxEntry& entry);
    Judgement judge_stray(const Seen& seen, const std::optional<model::MailboxEntry>& entry);
    Judgement judge_relative(const Seen& seen, const model::MailboxEntry& relative, bool is_named);
    Judgement judge_missing(const model::MailboxEntry& entry);
    std::optional<Stranded> judge_copy(const Seen& seen, const model::MailboxEntry& kept);
    Result<std::optional<model::MailboxEntry>> entry_of(const std::string& uniqueid);
    bool is_at_home(const model::MailboxEntry& entry);
    Seen look(const std::string& partition, const std::string& relative) const;

    LocalStore& store_;
    mboxlist::Directory& list_;
    std::vector<Stranded> found_;
    std::vector<Seen> strays_;                              // of the walk
    std::vector<model::MailboxEntry> homeless_;             // of the list
    std::map<std::string, size_t> strays_by_id_;            // how many have this unique id
    std::map<std::string, model::MailboxEntry> relatives_;  // entries with such an id
    std::map<std::string, std::string> away_;               // partitions, and why
    std::set<std::string> told_;                            // those of them that the list needs
    bool all_was_seen_ = true;
    bool again_ = false;  // relatives_ is not to be believed
};

}  // namespace rookery::store

#endif
