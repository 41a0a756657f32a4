// GETMETADATA and SETMETADATA (RFC 5464), of a mailbox here or of this server.
#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/metadata.h"
#include "imap/imapd/relay/router.h"
#include "imap/mailbox/annotations.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::imapd::commands {
namespace {

Completion refused(const Error& error, bool is_server)
{
    if (error.code == Code::over_quota)
        return Completion::no(
            cat("[METADATA MAXSIZE ", mailbox::kMaxAnnotationValue, "] The value is too long"));
    if (error.code != Code::limit) return Completion::from(error);
    return Completion::no(is_server ? "[LIMIT] The value is too long"
                                    : "[METADATA TOOMANY] Too many annotations");
}

}  // namespace

Result<Completion> getmetadata(ImapSession& s, Command& command)
{
    TRY_ASSIGN(auto request, parse_getmetadata(s.reader, command.options));
    TRY(refresh_entry(s, command));
    TRY_ASSIGN(auto values, command.mailbox ? mailbox_metadata(s, *command.entry, request)
                                            : server_metadata(s, request));
    size_t longest = 0;
    s.client.put(metadata_response(command.external, request, values, longest));
    if (longest == 0) return Completion::ok();
    return Completion::ok(cat("[METADATA LONGENTRIES ", longest, "] Completed"));
}

Result<Completion> setmetadata(ImapSession& s, Command& command)
{
    const bool is_server = !command.mailbox;
    auto changes = [&]() -> Result<std::vector<MetadataChange>> {
        TRY(s.reader.space());
        TRY_ASSIGN(auto list, parse_entry_values(s.reader));
        TRY(s.reader.end_of_line());
        return list;
    }();
    if (changes.is(Code::over_quota)) return refused(changes.error(), is_server);
    if (!changes) return changes.error();
    TRY(refresh_entry(s, command));
    if (is_server)
        for (const MetadataChange& change : *changes)
            if (change.entry.is_private)
                return Completion::no("[METADATA NOPRIVATE] The server has no private entries");
    auto done = is_server ? set_server_metadata(s, *changes)
                          : set_mailbox_metadata(s, *command.entry, *changes);
    if (done.is(Code::unsupported)) return Completion::no(cat("[USEATTR] ", done.error().text));
    if (!done) return refused(done.error(), is_server);
    std::string names;
    for (const MetadataChange& change : *changes)
        cat_to(names, names.empty() ? "" : " ", change.entry.full());
    log::notice("setmetadata",
                {{"user", s.user.identity->userid},
                 {"mailbox", command.mailbox ? command.mailbox->internal() : std::string()},
                 {"entries", names}});
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
