// ListWalker: what LIST shows one session (RFC 3501 6.3.8, RFC 3348).
//
// Goes through a Directory in its order and gives out names as this client writes them. It costs
// what it shows, not what the list holds: what all patterns begin with is sought, subtrees in which
// nothing can match are passed over, and for a user who is no administrator only the own tree and
// the mailboxes whose ACL names the user, a group of his or anyone are looked at.
// Shown: active mailboxes, also while they move; with the l right, or the owner's, or all for a
// real administrator; DELETED for administrators only. Not shown: reserved names without a mailbox,
// tombstones; to another server that asks for itself, what is not here. Levels that are no
// mailboxes are given for patterns that end in '%' (\Noselect, in an extended LIST \NonExistent).
// Nothing implied: LIST "" "" is answered by the caller.
// Codes: limit (too many or too long patterns), those of Directory. Made for one command; one
// thread.
#ifndef ROOKERY_IMAP_MBOXLIST_LIST_WALKER_H
#define ROOKERY_IMAP_MBOXLIST_LIST_WALKER_H

#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mboxlist/directory.h"
#include "imap/mboxlist/list_pattern.h"
#include "imap/model/access.h"
#include "imap/model/namespace.h"
#include "lib/auth/identity.h"
#include "lib/base/result.h"

namespace rookery::mboxlist {

inline constexpr size_t kMaxListPatterns = 100;

struct ListItem {
    std::string name;                     // as this client writes it
    const MailboxEntry* entry = nullptr;  // null: a level that is no mailbox
    bool has_children = false;            // that this client may see
    bool exists() const { return entry != nullptr; }
};
// False: enough.
using EachItem = std::function<bool(const ListItem&)>;

class ListWalker {
 public:
    // All must outlive it.
    ListWalker(Directory& directory, const model::Namespace& names, const auth::Identity& who,
               const model::AccessOptions& access);

    // Own mailboxes first, then the others, each in list order.
    Status list(std::string_view reference, std::span<const std::string> patterns,
                const EachItem& each);
    // May this session know of the mailbox?
    bool is_visible(const MailboxEntry& entry) const;

 private:
    struct Segment {
        std::string low;   // keys from here
        std::string high;  // to before here; "" = to the end
        bool own = false;
    };
    std::vector<Segment> segments() const;
    Segment own_segment() const;
    std::optional<std::string_view> own_part(std::string_view literal) const;
    void add_ranges(const std::string& literal, std::vector<Segment>& out) const;
    void add_plain_range(std::string_view key_prefix, std::string_view external,
                         std::vector<Segment>& out) const;
    Status walk(const Segment& segment);
    Next visit(const Segment& segment, const MailboxEntry& entry);
    bool flush(std::string_view next_key, std::string_view next_name);
    bool give_levels(const std::string& name);
    bool is_mailbox(std::string_view external);
    Next after(const Segment& segment, const std::string& key);

    Directory& directory_;
    const model::Namespace& names_;
    auth::Identity who_;
    const model::AccessOptions& access_;
    std::string own_key_;        // of this user's INBOX; "" if there is no user
    std::string domain_prefix_;  // of this user's names

    std::vector<ListPattern> patterns_;
    const EachItem* each_ = nullptr;
    std::vector<ListPattern::Level> levels_;
    std::set<std::string> levels_given_;
    // A mailbox that matched waits for the next one, which tells whether it has children.
    std::optional<MailboxEntry> waiting_;
    std::string waiting_name_;
    std::string waiting_key_;
    bool waiting_has_domain_ = false;
    bool stopped_ = false;
};

// Has what is written so something below it that this client may see? No, if that cannot be told.
bool has_children(Directory& directory, const model::Namespace& names, const auth::Identity& who,
                  const model::AccessOptions& access, const std::string& external);

// Subscribed names that match, and levels above subscribed ones that match and are not subscribed
// themselves. LSUB shows those of a pattern that ends in '%', LIST with RECURSIVEMATCH all that
// exist, and others if they tell of something that is not given by itself (RFC 5258 3, 3.5).
struct SubscribedItem {
    std::string name;
    const MailboxName* subscribed = nullptr;  // null: a level only
    bool has_children = false;                // subscribed ones
    bool for_lsub = true;                     // the pattern, or one of them, ends in '%'
    bool hides_others = false;                // a subscribed one below does not match
};
Status list_subscribed(std::span<const MailboxName> subscribed, const model::Namespace& names,
                       std::string_view reference, std::span<const std::string> patterns,
                       const std::function<bool(const SubscribedItem&)>& each);

}  // namespace rookery::mboxlist

#endif
