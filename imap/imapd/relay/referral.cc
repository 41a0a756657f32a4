#include "imap/imapd/relay/referral.h"

#include <algorithm>

#include "imap/backend/server_address.h"
#include "imap/imapd/relay/router.h"
#include "lib/base/strings.h"
#include "lib/text/mutf7.h"

namespace rookery::imapd {
namespace {

bool acts_for_itself(const ImapSession& s)
{
    return s.user.identity && s.user.identity->authenticated_as == s.user.identity->userid;
}

bool can_be_referred(ImapSession& s, const Command& command)
{
    const bool admin = s.user.identity->any_admin();
    switch (command.spec->traits.referral) {
        case Referral::never: return false;
        case Referral::always: return true;
        case Referral::as_configured: return s.config.proxyd_allow_status_referral();
        case Referral::admins: return admin;
        case Referral::admins_without_more: break;
    }
    // A location would name a server as this one knows it.
    if (!admin) return false;
    auto next = s.reader.peek();
    return next && *next == '\n';
}

// host[:port], "" if there is no such form.
std::string url_host(const ImapSession& s, const std::string& server)
{
    auto address = backend::server_address(s.config, server, "imap");
    if (!address || address->target.is_unix || address->implicit_tls) return {};
    const auto& [host, port, is_unix, from] = address->target;
    std::string out = host.find(':') == host.npos ? host : cat('[', host, ']');
    if (port != "imap" && port != "143") cat_to(out, ':', port);
    return out;
}

std::string percent_encoded(std::string_view text)
{
    std::string out;
    for (char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') ||
                           std::string_view("-._~/").find(c) != std::string_view::npos;
        if (plain)
            out += c;
        else
            cat_to(out, '%', to_upper(hex({&c, 1})));
    }
    return out;
}

}  // namespace

std::string url_encoded(std::string_view external)
{
    auto utf8 = text::mutf7_to_utf8(external);
    return percent_encoded(utf8 ? std::string_view(*utf8) : external);
}

bool has_mailbox_referrals(const ImapSession& session)
{
    return session.backends != nullptr && !session.config.proxyd_disable_mailbox_referrals();
}

void ask_for_referrals(ImapSession& session)
{
    session.user.wants_referrals = has_mailbox_referrals(session) && acts_for_itself(session);
}

std::optional<Completion> refer(ImapSession& session, const Command& command,
                                const std::string& server)
{
    if (!session.user.wants_referrals || !can_be_referred(session, command)) return std::nullopt;
    const std::string host = url_host(session, server);
    if (host.empty()) return std::nullopt;
    return Completion::no(cat("[REFERRAL imap://;AUTH=*@", host, '/', url_encoded(command.external),
                              "] Remote mailbox."));
}

std::string login_referral(ImapSession& session)
{
    if (!session.config.login_referrals() || !acts_for_itself(session)) return {};
    if (session.user.identity->any_admin()) return {};
    auto placed = place_inbox(session);
    if (!placed || placed->is_here()) return {};
    const std::string host = url_host(session, placed->server);
    if (host.empty()) return {};
    return cat("[REFERRAL imap://", percent_encoded(session.user.identity->userid), ";AUTH=*@",
               host, "/]");
}

}  // namespace rookery::imapd
