// RENAME of a mailbox with everything below it; INBOX's special case; change of partition.
#include <algorithm>
#include <numeric>

#include "imap/cluster/superiors.h"
#include "imap/cluster/uniqueid.h"
#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/metadata.h"
#include "imap/imapd/namespace/placement.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/special_use.h"
#include "imap/imapd/namespace/tree.h"
#include "imap/imapd/namespace/xfer.h"
#include "imap/imapd/relay/router.h"
#include "imap/mboxlist/find_mailbox.h"
#include "imap/mboxlist/partitions.h"
#include "imap/model/location.h"
#include "lib/base/log.h"

namespace rookery::imapd::commands {
namespace {

using model::MailboxEntry;
using model::MailboxName;
using model::Rights;

struct Arguments {
    std::optional<MailboxName> to;
    std::string location;
};

Result<Arguments> rename_arguments(ImapSession& s)
{
    Arguments arguments;
    TRY(s.reader.space());
    TRY_ASSIGN(std::string external, s.reader.mailbox());
    TRY_ASSIGN(bool more, s.reader.accept(' '));
    if (more) {
        TRY_ASSIGN(arguments.location, s.reader.astring());
    }
    TRY(s.reader.end_of_line());
    TRY_ASSIGN(arguments.to, s.user.names->to_internal(external));
    return arguments;
}

Status must_be_free(ImapSession& s, const MailboxName& name)
{
    auto there = s.directory.lookup(name);
    // What a crash has left of the name is no obstacle to the command that is tried again.
    if (there && there->pending != model::Pending::none && s.operations->settle(name))
        there = s.directory.lookup(name);
    if (there.is(Code::not_found)) return success();
    if (!there) return there.error();
    const auto state = there->seen().state;
    if (state == model::EntryState::deleted) return success();
    if (state == model::EntryState::reserved)
        return Error{Code::reserved, "Mailbox is currently reserved"};
    return Error{Code::exists, "Mailbox already exists"};
}

// With all that is below it here: one mailbox after the other, each as one step. What is there
// already stays, so that a try that was cut short can be repeated.
Result<Completion> change_partition(ImapSession& s, const MailboxEntry& top,
                                    const std::string& partition)
{
    TRY_ASSIGN(auto tree, tree_of(s.directory, top.name));
    std::erase_if(tree, [&](const MailboxEntry& entry) {
        return !entry.is_at(s.config.servername()) || entry.partition == partition;
    });
    if (tree.empty()) return Error{Code::exists, "it is there already"};
    leave_if_selected(s, tree);
    for (const MailboxEntry& entry : tree)
        TRY(s.operations->move_partition(
            entry.name, partition, [](const MailboxEntry& now) { return require_settled(now); }));
    return Completion::ok();
}

// RENAME m m location: to another partition of this server, or to another server.
Result<Completion> change_location(ImapSession& s, const MailboxEntry& entry,
                                   const std::string& location)
{
    if (!s.user.identity->any_admin()) return Error{Code::denied, {}};
    TRY_ASSIGN(auto wire, model::parse_location(location));
    // A word that is no partition here is a server (doc/protocols/cyrus.md 6).
    if (wire.server.empty() && !mboxlist::has_partition(s.config, wire.partition))
        std::swap(wire.server, wire.partition);
    if (!wire.server.empty() && wire.server != s.config.servername())
        return move_here_to(s, entry.name, {wire.server, wire.partition});
    auto partition = choose_partition(s, model::to_string(wire), entry);
    if (partition.is(Code::unsupported)) return bad_location(location);
    if (!partition) return partition.error();
    return change_partition(s, entry, *partition);
}

Status fill_from_inbox(ImapSession& s, const MailboxEntry& inbox, const MailboxEntry& made)
{
    TRY(copy_annotations(s, inbox, made));
    const std::string& user = s.user.identity->userid;
    TRY_ASSIGN(auto box, s.store->open(inbox, user, mailbox::OpenMode::read_write));
    if (box->exists() == 0) return success();
    std::vector<uint32_t> all(box->exists());
    std::iota(all.begin(), all.end(), 1u);
    TRY(box->move_to(made, user, all, {}));
    return success();
}

// RFC 3501 6.3.5: the messages of INBOX go to the new mailbox; INBOX stays, and what is below it.
Status rename_inbox(ImapSession& s, const MailboxEntry& inbox, const MailboxName& to,
                    const std::optional<MailboxEntry>& ancestor)
{
    TRY_ASSIGN(std::string partition, choose_partition(s, {}, inbox));
    const MailboxEntry made{.name = to,
                            .server = {},
                            .partition = partition,
                            .acl = first_acl(s.config, to, ancestor),
                            .uniqueid = cluster::new_uniqueid()};
    // Nobody sees it before the messages are there.
    return s.operations->create(
        made, {}, cluster::Operations::Tell::master,
        [&](const MailboxEntry& to_fill) { return fill_from_inbox(s, inbox, to_fill); });
}

// A user's whole tree becomes another user's: the old owner's rights become the new one's.
void change_owner(MailboxEntry& entry, const std::string& from, const std::string& to)
{
    const auto* old = entry.acl.find(from);
    if (old == nullptr) return;
    const Rights rights = old->rights;
    entry.acl.set(from, Rights());
    entry.acl.set(to, rights);
}

// Not NONEXISTENT: a frontend would take it for the old name's.
Status may_take_name(ImapSession& s, const MailboxName& to,
                     const std::optional<MailboxEntry>& ancestor)
{
    auto may = may_create(s, to, ancestor, false);
    if (may.is(Code::not_found))
        return Error{s.user.identity->any_admin() ? Code::unsupported : Code::denied,
                     may.error().text};
    TRY(std::move(may));
    return must_be_free(s, to);
}

Status may_leave(ImapSession& s, const MailboxEntry& from, const MailboxName& to)
{
    // Who may take it away need not see it in lists (RFC 4314 section 4).
    if (!rights_on(s, from).has(Rights::delete_mailbox)) TRY(require(s, from, Rights::lookup));
    TRY(require_settled(from));
    if (from.name.is_inbox() != to.is_inbox())
        return Error{Code::unsupported, "an INBOX becomes an INBOX"};
    if (from.name.is_inbox()) {
        if (!s.user.identity->any_admin() || is_own(s, from.name))
            return Error{Code::unsupported, "Operation is not supported on mailbox"};
        if (!s.config.allowusermoves()) return Error{Code::unsupported, "allowusermoves is off"};
    } else if (!s.user.identity->any_admin()) {
        TRY(require(s, from, Rights::delete_mailbox));
    }
    if (from.name.is_above(to)) return Error{Code::unsupported, "to a name below itself"};
    return success();
}

Status may_rename(ImapSession& s, const MailboxEntry& from, const MailboxName& to,
                  const std::optional<MailboxEntry>& ancestor)
{
    TRY(may_leave(s, from, to));
    return may_take_name(s, to, ancestor);
}

// It may get another name beside its siblings, or a place directly below the INBOX.
bool is_held_by_use(ImapSession& s, const MailboxEntry& from, const MailboxName& to)
{
    const auto parent = to.parent();
    const bool at_top = parent && parent->is_inbox() && is_own(s, to) && is_own(s, from.name);
    if (from.name.is_inbox() || at_top || from.name.parent() == parent) return false;
    return is_protected(s, from);
}

Result<Completion> rename_tree(ImapSession& s, const MailboxEntry& top, const MailboxName& to)
{
    TRY_ASSIGN(auto tree, tree_of(s.directory, top.name));
    std::vector<cluster::Operations::Renaming> names;
    std::vector<MailboxEntry> places;
    for (const auto& entry : tree) {
        if (!entry.is_local()) return Completion::no(std::string(kNotOnOneServer));
        TRY_ASSIGN(auto name, entry.name.with_prefix(top.name, to));
        TRY(name.check_lengths(s.config.deletedprefix()));
        places.push_back(entry);
        places.back().name = name;
        names.push_back({entry.name, std::move(name)});
    }
    leave_if_selected(s, tree);
    const bool new_owner = top.name.is_inbox();
    auto done =
        s.operations->rename(names, [&](const MailboxEntry& from, MailboxEntry& renamed) -> Status {
            TRY(require_settled(from));
            if (from.name == top.name) TRY(may_leave(s, from, to));
            if (new_owner) change_owner(renamed, top.name.user(), to.user());
            return success();
        });
    return done ? Completion::ok() : names_taken(s, done.error(), places);
}

}  // namespace

Result<Completion> rename(ImapSession& s, Command& command)
{
    TRY_ASSIGN(auto arguments, rename_arguments(s));
    if (s.operations == nullptr) return Error{Code::unavailable, {}};
    TRY(refresh_entry(s, command));
    const MailboxEntry& from = *command.entry;
    const MailboxName& to = *arguments.to;
    if (from.name == to) {
        if (arguments.location.empty()) return Error{Code::exists, {}};
        return change_location(s, from, arguments.location);
    }
    if (!arguments.location.empty())
        return Completion::no(
            "[CANNOT] Cross-server or cross-partition move w/rename not supported");
    TRY_ASSIGN(auto ancestor, mboxlist::nearest_ancestor(s.directory, to));
    if (is_own(s, from.name) && from.name.is_inbox() && !to.is_inbox()) {
        TRY(require_settled(from));
        TRY(may_take_name(s, to, ancestor));
        TRY(rename_inbox(s, from, to, ancestor));
    } else {
        TRY(may_rename(s, from, to, ancestor));
        if (is_held_by_use(s, from, to)) return Completion::no(std::string(kUseConflict));
        TRY_ASSIGN(const Completion done, rename_tree(s, from, to));
        if (done.kind != Completion::Kind::ok) return done;
    }
    if (!to.is_inbox() && !to.is_deleted(s.config.deletedprefix())) {
        auto partition = choose_partition(s, {}, from);
        const model::Acl acl = first_acl(s.config, to, ancestor);
        if (partition) cluster::make_superiors(*s.operations, to, *partition, acl);
    }
    log::notice("rename", {{"user", s.user.identity->userid},
                           {"mailbox", from.name.internal()},
                           {"to", to.internal()}});
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
