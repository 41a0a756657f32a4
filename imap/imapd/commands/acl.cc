// GETACL, SETACL, DELETEACL, LISTRIGHTS, MYRIGHTS (RFC 4314).
#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/responder.h"
#include "lib/base/log.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {
namespace {

using model::MailboxEntry;
using model::Rights;

struct SetArguments {
    std::string identifier;
    std::string modification;  // DELETEACL: nothing
};

Result<SetArguments> set_arguments(ImapSession& s, bool with_rights)
{
    SetArguments arguments;
    TRY(s.reader.space());
    TRY_ASSIGN(arguments.identifier, s.reader.astring());
    if (with_rights) {
        TRY(s.reader.space());
        TRY_ASSIGN(arguments.modification, s.reader.astring());
    }
    TRY(s.reader.end_of_line());
    return arguments;
}

Status may_give(const ImapSession& s, const MailboxEntry& entry, std::string_view identifier)
{
    TRY(require(s, entry, Rights::administer));
    TRY(require_settled(entry));
    if (s.user.identity->any_admin()) return success();
    if (!s.config.allowsetacl()) return Error{Code::denied, "allowsetacl is off"};
    if (identifier == "anyone" && !entry.name.user().empty() && !s.config.anyoneuseracl())
        return Error{Code::denied, "anyoneuseracl is off"};
    return success();
}

// The ACL after the change. An owner keeps what owners always have, and nobody locks himself out.
Result<model::Acl> changed_acl(const ImapSession& s, const MailboxEntry& entry,
                               const std::string& identifier, const std::string& modification)
{
    const auto* present = entry.acl.find(identifier);
    const Rights before = present != nullptr ? present->rights : Rights();
    TRY_ASSIGN(Rights rights, model::modify_rights(before, modification, delete_right(s.config)));
    if (identifier == entry.name.user()) rights = rights | implicit_owner_rights(s.config);
    MailboxEntry changed = entry;
    changed.acl.set(identifier, rights);
    if (!s.user.identity->any_admin()) TRY(require(s, changed, Rights::administer));
    return changed.acl;
}

}  // namespace

Result<Completion> getacl(ImapSession& s, Command& command)
{
    TRY(s.reader.end_of_line());
    TRY(refresh_entry(s, command));
    TRY(require(s, *command.entry, Rights::administer));
    s.client.put("* ACL ", wire_name(s, command.external));
    for (const auto& e : command.entry->acl.entries())
        s.client.put(' ', text::imap_astring(e.identifier), ' ', e.rights.to_string());
    s.client.put("\r\n");
    return Completion::ok();
}

// And DELETEACL.
Result<Completion> setacl(ImapSession& s, Command& command)
{
    TRY_ASSIGN(auto arguments, set_arguments(s, command.spec->traits.variant == Variant::adds));
    auto identifier = canonical_identifier(s.config, arguments.identifier);
    if (!identifier) return Completion::no("[CANNOT] Invalid identifier");
    if (s.operations == nullptr) return Error{Code::unavailable, {}};
    std::string now;
    auto done = s.operations->change(*command.mailbox, [&](MailboxEntry& entry) -> Status {
        TRY(may_give(s, entry, *identifier));
        TRY_ASSIGN(entry.acl, changed_acl(s, entry, *identifier, arguments.modification));
        const auto* rights = entry.acl.find(*identifier);
        if (rights != nullptr) now = rights->rights.to_string();
        return success();
    });
    if (!done) return done.error();
    log::notice("setacl", {{"user", s.user.identity->userid},
                           {"mailbox", command.mailbox->internal()},
                           {"identifier", *identifier},
                           {"rights", now}});
    return namespace_changed(s);
}

// * LISTRIGHTS mailbox identifier required optional...; each optional right by itself.
Result<Completion> listrights(ImapSession& s, Command& command)
{
    TRY_ASSIGN(auto arguments, set_arguments(s, false));
    auto identifier = canonical_identifier(s.config, arguments.identifier);
    if (!identifier) return Completion::no("[CANNOT] Invalid identifier");
    TRY(refresh_entry(s, command));
    TRY(require(s, *command.entry, Rights::administer));
    const bool owner = *identifier == command.entry->name.user();
    const Rights required = owner ? implicit_owner_rights(s.config) : Rights();
    const std::string fixed = required.to_string();
    s.client.put("* LISTRIGHTS ", wire_name(s, command.external), ' ',
                 text::imap_astring(arguments.identifier), ' ', text::imap_astring(fixed));
    for (char right : std::string_view("lrswipkxtecdan0123456789"))
        if (fixed.find(right) == fixed.npos) s.client.put(' ', right);
    s.client.put("\r\n");
    return Completion::ok();
}

Result<Completion> myrights(ImapSession& s, Command& command)
{
    TRY(s.reader.end_of_line());
    TRY(refresh_entry(s, command));
    s.client.put("* MYRIGHTS ", wire_name(s, command.external), ' ',
                 rights_on(s, *command.entry).to_string(), "\r\n");
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
