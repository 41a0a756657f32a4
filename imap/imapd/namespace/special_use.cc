#include "imap/imapd/namespace/special_use.h"

#include <algorithm>
#include <array>
#include <vector>

#include "imap/imapd/namespace/placement.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/subscribed.h"
#include "imap/imapd/relay/channel.h"
#include "imap/mboxlist/list_walker.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

using namespace std::string_view_literals;

// \All and \Flagged are of servers with virtual mailboxes.
constexpr std::array kUses = {"\\Archive"sv, "\\Drafts"sv, "\\Important"sv,
                              "\\Junk"sv,    "\\Sent"sv,   "\\Trash"sv};

std::string uses_among(std::string_view flags)
{
    std::string uses;
    for (std::string_view word : split_words(flags))
        if (auto use = special_use(word); !use.empty()) cat_to(uses, uses.empty() ? "" : " ", use);
    return uses;
}

bool share_one(std::string_view uses, std::string_view others)
{
    const auto words = split_words(uses);
    const auto wanted = split_words(others);
    return std::find_first_of(words.begin(), words.end(), wanted.begin(), wanted.end()) !=
           words.end();
}

// LIST (SPECIAL-USE) "" (names)
Status ask(ImapSession& s, const std::string& server, std::span<const std::string> names,
           std::map<std::string, std::string>& found)
{
    TRY_ASSIGN(backend::Backend * backend, s.backends->get(server));
    if (!backend->has_capability("SPECIAL-USE")) return success();
    std::string list;
    for (const std::string& name : names)
        cat_to(list, list.empty() ? "" : " ", text::imap_string(name));
    RelayChannel channel(s, *backend);
    channel.verb("LIST");
    channel.raw(cat(" (SPECIAL-USE) \"\" (", list, ")"));
    channel.filter([&](backend::ReplyReader& replies, const backend::Reply& reply) -> Result<bool> {
        if (reply.word != "LIST") return false;
        TRY_ASSIGN(std::string whole, replies.read_whole(reply, kMaxLsubLine));
        auto line = text::parse_mailbox_list(std::string_view(whole).substr(reply.text_begin));
        if (!line) return true;
        auto name = s.user.names->to_internal(line->name);
        const std::string uses = uses_among(line->flags);
        if (name && !uses.empty()) found[name->internal()] = uses;
        return true;
    });
    TRY_ASSIGN(Answer answer, channel.finish());
    return answer.ok() ? success() : Status(Error{Code::unavailable, answer.text});
}

}  // namespace

std::string_view special_use(std::string_view word)
{
    for (std::string_view use : kUses)
        if (equal_nocase(use, word)) return use;
    return {};
}

Result<std::string> parse_special_uses(CommandReader& reader)
{
    TRY(reader.expect('('));
    std::string uses;
    for (;;) {
        TRY_ASSIGN(const std::string word, reader.flag());
        const std::string_view use = special_use(word);
        if (use.empty()) return Error{Code::unsupported, cat("no mailbox is for ", word, " here")};
        cat_to(uses, uses.empty() ? "" : " ", use);
        TRY_ASSIGN(const bool end, reader.accept(')'));
        if (end) return uses;
        TRY(reader.space());
    }
}

bool decides_uses(const ImapSession& session, const model::MailboxName& name)
{
    if (name.is_inbox() || name.user().empty()) return false;
    return session.user.identity->any_admin() || is_own(session, name);
}

Result<bool> is_use_taken(ImapSession& session, const model::MailboxName& name,
                          std::string_view uses)
{
    if (uses.empty()) return false;
    model::MailboxName inbox = name;
    while (!inbox.is_inbox()) {
        auto up = inbox.parent();
        if (!up) return false;
        inbox = *std::move(up);
    }
    TRY_ASSIGN(auto tree, tree_of(session.directory, inbox));
    std::erase_if(tree, [&](const auto& entry) { return entry.name == name; });
    for (const auto& entry : tree) {
        if (!entry.is_at(session.config.servername())) continue;
        auto there = session.store->special_use(entry);
        if (!there) continue;  // a mailbox that is damaged is in nobody's way
        if (share_one(*there, uses)) return true;
    }
    return false;
}

Result<bool> is_use_taken_elsewhere(ImapSession& session, const model::MailboxName& name,
                                    std::string_view uses, const std::string& server)
{
    TRY_ASSIGN(const model::MailboxName inbox, session.user.names->inbox());
    if (uses.empty() || session.backends == nullptr || !inbox.is_above(name)) return false;
    TRY_ASSIGN(auto tree, tree_of(session.directory, inbox));
    std::erase_if(tree, [&](const auto& entry) {
        return entry.name == name || entry.is_at(server) ||
               (entry.is_local() && server == session.config.servername());
    });
    for (const auto& [other, there] : special_uses_of(session, tree))
        if (share_one(there, uses)) return true;
    return false;
}

bool is_protected(ImapSession& session, const model::MailboxEntry& entry)
{
    if (session.user.identity->any_admin()) return false;
    auto uses = session.store->special_use(entry);
    if (!uses) return false;
    const auto& guarded = session.config.specialuse_protect();
    const auto words = split_words(*uses);
    return std::any_of(words.begin(), words.end(), [&](const auto& word) {
        return std::any_of(guarded.begin(), guarded.end(),
                           [&](const std::string& use) { return equal_nocase(use, word); });
    });
}

std::map<std::string, std::string> special_uses_of(ImapSession& session,
                                                   std::span<const model::MailboxEntry> entries)
{
    std::map<std::string, std::string> found;
    std::map<std::string, std::vector<std::string>> elsewhere;
    auto inbox = session.user.names->inbox();
    if (!inbox) return found;
    for (const auto& entry : entries) {
        if (!inbox->is_above(entry.name)) continue;
        const bool here = session.store != nullptr && entry.is_at(session.config.servername());
        if (!here) {
            auto external = session.user.names->to_external(entry.name);
            if (external) elsewhere[entry.server].push_back(*std::move(external));
            continue;
        }
        auto uses = session.store->special_use(entry);
        if (uses && !uses->empty()) found[entry.name.internal()] = *std::move(uses);
    }
    for (auto& [server, names] : elsewhere) {
        if (names.size() > mboxlist::kMaxListPatterns) names.assign(1, "*");
        if (Status asked = ask(session, server, names, found); !asked)
            log::info("special uses are not known",
                      {{"server", server}, {"reason", asked.error()}});
    }
    return found;
}

}  // namespace rookery::imapd
