#include "imap/imapd/relay/router.h"

#include <set>

#include <poll.h>

#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/server_choice.h"
#include "imap/mboxlist/find_mailbox.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

constexpr int kMomentMs = 20;

using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;

// What a crash has left of the name is settled by the next command on it.
void settle_left(ImapSession& session, const MailboxName& name)
{
    if (session.operations == nullptr) return;
    auto entry = session.directory.lookup(name);
    if (!entry || !mboxlist::is_left_half_done(*entry)) return;
    // busy: a command of another session is at work, and nothing is left.
    Status settled = session.operations->settle(name);
    if (!settled && !settled.is(Code::busy))
        log::warning("a pending change is not settled",
                     {{"mailbox", name.internal()}, {"reason", settled.error()}});
}

mboxlist::Usable readable(const ImapSession& session)
{
    return [keeps_mail = session.store != nullptr](const MailboxEntry& entry) {
        return mboxlist::check_readable(entry, keeps_mail);
    };
}

// The same; a mailbox of which the user may not know is none.
mboxlist::Usable known(const ImapSession& session)
{
    return [&session, usable = readable(session)](const MailboxEntry& entry) -> Status {
        if (!may_know_of(session, entry))
            return Error{Code::not_found, cat("no mailbox ", entry.name.internal())};
        return usable(entry);
    };
}

// The entry, if there is a mailbox of this name now.
Result<MailboxEntry> lookup_active(ImapSession& session, const MailboxName& name)
{
    return mboxlist::look_up(session.directory, name, readable(session));
}

Result<MailboxEntry> lookup_current(ImapSession& session, const MailboxName& name)
{
    settle_left(session, name);
    auto found = mboxlist::find_mailbox(session.directory, name, known(session));
    // The end of a move, or a mailbox that is being made elsewhere: it takes a moment.
    const Deadline patience = Deadline::after(kMoveWait);
    while (session.store == nullptr && found.is(Code::reserved) && wait_a_moment(patience)) {
        found = mboxlist::look_up(session.directory, name, known(session));
    }
    return found;
}

// The entry of the nearest ancestor.
Result<std::optional<MailboxEntry>> nearest_above(ImapSession& session, const MailboxName& name)
{
    for (auto above = name.parent(); above; above = above->parent()) {
        auto entry = lookup_active(session, *above);
        if (entry) return std::optional<MailboxEntry>(*std::move(entry));
        if (!mboxlist::is_miss(entry)) return std::move(entry).error();
    }
    return std::optional<MailboxEntry>();
}

Result<Placed> placed_at(ImapSession& session, MailboxEntry entry)
{
    Placed placed;
    // A server that finds its own name in the list of a unified murder is that server.
    const bool here =
        entry.is_local() || (session.store != nullptr && entry.is_at(session.config.servername()));
    if (here && session.store == nullptr)
        return Error{Code::unavailable, cat("no server for ", entry.name.internal())};
    if (!here) placed.server = entry.server;
    placed.entry = std::move(entry);
    return placed;
}

}  // namespace

bool wait_a_moment(const Deadline& patience)
{
    if (patience.passed() || signals::terminate_seen()) return false;
    ::poll(nullptr, 0, kMomentMs);
    return true;
}

Result<Placed> place(ImapSession& session, const MailboxName& name)
{
    TRY_ASSIGN(MailboxEntry entry, lookup_current(session, name));
    return placed_at(session, std::move(entry));
}

Result<MailboxEntry> entry_here(ImapSession& session, const MailboxName& name)
{
    TRY_ASSIGN(Placed placed, place(session, name));
    if (!placed.is_here()) return Error{Code::moved, {}};
    return *std::move(placed.entry);
}

Status refresh_entry(ImapSession& session, Command& command)
{
    if (!command.mailbox) return success();
    TRY_ASSIGN(command.entry, entry_here(session, *command.mailbox));
    return success();
}

Result<Placed> place_new(ImapSession& session, const MailboxName& name)
{
    auto there = lookup_active(session, name);
    if (there) {
        // To whoever does not see it, it is as if it were not there.
        TRY_ASSIGN(auto above, nearest_above(session, name));
        if (!require(session, *there, model::Rights::lookup))
            TRY(may_create_below(session, name, above));
        return Error{Code::exists, cat("mailbox exists: ", name.internal())};
    }
    if (!mboxlist::is_miss(there)) return std::move(there).error();
    // The parent decides. It may be as new as a command at another frontend.
    TRY_ASSIGN(auto above, nearest_above(session, name));
    if (!above && name.parent() && session.directory.catch_up()) {
        TRY_ASSIGN(above, nearest_above(session, name));
    }
    if (above) {
        TRY_ASSIGN(Placed placed, placed_at(session, *std::move(above)));
        placed.entry.reset();
        return placed;
    }
    if (session.store != nullptr) return Placed{};
    TRY_ASSIGN(std::string server, choose_server(session));
    return Placed{std::move(server), std::nullopt};
}

Result<Placed> place_tree(ImapSession& session, const MailboxName& name)
{
    std::optional<std::string> server;
    bool several = false;
    auto look = [&]() -> Status {
        return session.directory.scan(name.key(), [&](const MailboxEntry& listed) {
            const MailboxEntry entry = listed.seen();
            if (entry.name != name && !name.is_above(entry.name)) return mboxlist::Next::stop();
            if (entry.state == EntryState::deleted || entry.state == EntryState::reserved)
                return mboxlist::Next::go_on();
            const bool own = session.store != nullptr && entry.is_at(session.config.servername());
            const std::string& at = own ? std::string() : entry.server;
            several = server && *server != at;
            server = at;
            return several ? mboxlist::Next::stop() : mboxlist::Next::go_on();
        });
    };
    TRY(look());
    if (!server && session.store == nullptr) {
        if (!session.directory.catch_up()) return Error{Code::behind, "the list may be behind"};
        TRY(look());
    }
    if (several) return Error{Code::unsupported, "on several servers"};
    if (server) return Placed{*server, std::nullopt};
    if (session.store == nullptr)
        return Error{Code::not_found, cat("no mailbox ", name.internal())};
    return Placed{};
}

Result<std::vector<std::string>> servers_of_tree(ImapSession& session, const MailboxName& name)
{
    std::set<std::string> servers;
    TRY(session.directory.scan(name.key(), [&](const MailboxEntry& listed) {
        const MailboxEntry entry = listed.seen();
        if (entry.name != name && !name.is_above(entry.name)) return mboxlist::Next::stop();
        if (entry.is_there() && !entry.is_local()) servers.insert(entry.server);
        return mboxlist::Next::go_on();
    }));
    return std::vector<std::string>(servers.begin(), servers.end());
}

Result<bool> is_spread(ImapSession& session, const MailboxName& name, const std::string& server)
{
    bool spread = false;
    TRY(session.directory.scan(name.key(), [&](const MailboxEntry& listed) {
        const MailboxEntry entry = listed.seen();
        if (entry.name != name && !name.is_above(entry.name)) return mboxlist::Next::stop();
        spread = entry.is_there() && !entry.is_at(server);
        return spread ? mboxlist::Next::stop() : mboxlist::Next::go_on();
    }));
    return spread;
}

Result<Placed> place_inbox(ImapSession& session)
{
    TRY_ASSIGN(MailboxName inbox, session.user.names->inbox());
    auto entry = lookup_active(session, inbox);
    if (entry) return placed_at(session, *std::move(entry));
    if (entry.is(Code::not_found)) return Placed{};
    return std::move(entry).error();
}

Status inbox_here(ImapSession& session)
{
    TRY_ASSIGN(const Placed inbox, place_inbox(session));
    return inbox.is_here() ? success() : Status(Error{Code::moved, {}});
}

}  // namespace rookery::imapd
