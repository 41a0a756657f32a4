// DELETE and LOCALDELETE.
//
// With delete_mode delayed a mailbox is renamed below deletedprefix and cyr_expire removes it
// later; the master hears of it as of a rename. Deleting a user's INBOX takes the whole tree
// along and the user's data with it; the INBOX goes last, so that a try that was cut short can be
// repeated.
#include <algorithm>

#include "imap/imapd/command_table.h"
#include "imap/imapd/placement.h"
#include "imap/imapd/rights.h"
#include "imap/imapd/tree.h"
#include "imap/mboxlist/subscriptions.h"
#include "lib/base/log.h"

namespace rookery::imapd::commands {
namespace {

using model::MailboxEntry;
using model::Rights;

// A user's INBOX goes only by an administrator's hand, and nobody deletes his own.
Status may_delete(const ImapSession& s, const MailboxEntry& entry)
{
    if (entry.name.is_inbox() && (is_own(s, entry.name) || !s.identity->any_admin())) {
        TRY(require(s, entry, Rights::lookup));
        return Error{Code::unsupported, "Operation is not supported on mailbox"};
    }
    TRY(require_settled(entry));
    return require(s, entry, Rights::delete_mailbox);
}

// All of these names, with one time stamp that none of them used before.
Result<std::vector<MailboxEntry>> names_of_the_deleted(ImapSession& s,
                                                       std::span<const MailboxEntry> tree)
{
    for (int64_t stamp = wall_seconds();; stamp++) {
        std::vector<MailboxEntry> out(tree.begin(), tree.end());
        bool is_free = true;
        for (auto& entry : out) {
            TRY_ASSIGN(entry.name, entry.name.deleted_name(s.config.deletedprefix(), stamp));
            auto there = s.directory.lookup(entry.name);
            if (!there && !there.is(Code::not_found)) return std::move(there).error();
            is_free = is_free && !there;
        }
        if (is_free) return out;
    }
}

void forget_quota(ImapSession& s, const model::MailboxName& name)
{
    if (s.quotas == nullptr) return;
    if (auto gone = s.quotas->remove(name); !gone)
        log::warning("quota root not removed",
                     {{"root", name.internal()}, {"reason", gone.error()}});
}

Status remove_now(ImapSession& s, const MailboxEntry& entry)
{
    TRY(s.directory.remove(entry, [&] { return s.store->remove(entry); }));
    forget_quota(s, entry.name);
    return success();
}

// tree: INBOX last.
Status remove_tree(ImapSession& s, std::span<const MailboxEntry> tree)
{
    const bool at_once = s.config.delete_mode() == config::DeleteMode::immediate ||
                         tree.back().name.is_deleted(s.config.deletedprefix());
    if (at_once) {
        for (const auto& entry : tree) TRY(remove_now(s, entry));
        return success();
    }
    TRY_ASSIGN(auto targets, names_of_the_deleted(s, tree));
    TRY(rename_mailboxes(s, tree, targets));
    for (const auto& entry : tree) forget_quota(s, entry.name);
    return success();
}

void forget_user(ImapSession& s, const std::string& userid)
{
    mboxlist::Subscriptions subscriptions(s.config.configdirectory(), userid);
    if (auto gone = subscriptions.remove_all(); !gone)
        log::warning("subscriptions not removed", {{"user", userid}, {"reason", gone.error()}});
}

// What else changes with a mailbox that is gone.
void after_delete(ImapSession& s, const model::MailboxName& name)
{
    if (name.is_inbox()) forget_user(s, name.user());
    if (!s.config.delete_unsubscribe()) return;
    mboxlist::Subscriptions subscriptions(s.config.configdirectory(), s.identity->userid);
    (void)subscriptions.remove(name);  // not subscribed is as good
}

}  // namespace

Completion delete_(ImapSession& s, Command& command)
{
    if (auto end = s.reader.end_of_line(); !end) return Completion::from(end.error());
    const auto& name = *command.mailbox;
    if (auto may = may_delete(s, *command.entry); !may) return Completion::from(may.error());
    auto tree = tree_of(s.directory, name);
    if (!tree) return Completion::from(tree.error());
    if (name.is_inbox()) {
        for (const auto& entry : *tree)
            if (!entry.is_local()) return Completion::no(std::string(kNotOnOneServer));
        std::reverse(tree->begin(), tree->end());
    } else {
        if (tree->size() > 1 && !is_own(s, name) && !name.is_deleted(s.config.deletedprefix()))
            return Completion::no("[HASCHILDREN] Mailbox has children");
        tree->assign(1, *command.entry);
    }
    leave_if_selected(s, *tree);
    if (auto gone = remove_tree(s, *tree); !gone) return Completion::from(gone.error());
    after_delete(s, name);
    log::notice("delete", {{"user", s.identity->userid}, {"mailbox", name.internal()}});
    return namespace_changed(s);
}

// Between nodes: this mailbox only, at once, and the master hears nothing.
Completion localdelete(ImapSession& s, Command& command)
{
    if (auto end = s.reader.end_of_line(); !end) return Completion::from(end.error());
    if (!s.identity->admin) return Completion::from(Error{Code::denied, {}});
    const auto& entry = *command.entry;
    leave_if_selected(s, {&entry, 1});
    if (auto gone = s.store->remove(entry); !gone) return Completion::from(gone.error());
    const auto change = mboxlist::Change::erase(entry.name);
    if (auto gone = s.directory.commit({&change, 1}); !gone) return Completion::from(gone.error());
    log::notice("localdelete", {{"user", s.identity->userid}, {"mailbox", entry.name.internal()}});
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
