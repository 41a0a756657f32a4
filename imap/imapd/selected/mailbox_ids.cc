#include "imap/imapd/selected/mailbox_ids.h"

#include "imap/imapd/namespace/placement.h"
#include "imap/imapd/namespace/rights.h"
#include "lib/base/log.h"

namespace rookery::imapd {
namespace {

void add(MailboxIds& all, const mailbox::Mailbox& mailbox)
{
    const std::string& id = mailbox.entry().uniqueid;
    for (uint32_t n = 1; n <= mailbox.exists(); n++) {
        const mailbox::MessageInfo info = mailbox.message(n);
        const auto wanted = all.find(info.guid);
        if (wanted == all.end() || info.expunged) continue;
        std::string& ids = wanted->second;
        if (ids.ends_with(id)) continue;  // it lies there twice
        if (!ids.empty()) ids += ' ';
        ids += id;
    }
}

bool may_be_looked_into(const ImapSession& session, const model::MailboxEntry& entry)
{
    return (entry.is_local() || entry.is_at(session.config.servername())) && entry.is_there() &&
           rights_on(session, entry).has(model::Rights::read | model::Rights::lookup);
}

}  // namespace

Result<MailboxIds> find_mailbox_ids(ImapSession& session, const LocalSelection& selection,
                                    std::span<const uint32_t> sequences)
{
    const mailbox::Mailbox& selected = *selection.mailbox;
    MailboxIds all;
    if (sequences.empty()) return all;
    for (const uint32_t n : sequences) all.try_emplace(std::string(selected.message(n).guid));
    const model::MailboxName& name = selected.entry().name;
    const std::string owner = name.user();
    if (owner.empty()) {
        add(all, selected);
        return all;
    }
    TRY_ASSIGN(const auto inbox,
               model::MailboxName::inbox_of(owner, session.config.defaultdomain()));
    TRY_ASSIGN(const auto entries, tree_of(session.directory, inbox));
    for (const model::MailboxEntry& entry : entries) {
        if (entry.uniqueid == selected.entry().uniqueid) {
            add(all, selected);
            continue;
        }
        if (!may_be_looked_into(session, entry)) continue;
        const auto opened = session.store->open(entry, session.user.identity->userid,
                                                mailbox::OpenMode::read_only);
        if (opened)
            add(all, **opened);
        else
            log::info("a mailbox cannot be looked into",
                      {{"mailbox", entry.name.internal()}, {"reason", opened.error()}});
    }
    return all;
}

}  // namespace rookery::imapd
