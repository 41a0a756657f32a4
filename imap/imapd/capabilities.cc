#include "imap/imapd/capabilities.h"

#include <algorithm>
#include <array>

#include "imap/imapd/referral.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

using namespace std::string_view_literals;

constexpr std::array kAlways = {"IMAP4rev1"sv, "LITERAL+"sv, "ID"sv, "ENABLE"sv};
constexpr std::array kAfterLogin = {"ACL"sv,
                                    "RIGHTS=kxten"sv,
                                    "CHILDREN"sv,
                                    "CONDSTORE"sv,
                                    "CREATE-SPECIAL-USE"sv,

                                    "ESEARCH"sv,
                                    "IDLE"sv,
                                    "LIST-EXTENDED"sv,
                                    "LIST-METADATA"sv,
                                    "LIST-MYRIGHTS"sv,
                                    "LIST-STATUS"sv,
                                    "METADATA"sv,
                                    "MOVE"sv,
                                    "MULTIAPPEND"sv,
                                    "NAMESPACE"sv,
                                    "OBJECTID"sv,
                                    "QRESYNC"sv,
                                    "QUOTA"sv,
                                    "QUOTASET"sv,
                                    "QUOTA=RES-STORAGE"sv,
                                    "QUOTA=RES-MESSAGE"sv,
                                    "QUOTA=RES-MAILBOX"sv,
                                    "SPECIAL-USE"sv,
                                    "STATUS=SIZE"sv,
                                    "UIDPLUS"sv,
                                    "UNSELECT"sv};

}  // namespace

uint64_t append_limit(const config::Config& config)
{
    constexpr uint64_t kMaxMessage = 0xFFFFFFFF;  // RFC822.SIZE is a 32-bit number
    if (config.maxmessagesize() <= 0) return kMaxMessage;
    return std::min(static_cast<uint64_t>(config.maxmessagesize()) * 1024, kMaxMessage);
}

std::string capability_list(ImapSession& session)
{
    const auto& hidden = session.config.suppress_capabilities();
    std::string out;
    auto add = [&](std::string_view name) {
        if (std::find(hidden.begin(), hidden.end(), name) != hidden.end()) return;
        if (!out.empty()) out += ' ';
        out += name;
    };
    for (auto name : kAlways) add(name);
    if (session.state != State::not_authenticated)
        for (auto name : kAfterLogin) add(name);
    if (session.state != State::not_authenticated) {
        add(cat("APPENDLIMIT=", append_limit(session.config)));
        if (!session.compressed) add("COMPRESS=DEFLATE");
        if (has_mailbox_referrals(session)) add("MAILBOX-REFERRALS");
    }
    if (const auto& master = session.config.mupdate_server(); !master.empty())
        add(cat("MUPDATE=mupdate://", master, "/"));
    if (session.state != State::not_authenticated) return out;
    if (session.config.login_referrals()) add("LOGIN-REFERRALS");
    if (session.kit.can_starttls()) add("STARTTLS");
    if (!session.kit.plaintext_allowed()) add("LOGINDISABLED");
    const auto mechanisms = session.kit.mechanisms();
    for (const auto& mechanism : mechanisms) add(cat("AUTH=", mechanism));
    if (!mechanisms.empty()) add("SASL-IR");
    return out;
}

}  // namespace rookery::imapd
