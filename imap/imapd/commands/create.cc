// CREATE and LOCALCREATE.
#include "imap/imapd/command_table.h"
#include "imap/imapd/placement.h"
#include "imap/imapd/rights.h"
#include "lib/base/log.h"

namespace rookery::imapd::commands {
namespace {

// CREATE's parameter list (RFC 4466): (PARTITION name). Gives the location.
Result<std::string> create_parameters(CommandReader& reader)
{
    std::string location;
    TRY(reader.expect('('));
    while (true) {
        TRY_ASSIGN(std::string name, reader.attribute());
        if (name != "PARTITION") return Error{Code::syntax, cat("Unknown CREATE parameter ", name)};
        TRY(reader.space());
        TRY_ASSIGN(location, reader.astring());
        TRY_ASSIGN(bool more, reader.accept(' '));
        if (more) continue;
        TRY(reader.expect(')'));
        return location;
    }
}

// [SP (location / "(" parameters ")")] CRLF
Result<std::string> location_argument(CommandReader& reader)
{
    std::string location;
    TRY_ASSIGN(bool more, reader.accept(' '));
    if (more) {
        TRY_ASSIGN(char next, reader.peek());
        if (next == '(') {
            TRY_ASSIGN(location, create_parameters(reader));
        } else {
            TRY_ASSIGN(location, reader.astring());
        }
    }
    TRY(reader.end_of_line());
    return location;
}

Status make(ImapSession& s, const model::MailboxEntry& entry, bool tell_others)
{
    auto step = [&]() -> Status {
        TRY(s.store->create(entry));
        return success();
    };
    if (tell_others) return s.directory.create(entry, step);
    auto there = s.directory.lookup(entry.name);
    if (there && there->is_local() && there->state != model::EntryState::deleted)
        return Error{Code::exists, "Mailbox already exists"};
    TRY(step());
    const auto change = mboxlist::Change::put(entry);
    return s.directory.commit({&change, 1});
}

Completion create_here(ImapSession& s, Command& command, bool tell_others)
{
    auto location = location_argument(s.reader);
    if (!location) return Completion::from(location.error());
    if (s.store == nullptr) return Completion::from(Error{Code::unavailable, {}});
    const auto& name = *command.mailbox;
    const bool may_choose = s.identity->any_admin() || !s.config.proxyservers().empty();
    if (!location->empty() && !may_choose) return Completion::from(Error{Code::denied, {}});
    auto ancestor = nearest_ancestor(s, name);
    if (!ancestor) return Completion::from(ancestor.error());
    if (auto may = may_create(s, name, *ancestor, !tell_others); !may)
        return Completion::from(may.error());
    auto partition = choose_partition(s, *location, *ancestor);
    if (partition.is(Code::unsupported)) return bad_location(*location);
    if (!partition) return Completion::from(partition.error());
    mailbox::QuotaUsage one;
    one.mailboxes = 1;
    if (auto fits = require_quota(s, name, one); !fits) return Completion::from(fits.error());
    model::MailboxEntry entry{.name = name,
                              .server = {},
                              .partition = *partition,
                              .acl = first_acl(s.config, name, *ancestor),
                              .uniqueid = new_uniqueid()};
    if (auto made = make(s, entry, tell_others); !made) return Completion::from(made.error());
    log::notice(
        "create",
        {{"user", s.identity->userid}, {"mailbox", name.internal()}, {"partition", *partition}});
    return Completion::ok(cat("[MAILBOXID (", entry.uniqueid, ")] Completed"));
}

}  // namespace

Completion create(ImapSession& s, Command& command)
{
    return create_here(s, command, true);
}

// Between nodes: the mailbox is made here and the master hears nothing yet.
Completion localcreate(ImapSession& s, Command& command)
{
    if (!s.identity->admin) return Completion::from(Error{Code::denied, {}});
    return create_here(s, command, false);
}

}  // namespace rookery::imapd::commands
