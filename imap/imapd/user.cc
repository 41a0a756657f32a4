#include "imap/imapd/user.h"

#include "imap/imapd/selected/leave_selection.h"
#include "imap/mboxlist/namespace_options.h"

namespace rookery::imapd {
namespace {

constexpr uint64_t kMaxSkipLoggedIn = uint64_t{64} << 20;

}  // namespace

void become(ImapSession& session, const auth::Identity& who)
{
    session.kit.begin_session();
    session.user = User{.state = State::authenticated, .identity = who};
    session.user.names.emplace(mboxlist::namespace_options(session.config), who.userid,
                               who.any_admin());
    if (session.backends != nullptr) {
        session.backends->set_user(who.userid);
        session.backends->set_relayed(who.relayed);
    }
    session.reader.speak_utf8(false);
    session.reader.allow_skip(kMaxSkipLoggedIn);
}

void forget_user(ImapSession& session)
{
    unselect(session);
    session.user = User{};
    session.back_fill = BackFill{};
    if (session.backends != nullptr) {
        session.backends->hand_on();
        session.backends->set_user({});
        session.backends->set_relayed(false);
    }
    if (session.sync != nullptr) session.sync->restart();
    session.kit.logged_out(session.client);
    session.reader.speak_utf8(false);
    session.reader.allow_skip(CommandReader::kMaxSkip);
}

}  // namespace rookery::imapd
