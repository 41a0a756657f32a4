// Subscriptions, which are kept at the server of the user's INBOX.
#include <algorithm>
#include <optional>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/subscribed.h"
#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/router.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {
namespace {

// That server knows its own mailboxes only, so whether the name exists is asked here.
Status may_subscribe(ImapSession& s, const model::MailboxName& name)
{
    auto placed = place(s, name);
    if (!placed) {
        bool unknown = placed.is(Code::not_found) || placed.is(Code::behind);
        return unknown && s.config.allowallsubscribe() ? success() : Status(placed.error());
    }
    return placed->entry ? require(s, *placed->entry, model::Rights::lookup) : success();
}

// What the user is subscribed to, asked for a pattern with a '%': the \Noselect of any other name
// says that it is a level above, whatever mailbox is there.
using Subscribed = std::optional<std::vector<model::MailboxName>>;

// Is this name, as an LSUB line has it, a mailbox that the user may see and is subscribed to?
bool is_known(ImapSession& s, const std::string& external, const Subscribed& subscribed)
{
    auto name = s.user.names->to_internal(external);
    if (!name) return false;
    if (subscribed && !std::binary_search(subscribed->begin(), subscribed->end(), *name))
        return false;
    auto entry = s.directory.lookup(*name);
    return entry && is_listed(s, *entry);
}

bool is_missing_flag(std::string_view flag)
{
    return equal_nocase(flag, "\\Noselect") || equal_nocase(flag, "\\NonExistent");
}

// The line as the client may have it: a mailbox elsewhere does not exist to the INBOX's server.
std::string corrected(ImapSession& s, const std::string& line, size_t text_begin,
                      const Subscribed& subscribed)
{
    const std::string_view whole(line);
    auto told = text::parse_mailbox_list(whole.substr(text_begin));
    if (!told || !is_known(s, told->name, subscribed)) return line;
    std::string flags;
    for (std::string_view flag : split_words(told->flags))
        if (!is_missing_flag(flag)) cat_to(flags, flags.empty() ? "" : " ", flag);
    return cat(whole.substr(0, text_begin), '(', flags, ')', told->tail);
}

Result<bool> pass_lsub(ImapSession& s, backend::ReplyReader& replies, const backend::Reply& reply,
                       const Subscribed& subscribed)
{
    if (reply.word != "LSUB" || to_lower(reply.head).find("\\no") == std::string::npos)
        return false;
    TRY_ASSIGN(std::string whole, replies.read_whole(reply, kMaxLsubLine));
    s.client.put(corrected(s, whole, reply.text_begin, subscribed));
    return true;
}

}  // namespace

Result<Completion> relay_subscribe(ImapSession& s, Command& command, backend::Backend& backend)
{
    TRY(s.reader.space());
    TRY_ASSIGN(const std::string external, s.reader.mailbox());
    TRY(s.reader.end_of_line());
    TRY_ASSIGN(auto name, s.user.names->to_internal(external));
    if (command.spec->traits.variant == Variant::adds) TRY(may_subscribe(s, name));
    RelayChannel channel(s, backend);
    channel.verb(command.name);
    channel.astring(external);
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    return (*std::move(answer)).completion();
}

Result<Completion> relay_lsub(ImapSession& s, Command&, backend::Backend& backend)
{
    TRY(s.reader.space());
    TRY_ASSIGN(const std::string reference, s.reader.mailbox());
    TRY(s.reader.space());
    TRY_ASSIGN(const std::string pattern, s.reader.mailbox_pattern());
    TRY(s.reader.end_of_line());
    Subscribed subscribed;
    if (pattern.find('%') != std::string::npos) {
        auto names = subscribed_names_at(s, backend);
        if (!names) return RelayChannel(s, backend).failed(names.error());
        subscribed = *std::move(names);
    }
    RelayChannel channel(s, backend);
    channel.verb("LSUB");
    channel.astring(reference);
    channel.astring(pattern);
    channel.filter([&](backend::ReplyReader& replies, const backend::Reply& reply) {
        return pass_lsub(s, replies, reply, subscribed);
    });
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    return (*std::move(answer)).completion();
}

}  // namespace rookery::imapd::commands
