#include "imap/imapd/engine.h"

#include <algorithm>

#include "imap/imapd/capabilities.h"
#include "imap/imapd/leave_selection.h"
#include "imap/imapd/referral.h"
#include "imap/imapd/relay.h"
#include "imap/imapd/relay_lines.h"
#include "imap/imapd/responder.h"
#include "imap/imapd/rights.h"
#include "imap/imapd/router.h"
#include "imap/imapd/tree.h"
#include "imap/imapd/updates.h"
#include "imap/session/client_wait.h"
#include "lib/base/log.h"
#include "master/counters.h"
#include "master/scoreboard.h"

namespace rookery::imapd {
namespace {

constexpr Milliseconds kMinTimeout = std::chrono::minutes(30);  // RFC 3501 5.4
// After this long without a command a session is taken to be idle.
constexpr Milliseconds kQuiet{1000};

bool allowed_in(const CommandSpec& spec, State state)
{
    return (spec.states & static_cast<unsigned>(state)) != 0;
}

std::string_view wrong_state(const CommandSpec& spec, State state)
{
    if (state == State::not_authenticated) return "Please login first";
    if (allowed_in(spec, State::not_authenticated)) return "Already authenticated";
    return "Please select a mailbox first";
}

std::string_view kind_word(Completion::Kind kind)
{
    switch (kind) {
        case Completion::Kind::ok: return "OK";
        case Completion::Kind::no: return "NO";
        case Completion::Kind::bad: return "BAD";
        case Completion::Kind::relayed:
        case Completion::Kind::disconnect: break;
    }
    return "BAD";
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
    s_.selection = NoSelection{};  // at another server it ends with the session there
    s_.aside = NoSelection{};
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
        master::scoreboard::set_state("idle");
    }
    return wait_for_bytes(s_.client.wait_deadline()) && s_.client.ok();
}

bool Engine::wait_for_bytes(Deadline deadline)
{
    Deadline quiet = Deadline::after(kQuiet);
    session::Wait wait;
    wait.idle = deadline;
    wait.in_session = s_.state != State::not_authenticated;
    while (true) {
        auto* remote = s_.remote();
        Deadline idle = s_.backends != nullptr ? s_.backends->close_idle() : Deadline::never();
        wait.alarm = idle.min(quiet);
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
                if (!backend_spoke()) return false;
                quiet = Deadline::after(kQuiet);
        }
    }
}

// The selected mailbox's server has something to say that no command asked for.
bool Engine::backend_spoke()
{
    if (relay_unsolicited(s_)) return s_.client.flush().ok();
    say_bye("Fatal error: Lost connection to selected backend");
    return false;
}

Result<const CommandSpec*> Engine::read_head(Command& command)
{
    TRY_ASSIGN(command.tag, s_.reader.tag());
    TRY(s_.reader.space());
    TRY_ASSIGN(command.name, s_.reader.command_name());
    if (command.name == "UID") {
        TRY(s_.reader.space());
        TRY_ASSIGN(std::string verb, s_.reader.command_name());
        command.name += ' ';
        command.name += verb;
        command.by_uid = true;
    }
    const CommandSpec* spec = find_command(command.name);
    if (spec == nullptr) return Error{Code::syntax, "Unrecognized command"};
    if (!allowed_in(*spec, s_.state))
        return Error{Code::syntax, std::string(wrong_state(*spec, s_.state))};
    return spec;
}

void Engine::one_command()
{
    Command command;
    s_.reader.begin();
    auto spec = read_head(command);
    if (!s_.client.ok()) return;
    if (!spec) {
        answer(command, Completion::from(spec.error()));
        return;
    }
    const bool admin = s_.identity && s_.identity->any_admin();
    if (auto text = s_.kit.shutdown_text(); text && !admin) {
        say_bye(cat("[ALERT] ", *text));
        return;
    }
    master::scoreboard::set_state((*spec)->name);
    if (s_.config.chatty()) log::notice("command", {{"name", command.name}});
    s_.expunge_allowed = !(*spec)->holds_expunge;
    const Completion done = dispatch(**spec, command);
    s_.expunge_allowed = true;
    if (!s_.client.ok() || done.kind == Completion::Kind::disconnect) {
        ended_ = true;
        in_doubt_ = true;
        return;
    }
    tell_updates(**spec, done);
    if (!ended_) answer(command, done);
    if (s_.state == State::logout) ended_ = true;
}

void Engine::answer(const Command& command, const Completion& done)
{
    const bool bad = done.kind == Completion::Kind::bad;
    if (done.kind != Completion::Kind::relayed)
        s_.client.put(command.tag.empty() ? "*" : command.tag, ' ', kind_word(done.kind), ' ',
                      wire_text(done.text), "\r\n");
    master::counters::add(master::counters::Kind::commands);
    if (bad || done.kind == Completion::Kind::no)
        master::counters::add(master::counters::Kind::command_failures);
    bad_in_a_row_ = bad ? bad_in_a_row_ + 1 : 0;
    if (bad_in_a_row_ >= (s_.identity ? kMaxBad : kMaxBadBeforeLogin)) {
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

void Engine::tell_updates(const CommandSpec& spec, const Completion& done)
{
    if (done.kind == Completion::Kind::relayed || done.kind == Completion::Kind::bad) return;
    Status told = success();
    if (s_.local() != nullptr)
        told = send_updates(s_, !spec.holds_expunge);
    else if (s_.remote() != nullptr && spec.name == "NOOP")
        told = relay_poll(s_);
    if (told) return;
    if (s_.remote() != nullptr)
        say_bye("Fatal error: Lost connection to selected backend");
    else if (told.is(Code::not_found))
        say_bye("[UNAVAILABLE] Mailbox has been deleted");
    else
        say_bye(Completion::from(told.error()).text);
}

Completion Engine::dispatch(const CommandSpec& spec, Command& command)
{
    if (spec.for_nodes && !s_.identity->admin) return Completion::from(Error{Code::denied, {}});
    switch (spec.route) {
        case Route::here: return spec.run(s_, command);
        case Route::by_mailbox: return by_mailbox(spec, command);
        case Route::by_mailbox_or_server: return by_mailbox_or_server(spec, command);
        case Route::to_select: return to_select(spec, command);
        case Route::by_tree: return by_tree(spec, command);
        case Route::by_new_name: return by_new_name(spec, command);
        case Route::by_selection: return by_selection(spec, command);
        case Route::by_inbox: return by_inbox(spec, command);
    }
    return Completion::bad("Unrecognized command");
}

Status Engine::read_mailbox(Command& command)
{
    TRY(s_.reader.space());
    TRY_ASSIGN(command.external, s_.reader.astring());
    TRY_ASSIGN(command.mailbox, s_.names->to_internal(command.external));
    return success();
}

// A quota root; "+" in front says that it need not exist (WIRE 3.3).
Completion Engine::by_tree(const CommandSpec& spec, Command& command)
{
    auto read = [&]() -> Status {
        TRY(s_.reader.space());
        TRY_ASSIGN(command.external, s_.reader.astring());
        std::string_view name = command.external;
        if (name.starts_with('+')) name.remove_prefix(1);
        TRY_ASSIGN(command.mailbox, s_.names->to_internal(name));
        return success();
    }();
    if (!read) return Completion::from(read.error());
    // Before it is looked up: others are not told what there is.
    if (!s_.identity->any_admin() && !is_own(s_, *command.mailbox))
        return Completion::from(Error{Code::denied, {}});
    auto placed = place_tree(s_, *command.mailbox);
    if (placed.is(Code::unsupported)) return Completion::no(std::string(kNotOnOneServer));
    if (!placed) return Completion::from(placed.error());
    if (placed->is_here()) return spec.run(s_, command);
    return relay(spec, command, placed->server);
}

Completion Engine::by_mailbox(const CommandSpec& spec, Command& command)
{
    if (auto read = read_mailbox(command); !read) return Completion::from(read.error());
    return at_mailbox(spec, command);
}

Status Engine::read_select(Command& command)
{
    TRY(s_.reader.space());
    TRY_ASSIGN(command.external, s_.reader.astring());
    TRY_ASSIGN(command.select, parse_select_parameters(s_.reader));
    if (command.select.qresync && !s_.qresync_enabled)
        return Error{Code::syntax, "QRESYNC is not enabled"};
    return success();
}

// The same answer to each NO, [CLOSED] included, tells nobody which of them it is.
Completion Engine::to_select(const CommandSpec& spec, Command& command)
{
    if (auto read = read_select(command); !read) return Completion::from(read.error());
    // A connection that is gone already has nothing to be taken back.
    const RemoteSelection* remote = s_.remote();
    const bool lost = remote != nullptr && !remote->backend->is_alive();
    s_.set_aside();
    if (lost) leave_aside(s_);
    auto name = s_.names->to_internal(command.external);
    if (name) command.mailbox = *std::move(name);
    Completion done = name ? at_mailbox(spec, command) : Completion::from(name.error());
    if (done.kind == Completion::Kind::bad)
        s_.take_back();
    else if (done.kind != Completion::Kind::disconnect)
        leave_aside(s_);
    return done;
}

// GETMETADATA may have its options before the name (RFC 5464 5) or behind it (its examples).
Completion Engine::by_mailbox_or_server(const CommandSpec& spec, Command& command)
{
    auto read = [&]() -> Status {
        TRY(s_.reader.space());
        TRY_ASSIGN(const char next, s_.reader.peek());
        if (next == '(' && command.name != "SETMETADATA") {
            TRY_ASSIGN(command.options, parse_metadata_options(s_.reader));
            TRY(s_.reader.space());
        }
        TRY_ASSIGN(command.external, s_.reader.astring());
        if (command.external.empty()) return success();
        TRY_ASSIGN(command.mailbox, s_.names->to_internal(command.external));
        return success();
    }();
    if (!read) return Completion::from(read.error());
    return command.mailbox ? at_mailbox(spec, command) : spec.run(s_, command);
}

Completion Engine::at_mailbox(const CommandSpec& spec, Command& command)
{
    auto placed = place(s_, *command.mailbox);
    if (!placed) return no_mailbox(command, placed.error());
    command.entry = std::move(placed->entry);
    if (placed->is_here()) return spec.run(s_, command);
    return relay(spec, command, placed->server);
}

Completion Engine::by_new_name(const CommandSpec& spec, Command& command)
{
    if (auto read = read_mailbox(command); !read) return Completion::from(read.error());
    // What never leaves this server does not ask the list where it would go.
    if (spec.relay == nullptr) return spec.run(s_, command);
    auto placed = place_new(s_, *command.mailbox);
    if (!placed) return Completion::from(placed.error());
    if (placed->is_here()) return spec.run(s_, command);
    return relay(spec, command, placed->server);
}

Completion Engine::by_selection(const CommandSpec& spec, Command& command)
{
    if (auto* remote = s_.remote(); remote != nullptr && spec.relay != nullptr)
        return spec.relay(s_, command, *remote->backend);
    return spec.run(s_, command);
}

Completion Engine::by_inbox(const CommandSpec& spec, Command& command)
{
    auto placed = place_inbox(s_);
    if (!placed) return Completion::from(placed.error());
    if (placed->is_here()) return spec.run(s_, command);
    return relay(spec, command, placed->server);
}

Completion Engine::relay(const CommandSpec& spec, Command& command, const std::string& server)
{
    if (spec.relay == nullptr) return Completion::from(Error{Code::moved, {}});
    if (s_.backends == nullptr) return Completion::from(Error{Code::unavailable, {}});
    if (auto referred = refer(s_, command, server)) return *std::move(referred);
    auto* remote = s_.remote();
    if (remote != nullptr && remote->backend->server() == server && !ensure_selection(s_))
        return say_bye_lost(s_);
    auto backend = s_.backends->get(server);
    if (!backend) {
        log::warning("backend", {{"server", server}, {"reason", backend.error()}});
        return Completion::from(backend.error());
    }
    master::scoreboard::set_backend(server);
    return spec.relay(s_, command, **backend);
}

}  // namespace rookery::imapd
