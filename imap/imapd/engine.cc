#include "imap/imapd/engine.h"

#include <algorithm>

#include "imap/imapd/capabilities.h"
#include "imap/imapd/notify/tell.h"
#include "imap/imapd/notify/watch.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/selection.h"
#include "imap/imapd/responder.h"
#include "imap/imapd/selected/follow.h"
#include "imap/imapd/selected/updates.h"
#include "imap/session/client_wait.h"
#include "lib/base/log.h"
#include "lib/service/counters.h"
#include "lib/service/scoreboard.h"

namespace rookery::imapd {
namespace {

constexpr Milliseconds kMinTimeout = std::chrono::minutes(30);  // RFC 3501 5.4
// After this long without a command a session is taken to be idle.
constexpr Milliseconds kQuiet{1000};

bool allowed_in(const CommandSpec& spec, State state)
{
    return (spec.states & static_cast<unsigned>(state)) != 0;
}

bool has_spoken(RemoteSelection& remote)
{
    return remote.backend->stream().wait_input(Deadline::after(Milliseconds(0))).value_or(true);
}

std::string_view wrong_state(const CommandSpec& spec, State state)
{
    if (state == State::not_authenticated) return "Please login first";
    if (allowed_in(spec, State::not_authenticated)) return "Already authenticated";
    return "Please select a mailbox first";
}

}  // namespace

ReaderLimits reader_limits(const config::Config& config)
{
    ReaderLimits limits;
    limits.max_word = static_cast<size_t>(std::max<int64_t>(config.maxword(), 64));
    limits.max_quoted = static_cast<size_t>(std::max<int64_t>(config.maxquoted(), 64));
    return limits;
}

void Engine::run()
{
    s_.client.set_timeout(std::max<Milliseconds>(s_.config.timeout(), kMinTimeout));
    if (greet())
        while (!ended_ && wait_for_command()) one_command();
    if (auto why = session::SessionKit::why_given_up(s_.client))
        s_.client.last_word(cat("* BYE ", *why, "\r\n"));
    // First, so that nobody waits for what other servers are told.
    s_.client.close();
    session::SessionKit::count_traffic(s_.client);
    s_.forget_selection();  // at another server it ends with the session there
    s_.user.aside = NoSelection{};
    if (s_.backends == nullptr) return;
    if (in_doubt_)
        s_.backends->drop_all();
    else
        s_.backends->hand_on();
}

bool Engine::greet()
{
    if (auto text = s_.kit.shutdown_text()) {
        say_bye(*text);
        return false;
    }
    s_.client.put("* OK [CAPABILITY ", capability_list(s_), "] ", s_.kit.greeting_name(),
                  " server ready\r\n");
    return true;
}

void Engine::say_bye(std::string_view text)
{
    s_.client.put("* BYE ", wire_text(text), "\r\n");
    (void)s_.client.flush();
    ended_ = true;
}

bool Engine::wait_for_command()
{
    session::SessionKit::count_traffic(s_.client);
    // Answers to commands that came in one read go out in one write.
    if (s_.client.buffered().empty()) {
        if (!s_.client.flush()) return false;
        service::scoreboard::set_state("idle");
    }
    return wait_for_bytes(s_.client.wait_deadline()) && s_.client.ok();
}

// Waits for the client, and does meanwhile what has become due: passes on what the selected
// mailbox's server says, closes connections that nobody uses, gives memory back when it has been
// quiet for a while. Ends with BYE at the deadline, at SIGTERM, when the server is lost, and, where
// no session has begun, when the template has ended.
bool Engine::wait_for_bytes(Deadline deadline)
{
    Deadline quiet = Deadline::after(kQuiet);
    session::Wait wait;
    wait.idle = deadline;
    wait.in_session = s_.user.state != State::not_authenticated;
    std::vector<int> others;
    while (true) {
        if (!tell_watched()) return false;
        auto* remote = s_.remote();
        Deadline idle = s_.backends != nullptr ? s_.backends->close_idle() : Deadline::never();
        wait.alarm = idle.min(quiet).min(watched_due(s_));
        others = watched_descriptors(s_);
        wait.others = others;
        wait.other = remote != nullptr ? remote->backend->stream().fd() : -1;
        auto woken = session::Woken::other;
        if (remote == nullptr || !remote->backend->stream().has_input() || s_.client.has_input())
            woken = session::wait_for_client(s_.kit, s_.client, wait);
        if (quiet.passed()) {
            s_.rest();
            quiet = Deadline::never();
        }
        switch (woken) {
            case session::Woken::client: return true;
            case session::Woken::gone: return false;
            case session::Woken::alarm: break;
            case session::Woken::told_to_end: say_bye("Server is shutting down"); return false;
            case session::Woken::come_again: say_bye(session::kComeAgain); return false;
            case session::Woken::idle: say_bye("Disconnected for inactivity"); return false;
            case session::Woken::other:
                if (remote != nullptr && has_spoken(*remote) && !backend_spoke()) return false;
                quiet = Deadline::after(kQuiet);
        }
    }
}

// What NOTIFY has asked for goes out between commands.
bool Engine::tell_watched()
{
    if (!s_.user.watch) return true;
    if (auto told = tell_selected(s_); !told) {
        if (s_.client.ok()) say_ended(told.error());
        return false;
    }
    return s_.user.watch->tell() && keep_selection() && s_.client.flush();
}

// A client that NOTIFY tells of what happens waits for that: what it has selected is not left where
// it is lost, or has moved away, until the next command.
bool Engine::keep_selection()
{
    const RemoteSelection* remote = s_.remote();
    if (remote == nullptr || remote->backend->stream().ok() || !s_.user.watch->goes_on())
        return true;
    const bool at_once = s_.user.events.expunge_at_once;
    if (replace_selection(s_, at_once ? Expunges::at_once : Expunges::wait)) return true;
    if (s_.client.ok()) say_bye(why_selection_ended(s_));
    return false;
}

// The selected mailbox's server has something to say that no command asked for.
bool Engine::backend_spoke()
{
    if (relay_unsolicited(s_)) return s_.client.flush().ok();
    say_bye(why_selection_ended(s_));
    return false;
}

Status Engine::read_head(Command& command)
{
    TRY_ASSIGN(command.tag, s_.reader.tag());
    TRY(s_.reader.space());
    TRY_ASSIGN(command.name, s_.reader.command_name());
    if (is_first_word(command.name)) {
        TRY(s_.reader.space());
        TRY_ASSIGN(std::string verb, s_.reader.command_name());
        command.name += ' ';
        command.name += verb;
    }
    command.spec = find_command(command.name);
    if (command.spec == nullptr || is_switched_off(s_, *command.spec))
        return Error{Code::syntax, "Unrecognized command"};
    command.by_uid = command.spec->by_uid();
    if (!allowed_in(*command.spec, s_.user.state))
        return Error{Code::syntax, std::string(wrong_state(*command.spec, s_.user.state))};
    if (s_.user.modes.uid_only && command.spec->takes_numbers())
        return Error{Code::syntax, std::string(kUidRequired)};
    return success();
}

void Engine::one_command()
{
    Command command;
    s_.reader.begin();
    auto head = read_head(command);
    if (!s_.client.ok()) return;
    if (!head) {
        answer(command, Completion::from(head.error()));
        return;
    }
    const CommandSpec& spec = *command.spec;
    const bool admin = s_.user.identity && s_.user.identity->any_admin();
    if (auto text = s_.kit.shutdown_text(); text && !admin) {
        say_bye(cat("[ALERT] ", *text));
        return;
    }
    service::scoreboard::set_state(spec.name);
    service::counters::Timed timed;
    if (spec.traits.waits) timed.forget();
    if (s_.config.chatty()) log::notice("command", {{"name", command.name}});
    s_.expunge_allowed = !spec.holds_expunge();
    const bool knew_modseqs = s_.user.condstore_enabled;
    const Completion done = Completion::from(dispatch(spec, command));
    s_.expunge_allowed = true;
    if (!s_.client.ok() || done.kind == Completion::Kind::disconnect) {
        ended_ = true;
        in_doubt_ = true;
        return;
    }
    if (!knew_modseqs && s_.user.condstore_enabled && spec.route != Route::to_select) tell_modseq();
    const Status told = tell_updates(spec, done);
    if (told || s_.local() != nullptr) answer(command, done);
    if (!told && !ended_) say_ended(told.error());
    if (s_.user.state == State::logout) ended_ = true;
}

void Engine::answer(const Command& command, const Completion& done)
{
    const bool bad = done.kind == Completion::Kind::bad;
    if (done.kind != Completion::Kind::relayed)
        s_.client.put(command.tag.empty() ? "*" : command.tag, ' ', kind_word(done.kind), ' ',
                      wire_text(done.text), "\r\n");
    service::counters::add(service::counters::Kind::commands);
    if (bad || done.kind == Completion::Kind::no)
        service::counters::add(service::counters::Kind::command_failures);
    bad_in_a_row_ = bad ? bad_in_a_row_ + 1 : 0;
    if (bad_in_a_row_ >= (s_.user.identity ? kMaxBad : kMaxBadBeforeLogin)) {
        say_bye("Too many invalid commands");
        in_doubt_ = true;
        return;
    }
    if (s_.reader.at_end() || done.kind == Completion::Kind::relayed) return;
    // The client may be waiting for this answer before it sends the rest.
    if (s_.client.flush()) s_.reader.skip_command();
    if (!s_.client.ok()) in_doubt_ = true;
    if (!s_.client.ok() && s_.client.error().code == Code::limit) ended_ = true;
}

// The first command that shows that the client knows of modseqs, whichever it was (RFC 7162 3.1):
// it is told the one of what is selected, as far as it was told what happened there. SELECT does so
// by itself.
void Engine::tell_modseq()
{
    if (const LocalSelection* selection = s_.local())
        s_.client.put("* OK [HIGHESTMODSEQ ", selection->mailbox->highestmodseq(), "] Ok\r\n");
    const RemoteSelection* remote = s_.remote();
    if (remote != nullptr && !remote->modseq_told) enable_at(s_, *remote->backend);
}

Status Engine::tell_updates(const CommandSpec& spec, const Completion& done)
{
    if (done.kind == Completion::Kind::relayed || done.kind == Completion::Kind::bad)
        return success();
    const bool may_expunge = !spec.holds_expunge() || s_.user.events.expunge_at_once;
    if (s_.local() != nullptr) TRY(send_updates(s_, may_expunge));
    if (s_.remote() != nullptr && spec.traits.polls) TRY(relay_poll(s_));
    // A client that is lost is seen at the next write.
    if (s_.user.watch) (void)s_.user.watch->tell().ok();
    return success();
}

// What was selected is not there any more.
void Engine::say_ended(const Error& why)
{
    if (s_.local() == nullptr) {
        say_bye(why_selection_ended(s_));
        return;
    }
    put_farewell(s_, why);
    (void)s_.client.flush();
    ended_ = true;
}

}  // namespace rookery::imapd
