#include "imap/imapd/responder.h"

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"
#include "lib/text/mutf7.h"
#include "lib/text/utf8.h"

namespace rookery::imapd {
std::string wire_text(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    return out;
}

std::string external_name(const ImapSession& session, const model::MailboxName& name)
{
    if (session.user.names)
        if (auto external = session.user.names->to_external(name)) return *external;
    return name.internal();
}

namespace {

std::string in_clients_form(const ImapSession& session, std::string_view external,
                            std::string (*write)(std::string_view))
{
    const auto name = session.user.modes.utf8 ? text::mutf7_to_utf8(external)
                                              : Result<std::string>(std::string(external));
    if (!name) return write(external);
    if (text::is_ascii(*name) || wire_text(*name) != *name) return write(*name);
    std::string quoted;
    text::put_quoted(quoted, *name);
    return quoted;
}

}  // namespace

std::string wire_name(const ImapSession& session, std::string_view external)
{
    return in_clients_form(session, external, text::imap_astring);
}

std::string wire_string(const ImapSession& session, std::string_view external)
{
    return in_clients_form(session, external, text::imap_string);
}

void put_list_line(ImapSession& session, std::string_view kind, std::string_view attributes,
                   std::string_view name, std::string_view more)
{
    const std::string separator(1, session.user.names->separator());
    session.client.put("* ", kind, " (", attributes, ") ", text::imap_string(separator), ' ',
                       wire_name(session, name), more, "\r\n");
}

void put_selected_name(ImapSession& session, const model::MailboxName& name)
{
    if (session.user.modes.rev2) put_list_line(session, "LIST", "", external_name(session, name));
}

}  // namespace rookery::imapd
