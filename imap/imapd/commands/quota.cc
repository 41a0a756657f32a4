// GETQUOTA, GETQUOTAROOT and SETQUOTA (RFC 9208, doc/protocols/cyrus.md 10).
#include <algorithm>
#include <array>
#include <vector>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/tree.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/quota_servers.h"
#include "imap/imapd/relay/retry.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/responder.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {
namespace {

using mailbox::Quota;
using mailbox::QuotaLimits;
using mailbox::Resource;

void put_quota(ImapSession& s, const Quota& quota)
{
    std::string list;
    for (size_t i = 0; i < mailbox::kResources; ++i) {
        const auto resource = static_cast<Resource>(i);
        if (const auto& limit = quota.limits[resource])
            cat_to(list, list.empty() ? "" : " ", mailbox::resource_name(resource), ' ',
                   quota.used.of(resource), ' ', *limit);
    }
    s.client.put("* QUOTA ", wire_name(s, external_name(s, quota.root)), " (", list, ")\r\n");
}

// "STORAGE 5000 MESSAGE 100", for the log; "none".
std::string limits_text(const Quota& quota)
{
    std::string text;
    for (size_t i = 0; i < mailbox::kResources; ++i) {
        const auto resource = static_cast<Resource>(i);
        if (const auto& limit = quota.limits[resource])
            cat_to(text, text.empty() ? "" : " ", mailbox::resource_name(resource), ' ', *limit);
    }
    return text.empty() ? "none" : text;
}

// -1: no limit.
Result<std::optional<uint64_t>> limit_argument(CommandReader& reader)
{
    TRY_ASSIGN(bool negative, reader.accept('-'));
    TRY_ASSIGN(uint64_t number, reader.number64());
    if (negative && number == 1) return std::optional<uint64_t>();
    if (negative || number > mailbox::kMaxQuota)
        return Error{Code::syntax, "Invalid quota list in Setquota"};
    return std::optional<uint64_t>(number);
}

constexpr size_t kMaxLimits = 32;
constexpr size_t kMaxRoots = 32;
constexpr size_t kMaxQuotaLine = 65536;

// SP "(" [resource SP number *(SP resource SP number)] ")" CRLF
Result<std::vector<QuotaLimitArgument>> limits_argument(CommandReader& reader)
{
    std::vector<QuotaLimitArgument> limits;
    TRY(reader.space());
    TRY(reader.expect('('));
    TRY_ASSIGN(bool end, reader.accept(')'));
    while (!end) {
        QuotaLimitArgument argument;
        TRY_ASSIGN(argument.name, reader.attribute());
        TRY(reader.space());
        TRY_ASSIGN(argument.limit, limit_argument(reader));
        if (limits.size() == kMaxLimits) return Error{Code::limit, "Too many quota resources"};
        limits.push_back(std::move(argument));
        TRY_ASSIGN(const bool more, reader.accept(' '));
        end = !more;
        if (end) TRY(reader.expect(')'));
    }
    TRY(reader.end_of_line());
    return limits;
}

// Other versions of a frontend name all resources that they know, most of them without a limit.
Result<QuotaLimits> limits_of(const std::vector<QuotaLimitArgument>& arguments)
{
    QuotaLimits limits;
    for (const auto& [name, limit] : arguments) {
        bool known = !limit && std::find(mailbox::kUncounted.begin(), mailbox::kUncounted.end(),
                                         name) != mailbox::kUncounted.end();
        for (const auto& named : mailbox::kResourceNames) {
            if (named.name != name) continue;
            limits[named.resource] = limit;
            known = true;
        }
        if (!known) return Error{Code::unsupported, cat("Unknown quota resource ", name)};
    }
    return limits;
}

// The tree of the root may have moved while the client sent the arguments: then the answer.
std::optional<Completion> not_here(ImapSession& s, const Command& command)
{
    const auto placed = place_tree(s, *command.mailbox);
    if (placed.is(Code::unsupported)) return Completion::no(std::string(kNotOnOneServer));
    if (!placed) return Completion::from(placed.error());
    if (placed->is_here()) return std::nullopt;
    return Completion::from(Error{Code::moved, {}});
}

// A mailbox of this name is here, or one below it.
bool is_in_use(ImapSession& s, const model::MailboxName& name)
{
    bool found = false;
    auto scanned = s.directory.scan(name.key(), [&](const model::MailboxEntry& entry) {
        if (entry.name != name && !name.is_above(entry.name)) return mboxlist::Next::stop();
        found = entry.is_local() && entry.state == model::EntryState::active;
        return found ? mboxlist::Next::stop() : mboxlist::Next::go_on();
    });
    return scanned.ok() && found;
}

}  // namespace

Result<Completion> getquota(ImapSession& s, Command& command)
{
    TRY(s.reader.end_of_line());
    if (s.store == nullptr && s.backends != nullptr) return get_quota_everywhere(s, command);
    if (auto gone = not_here(s, command)) return *std::move(gone);
    const auto& root = *command.mailbox;
    auto quota = s.quotas->get(root);
    if (quota.is(Code::not_found)) return Completion::no("[NONEXISTENT] Quota root does not exist");
    if (!quota) return quota.error();
    put_quota(s, *quota);
    return Completion::ok();
}

Result<Completion> getquotaroot(ImapSession& s, Command& command)
{
    TRY(s.reader.end_of_line());
    TRY(refresh_entry(s, command));
    if (!s.user.identity->any_admin() && !rights_on(s, *command.entry).has(model::Rights::read)) {
        TRY(require(s, *command.entry, model::Rights::administer));
    }
    const Error none{Code::not_found, "no quotas here"};
    auto root = s.quotas != nullptr ? s.quotas->root_of(command.entry->name) : none;
    if (!root && !root.is(Code::not_found)) return root.error();
    s.client.put("* QUOTAROOT ", wire_name(s, command.external));
    if (root) s.client.put(' ', wire_name(s, external_name(s, *root)));
    s.client.put("\r\n");
    if (!root) return Completion::ok();
    TRY_ASSIGN(auto quota, s.quotas->get(*root));
    put_quota(s, quota);
    return Completion::ok();
}

// The mailbox's server knows the root and its own part of what is used.
Result<Completion> relay_getquotaroot(ImapSession& s, Command& command, backend::Backend& backend)
{
    struct Told {
        std::string root;
        std::string text;  // behind QUOTA
    };
    std::vector<Told> told;
    RelayChannel channel(s, backend);
    channel.filter([&](backend::ReplyReader& reader, const backend::Reply& reply) -> Result<bool> {
        if (reply.word != "QUOTA" || told.size() >= kMaxRoots) return false;
        TRY_ASSIGN(const std::string line, reader.read_whole(reply, kMaxQuotaLine));
        const std::string_view text = std::string_view(line).substr(reply.text_begin);
        text::ImapCursor cursor(text);
        told.push_back({cursor.astring().value_or(""), in_clients_names(s, reply.word, text)});
        return true;
    });
    channel.verb(command.name);
    channel.astring(command.external);
    AtMailbox there(s, command, channel);
    if (auto read = channel.client_arguments(); !read) return there.failed(read.error());
    Outcome outcome = there.finish();
    if (!outcome.ok()) return std::move(outcome).result();
    for (const Told& one : told) {
        auto summed = put_quota_of(s, one.root);
        if (!summed || !*summed) s.client.put("* QUOTA ", one.text);
        // A sum without one of them would be false.
        if (summed && *summed && (*summed)->kind != Completion::Kind::ok) return **summed;
    }
    return std::move(outcome).result();
}

// "+" before the name (of a peer that moves a user here) makes a root where nothing is yet.
Result<Completion> setquota(ImapSession& s, Command& command)
{
    TRY_ASSIGN(const auto arguments, limits_argument(s.reader));
    auto limits = limits_of(arguments);
    if (!limits) return Completion::no(cat("[CANNOT] ", limits.error().text));
    const auto& root = *command.mailbox;
    if (!s.user.identity->any_admin()) return Error{Code::denied, {}};
    if (s.store == nullptr && s.backends != nullptr)
        return set_quota_everywhere(s, command, arguments);
    if (auto gone = not_here(s, command)) return *std::move(gone);
    const bool forced = command.external.starts_with('+');
    if (!forced && !is_in_use(s, root)) {
        auto known = s.quotas->root_of(root);
        if (!known || *known != root) return Error{Code::not_found, {}};
    }
    TRY(s.quotas->set(root, *limits));
    TRY_ASSIGN(auto quota, s.quotas->get(root));
    log::notice("setquota", {{"user", s.user.identity->userid},
                             {"root", root.internal()},
                             {"limits", limits_text(quota)}});
    put_quota(s, quota);
    return Completion::ok();
}

Result<Completion> relay_setquota(ImapSession& s, Command& command, backend::Backend& backend)
{
    TRY_ASSIGN(const auto arguments, limits_argument(s.reader));
    RelayChannel channel(s, backend);
    channel.verb(command.name);
    channel.astring(command.external);
    channel.raw(cat(" ", limits_for(backend, arguments)));
    return finish_at_mailbox(s, command, channel).result();
}

}  // namespace rookery::imapd::commands
