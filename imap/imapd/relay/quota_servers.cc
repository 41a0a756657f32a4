#include "imap/imapd/relay/quota_servers.h"

#include <algorithm>
#include <array>
#include <vector>

#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/responder.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

constexpr size_t kMaxQuotaLine = 65536;
constexpr size_t kMaxResources = 32;

// Of one resource: what Cyrus called it, and RFC 9208 does.
constexpr std::array<std::array<std::string_view, 2>, 2> kRenamed = {
    {{"X-NUM-FOLDERS", "MAILBOX"}, {"X-ANNOTATION-STORAGE", "ANNOTATION-STORAGE"}}};

std::string_view name_of(std::string_view resource, bool as_rfc_9208)
{
    for (const auto& [old_name, new_name] : kRenamed)
        if (resource == old_name || resource == new_name) return as_rfc_9208 ? new_name : old_name;
    return resource;
}

std::string list_of(std::span<const QuotaLimitArgument> limits, bool as_rfc_9208)
{
    std::string list;
    for (const auto& [name, limit] : limits)
        cat_to(list, list.empty() ? "" : " ", name_of(name, as_rfc_9208), ' ',
               limit ? cat(*limit) : "-1");
    return cat('(', list, ')');
}

struct Total {
    struct Resource {
        std::string name;
        uint64_t used = 0;
        uint64_t limit = 0;
    };
    std::vector<Resource> resources;
    bool known = false;  // some server has the root

    // * QUOTA root (STORAGE 10 512 ...)
    Status add(std::string_view line)
    {
        known = true;
        const size_t open = line.rfind('(');
        const size_t close = line.rfind(')');
        if (open == std::string_view::npos || close == std::string_view::npos || close < open)
            return Error{Code::syntax, "the server breaks the protocol: QUOTA"};
        const auto words = split_words(line.substr(open + 1, close - open - 1));
        for (size_t i = 0; i + 2 < words.size(); i += 3) {
            TRY_ASSIGN(const uint64_t used, to_number<uint64_t>(words[i + 1]));
            TRY_ASSIGN(const uint64_t limit, to_number<uint64_t>(words[i + 2]));
            auto at = std::find_if(resources.begin(), resources.end(), [&](const Resource& r) {
                return name_of(r.name, true) == name_of(words[i], true);
            });
            if (at == resources.end() && resources.size() >= kMaxResources) continue;
            if (at == resources.end()) at = resources.insert(at, {std::string(words[i]), 0, 0});
            at->used += std::min(used, UINT64_MAX - at->used);
            at->limit = std::max(at->limit, limit);
        }
        return success();
    }
};

void put_total(ImapSession& s, std::string_view root, const Total& total)
{
    std::string list;
    for (const auto& r : total.resources)
        cat_to(list, list.empty() ? "" : " ", r.name, ' ', r.used, ' ', r.limit);
    if (root.starts_with('+')) root.remove_prefix(1);
    s.client.put("* QUOTA ", wire_name(s, root), " (", list, ")\r\n");
}

// The command at one of them; its QUOTA goes into the total.
Completion ask(ImapSession& s, std::string_view root, const std::string& server,
               const std::span<const QuotaLimitArgument>* limits, Total& total)
{
    auto backend = s.backends->get(server);
    if (!backend) return Completion::from(backend.error());
    RelayChannel channel(s, **backend);
    channel.filter([&](backend::ReplyReader& reader, const backend::Reply& reply) -> Result<bool> {
        if (reply.word != "QUOTA") return false;
        TRY_ASSIGN(const std::string line, reader.read_whole(reply, kMaxQuotaLine));
        TRY(total.add(line));
        return true;
    });
    channel.verb(limits != nullptr ? "SETQUOTA" : "GETQUOTA");
    // "+": the mailbox of that name may be at another of the servers.
    const bool sets = limits != nullptr && !root.starts_with('+');
    channel.astring(cat(sets ? "+" : "", root));
    if (limits != nullptr) channel.raw(cat(" ", limits_for(**backend, *limits)));
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    return (*std::move(answer)).completion();
}

}  // namespace

std::string limits_for(const backend::Backend& backend, std::span<const QuotaLimitArgument> limits)
{
    return list_of(limits, backend.has_capability("QUOTASET"));
}

namespace {

Completion sum_up(ImapSession& s, std::string_view root, std::span<const std::string> servers)
{
    Total total;
    for (const std::string& server : servers) {
        Completion done = ask(s, root, server, nullptr, total);
        const bool no_root = done.kind == Completion::Kind::no &&
                             (done.text.starts_with("[NONEXISTENT]") ||
                              done.text.find("does not exist") != std::string::npos);
        if (done.kind != Completion::Kind::ok && !no_root) return done;
    }
    if (!total.known) return Completion::no("[NONEXISTENT] Quota root does not exist");
    put_total(s, root, total);
    return Completion::ok();
}

}  // namespace

Result<Completion> get_quota_everywhere(ImapSession& s, const Command& command)
{
    TRY_ASSIGN(const auto servers, servers_of_tree(s, *command.mailbox));
    return sum_up(s, command.external, servers);
}

Result<std::optional<Completion>> put_quota_of(ImapSession& s, const std::string& root)
{
    TRY_ASSIGN(const model::MailboxName name, s.user.names->to_internal(root));
    if (!s.user.identity->any_admin() && !is_own(s, name)) return std::optional<Completion>();
    TRY_ASSIGN(const auto servers, servers_of_tree(s, name));
    if (servers.size() < 2) return std::optional<Completion>();
    return std::optional<Completion>(sum_up(s, root, servers));
}

Result<Completion> set_quota_everywhere(ImapSession& s, const Command& command,
                                        std::span<const QuotaLimitArgument> limits)
{
    TRY_ASSIGN(const auto servers, servers_of_tree(s, *command.mailbox));
    Total total;
    std::string set;
    for (const std::string& server : servers) {
        Completion done = ask(s, command.external, server, &limits, total);
        if (done.kind == Completion::Kind::ok) {
            cat_to(set, set.empty() ? " " : ", ", server);
            continue;
        }
        if (done.kind != Completion::Kind::no || set.empty()) return done;
        return Completion::no(cat(done.text, "; it is set at", set, ", not at ", server));
    }
    put_total(s, command.external, total);
    log::notice("setquota", {{"user", s.user.identity->userid},
                             {"root", command.mailbox->internal()},
                             {"limits", list_of(limits, true)},
                             {"servers", set}});
    return Completion::ok();
}

}  // namespace rookery::imapd
