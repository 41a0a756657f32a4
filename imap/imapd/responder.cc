#include "imap/imapd/responder.h"

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

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

void put_list_line(ImapSession& session, std::string_view kind, std::string_view attributes,
                   std::string_view name, std::string_view more)
{
    const std::string separator(1, session.user.names->separator());
    session.client.put("* ", kind, " (", attributes, ") ", text::imap_string(separator), ' ',
                       text::imap_astring(name), more, "\r\n");
}

}  // namespace rookery::imapd
