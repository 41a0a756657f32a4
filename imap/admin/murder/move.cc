// murder move, drain: mailboxes from server to server.
#include <poll.h>

#include "imap/admin/local_parts.h"
#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/report.h"
#include "imap/admin/tool.h"
#include "imap/backend/reply_reader.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/model/location.h"
#include "imap/mupdate/list_entry.h"
#include "imap/sync/client.h"
#include "imap/sync/move_journal.h"
#include "imap/sync/mover.h"
#include "lib/base/clock.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"

namespace rookery::admin::murder {

namespace {

using backend::Backend;
using model::MailboxName;

// "server!partition", "server!" or "server".
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

// A connection on which XFER can be said.
class Source {
 public:
    static Result<Source> connect(const config::Config& config, const std::string& server)
    {
        TRY_ASSIGN(auto backend, Backend::connect(config, backend::imap_dialect(), server, {}));
        return Source(config, std::move(backend));
    }

    // Success if it can move this one. XFER of a shared mailbox ends Cyrus 3.6's server in the
    // middle, and leaves the name reserved.
    Status can_move(const MailboxName& name) const
    {
        if (name.is_inbox() || backend_->has_capability("X-ROOKERY-SYNC")) return success();
        return Error{Code::unsupported,
                     "a Cyrus server cannot move a shared mailbox: copy it through a frontend"};
    }

    // Progress is printed as it comes.
    Status xfer(const MailboxName& name, const sync::MoveTarget& target)
    {
        TRY(can_move(name));
        auto external = names_.to_external(name);
        if (!external) return Error{Code::bad_name, name.internal()};
        stream::Stream& peer = backend_->stream();
        const std::string tag = backend_->next_tag();
        peer.put(tag, " XFER {", external->size(), "+}\r\n", *external, ' ', target.server);
        if (!target.partition.empty()) peer.put(' ', target.partition);
        peer.put("\r\n");
        TRY(peer.flush());
        backend::ReplyReader reader(peer);
        for (;;) {
            TRY_ASSIGN(const backend::Reply reply, reader.next());
            if (reply.kind == backend::Reply::Kind::untagged && reply.word == "BYE")
                return Error{Code::closed, reply.head};
            if (reply.kind == backend::Reply::Kind::tagged && reply.tag == tag) {
                if (reply.word == "OK") return success();
                return Error{Code::unavailable, std::string(reply.text())};
            }
            tell_progress(name, reply);
        }
    }

    bool is_open() { return backend_->is_alive(); }
    void logout() { backend_->logout(); }

 private:
    Source(const config::Config& config, std::unique_ptr<Backend> backend)
        : names_(mboxlist::namespace_options(config), config.proxy_authname(), true),
          backend_(std::move(backend))
    {
        backend_->stream().set_timeout(std::chrono::hours(24));
    }

    static void tell_progress(const MailboxName& name, const backend::Reply& reply)
    {
        const std::string_view text = reply.text();
        const size_t end = text.find("] ");
        if (reply.word != "OK" || !text.starts_with("[INPROGRESS") || end == text.npos) return;
        print(cat(name.internal(), ": ", text.substr(end + 2), "\n"));
    }

    model::Namespace names_;
    std::unique_ptr<Backend> backend_;
};

Result<std::string> holder_of(mupdate::Client& master, const MailboxName& name)
{
    TRY_ASSIGN(const auto found, master.find(name.internal()));
    if (!found) return Error{Code::not_found, cat(name.internal(), ": there is no such mailbox")};
    return std::string(mupdate::server_of(found->location));
}

// What would be in the way.
Status look_ahead(const config::Config& config, const MailboxName& name, const std::string& source,
                  const sync::MoveTarget& target)
{
    if (!is_unit(config, name))
        return Error{Code::unsupported, "a user's mailboxes move with the INBOX"};
    if (source == target.server) return Error{Code::exists, cat("it is at ", source, " already")};
    TRY_ASSIGN(auto from, Source::connect(config, source));
    Status can = from.can_move(name);
    from.logout();
    TRY(std::move(can));
    TRY_ASSIGN(const auto to, sync::SyncClient::connect(config, target.server));
    return success();
}

Result<int> list_here(const config::Config& config, const Arguments& a)
{
    TRY_ASSIGN(const auto moves, sync::list_moves(config));
    Report report;
    Section& section = report.section("moves", "Moves from this server",
                                      {"mailbox", "to", "state", "since", "trouble"});
    for (const sync::MoveRecord& move : moves) {
        const std::string to =
            move.partition.empty() ? move.server : cat(move.server, '!', move.partition);
        section.rows.push_back({move.name.internal(), to, sync::move_state_name(move.state),
                                Value::number(wall_seconds() - move.changed), move.error});
    }
    print(a.json ? report.to_json("fine") : report.to_text());
    return kFine;
}

// --abort, --resume: at the server that the mailbox leaves.
Result<int> work_here(const config::Config& config, const Arguments& a, const MailboxName& name)
{
    TRY_ASSIGN(LocalParts parts, LocalParts::open(config));
    sync::Mover mover(parts.side(config));
    if (a.abort) {
        TRY(mover.abort(name));
        print(cat(name.internal(), ": it is here as before\n"));
        return kFine;
    }
    TRY(mover.resume(
        name, [&](std::string_view line) { print(cat(name.internal(), ": ", line, "\n")); }));
    print(cat(name.internal(), ": moved\n"));
    return kFine;
}

}  // namespace

Result<int> move(const config::Config& config, const Arguments& a)
{
    if (a.words.size() == 1 && !a.abort && !a.resume) return list_here(config, a);
    const size_t wanted = a.abort || a.resume ? 2 : 3;
    if (a.words.size() != wanted || (a.abort && a.resume)) usage();
    TRY_ASSIGN(const MailboxName name, MailboxName::from_internal(a.words[1]));
    if (a.abort || a.resume) return work_here(config, a, name);
    TRY_ASSIGN(const sync::MoveTarget target, target_of(a.words[2]));
    TRY_ASSIGN(auto master, mupdate::Client::connect(config, a.target));
    TRY_ASSIGN(const std::string source, holder_of(*master, name));
    TRY(look_ahead(config, name, source, target));
    if (a.dry_run) {
        print(cat(name.internal(), ": can go from ", source, " to ", target.server, "\n"));
        return kFine;
    }
    TRY_ASSIGN(auto from, Source::connect(config, source));
    TRY(from.xfer(name, target));
    from.logout();
    print(cat(name.internal(), ": moved from ", source, " to ", target.server, "\n"));
    return kFine;
}

// Users and shared mailboxes of a server to others, one after the other, to each in turn.
Result<int> drain(const config::Config& config, const Arguments& a)
{
    if (a.words.size() != 2 || a.to.empty()) usage();
    const std::string& source = a.words[1];
    std::vector<sync::MoveTarget> targets;
    for (const std::string_view word : split(a.to, ',', false)) {
        TRY_ASSIGN(sync::MoveTarget target, target_of(std::string(word)));
        if (target.server == source) usage();
        targets.push_back(std::move(target));
    }
    if (targets.empty()) usage();
    TRY_ASSIGN(const uint32_t rate, to_number<uint32_t>(a.rate.empty() ? "0" : a.rate));
    TRY_ASSIGN(auto master, mupdate::Client::connect(config, a.target));
    TRY_ASSIGN(const auto records, master->list(cat(source, '!')));
    master->logout();
    std::vector<MailboxName> names;
    for (const auto& record : records) {
        TRY_ASSIGN(MailboxName name, MailboxName::from_internal(record.name));
        if (record.active && is_unit(config, name)) names.push_back(std::move(name));
    }
    if (a.dry_run) {
        for (size_t i = 0; i < names.size(); ++i)
            print(cat(names[i].internal(), ": to ", targets[i % targets.size()].server, "\n"));
        return kFine;
    }
    TRY_ASSIGN(auto from, Source::connect(config, source));
    size_t failed = 0;
    const Milliseconds between{rate == 0 ? 0 : 60'000 / rate};
    for (size_t i = 0; i < names.size(); ++i) {
        const Deadline next = Deadline::after(between);
        const sync::MoveTarget& target = targets[i % targets.size()];
        Status moved = from.xfer(names[i], target);
        if (!moved) ++failed;
        // A Cyrus server may end on a mailbox that it cannot move; the next one has a chance.
        if (!moved && !from.is_open()) {
            TRY_ASSIGN(from, Source::connect(config, source));
        }
        print(moved ? cat(names[i].internal(), ": moved to ", target.server, "\n")
                    : cat(names[i].internal(), ": ", moved.error().text, "\n"));
        if (i + 1 < names.size() && next.poll_ms() > 0) ::poll(nullptr, 0, next.poll_ms());
    }
    from.logout();
    print(cat(source, ": ", names.size() - failed, " moved, ", failed, " not\n"));
    return failed == 0 ? kFine : kWarning;
}

}  // namespace rookery::admin::murder
