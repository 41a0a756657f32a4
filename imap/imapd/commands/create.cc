// CREATE and LOCALCREATE.
#include "imap/cluster/autocreate.h"
#include "imap/cluster/superiors.h"
#include "imap/cluster/uniqueid.h"
#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/placement.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/special_use.h"
#include "imap/imapd/relay/first_login.h"
#include "imap/imapd/relay/remote_namespace.h"
#include "imap/imapd/relay/router.h"
#include "imap/mboxlist/find_mailbox.h"
#include "imap/mboxlist/partitions.h"
#include "lib/base/log.h"
#include "lib/config/murder_role.h"

namespace rookery::imapd::commands {
namespace {

struct Arguments {
    std::string location;
    std::string uses;  // RFC 6154
};

// CREATE's parameter list (RFC 4466): PARTITION name, USE (use ...)
Status create_parameters(CommandReader& reader, Arguments& arguments)
{
    TRY(reader.expect('('));
    while (true) {
        TRY_ASSIGN(std::string name, reader.attribute());
        TRY(reader.space());
        if (name == "PARTITION") {
            TRY_ASSIGN(arguments.location, reader.astring());
        } else if (name == "USE") {
            TRY_ASSIGN(arguments.uses, parse_special_uses(reader));
        } else {
            return Error{Code::syntax, cat("Unknown CREATE parameter ", name)};
        }
        TRY_ASSIGN(bool more, reader.accept(' '));
        if (!more) return reader.expect(')');
    }
}

// [SP (location / "(" parameters ")")] CRLF
Result<Arguments> create_arguments(CommandReader& reader)
{
    Arguments arguments;
    TRY_ASSIGN(bool more, reader.accept(' '));
    if (more) {
        TRY_ASSIGN(char next, reader.peek());
        if (next == '(') {
            TRY(create_parameters(reader, arguments));
        } else {
            TRY_ASSIGN(arguments.location, reader.astring());
        }
    }
    TRY(reader.end_of_line());
    return arguments;
}

// By a user who is new, or by a frontend for one, with all that belongs to it.
Result<Completion> create_own_inbox(ImapSession& s, const model::MailboxName& name)
{
    if (auto there = s.directory.lookup(name); there && there->is_there())
        return Error{Code::exists, "INBOX is there"};
    TRY(cluster::Autocreate(s.config, *s.operations, s.quotas).make(s.user.identity->userid));
    TRY_ASSIGN(const model::MailboxEntry made, s.directory.lookup(name));
    return Completion::ok(cat("[MAILBOXID (", made.uniqueid, ")] Completed"));
}

// A frontend that has no server to choose makes it where an administrator wants it.
Result<Completion> create_elsewhere(ImapSession& s, Command& command, const std::string& location)
{
    if (location.empty() || !s.user.identity->any_admin()) {
        TRY(place_new(s, *command.mailbox));
        return Error{Code::unavailable, {}};
    }
    TRY(command.mailbox->check_creatable());
    TRY_ASSIGN(const ChosenPlace place, chosen_place(s, location));
    return create_there(s, command, place, {});
}

// The arguments are read to their end, then everything that may be refused is looked at without a
// change: who may choose a place or a use, whether the place is another server's (then it is made
// there), rights on the nearest ancestor, the partition, the quota. The operation itself looks
// again under the name's lock.
Result<Completion> create_here(ImapSession& s, Command& command, bool tell_others)
{
    auto arguments = create_arguments(s.reader);
    if (arguments.is(Code::unsupported))
        return Completion::no(cat("[USEATTR] ", arguments.error().text));
    if (!arguments) return arguments.error();
    const auto& name = *command.mailbox;
    if (s.operations == nullptr && s.backends != nullptr && tell_others)
        return create_elsewhere(s, command, arguments->location);
    if (s.operations == nullptr) return Error{Code::unavailable, {}};
    const bool may_choose = s.user.identity->any_admin() || !s.config.proxyservers().empty();
    if (!arguments->uses.empty() && !decides_uses(s, name))
        return Completion::no("[USEATTR] only for a user's own mailboxes");
    if (!arguments->location.empty() && !may_choose) return Error{Code::denied, {}};
    // A server that is a frontend too makes it where an administrator wants it.
    if (tell_others && config::holds_replica(s.config) && s.user.identity->any_admin() &&
        !arguments->location.empty() && !mboxlist::has_partition(s.config, arguments->location)) {
        auto place = chosen_place(s, arguments->location);
        if (place && !place->server.empty() && place->server != s.config.servername())
            return create_there(s, command, *place, {});
        if (place && place->may_be_server) return create_there(s, command, *place, {});
        if (place && place->server == s.config.servername()) arguments->location = place->partition;
    }
    if (tell_others && arguments->location.empty() && arguments->uses.empty() &&
        is_own_new_inbox(s, name))
        return create_own_inbox(s, name);
    TRY_ASSIGN(auto ancestor, mboxlist::nearest_ancestor(s.directory, name));
    TRY(may_create(s, name, ancestor, !tell_others));
    auto partition = choose_partition(s, arguments->location, ancestor);
    if (partition.is(Code::unsupported)) return bad_location(arguments->location);
    if (!partition) return partition.error();
    TRY_ASSIGN(const auto superiors, cluster::missing_superiors(s.directory, name));
    mailbox::QuotaUsage more;
    more.mailboxes = 1 + superiors.size();
    TRY(require_quota(s, name, more));
    TRY_ASSIGN(const bool use_taken, is_use_taken(s, name, arguments->uses));
    TRY_ASSIGN(const bool taken_elsewhere,
               is_use_taken_elsewhere(s, name, arguments->uses, s.config.servername()));
    if (use_taken || taken_elsewhere) return Completion::no(cat("[USEATTR] ", kUseConflict));
    model::MailboxEntry entry{.name = name,
                              .server = {},
                              .partition = *partition,
                              .acl = first_acl(s.config, name, ancestor),
                              .uniqueid = cluster::new_uniqueid()};
    using Tell = cluster::Operations::Tell;
    auto made =
        s.operations->create(entry, arguments->uses, tell_others ? Tell::master : Tell::nobody);
    if (!made) return names_taken(s, made.error(), {&entry, 1});
    // A move makes each mailbox of a tree by itself.
    if (tell_others) cluster::make_superiors(*s.operations, name, *partition, entry.acl);
    log::notice("create", {{"user", s.user.identity->userid},
                           {"mailbox", name.internal()},
                           {"partition", *partition}});
    return Completion::ok(cat("[MAILBOXID (", entry.uniqueid, ")] Completed"));
}

}  // namespace

Result<Completion> create(ImapSession& s, Command& command)
{
    return create_here(s, command, true);
}

// Between nodes: the mailbox is made here and the master hears nothing yet.
Result<Completion> localcreate(ImapSession& s, Command& command)
{
    return create_here(s, command, false);
}

}  // namespace rookery::imapd::commands
