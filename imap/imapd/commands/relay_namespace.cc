// Changes of the namespace at the server where they happen; afterwards this server knows of them.
#include <algorithm>
#include <optional>

#include "imap/imapd/command_table.h"
#include "imap/imapd/move_proof.h"
#include "imap/imapd/relay.h"
#include "imap/imapd/relay_retry.h"
#include "imap/imapd/rights.h"
#include "imap/imapd/router.h"
#include "imap/model/location.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::imapd::commands {
namespace {

// Read your writes: the next command of any session here sees it. If the master cannot be asked the
// change was made all the same.
void caught_up(ImapSession& s)
{
    auto done = s.directory.catch_up();
    if (!done) log::info("the list does not have a change yet", {{"reason", done.error()}});
}

bool is_server(ImapSession& s, const std::string& word)
{
    for (const std::string& server : s.config.serverlist())
        if (server == word) return true;
    bool found = false;
    auto scanned = s.directory.scan_server(word, [&](const model::MailboxEntry&) {
        found = true;
        return mboxlist::Next::stop();
    });
    return scanned.ok() && found;
}

Result<ChosenPlace> read_location(ImapSession& s)
{
    TRY_ASSIGN(const std::string word, s.reader.astring());
    return chosen_place(s, word);
}

// [SP location], read up to what may follow it. A list of parameters ("(USE (\Sent))", RFC 4466) is
// not a location; its opening space has been taken then.
struct Arguments {
    ChosenPlace where;
    bool list = false;
    bool denied = false;
};
Result<Arguments> read_arguments(ImapSession& s)
{
    Arguments arguments;
    TRY_ASSIGN(bool more, s.reader.accept(' '));
    if (!more) return arguments;
    TRY_ASSIGN(char next, s.reader.peek());
    arguments.list = next == '(';
    if (arguments.list) return arguments;
    // Where a mailbox goes is the administrator's choice.
    arguments.denied = !s.identity->any_admin();
    if (arguments.denied) return arguments;
    TRY_ASSIGN(arguments.where, read_location(s));
    return arguments;
}

// A Cyrus backend takes a partition as an atom only; its names are letters and digits.
void add_partition(RelayChannel& channel, const std::string& partition)
{
    if (partition.empty()) return;
    if (model::is_partition_name(partition))
        channel.raw(cat(" ", partition));
    else
        channel.astring(partition);
}

Completion permission_denied()
{
    return Completion::from(Error{Code::denied, {}});
}

// CREATE at that server; with list, the client's parameters follow.
Completion create_at(ImapSession& s, const Command& command, backend::Backend& target,
                     const std::string& partition, bool has_list)
{
    RelayChannel channel(s, target);
    channel.verb("CREATE");
    channel.astring(command.external);
    add_partition(channel, partition);
    if (has_list) {
        channel.raw(" ");
        if (auto read = channel.client_arguments(); !read) return channel.failed(read.error());
    }
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    if (answer->ok()) caught_up(s);
    return (*std::move(answer)).completion();
}

}  // namespace

Completion relay_namespace_change(ImapSession& s, Command& command, backend::Backend& backend)
{
    RelayChannel channel(s, backend);
    channel.verb(command.name);
    channel.astring(command.external);
    if (auto read = channel.client_arguments(); !read) return channel.failed(read.error());
    Outcome outcome = finish_at_mailbox(s, command, channel);
    if (outcome.ok()) caught_up(s);
    return std::move(outcome).result();
}

Completion relay_create(ImapSession& s, Command& command, backend::Backend& backend)
{
    auto arguments = read_arguments(s);
    if (!arguments) return Completion::from(arguments.error());
    if (arguments->denied) return permission_denied();
    if (auto legal = command.mailbox->check_creatable(); !legal)
        return Completion::from(legal.error());
    backend::Backend* target = &backend;
    const ChosenPlace& where = arguments->where;
    if (!where.server.empty() && where.server != backend.server()) {
        auto named = s.backends->get(where.server);
        if (!named) return Completion::from(named.error());
        target = *named;
    }
    if (!arguments->list)
        if (auto end = s.reader.end_of_line(); !end) return Completion::from(end.error());
    return create_at(s, command, *target, where.partition, arguments->list);
}

Completion relay_rename(ImapSession& s, Command& command, backend::Backend& backend)
{
    std::string to;
    auto arguments = [&]() -> Result<Arguments> {
        TRY(s.reader.space());
        TRY_ASSIGN(to, s.reader.astring());
        TRY_ASSIGN(Arguments read, read_arguments(s));
        if (read.denied) return read;
        TRY(s.reader.end_of_line());
        TRY(s.names->to_internal(to));
        return read;
    }();
    if (!arguments) return Completion::from(arguments.error());
    if (arguments->denied) return permission_denied();
    const ChosenPlace& where = arguments->where;
    const bool moves = !where.server.empty() && where.server != backend.server();
    if (moves && to != command.external)
        return Completion::no(
            "[CANNOT] Cross-server or cross-partition move w/rename not supported");
    std::optional<MoveProof> proof;
    if (moves) proof.emplace(s, *command.mailbox, backend.server(), where.server);
    RelayChannel channel(s, backend);
    if (proof) channel.filter(proof->filter());
    channel.verb(moves ? "XFER" : "RENAME");
    channel.astring(command.external);
    channel.astring(moves ? where.server : to);
    add_partition(channel, where.partition);
    Outcome outcome = finish_at_mailbox(s, command, channel);
    if (outcome.ok() && proof) return proof->verdict(outcome.answer.text);
    if (outcome.ok()) caught_up(s);
    return std::move(outcome).result();
}

}  // namespace rookery::imapd::commands

namespace rookery::imapd {

Result<ChosenPlace> chosen_place(ImapSession& s, const std::string& word)
{
    TRY_ASSIGN(model::WireLocation location, model::parse_location(word));
    if (!location.server.empty()) return ChosenPlace{location.server, location.partition};
    if (commands::is_server(s, word)) return ChosenPlace{word, {}};
    return ChosenPlace{{}, word};
}

Completion create_there(ImapSession& s, const Command& command, const ChosenPlace& place)
{
    auto target = s.backends->get(place.server);
    if (!target) return Completion::from(target.error());
    return commands::create_at(s, command, **target, place.partition, false);
}

}  // namespace rookery::imapd
