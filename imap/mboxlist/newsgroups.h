// Newsgroups: which mailboxes are newsgroups, and how they are called (newsprefix, newsgroups).
//
// A group is a mailbox below newsprefix, or any where there is none, that is no user's, was not
// deleted, has no domain, matches the wildmat of the option newsgroups, and whose name can stand in
// a command of NNTP (RFC 3977 4.1). Its name is that of the mailbox without the prefix, as the list
// has it. A value; immutable. Codes: not_found (there can be no such group); config.
#ifndef ROOKERY_IMAP_MBOXLIST_NEWSGROUPS_H
#define ROOKERY_IMAP_MBOXLIST_NEWSGROUPS_H

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "imap/mboxlist/directory.h"
#include "imap/model/mailbox_name.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/text/wildmat.h"

namespace rookery::mboxlist {

class Newsgroups {
 public:
    static Result<Newsgroups> open(const config::Config& config);

    // None: that mailbox is none.
    std::optional<std::string> group_of(const model::MailboxName& mailbox) const;
    Result<model::MailboxName> mailbox_of(std::string_view group) const;
    // The groups of the list, in its order, until it says false; users' trees are passed over.
    using Each = std::function<bool(const std::string& group, const model::MailboxEntry& entry)>;
    Status each(Directory& directory, const Each& each) const;

 private:
    Newsgroups(std::string prefix, std::string deleted, std::optional<text::Wildmat> which)
        : prefix_(std::move(prefix)), deleted_(std::move(deleted)), which_(std::move(which))
    {
    }
    std::string prefix_;  // with its dot, or ""
    std::string deleted_;
    std::optional<text::Wildmat> which_;  // of names of mailboxes; none: all
};

}  // namespace rookery::mboxlist

#endif
