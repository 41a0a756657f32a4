#include "imap/imapd/selected/permanent_flags.h"

#include "imap/imapd/selected/message_set.h"

namespace rookery::imapd {
namespace {

using model::Rights;

constexpr Rights kFlagRights = Rights::write | Rights::delete_message | Rights::seen;

}  // namespace

std::string permanent_flags(const LocalSelection& selection)
{
    std::string out = "(";
    auto add = [&out](std::string_view flag) {
        if (out.size() > 1) out.push_back(' ');
        out.append(flag);
    };
    if (!selection.read_only) {
        const bool write = selection.rights.has(Rights::write);
        if (write) add("\\Answered \\Flagged \\Draft");
        if (selection.rights.has(Rights::delete_message)) add("\\Deleted");
        if (selection.rights.has(Rights::seen)) add("\\Seen");
        if (write) {
            const auto& keywords = selection.mailbox->keywords();
            for (const auto& k : keywords)
                if (!k.empty()) add(k);
            if (keywords.size() < model::kMaxKeywords) add("\\*");
        }
    }
    out.push_back(')');
    return out;
}

void put_flag_lines(ImapSession& session, LocalSelection& selection)
{
    selection.told_keywords = selection.mailbox->keywords();
    selection.told_rights = selection.rights & kFlagRights;
    session.client.put("* FLAGS ", wire_known_flags(selection.told_keywords),
                       "\r\n* OK [PERMANENTFLAGS ", permanent_flags(selection), "] Ok\r\n");
}

void tell_keywords(ImapSession& session, LocalSelection& selection)
{
    const bool same_rights =
        selection.read_only || (selection.rights & kFlagRights) == selection.told_rights;
    if (!same_rights || selection.mailbox->keywords() != selection.told_keywords)
        put_flag_lines(session, selection);
}

}  // namespace rookery::imapd
