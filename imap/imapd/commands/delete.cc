// DELETE and LOCALDELETE.
//
// With delete_mode delayed a mailbox is renamed below deletedprefix and cyr_expire removes it
// later; the master hears of it as of a rename. Deleting a user's INBOX takes the whole tree
// along and the user's data with it (imap/cluster); the INBOX goes last, so that a try that was cut
// short can be repeated.
#include <algorithm>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/placement.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/special_use.h"
#include "imap/imapd/namespace/tree.h"
#include "imap/imapd/relay/router.h"
#include "imap/mboxlist/events.h"
#include "imap/mboxlist/subscriptions.h"
#include "lib/base/log.h"

namespace rookery::imapd::commands {
namespace {

using model::MailboxEntry;
using model::Rights;
using Renaming = cluster::Operations::Renaming;

// A user's INBOX goes only by an administrator's hand, and nobody deletes his own.
Status may_delete(const ImapSession& s, const MailboxEntry& entry)
{
    if (entry.name.is_inbox() && (is_own(s, entry.name) || !s.user.identity->any_admin())) {
        TRY(require(s, entry, Rights::lookup));
        return Error{Code::unsupported, "Operation is not supported on mailbox"};
    }
    TRY(require_settled(entry));
    return require(s, entry, Rights::delete_mailbox);
}

// All of these names, with one time stamp that none of them used before.
Result<std::vector<Renaming>> names_of_the_deleted(ImapSession& s,
                                                   std::span<const MailboxEntry> tree)
{
    for (int64_t stamp = wall_seconds();; stamp++) {
        std::vector<Renaming> out;
        bool is_free = true;
        for (const auto& entry : tree) {
            TRY_ASSIGN(auto name, entry.name.deleted_name(s.config.deletedprefix(), stamp));
            auto there = s.directory.lookup(name);
            if (!there && !there.is(Code::not_found)) return std::move(there).error();
            is_free = is_free && !there;
            out.push_back({entry.name, std::move(name)});
        }
        if (is_free) return out;
    }
}

// The tree in the order of the list. Who may delete a user may delete what is the user's.
Status remove_tree(ImapSession& s, std::span<const MailboxEntry> tree)
{
    const auto check = [&](const MailboxEntry& now) {
        return now.name == tree.front().name ? may_delete(s, now) : require_settled(now);
    };
    const bool at_once = s.config.delete_mode() == config::DeleteMode::immediate ||
                         tree.back().name.is_deleted(s.config.deletedprefix());
    if (at_once) {
        // What is below goes first.
        for (size_t i = tree.size(); i-- > 0;)
            TRY(s.operations->remove(tree[i].name, check, cluster::Operations::Tell::master));
        return success();
    }
    TRY_ASSIGN(const auto names, names_of_the_deleted(s, tree));
    return s.operations->rename(
        names, [&](const MailboxEntry& from, MailboxEntry&) { return check(from); });
}

// What else changes with a mailbox that is gone.
void after_delete(ImapSession& s, const model::MailboxName& name)
{
    if (!s.config.delete_unsubscribe()) return;
    mboxlist::Subscriptions subscriptions(s.config.configdirectory(), s.user.identity->userid);
    if (subscriptions.remove(name))  // not subscribed is as good
        mboxlist::tell_subscription(s.config.idlesocket(), s.user.identity->userid, name);
}

}  // namespace

Result<Completion> delete_(ImapSession& s, Command& command)
{
    TRY(s.reader.end_of_line());
    TRY(refresh_entry(s, command));
    const auto& name = *command.mailbox;
    TRY(may_delete(s, *command.entry));
    TRY_ASSIGN(auto tree, tree_of(s.directory, name));
    if (name.is_inbox()) {
        for (const auto& entry : tree)
            if (!entry.is_local()) return Completion::no(std::string(kNotOnOneServer));
    } else {
        if (tree.size() > 1 && !name.is_deleted(s.config.deletedprefix()))
            return Completion::no(std::string(kHasChildren));
        if (is_protected(s, *command.entry)) return Completion::no(std::string(kUseConflict));
        tree.assign(1, *command.entry);
    }
    if (s.operations == nullptr) return Error{Code::unavailable, {}};
    leave_if_selected(s, tree);
    TRY(remove_tree(s, tree));
    after_delete(s, name);
    log::notice("delete", {{"user", s.user.identity->userid}, {"mailbox", name.internal()}});
    return namespace_changed(s);
}

// Between nodes: this mailbox only, at once, and the master hears nothing.
Result<Completion> localdelete(ImapSession& s, Command& command)
{
    TRY(s.reader.end_of_line());
    const auto& entry = *command.entry;
    if (s.operations == nullptr) return Error{Code::unavailable, {}};
    leave_if_selected(s, {&entry, 1});
    const auto check = [](const MailboxEntry&) { return success(); };
    TRY(s.operations->remove(entry.name, check, cluster::Operations::Tell::nobody));
    log::notice("localdelete",
                {{"user", s.user.identity->userid}, {"mailbox", entry.name.internal()}});
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
