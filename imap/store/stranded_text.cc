// What was found, in words.
#include "imap/store/stranded.h"
#include "lib/base/strings.h"

namespace rookery::store {

using model::MailboxEntry;
using model::MailboxName;
using Kind = Stranded::Kind;

std::vector<MailboxName> Stranded::names() const
{
    std::vector<MailboxName> names;
    if (name) names.push_back(*name);
    if (listed && (!name || !(listed->name == *name))) names.push_back(listed->name);
    return names;
}

MailboxEntry Stranded::as_entry() const
{
    MailboxEntry entry{
        .name = *name, .server = {}, .partition = partition, .acl = {}, .uniqueid = uniqueid};
    if (auto rights = model::Acl::parse(acl)) entry.acl = *std::move(rights);
    return entry;
}

std::string_view kind_name(Kind kind)
{
    switch (kind) {
        case Kind::partition: return "partition";
        case Kind::unreadable: return "unreadable";
        case Kind::no_name: return "no-name";
        case Kind::unlisted: return "unlisted";
        case Kind::headerless: return "headerless";
        case Kind::elsewhere: return "elsewhere";
        case Kind::renamed: return "renamed";
        case Kind::copy: return "copy";
        case Kind::richer: return "richer";
        case Kind::unclear: return "unclear";
        case Kind::missing: return "missing";
        case Kind::other_id: return "other-id";
    }
    return "";
}

std::string Stranded::meaning() const
{
    const std::string place =
        listed ? cat(listed->name.internal(), " on ", listed->partition) : std::string();
    switch (kind) {
        case Kind::partition: return cat("is it mounted? ", note);
        case Kind::unreadable: return cat("it cannot be looked into: ", note);
        case Kind::no_name: return cat("no mailbox can be there: ", note);
        case Kind::unlisted: return "the list does not know it: reconstruct -f adds it";
        case Kind::headerless:
            return listed ? "it has no header: reconstruct -f makes one"
                          : "messages that no list knows: reconstruct -f makes a mailbox of them";
        case Kind::elsewhere:
            return cat("the list has the name at ", listed->server, ": it is left alone");
        case Kind::renamed: return cat("the list has it as ", place, ": reconstruct -f moves that");
        case Kind::copy: return cat("a copy of ", place, ": reconstruct -f removes it");
        case Kind::richer:
            return cat("a copy of ", place, ", with messages that are not there: it is left alone");
        case Kind::unclear: return cat(note, listed ? cat(" (", place, ")") : "", ": look at it");
        case Kind::missing:
            if (!note.empty()) return cat("its mail is not here: ", note);
            return cat("its mail is not here: reconstruct -f ", listed->name.internal(),
                       " makes it anew, empty");
        case Kind::other_id:
            return cat("the list has the unique id ", listed->uniqueid,
                       ": reconstruct -f takes the directory's");
    }
    return {};
}

}  // namespace rookery::store
