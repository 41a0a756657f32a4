// Changes of the namespace at the server where they happen; afterwards this server knows of them.
#include <algorithm>
#include <optional>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/special_use.h"
#include "imap/imapd/namespace/tree.h"
#include "imap/imapd/notify/watch.h"
#include "imap/imapd/relay/move_proof.h"
#include "imap/imapd/relay/remote_namespace.h"
#include "imap/imapd/relay/retry.h"
#include "imap/imapd/relay/router.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {
namespace {

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
    arguments.denied = !s.user.identity->any_admin();
    if (arguments.denied) return arguments;
    TRY_ASSIGN(arguments.where, read_location(s));
    return arguments;
}

bool may_take_away(const ImapSession& s, const model::MailboxEntry& entry)
{
    if (entry.name.is_inbox()) return s.user.identity->any_admin() && !is_own(s, entry.name);
    return require(s, entry, model::Rights::delete_mailbox).ok();
}

// CREATE's (RFC 4466), written anew; what they are is the other server's matter, but for the uses,
// which mailboxes of other servers may have.
struct Parameters {
    std::string text;
    std::string uses;
};
Result<Parameters> read_parameters(CommandReader& reader)
{
    Parameters read;
    TRY(reader.expect('('));
    for (bool more = true; more;) {
        TRY_ASSIGN(const std::string name, reader.attribute());
        TRY(reader.space());
        cat_to(read.text, read.text.empty() ? "(" : " ", name, ' ');
        TRY_ASSIGN(const bool is_list, reader.accept('('));
        if (!is_list) {
            TRY_ASSIGN(const std::string value, reader.astring());
            read.text += text::imap_astring(value);
        }
        for (bool first = is_list, end = !is_list; !end; first = false) {
            if (!first) TRY(reader.space());
            TRY_ASSIGN(const std::string word, reader.flag());
            cat_to(read.text, first ? "(" : " ", word);
            if (name == "USE") cat_to(read.uses, read.uses.empty() ? "" : " ", special_use(word));
            TRY_ASSIGN(end, reader.accept(')'));
            if (end) read.text += ')';
        }
        TRY_ASSIGN(more, reader.accept(' '));
    }
    TRY(reader.expect(')'));
    read.text += ')';
    return read;
}

}  // namespace

Result<Completion> relay_namespace_change(ImapSession& s, Command& command,
                                          backend::Backend& backend)
{
    RelayChannel channel(s, backend);
    channel.verb(command.name);
    channel.astring(command.external);
    AtMailbox there(s, command, channel);
    if (auto read = channel.client_arguments(); !read) return there.failed(read.error());
    Outcome outcome = there.finish();
    if (outcome.ok()) caught_up(s);
    return std::move(outcome).result();
}

Result<Completion> relay_create(ImapSession& s, Command& command, backend::Backend& backend)
{
    TRY_ASSIGN(auto arguments, read_arguments(s));
    if (arguments.denied) return Error{Code::denied, {}};
    TRY(command.mailbox->check_creatable());
    const ChosenPlace& where = arguments.where;
    Parameters parameters;
    if (arguments.list) {
        TRY_ASSIGN(parameters, read_parameters(s.reader));
    }
    TRY(s.reader.end_of_line());
    TRY_ASSIGN(const bool taken,
               is_use_taken_elsewhere(s, *command.mailbox, parameters.uses, backend.server()));
    if (taken) return Completion::no(cat("[USEATTR] ", kUseConflict));
    const bool elsewhere = !where.server.empty() && where.server != backend.server();
    if (elsewhere || where.may_be_server) return create_there(s, command, where, backend.server());
    return create_at(s, command, backend, where.partition, parameters.text);
}

// That server does not know what others have below the mailbox; the list here does. What it would
// refuse for want of rights, it says.
Result<Completion> relay_delete(ImapSession& s, Command& command, backend::Backend& backend)
{
    const model::MailboxName& name = *command.mailbox;
    const bool may = may_take_away(s, *command.entry);
    TRY_ASSIGN(const bool spread, is_spread(s, name, backend.server()));
    if (may && spread && name.is_inbox()) return Completion::no(std::string(kNotOnOneServer));
    if (may && spread && !name.is_deleted(s.config.deletedprefix()))
        return Completion::no(std::string(kHasChildren));
    return relay_namespace_change(s, command, backend);
}

Result<Completion> relay_rename(ImapSession& s, Command& command, backend::Backend& backend)
{
    TRY(s.reader.space());
    TRY_ASSIGN(const std::string to, s.reader.mailbox());
    TRY_ASSIGN(const Arguments arguments, read_arguments(s));
    if (arguments.denied) return Error{Code::denied, {}};
    TRY(s.reader.end_of_line());
    TRY_ASSIGN(const model::MailboxName new_name, s.user.names->to_internal(to));
    const ChosenPlace& where = arguments.where;
    const bool moves = !where.server.empty() && where.server != backend.server();
    if (moves && to != command.external)
        return Completion::no(
            "[CANNOT] Cross-server or cross-partition move w/rename not supported");
    if (!moves && to != command.external &&
        !(is_own(s, *command.mailbox) && command.mailbox->is_inbox())) {
        TRY_ASSIGN(const bool spread, is_spread(s, *command.mailbox, backend.server()));
        if (spread && may_take_away(s, *command.entry))
            return Completion::no(std::string(kNotOnOneServer));
    }
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
    if (outcome.ok()) {
        caught_up(s);
        if (s.user.watch) TRY(s.user.watch->know(new_name));
    }
    return std::move(outcome).result();
}

}  // namespace rookery::imapd::commands
