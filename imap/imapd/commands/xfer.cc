// XFER name server [partition]: to another server. name: a mailbox, a pattern, or a partition here.
#include "imap/imapd/namespace/xfer.h"

#include <algorithm>
#include <set>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/placement.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/move_proof.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/responder.h"
#include "imap/mboxlist/list_pattern.h"
#include "imap/mboxlist/partitions.h"
#include "imap/model/location.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {

namespace {

using model::MailboxEntry;
using model::MailboxName;

struct Arguments {
    std::string name;
    sync::MoveTarget target;
};

Result<Arguments> read_arguments(CommandReader& reader)
{
    Arguments arguments;
    TRY(reader.space());
    TRY_ASSIGN(arguments.name, reader.mailbox_pattern());
    TRY(reader.space());
    TRY_ASSIGN(const std::string server, reader.astring());
    TRY_ASSIGN(const bool more, reader.accept(' '));
    TRY_ASSIGN(const model::WireLocation location, model::parse_location(server));
    arguments.target.server = location.server.empty() ? location.partition : location.server;
    if (!location.server.empty()) arguments.target.partition = location.partition;
    if (more) {
        TRY_ASSIGN(arguments.target.partition, reader.astring());
    }
    TRY(reader.end_of_line());
    return arguments;
}

// What moves as one: users by their INBOX, and shared mailboxes.
bool is_unit(const ImapSession& s, const MailboxEntry& entry)
{
    if (entry.state != model::EntryState::active) return false;
    if (entry.name.is_deleted(s.config.deletedprefix())) return false;
    return entry.name.is_inbox() || entry.name.user().empty();
}

Result<std::vector<MailboxName>> units(ImapSession& s, const std::string& name)
{
    std::vector<MailboxName> found;
    auto mailbox = s.user.names->to_internal(name);
    const bool there = mailbox && s.directory.lookup(*mailbox).ok();
    if (!there && name.find_first_of("*%") != std::string::npos) {
        TRY_ASSIGN(const auto pattern,
                   mboxlist::ListPattern::compile(name, s.user.names->separator()));
        TRY(s.directory.scan("", [&](const MailboxEntry& entry) {
            if (!is_unit(s, entry.seen())) return mboxlist::Next::go_on();
            auto external = s.user.names->to_external(entry.name);
            if (external && pattern.matches(*external)) found.push_back(entry.name);
            return mboxlist::Next::go_on();
        }));
        return found;
    }
    if (!there && s.store != nullptr && mboxlist::has_partition(s.config, name)) {
        TRY(s.directory.scan_server("", [&](const MailboxEntry& entry) {
            if (is_unit(s, entry) && entry.partition == name) found.push_back(entry.name);
            return mboxlist::Next::go_on();
        }));
        return found;
    }
    if (!mailbox) return std::move(mailbox).error();
    found.push_back(*std::move(mailbox));
    return found;
}

std::string reason(const Completion& done)
{
    std::string text = done.text;
    for (char& c : text)
        if (c == '(' || c == ')' || c == '\r' || c == '\n') c = ' ';
    return text;
}

Result<Completion> xfer_at(ImapSession& s, const MailboxName& name, const sync::MoveTarget& target,
                           const std::string& server, bool& told)
{
    if (s.backends == nullptr) return Error{Code::moved, {}};
    TRY_ASSIGN(auto backend, s.backends->get(server));
    auto external = s.user.names->to_external(name);
    if (!external) return Error{Code::bad_name, {}};
    MoveProof proof(s, name, server, target.server);
    RelayChannel channel(s, *backend);
    channel.filter(proof.filter());
    channel.verb("XFER");
    channel.astring(*external);
    channel.astring(target.server);
    // A Cyrus backend takes a partition as an atom only.
    if (!target.partition.empty()) channel.raw(cat(' ', target.partition));
    auto answer = channel.finish();
    const Completion done = !answer ? channel.failed(answer.error())
                            : answer->ok() ? proof.verdict(answer->text)
                                           : (*std::move(answer)).completion();
    told = answer && proof.told();
    log_relayed(s, server, "XFER", name, done);
    return done;
}

// told: another server has, and its own untagged answer went to the client.
Result<Completion> xfer_one(ImapSession& s, const MailboxName& name, const sync::MoveTarget& target,
                            bool& told)
{
    TRY_ASSIGN(auto placed, place(s, name));
    if (!placed.is_here()) {
        if (placed.server == target.server)
            return Completion::no("[CANNOT] Invalid server requested");
        return xfer_at(s, name, target, placed.server, told);
    }
    return move_here_to(s, name, target);
}

}  // namespace

namespace commands {

Result<Completion> xfer(ImapSession& s, Command&)
{
    TRY_ASSIGN(auto arguments, read_arguments(s.reader));
    if (!s.user.identity->any_admin()) return Error{Code::denied, {}};
    if (!is_possible(arguments.target)) return Completion::no("[CANNOT] Unknown/invalid partition");
    TRY_ASSIGN(auto names, units(s, arguments.name));
    if (names.empty()) return Error{Code::not_found, {}};
    Completion last = Completion::ok();
    size_t failed = 0;
    for (const MailboxName& name : names) {
        bool told = false;
        const Completion done = Completion::from(xfer_one(s, name, arguments.target, told));
        if (done.kind == Completion::Kind::disconnect) return done;
        const bool ok = done.kind == Completion::Kind::ok;
        std::string what = name.is_inbox() ? cat("USER ", name.user()) : "MAILBOX ";
        if (!name.is_inbox()) text::put_quoted(what, s.user.names->to_external(name).value_or(""));
        if (!told) {
            s.client.put("* ", ok ? "OK " : "NO ", what);
            if (!ok) s.client.put(" (", reason(done), ')');
            s.client.put("\r\n");
        }
        if (ok) continue;
        ++failed;
        last = done;
    }
    if (failed == 0) return Completion::ok();
    if (names.size() == 1) return last;
    return Completion::no(cat(failed, " of ", names.size(), " were not moved"));
}

}  // namespace commands

}  // namespace rookery::imapd
