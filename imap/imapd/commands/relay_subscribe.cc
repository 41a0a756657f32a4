// Subscriptions, which are kept at the server of the user's INBOX.
#include <algorithm>
#include <map>
#include <optional>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/special_use.h"
#include "imap/imapd/namespace/subscribed.h"
#include "imap/imapd/namespace/subscribed_lines.h"
#include "imap/imapd/notify/watch.h"
#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/router.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"
#include "lib/text/utf8.h"

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

// What the lines of another server's LSUB lack.
struct Known {
    // What the user is subscribed to, asked for a pattern with a '%': any other name is a level
    // above, whatever mailbox is there.
    std::optional<std::vector<model::MailboxName>> subscribed;
    // Of the user's mailboxes at other servers than that one.
    std::map<std::string, std::string> uses;
};

// Those of the user's tree that are not at the server of the INBOX. No error: they are left out.
std::map<std::string, std::string> uses_elsewhere(ImapSession& s, const backend::Backend& backend)
{
    std::vector<model::MailboxEntry> elsewhere;
    auto inbox = s.user.names->inbox();
    if (!inbox || !s.config.specialusealways()) return {};
    (void)s.directory.scan(inbox->key(), [&](const model::MailboxEntry& entry) {
        if (!model::is_own(*inbox, entry.name)) return mboxlist::Next::stop();
        if (entry.is_there() && entry.server != backend.server()) elsewhere.push_back(entry);
        return mboxlist::Next::go_on();
    });
    return special_uses_of(s, elsewhere);
}

bool is_missing_flag(std::string_view flag)
{
    return equal_nocase(flag, "\\Noselect") || equal_nocase(flag, "\\NonExistent");
}

// The line as the client may have it: a mailbox elsewhere does not exist to the INBOX's server.
std::string corrected(ImapSession& s, const std::string& line, size_t text_begin,
                      const Known& known)
{
    const std::string_view whole(line);
    auto told = text::parse_mailbox_list(whole.substr(text_begin));
    auto name = told ? s.user.names->to_internal(told->name) : told.error();
    if (!name) return line;
    const auto& subscribed = known.subscribed;
    if (subscribed && !std::binary_search(subscribed->begin(), subscribed->end(), *name))
        return line;
    auto entry = s.directory.lookup(*name);
    if (!entry || !is_listed(s, *entry)) return line;
    std::string flags;
    for (std::string_view flag : split_words(told->flags)) {
        const bool is_wanted = special_use(flag).empty() || s.config.specialusealways();
        if (!is_missing_flag(flag) && is_wanted) cat_to(flags, flags.empty() ? "" : " ", flag);
    }
    if (const auto use = known.uses.find(name->internal()); use != known.uses.end())
        cat_to(flags, flags.empty() ? "" : " ", use->second);
    return cat(whole.substr(0, text_begin), '(', flags, ')', told->tail);
}

Result<bool> pass_lsub(ImapSession& s, backend::ReplyReader& replies, const backend::Reply& reply,
                       const Known& known)
{
    if (reply.word != "LSUB") return false;
    TRY_ASSIGN(std::string whole, replies.read_whole(reply, kMaxLsubLine));
    const std::string line = corrected(s, whole, reply.text_begin, known);
    const std::string_view text = std::string_view(line).substr(reply.text_begin);
    s.client.put(line.substr(0, reply.text_begin), in_clients_names(s, reply.word, text));
    return true;
}

// In modified UTF-7 a wildcard beside a letter would cut that letter's code in two.
Result<Completion> match_here(ImapSession& s, backend::Backend& backend,
                              const std::string& reference, const std::string& pattern)
{
    auto names = subscribed_names_at(s, backend);
    if (!names) return RelayChannel(s, backend).failed(names.error());
    TRY(put_subscribed(s, *names, reference, pattern));
    return Completion::ok();
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
    const bool adds = command.spec->traits.variant == Variant::adds;
    if (answer->ok() && s.user.watch) TRY(s.user.watch->know_subscription(name, adds));
    return (*std::move(answer)).completion();
}

Result<Completion> relay_lsub(ImapSession& s, Command&, backend::Backend& backend)
{
    TRY(s.reader.space());
    TRY_ASSIGN(const std::string reference, s.reader.list_pattern());
    TRY(s.reader.space());
    TRY_ASSIGN(const std::string pattern, s.reader.list_pattern());
    TRY(s.reader.end_of_line());
    if (!text::is_ascii(reference) || !text::is_ascii(pattern))
        return match_here(s, backend, reference, pattern);
    Known known{.subscribed = std::nullopt, .uses = uses_elsewhere(s, backend)};
    if (pattern.find('%') != std::string::npos) {
        auto names = subscribed_names_at(s, backend);
        if (!names) return RelayChannel(s, backend).failed(names.error());
        known.subscribed = *std::move(names);
    }
    RelayChannel channel(s, backend);
    channel.verb("LSUB");
    channel.astring(reference);
    channel.astring(pattern);
    channel.filter([&](backend::ReplyReader& replies, const backend::Reply& reply) {
        return pass_lsub(s, replies, reply, known);
    });
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    return (*std::move(answer)).completion();
}

}  // namespace rookery::imapd::commands
