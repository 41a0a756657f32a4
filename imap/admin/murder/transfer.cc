#include "imap/admin/murder/transfer.h"

#include <algorithm>
#include <poll.h>

#include "imap/admin/progress.h"
#include "imap/admin/tool.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/model/location.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::admin::murder {

using backend::Backend;
using model::MailboxName;

Result<sync::MoveTarget> target_of(const std::string& word)
{
    TRY_ASSIGN(const model::WireLocation location, model::parse_location(word));
    sync::MoveTarget target;
    target.server = location.server.empty() ? location.partition : location.server;
    if (!location.server.empty()) target.partition = location.partition;
    if (!target.partition.empty() && !model::is_partition_name(target.partition))
        return Error{Code::syntax, cat(word, ": not a server, or server!partition")};
    return target;
}

bool is_unit(const config::Config& config, const MailboxName& name)
{
    return !name.is_deleted(config.deletedprefix()) && (name.is_inbox() || name.user().empty());
}

Status check_target(const model::ServerStates& states, const std::string& server)
{
    const model::ServerState state = states.of(server).state;
    if (state == model::ServerState::active || state == model::ServerState::no_new)
        return success();
    return Error{Code::denied, cat(server, " takes no mailboxes: its state is ",
                                   model::server_state_word(state))};
}

Source::Source(const config::Config& config, std::unique_ptr<Backend> backend)
    : names_(mboxlist::namespace_options(config), config.proxy_authname(), true),
      backend_(std::move(backend))
{
    backend_->stream().set_timeout(std::chrono::hours(24));
}

Result<Source> Source::connect(const config::Config& config, const std::string& server)
{
    TRY_ASSIGN(auto backend, Backend::connect(config, backend::imap_dialect(), server, {}));
    return Source(config, std::move(backend));
}

Status Source::can_move(const MailboxName& name) const
{
    if (name.is_inbox() || backend_->has_capability("X-ROOKERY-SYNC")) return success();
    return Error{Code::unsupported,
                 "a Cyrus server cannot move a shared mailbox: copy it through a frontend"};
}

Status Source::xfer(const MailboxName& name, const sync::MoveTarget& target)
{
    TRY(can_move(name));
    auto external = names_.to_external(name);
    if (!external) return Error{Code::bad_name, name.internal()};
    stream::Stream& peer = backend_->stream();
    const std::string tag = backend_->next_tag();
    std::string line = cat(tag, " XFER ");
    text::put_literal(line, *external, text::LiteralForm::plus);
    cat_to(line, ' ', target.server);
    if (!target.partition.empty()) cat_to(line, ' ', target.partition);
    peer.put(line, "\r\n");
    TRY(peer.flush());
    backend::ReplyReader reader(peer);
    std::optional<std::string> refusal;
    for (;;) {
        TRY_ASSIGN(const backend::Reply reply, reader.next());
        if (reply.kind == backend::Reply::Kind::untagged && reply.word == "BYE")
            return Error{Code::closed, reply.head};
        if (reply.kind == backend::Reply::Kind::tagged && reply.tag == tag) {
            if (reply.word == "OK" && !refusal) return success();
            return Error{Code::unavailable,
                         reply.word == "OK" ? *refusal : std::string(reply.text())};
        }
        if (!refusal) refusal = refusal_in(reply);
        tell_progress(name, reply);
    }
}

void Source::tell_progress(const MailboxName& name, const backend::Reply& reply) const
{
    const auto code = text::response_code(reply.text());
    if (reply.word != "OK" || !code || !code->is("INPROGRESS") || code->text.empty()) return;
    const std::string line = cat(name.internal(), ": ", code->text);
    tell_ ? tell_(line) : print(line + '\n');
}

// Cyrus says "* NO USER bob (why)" of what it could not move, and then OK.
std::optional<std::string> Source::refusal_in(const backend::Reply& reply)
{
    const std::string_view text = reply.text();
    if (reply.word != "NO" ||
        !(starts_with_nocase(text, "USER ") || starts_with_nocase(text, "MAILBOX ")))
        return std::nullopt;
    const size_t begin = text.find(" (");
    if (begin == std::string_view::npos || !text.ends_with(')')) return std::string(text);
    return std::string(text.substr(begin + 2, text.size() - begin - 3));
}

namespace {

Status move_seen(Source& from, Witness& witness, const PlannedMove& move)
{
    const Status said = from.xfer(move.name, move.target);
    const Status there = witness.are_at(move.tree, move.target.server);
    if (there) return success();
    if (!said) return said;
    if (there.is(Code::not_found))
        return Error{Code::not_found, cat(move.source, " says OK, but ", there.error().text)};
    return Error{
        there.error().code,
        cat(move.source, " says OK, and whether it has moved is not known: ", there.error().text)};
}

}  // namespace

Status move_one(Source& from, Witness& witness, const PlannedMove& move)
{
    Status moved = move_seen(from, witness, move);
    log::notice(moved ? "moved" : "not moved",
                {{"mailbox", move.name.internal()},
                 {"from", move.source},
                 {"to", move.target.server},
                 {"reason", moved ? std::string() : moved.error().text}});
    return moved;
}

std::string not_moved(const MailboxName& name, const Error& error)
{
    std::string_view why = error.text;
    if (const auto code = text::response_code(why)) why = code->text;
    const std::string prefix = cat(name.internal(), ": ");
    return cat(prefix, why.starts_with(prefix) ? why.substr(prefix.size()) : why);
}

Result<MoveCounts> run_moves(const config::Config& config, Witness& witness,
                             const std::vector<PlannedMove>& moves, uint32_t rate, bool quiet)
{
    std::optional<Source> from;
    std::string at;
    MoveCounts count;
    Progress progress("moved", {.quiet = quiet});
    progress.expect(moves.size());
    const Milliseconds between{rate == 0 ? 0 : 60'000 / rate};
    for (const PlannedMove& move : moves) {
        const Deadline next = Deadline::after(between);
        progress.working_on(move.name.internal());
        // A Cyrus server may end on a mailbox that it cannot move; the next one has a chance.
        if (!from || at != move.source || !from->is_open()) {
            if (from) from->logout();
            TRY_ASSIGN(from, Source::connect(config, move.source));
            from->tell([&](std::string_view line) { progress.working_on(line); });
            at = move.source;
        }
        Status moved = move_one(*from, witness, move);
        ++(moved ? count.moved : count.failed);
        if (!moved || !quiet)
            print(moved ? cat(move.name.internal(), ": moved to ", move.target.server, "\n")
                        : cat(not_moved(move.name, moved.error()), "\n"));
        progress.advance();
        if (&move == &moves.back()) break;
        while (!progress.stopped() && next.poll_ms() > 0)
            ::poll(nullptr, 0, std::min(next.poll_ms(), 200));
        if (progress.stopped())
            return Error{Code::busy, progress.interrupted("said again it goes on")};
    }
    if (from) from->logout();
    return count;
}

}  // namespace rookery::admin::murder
