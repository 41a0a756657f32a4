// Mailbox entries for tests.
#ifndef ROOKERY_TESTS_UNIT_IMAP_MBOXLIST_ENTRIES_H
#define ROOKERY_TESTS_UNIT_IMAP_MBOXLIST_ENTRIES_H

#include <string>
#include <string_view>
#include <vector>

#include "imap/mboxlist/directory.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace rookery::test {

inline model::MailboxName name_of(std::string_view internal)
{
    auto name = model::MailboxName::from_internal(internal);
    ASSERT_OK(name);
    return *std::move(name);
}

// acl: "bob lrs anyone l".
inline model::MailboxEntry entry_of(std::string_view internal, std::string_view acl = {},
                                    std::string_view server = {})
{
    model::MailboxEntry e{
        name_of(internal), model::EntryState::active, std::string(server), "default", {},
        "0123456789abcdef"};
    std::string stored;
    for (const auto& word : split_words(acl)) cat_to(stored, word, '\t');
    auto parsed = model::Acl::parse(stored);
    ASSERT_OK(parsed);
    e.acl = *std::move(parsed);
    return e;
}

inline bool same(const model::MailboxEntry& a, const model::MailboxEntry& b)
{
    return a.name == b.name && a.state == b.state && a.server == b.server &&
           a.partition == b.partition && a.acl == b.acl && a.uniqueid == b.uniqueid &&
           a.uidvalidity == b.uidvalidity && a.serial == b.serial && a.pending == b.pending;
}

// The internal names that a scan gives, joined by spaces.
template <class Scan>
std::string names_of(Scan scan)
{
    std::string out;
    const Status done = scan([&](const model::MailboxEntry& e) {
        cat_to(out, out.empty() ? "" : " ", e.name.internal());
        return mboxlist::Next::go_on();
    });
    ASSERT_OK(done);
    return out;
}

inline std::string all_names(mboxlist::Directory& d, const std::string& from = "")
{
    return names_of([&](const auto& each) { return d.scan(from, each); });
}

}  // namespace rookery::test

#endif
