#include "imap/cluster/superiors.h"

#include <algorithm>

#include "imap/cluster/uniqueid.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::cluster {

using model::MailboxName;

namespace {

// In the alternative namespace INBOX itself stands above what is below this one.
bool is_inbox_of_inbox(const MailboxName& name)
{
    const auto parent = name.parent();
    return parent && parent->is_inbox() && equal_nocase(name.leaf(), "INBOX");
}

}  // namespace

Result<std::vector<MailboxName>> missing_superiors(mboxlist::Directory& list,
                                                   const MailboxName& name)
{
    std::vector<MailboxName> missing;
    for (auto up = name.parent(); up && !up->is_inbox(); up = up->parent()) {
        auto there = list.lookup(*up);
        if (!there && !there.is(Code::not_found)) return std::move(there).error();
        const bool is_free = !there || there->seen().state == model::EntryState::deleted;
        if (is_free && !is_inbox_of_inbox(*up)) missing.push_back(*up);
    }
    std::reverse(missing.begin(), missing.end());
    return missing;
}

void make_superiors(Operations& operations, const MailboxName& name, const std::string& partition,
                    const model::Acl& acl)
{
    auto missing = missing_superiors(operations.list(), name);
    Status made = missing ? success() : Status(missing.error());
    if (missing)
        for (const MailboxName& superior : *missing) {
            const model::MailboxEntry entry{.name = superior,
                                            .server = {},
                                            .partition = partition,
                                            .acl = acl,
                                            .uniqueid = new_uniqueid()};
            made = operations.create(entry, "", Operations::Tell::master);
            if (made) log::notice("superior made", {{"mailbox", superior.internal()}});
            // Another server's, or somebody makes it just now.
            if (made.is(Code::exists) || made.is(Code::reserved)) made = success();
            if (!made) break;
        }
    if (!made)
        log::warning("a superior is not made",
                     {{"mailbox", name.internal()}, {"reason", made.error()}});
}

}  // namespace rookery::cluster
