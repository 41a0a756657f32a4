#include "imap/imapd/relay/first_login.h"

#include "imap/cluster/autocreate.h"
#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/remote_namespace.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/relay/server_choice.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

bool gets_one(const ImapSession& s)
{
    const auth::Identity& who = *s.user.identity;
    return s.config.autocreate_quota() >= 0 && !who.any_admin() &&
           cluster::may_autocreate(s.config, who.userid, who.groups);
}

// That server is asked as the user, who may make his own INBOX there.
Status make_there(ImapSession& s)
{
    if (s.backends == nullptr) return Error{Code::unavailable, "no server is configured"};
    TRY_ASSIGN(const std::string server, choose_server(s));
    TRY_ASSIGN(backend::Backend * target, s.backends->get(server));
    RelayChannel channel(s, *target);
    channel.verb("CREATE");
    channel.astring("INBOX");
    // The client has asked for nothing of this.
    channel.filter([](auto&, auto&) -> Result<bool> { return true; });
    auto answer = channel.finish();
    if (!answer) {
        s.backends->drop(target);
        return answer.error();
    }
    caught_up(s);
    if (!answer->ok()) return Error{Code::unavailable, cat(server, ": ", answer->text)};
    log::notice("autocreate", {{"user", s.user.identity->userid}, {"server", server}});
    return success();
}

}  // namespace

void make_inbox_at_login(ImapSession& s)
{
    // A server that relays has asked its list, which has the mailboxes of all servers.
    if (!gets_one(s) || s.user.identity->relayed) return;
    auto inbox = s.user.names->inbox();
    if (!inbox) return;
    auto placed = place(s, *inbox);
    // Somebody who makes it now has the lock of its name, where this one waits.
    const bool is_being_made = s.operations != nullptr && placed.is(Code::reserved);
    if (!placed.is(Code::not_found) && !is_being_made) return;
    Status made = success();
    if (s.operations != nullptr)
        made = cluster::Autocreate(s.config, *s.operations, s.quotas).make(s.user.identity->userid);
    else
        made = make_there(s);
    // Another session of this new user may have been first.
    if (made || place(s, *inbox)) return;
    log::error("autocreate failed", {{"user", s.user.identity->userid}, {"reason", made.error()}});
}

bool is_own_new_inbox(ImapSession& s, const model::MailboxName& name)
{
    if (!name.is_inbox() || !gets_one(s)) return false;
    auto inbox = s.user.names->inbox();
    return inbox && *inbox == name;
}

}  // namespace rookery::imapd
