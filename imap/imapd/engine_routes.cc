// Where a command runs: here, or at the server that its row's route finds.
#include "imap/imapd/engine.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/tree.h"
#include "imap/imapd/notify/watch.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/referral.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/selected/leave_selection.h"
#include "lib/base/log.h"
#include "lib/service/scoreboard.h"

namespace rookery::imapd {

Result<Completion> Engine::dispatch(const CommandSpec& spec, Command& command)
{
    if (spec.traits.for_nodes && !s_.user.identity->admin) return Error{Code::denied, {}};
    if (!spec.traits.changes_names) return route(spec, command);
    const Completion done = Completion::from(route(spec, command));
    if (!command.server.empty()) {
        log_relayed(s_, command.server, command.name, *command.mailbox, done);
        if (s_.user.watch) TRY(s_.user.watch->know(*command.mailbox));
    }
    return done;
}

Result<Completion> Engine::route(const CommandSpec& spec, Command& command)
{
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

// More than the command takes is a mistake whatever there is of that name.
Status Engine::check_end(const CommandSpec& spec, size_t more)
{
    if (spec.traits.more == CommandTraits::kAny) return success();
    const size_t most = spec.traits.more + more;
    TRY_ASSIGN(const char next, s_.reader.peek());
    TRY_ASSIGN(const auto ahead, s_.reader.arguments_ahead());
    if ((most == 0 && next != '\n') || (ahead && *ahead > most))
        return Error{Code::syntax, "Unexpected extra arguments"};
    return success();
}

Status Engine::read_mailbox(Command& command)
{
    TRY(s_.reader.space());
    TRY_ASSIGN(command.external, s_.reader.mailbox());
    TRY(check_end(*command.spec));
    TRY_ASSIGN(command.mailbox, s_.user.names->to_internal(command.external));
    return success();
}

// A quota root; "+" in front says that it need not exist (doc/protocols/cyrus.md 6).
Result<Completion> Engine::by_tree(const CommandSpec& spec, Command& command)
{
    TRY(s_.reader.space());
    TRY_ASSIGN(command.external, s_.reader.mailbox());
    TRY(check_end(spec));
    std::string_view name = command.external;
    if (name.starts_with('+')) name.remove_prefix(1);
    TRY_ASSIGN(command.mailbox, s_.user.names->to_internal(name));
    // Before it is looked up: others are not told what there is.
    if (!s_.user.identity->any_admin() && !is_own(s_, *command.mailbox))
        return Error{Code::denied, {}};
    auto placed = place_tree(s_, *command.mailbox);
    // A frontend asks all of them.
    if (placed.is(Code::unsupported) && s_.store == nullptr) return spec.run(s_, command);
    if (placed.is(Code::unsupported)) return Completion::no(std::string(kNotOnOneServer));
    if (!placed) return placed.error();
    if (placed->is_here()) return spec.run(s_, command);
    return relay(spec, command, placed->server);
}

Result<Completion> Engine::by_mailbox(const CommandSpec& spec, Command& command)
{
    TRY(read_mailbox(command));
    return at_mailbox(spec, command);
}

Status Engine::read_select(Command& command)
{
    TRY(s_.reader.space());
    TRY_ASSIGN(command.external, s_.reader.mailbox());
    TRY_ASSIGN(command.select, parse_select_parameters(s_.reader));
    if (command.select.qresync && !s_.user.qresync_enabled)
        return Error{Code::syntax, "QRESYNC is not enabled"};
    if (command.select.has_numbers && s_.user.modes.uid_only)
        return Error{Code::syntax, std::string(kUidRequired)};
    return success();
}

// The same answer to each NO, [CLOSED] included, tells nobody which of them it is.
Result<Completion> Engine::to_select(const CommandSpec& spec, Command& command)
{
    TRY(read_select(command));
    // A connection that is gone already has nothing to be taken back.
    const RemoteSelection* remote = s_.remote();
    const bool lost = remote != nullptr && !remote->backend->is_alive();
    s_.set_aside();
    if (lost) leave_aside(s_);
    auto name = s_.user.names->to_internal(command.external);
    if (name) command.mailbox = *std::move(name);
    Completion done = Completion::from(name ? at_mailbox(spec, command) : name.error());
    if (done.kind == Completion::Kind::bad)
        s_.take_back();
    else if (done.kind != Completion::Kind::disconnect)
        leave_aside(s_);
    return done;
}

// GETMETADATA may have its options before the name (RFC 5464 5) or behind it (its examples). What
// names several mailboxes goes to as many servers: its own function sees to that.
Result<Completion> Engine::by_mailbox_or_server(const CommandSpec& spec, Command& command)
{
    TRY(s_.reader.space());
    size_t options_behind = 0;
    if (spec.traits.options_first) {
        TRY_ASSIGN(MetadataHead head, parse_metadata_head(s_.reader));
        command.options = head.options;
        command.external = head.names.front();
        if (head.names.size() > 1) command.names = std::move(head.names);
        TRY_ASSIGN(options_behind, options_ahead(s_.reader, head));
    } else {
        TRY_ASSIGN(command.external, s_.reader.mailbox());
    }
    TRY(check_end(spec, options_behind));
    if (command.external.empty() || !command.names.empty()) return spec.run(s_, command);
    TRY_ASSIGN(command.mailbox, s_.user.names->to_internal(command.external));
    return at_mailbox(spec, command);
}

Result<Completion> Engine::at_mailbox(const CommandSpec& spec, Command& command)
{
    auto placed = place(s_, *command.mailbox);
    if (!placed) return no_mailbox(command, placed.error());
    command.entry = std::move(placed->entry);
    if (placed->is_here()) return spec.run(s_, command);
    return relay(spec, command, placed->server);
}

Result<Completion> Engine::by_new_name(const CommandSpec& spec, Command& command)
{
    TRY(read_mailbox(command));
    // What never leaves this server does not ask the list where it would go.
    if (spec.relay == nullptr) return spec.run(s_, command);
    auto found = place_new(s_, *command.mailbox);
    // An administrator may name a server where the configuration names none.
    if (found.is(Code::unavailable) && s_.store == nullptr) return spec.run(s_, command);
    TRY_ASSIGN(auto placed, std::move(found));
    if (placed.is_here()) return spec.run(s_, command);
    return relay(spec, command, placed.server);
}

Result<Completion> Engine::by_selection(const CommandSpec& spec, Command& command)
{
    if (auto* remote = s_.remote(); remote != nullptr && spec.relay != nullptr)
        return spec.relay(s_, command, *remote->backend);
    return spec.run(s_, command);
}

Result<Completion> Engine::by_inbox(const CommandSpec& spec, Command& command)
{
    TRY(check_end(spec));
    TRY_ASSIGN(auto placed, place_inbox(s_));
    if (placed.is_here()) return spec.run(s_, command);
    return relay(spec, command, placed.server);
}

Result<Completion> Engine::relay(const CommandSpec& spec, Command& command,
                                 const std::string& server)
{
    if (spec.relay == nullptr) return Error{Code::moved, {}};
    if (s_.backends == nullptr) return Error{Code::unavailable, {}};
    if (auto referred = refer(s_, command, server)) return *std::move(referred);
    auto* remote = s_.remote();
    if (remote != nullptr && remote->backend->server() == server && !ensure_selection(s_))
        return say_bye_lost(s_);
    auto backend = s_.backends->get(server);
    if (!backend) {
        log::warning("backend", {{"server", server}, {"reason", backend.error()}});
        return backend.error();
    }
    service::scoreboard::set_backend(server);
    command.server = server;
    return spec.relay(s_, command, **backend);
}

}  // namespace rookery::imapd
