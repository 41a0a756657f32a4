#include "imap/imapd/capabilities.h"

#include <algorithm>
#include <array>

#include "imap/backend/announced.h"
#include "imap/imapd/relay/referral.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

using namespace std::string_view_literals;

constexpr std::array kAlways = {"IMAP4rev1"sv, "LITERAL+"sv, "ID"sv, "ENABLE"sv};
// What a frontend does by itself, from the list and with the commands of RFC 3501. All else that a
// client has after the login is in backend::kFromBackends.
constexpr std::array kByItself = {"CHILDREN"sv,      "IDLE"sv,        "LIST-EXTENDED"sv,
                                  "LIST-MYRIGHTS"sv, "LIST-STATUS"sv, "NAMESPACE"sv};
// The one of those with a value of this server.
constexpr std::string_view kAppendLimit = "APPENDLIMIT=";
static_assert(backend::is_from_backends(kAppendLimit));

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

bool may_unauthenticate(ImapSession& session)
{
    return session.user.identity && session.user.identity->node && !session.compressed &&
           session.kit.sasl().ssf() == 0;
}

std::string capability_list(ImapSession& session, bool with_later)
{
    const auto& hidden = session.config.suppress_capabilities();
    std::string out;
    auto add = [&](std::string_view name) {
        if (std::find(hidden.begin(), hidden.end(), name) != hidden.end()) return;
        if (!out.empty()) out += ' ';
        out += name;
    };
    for (auto name : kAlways) add(name);
    if (with_later || session.user.state != State::not_authenticated) {
        const backend::Announced missing = missing_elsewhere(session);
        for (auto name : kByItself) add(name);
        for (auto name : backend::kFromBackends) {
            if (backend::is_missing(missing, name)) continue;
            add(name == kAppendLimit ? cat(name, append_limit(session.config)) : std::string(name));
        }
        if (!session.compressed) add("COMPRESS=DEFLATE");
        // Between nodes.
        if (session.sync != nullptr && session.user.identity && session.user.identity->admin) {
            add("X-REPLICATION");
            add("X-ROOKERY-SYNC");
        }
        if (may_unauthenticate(session)) add("UNAUTHENTICATE");
        if (has_mailbox_referrals(session)) add("MAILBOX-REFERRALS");
    }
    if (const auto& master = session.config.mupdate_server(); !master.empty())
        add(cat("MUPDATE=mupdate://", master, "/"));
    if (session.user.state != State::not_authenticated) return out;
    if (session.config.login_referrals()) add("LOGIN-REFERRALS");
    if (session.kit.can_starttls()) add("STARTTLS");
    if (!session.kit.plaintext_allowed()) add("LOGINDISABLED");
    const auto mechanisms = session.kit.mechanisms();
    for (const auto& mechanism : mechanisms) add(cat("AUTH=", mechanism));
    if (!mechanisms.empty()) add("SASL-IR");
    return out;
}

}  // namespace rookery::imapd
