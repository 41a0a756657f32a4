#include "imap/imapd/responder.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/imap_structure.h"

namespace rookery::imapd {
namespace {

constexpr size_t kMaxQuoted = 1024;  // longer ones are literals: kinder to both sides

bool may_be_quoted(std::string_view text)
{
    if (text.size() > kMaxQuoted) return false;
    return std::all_of(text.begin(), text.end(), [](char ch) {
        const auto c = static_cast<unsigned char>(ch);
        return c >= 0x20 && c < 0x7F;
    });
}

bool is_atom(std::string_view text)
{
    if (text.empty() || equal_nocase(text, "NIL")) return false;
    return may_be_quoted(text) && text.find_first_of(" (){%*\"\\]") == text.npos;
}

}  // namespace

std::string wire_string(std::string_view text)
{
    if (!may_be_quoted(text)) return cat('{', text.size(), "}\r\n", text);
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string wire_astring(std::string_view text)
{
    return is_atom(text) ? std::string(text) : wire_string(text);
}

std::string wire_text(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
    return out;
}

std::string external_name(const ImapSession& session, const model::MailboxName& name)
{
    if (session.names)
        if (auto external = session.names->to_external(name)) return *external;
    return name.internal();
}

void put_list_line(ImapSession& session, std::string_view kind, std::string_view attributes,
                   std::string_view name, std::string_view more)
{
    const std::string separator(1, session.names->separator());
    session.client.put("* ", kind, " (", attributes, ") ", text::imap_string(separator), ' ',
                       text::imap_astring(name), more, "\r\n");
}

}  // namespace rookery::imapd
