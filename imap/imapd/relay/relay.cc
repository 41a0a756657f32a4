// The selected mailbox on another server, between commands and when its connection is lost.
#include "imap/imapd/relay/relay.h"

#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/moved.h"
#include "imap/imapd/relay/selection.h"
#include "imap/imapd/relay/selection_replies.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

// By what the server told when the mailbox moved, or by what a second SELECT tells, which does not
// say what a search has saved, or whose results are followed.
bool is_replaceable(const RemoteSelection& remote)
{
    if (remote.moved) return !remote.saved || remote.moved->saved;
    return remote.replaceable && remote.held.empty() && !remote.saved && remote.followed.empty();
}

Error lost(std::string_view why)
{
    return Error{Code::closed, std::string(why)};
}

// One untagged response that no command asked for.
Status unsolicited(ImapSession& s, RemoteSelection& remote, backend::ReplyReader& replies)
{
    TRY_ASSIGN(backend::Reply reply, replies.next());
    if (reply.kind != backend::Reply::Kind::untagged) return lost("an answer to no command");
    const bool ours = note_moved(s, remote, reply);
    if (reply.word == "BYE") return lost(reply.head.substr(0, 200));
    if (ours || is_out_of_mode(s.user.modes, reply)) return replies.drop_rest();
    if (s.user.on_unasked) {
        TRY_ASSIGN(const bool done, s.user.on_unasked(*remote.backend, replies, reply));
        if (done) return replies.drop_rest();
    }
    const backend::Reply told = in_clients_words(remote, in_clients_names(s, reply));
    // Of other mailboxes, which are told when they change.
    if (reply.word == "STATUS" || reply.word == "METADATA") return replies.copy_to(s.client, told);
    if (reply.word != "OK") remote.replaceable = false;
    const bool at_once = !changes_numbers(told) || s.user.events.expunge_at_once;
    if (remote.held.empty() && at_once) return replies.copy_to(s.client, told);
    // What comes after a held line counts on it, so it waits too.
    return hold_untagged(remote, replies, told);
}

Status read_unsolicited(ImapSession& s, RemoteSelection& remote)
{
    stream::Stream& from = remote.backend->stream();
    backend::ReplyReader replies(from);
    do {
        auto read = unsolicited(s, remote, replies);
        if (!read) {
            if (s.client.ok()) from.fail(read.error());
            return read;
        }
    } while (from.has_input());
    return success();
}

}  // namespace

Status relay_unsolicited(ImapSession& session)
{
    RemoteSelection* remote = session.remote();
    if (remote == nullptr) return success();
    auto read = read_unsolicited(session, *remote);
    if (read || !session.client.ok()) return read;
    log::info("the server of the selected mailbox is lost",
              {{"server", remote->backend->server()}, {"reason", read.error()}});
    if (!is_replaceable(*remote)) return read;
    // The client need not know, now or ever: its next command gets another connection, and a server
    // that is started again has until then.
    remote->backend->stream().close();
    return success();
}

void log_relayed(const ImapSession& session, const std::string& server, std::string_view command,
                 const model::MailboxName& name, const Completion& done)
{
    log::notice("relayed", {{"server", server},
                            {"user", session.user.identity->userid},
                            {"command", command},
                            {"mailbox", name.internal()},
                            {"answer", cat(kind_word(done.kind), ' ', done.text)}});
}

Status relay_poll(ImapSession& session)
{
    RemoteSelection* remote = session.remote();
    if (remote == nullptr) return success();
    TRY(ensure_selection(session));
    session.client.put(remote->held);
    remote->held.clear();
    RelayChannel channel(session, *remote->backend);
    channel.verb("NOOP");
    TRY(channel.finish());
    // Behind its answer the server may say that the mailbox has moved.
    remote = session.remote();
    if (remote == nullptr || !remote->backend->stream().has_input()) return success();
    TRY(relay_unsolicited(session));
    if (!remote->moved) return success();
    return replace_selection(session, Expunges::at_once);
}

void relay_unselect(ImapSession& session)
{
    RemoteSelection* remote = session.remote();
    if (remote == nullptr) return;
    backend::Backend& backend = *remote->backend;
    backend.set_selected(false);
    // From here on what the server says of the mailbox is nobody's.
    session.forget_selection();
    // In IDLE, or in a command that was cut short, another would be taken for a part of it.
    if (!backend.stream().ok() || backend.in_command() || !backend.has_capability("UNSELECT")) {
        lose_backend(session, backend);
        return;
    }
    RelayChannel channel(session, backend);
    channel.verb("UNSELECT");
    auto answer = channel.finish();
    if (!answer || !answer->ok()) lose_backend(session, backend);
}

void wait_for_farewell(ImapSession& session, const Deadline& patience)
{
    constexpr Milliseconds kMoment{50};
    const Deadline moment = Deadline::after(kMoment).min(patience);
    while (RemoteSelection* remote = session.remote()) {
        stream::Stream& from = remote->backend->stream();
        if (remote->moved || !from.ok()) return;
        const auto input = from.wait_input(moment);
        if (!input || !*input || !relay_unsolicited(session)) return;
    }
}

Status ensure_selection(ImapSession& session)
{
    RemoteSelection* remote = session.remote();
    if (remote == nullptr) return success();
    // It may have said why it goes.
    if (remote->backend->stream().ok() && !remote->backend->is_silent())
        TRY(relay_unsolicited(session));
    if (remote->backend->is_alive()) return success();
    return replace_selection(session, Expunges::wait);
}

Status replace_selection(ImapSession& session, Expunges expunges)
{
    RemoteSelection* remote = session.remote();
    if (remote == nullptr) return lost("nothing is selected");
    if (!is_replaceable(*remote)) return lost("the selection cannot be replaced");
    std::string server = remote->backend->server();
    session.backends->drop(remote->backend);
    remote->backend = nullptr;
    // It may have gone because the mailbox has moved.
    (void)session.directory.catch_up();
    if (auto entry = session.directory.lookup(remote->name); entry && !entry->seen().is_local())
        server = entry->seen().server;
    auto replaced = [&]() -> Status {
        TRY_ASSIGN(backend::Backend * backend, session.backends->get(server));
        if (!remote->moved) return select_again(session, *remote, *backend);
        Status done = select_moved(session, *remote, *backend, expunges);
        if (!done) session.backends->drop(backend);
        return done;
    }();
    if (replaced) {
        session.user.farewell.clear();
        log::info("the selected mailbox was selected again", {{"server", server}});
        return success();
    }
    log::info("the selected mailbox cannot be selected again",
              {{"server", server}, {"reason", replaced.error()}});
    session.forget_selection();
    return replaced;
}

std::optional<Completion> release_held(ImapSession& session, const Command& command)
{
    RemoteSelection* remote = session.remote();
    if (remote == nullptr || remote->held.empty()) return std::nullopt;
    if (command.spec->takes_numbers())
        return Completion::no("[EXPUNGEISSUED] Messages are gone; ask what changed first (NOOP)");
    session.client.put(remote->held);
    remote->held.clear();
    return std::nullopt;
}

}  // namespace rookery::imapd
