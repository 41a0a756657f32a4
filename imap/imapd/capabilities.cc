#include "imap/imapd/capabilities.h"

#include <algorithm>
#include <array>

#include "imap/backend/announced.h"
#include "imap/imapd/relay/referral.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

using Owner = Capability::Owner;
using Told = Capability::Told;

bool has_murder(const ImapSession& s)
{
    return !s.config.mupdate_server().empty();
}

bool may_compress(const ImapSession& s)
{
    return !s.compressed;
}

bool may_idle(const ImapSession& s)
{
    return s.config.imapidlepoll().count() > 0;
}

bool refers_at_login(const ImapSession& s)
{
    return s.config.login_referrals();
}

bool can_starttls(const ImapSession& s)
{
    return s.kit.can_starttls();
}

bool is_login_disabled(const ImapSession& s)
{
    return !s.kit.plaintext_allowed();
}

bool has_mechanisms(const ImapSession& s)
{
    return !s.kit.mechanisms().empty();
}

std::vector<std::string> largest_message(const ImapSession& s)
{
    return {cat(append_limit(s.config))};
}

std::vector<std::string> master_url(const ImapSession& s)
{
    return {cat("mupdate://", s.config.mupdate_server(), "/")};
}

std::vector<std::string> mechanisms(const ImapSession& s)
{
    return s.kit.mechanisms();
}

void enable_condstore(ImapSession& s)
{
    s.user.condstore_enabled = true;
}

void enable_qresync(ImapSession& s)
{
    s.user.condstore_enabled = s.user.qresync_enabled = true;
}

void enable_uid_only(ImapSession& s)
{
    s.user.modes.uid_only = true;
}

void enable_utf8(ImapSession& s)
{
    s.user.modes.utf8 = true;
    s.reader.speak_utf8(true);
}

void enable_rev2_messages(ImapSession& s)
{
    s.user.modes.rev2_messages = true;
}

void enable_rev2(ImapSession& s)
{
    enable_utf8(s);
    enable_rev2_messages(s);
    s.user.modes.rev2 = true;
}

// In the order in which they are told. A name of kFromBackends of which there is nothing to say
// needs no row: it is told behind them.
constexpr std::array kTable = {
    Capability{.name = "IMAP4rev1", .told = Told::always},
    Capability{.name = "IMAP4rev2", .enable = enable_rev2, .there = "X-ROOKERY-REV2"},
    Capability{.name = "LITERAL+", .told = Told::always},
    Capability{.name = "ID", .told = Told::always, .owner = Owner::commands},
    Capability{.name = "ENABLE", .told = Told::always, .owner = Owner::commands},
    Capability{.name = "ACL", .owner = Owner::commands},
    Capability{.name = "CATENATE", .by_itself = true},
    Capability{.name = "CHILDREN", .by_itself = true},
    Capability{.name = "CONDSTORE", .enable = enable_condstore},
    Capability{.name = "CONTEXT=SEARCH", .owner = Owner::commands},
    Capability{.name = "IDLE",
               .owner = Owner::commands,
               .by_itself = true,
               .is_there = may_idle,
               .is_a_switch = true},
    Capability{.name = "LIST-EXTENDED", .by_itself = true},
    Capability{.name = "LIST-MYRIGHTS", .by_itself = true},
    Capability{.name = "LIST-STATUS", .by_itself = true},
    Capability{.name = "METADATA", .owner = Owner::commands},
    Capability{.name = "MOVE", .owner = Owner::commands},
    Capability{.name = "MULTISEARCH", .owner = Owner::commands},
    Capability{.name = "NAMESPACE", .owner = Owner::commands, .by_itself = true},
    Capability{.name = "NOTIFY", .owner = Owner::commands},
    Capability{.name = "QRESYNC", .enable = enable_qresync},
    Capability{.name = "QUOTA", .owner = Owner::commands},
    Capability{.name = "QUOTASET", .owner = Owner::commands},
    Capability{.name = "REPLACE", .owner = Owner::commands},
    Capability{.name = "SORT", .owner = Owner::commands},
    Capability{.name = "THREAD=REFERENCES", .owner = Owner::commands},
    Capability{.name = "UIDONLY", .enable = enable_uid_only},
    Capability{.name = "UIDPLUS", .owner = Owner::commands},
    Capability{.name = "UNSELECT", .owner = Owner::commands},
    Capability{.name = "UTF8=ACCEPT", .by_itself = true, .enable = enable_utf8},
    Capability{.name = "XLIST", .owner = Owner::commands, .by_itself = true},
    Capability{.name = "APPENDLIMIT=", .values = largest_message},
    Capability{.name = "COMPRESS=DEFLATE", .owner = Owner::commands, .is_there = may_compress},
    // Between nodes.
    Capability{.name = "X-ROOKERY-REV2", .enable = enable_rev2_messages},
    Capability{.name = "X-REPLICATION", .is_there = may_sync},
    Capability{.name = "X-ROOKERY-SYNC", .owner = Owner::commands, .is_there = may_sync},
    Capability{.name = "UNAUTHENTICATE", .owner = Owner::commands, .is_there = may_unauthenticate},
    Capability{
        .name = "MAILBOX-REFERRALS", .owner = Owner::commands, .is_there = has_mailbox_referrals},
    Capability{
        .name = "MUPDATE=", .told = Told::always, .is_there = has_murder, .values = master_url},
    Capability{.name = "LOGIN-REFERRALS", .told = Told::before_login, .is_there = refers_at_login},
    Capability{.name = "STARTTLS",
               .told = Told::before_login,
               .owner = Owner::commands,
               .is_there = can_starttls},
    Capability{.name = "LOGINDISABLED", .told = Told::before_login, .is_there = is_login_disabled},
    Capability{.name = "AUTH=",
               .told = Told::before_login,
               .owner = Owner::commands,
               .values = mechanisms},
    Capability{.name = "SASL-IR", .told = Told::before_login, .is_there = has_mechanisms},
};

// What a frontend does not do by itself is promised only where its backends have it.
constexpr bool all_are_placed()
{
    return std::all_of(kTable.begin(), kTable.end(), [](const Capability& row) {
        const bool bare = row.told == Told::after_login && row.is_there == nullptr;
        return backend::is_from_backends(row.name_there()) == (bare && !row.by_itself);
    });
}
static_assert(all_are_placed(), "a capability is done by itself or stands in kFromBackends");

// A server that has no mailbox, no longer or not yet, narrows nothing.
bool has_mailboxes(ImapSession& session, const std::string& server)
{
    bool found = false;
    auto scanned = session.directory.scan_server(server, [&](const model::MailboxEntry&) {
        found = true;
        return mboxlist::Next::stop();
    });
    return found || !scanned;
}

// What this session's client must not be promised, since a server whose mailboxes it may select
// does not have it. A frontend that logged in for somebody is told what this server has: it does
// its own narrowing, and two servers that relay to each other would else narrow each other for
// good.
backend::Announced missing_elsewhere(ImapSession& session)
{
    const bool is_relayed =
        session.user.identity && session.user.identity->node &&
        session.user.identity->authenticated_as != session.user.identity->userid;
    const bool is_alone = session.backends == nullptr || session.config.mupdate_server().empty();
    if (is_alone || is_relayed) return 0;
    return session.backends->missing(
        [&](const std::string& server) { return has_mailboxes(session, server); });
}

}  // namespace

uint64_t append_limit(const config::Config& config)
{
    constexpr uint64_t kMaxMessage = 0xFFFFFFFF;  // RFC822.SIZE is a 32-bit number
    if (config.maxmessagesize() <= 0) return kMaxMessage;
    return std::min(static_cast<uint64_t>(config.maxmessagesize()) * 1024, kMaxMessage);
}

bool may_sync(const ImapSession& session)
{
    return session.sync != nullptr && session.user.identity && session.user.identity->admin;
}

bool may_unauthenticate(const ImapSession& session)
{
    return session.user.identity && session.user.identity->node && !session.compressed &&
           session.kit.sasl().ssf() == 0;
}

std::span<const Capability> capability_table()
{
    return kTable;
}

const Capability* find_capability(std::string_view name)
{
    const auto* found = std::find_if(kTable.begin(), kTable.end(), [&](const Capability& row) {
        return equal_nocase(row.name, name);
    });
    return found == kTable.end() ? nullptr : &*found;
}

bool is_switched_off(const ImapSession& session, const CommandSpec& spec)
{
    const Capability* row = find_capability(spec.traits.capability);
    return row != nullptr && row->is_a_switch && !row->is_there(session);
}

namespace {

bool is_suppressed(const ImapSession& session, std::string_view name)
{
    const auto& hidden = session.config.suppress_capabilities();
    return std::find(hidden.begin(), hidden.end(), name) != hidden.end();
}

bool is_told(const ImapSession& session, const Capability& row, backend::Announced missing,
             bool later)
{
    const bool before = session.user.state == State::not_authenticated;
    if (row.told == Told::before_login && !before) return false;
    if (row.told == Told::after_login && !later) return false;
    if (backend::is_missing(missing, row.name_there())) return false;
    return row.is_there == nullptr || row.is_there(session);
}

}  // namespace

bool is_announced(ImapSession& session, const Capability& row)
{
    return !is_suppressed(session, row.name) &&
           is_told(session, row, missing_elsewhere(session), true);
}

std::string capability_list(ImapSession& session, bool with_later)
{
    std::string out;
    auto add = [&](std::string_view name) {
        if (!is_suppressed(session, name)) cat_to(out, out.empty() ? "" : " ", name);
    };
    const bool later = with_later || session.user.state != State::not_authenticated;
    const backend::Announced missing = later ? missing_elsewhere(session) : 0;
    for (const Capability& row : kTable) {
        if (!is_told(session, row, missing, later)) continue;
        if (row.values == nullptr)
            add(row.name);
        else
            for (const std::string& value : row.values(session)) add(cat(row.name, value));
    }
    for (const std::string_view name : backend::kFromBackends)
        if (later && find_capability(name) == nullptr && !backend::is_missing(missing, name))
            add(name);
    return out;
}

}  // namespace rookery::imapd
