// murder check: other servers against the mupdate master.
#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "imap/admin/murder/check.h"
#include "imap/backend/backend.h"
#include "imap/backend/reply_lines.h"
#include "imap/backend/reply_reader.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/model/location.h"
#include "imap/model/namespace.h"
#include "imap/mupdate/master/list_entry.h"
#include "imap/session/session_kit.h"
#include "imap/store/quota_roots.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"
#include "lib/text/imap_syntax.h"

namespace rookery::admin::murder {
namespace {

constexpr std::string_view kNotThere = "the master lists it there, and it is not";
constexpr std::string_view kUnknown = "the master does not know it: ctl_mboxlist -m there";
constexpr std::string_view kElsewhere = "another server holds it: murder conflicts";
constexpr std::string_view kMissing = "the replica does not show it";
constexpr std::string_view kLeft = "the master does not have it any more";
constexpr std::string_view kStale = "the replica shows it otherwise";
constexpr size_t kMaxListLine = 65536;

// A backend, asked by IMAP, as this node or in an administrator's name.
class Asked {
 public:
    static Result<Asked> connect(const config::Config& config, const std::string& server,
                                 const std::string& authzid)
    {
        backend::ConnectOptions options;
        options.authzid = authzid;
        TRY_ASSIGN(auto there,
                   backend::Backend::connect(config, backend::imap_dialect(), server, options));
        Asked asked(config, authzid, std::move(there));
        TRY_ASSIGN(asked.sees_all_, asked.ask_for_rights());
        // Names are told to others than administrators with the prefixes of their namespace.
        if (!asked.sees_all_) asked.names_ = asked.names_for(config, authzid, false);
        return asked;
    }

    // The mailboxes that this identity sees.
    Status list(std::set<std::string>& found)
    {
        const std::string tag = there_->next_tag();
        TRY(backend::send_line(there_->stream(), cat(tag, " LIST \"\" \"*\"")));
        TRY(there_->stream().flush());
        for (;;) {
            TRY_ASSIGN(backend::Reply reply, reader_.next());
            if (reply.kind == backend::Reply::Kind::tagged) {
                if (reply.word == "OK") return success();
                return Error{Code::denied, cat("it refuses LIST: ", reply.text())};
            }
            if (reply.word != "LIST") continue;
            TRY_ASSIGN(std::string line, reader_.read_whole(reply, kMaxListLine));
            auto told = text::parse_mailbox_list(std::string_view(line).substr(reply.text_begin));
            // A level that is no mailbox.
            if (!told || told->has_flag("\\Noselect") || told->has_flag("\\NonExistent")) continue;
            if (auto name = names_.to_internal(told->name)) found.insert(name->internal());
        }
    }

    // To others a mailbox that they may not see does not exist.
    bool is_administrator() const { return sees_all_; }

    // Which server holds each of these, by an annotation that an administrator may always read:
    // "" it does not say, so itself; not_found: none there; denied: not for this identity.
    Result<std::vector<Result<std::string>>> holders(const std::vector<std::string>& names)
    {
        std::vector<Result<std::string>> out;
        for (size_t at = 0; at < names.size(); at += kAtOnce) {
            const size_t end = std::min(names.size(), at + kAtOnce);
            std::vector<std::string> tags;
            for (size_t i = at; i < end; i++) {
                tags.push_back(there_->next_tag());
                auto name = model::MailboxName::from_internal(names[i]);
                std::string line = cat(tags.back(), " GETMETADATA ");
                auto external = name ? names_.to_external(*name) : std::nullopt;
                text::put_quoted(line, external.value_or(names[i]));
                TRY(backend::send_line(there_->stream(), cat(line, " (", kServerEntry, ")")));
            }
            TRY(there_->stream().flush());
            for (const std::string& tag : tags) {
                TRY_ASSIGN(auto holder, answer_to(tag));
                out.push_back(std::move(holder));
            }
        }
        return out;
    }

    // Of a root; nothing where there is none.
    struct Quota {
        std::map<mailbox::Resource, uint64_t> used;
        mailbox::QuotaLimits limits;
    };
    Result<Quota> quota_of(const model::MailboxName& root)
    {
        Quota quota;
        const std::string tag = there_->next_tag();
        std::string command = cat(tag, " GETQUOTA ");
        text::put_quoted(command, names_.to_external(root).value_or(root.internal()));
        TRY(backend::send_line(there_->stream(), command));
        TRY(there_->stream().flush());
        for (;;) {
            TRY_ASSIGN(backend::Reply reply, reader_.next());
            if (reply.kind == backend::Reply::Kind::tagged && reply.tag == tag) return quota;
            if (reply.word != "QUOTA") continue;
            TRY_ASSIGN(const std::string line, reader_.read_whole(reply, kMaxListLine));
            const size_t at = line.rfind('(');
            if (at == std::string::npos) continue;
            const auto words =
                split_words(std::string_view(line).substr(at + 1, line.rfind(')') - at - 1));
            for (size_t i = 0; i + 2 < words.size(); i += 3) {
                for (const auto& [resource, name] : mailbox::kResourceNames) {
                    if (!equal_nocase(name, words[i])) continue;
                    quota.used[resource] = to_uint64(words[i + 1], UINT64_MAX).value_or(0);
                    quota.limits[resource] = to_uint64(words[i + 2], UINT64_MAX).value_or(0);
                }
            }
        }
    }

    void logout() { there_->logout(); }

 private:
    Asked(const config::Config& config, const std::string& authzid,
          std::unique_ptr<backend::Backend> there)
        : names_(names_for(config, authzid, true)),
          there_(std::move(there)),
          reader_(there_->stream())
    {
    }

    static model::Namespace names_for(const config::Config& config, const std::string& authzid,
                                      bool as_admin)
    {
        return {mboxlist::namespace_options(config),
                authzid.empty() ? config.proxy_authname() : authzid, as_admin};
    }

    // The root is in nobody's own tree, where everybody would be told that there is none: it is
    // below altnamespace's name for the trees of others.
    Result<bool> ask_for_rights()
    {
        const std::string tag = there_->next_tag();
        std::string line = cat(tag, " GETQUOTA ");
        text::put_quoted(line, cat(names_.options().userprefix, names_.separator(), "no-root"));
        TRY(backend::send_line(there_->stream(), line));
        TRY(there_->stream().flush());
        TRY_ASSIGN(auto answer, answer_to(tag));
        return answer.ok() || answer.is(Code::not_found);
    }

    Result<Result<std::string>> answer_to(const std::string& tag)
    {
        std::string holder;
        for (;;) {
            TRY_ASSIGN(backend::Reply reply, reader_.next());
            if (reply.kind == backend::Reply::Kind::untagged && reply.word == "METADATA") {
                TRY_ASSIGN(std::string line, reader_.read_whole(reply, kMaxListLine));
                holder = value_in(line);
            }
            if (reply.kind != backend::Reply::Kind::tagged || reply.tag != tag) continue;
            if (reply.word == "OK") return Result<std::string>(holder);
            const std::string text(reply.text());
            // A backend keeps what has moved away for a while, and says so.
            const bool none = text.find("NONEXISTENT") != std::string::npos ||
                              text.find("does not exist") != std::string::npos ||
                              text.find("has been moved to another server") != std::string::npos;
            return Result<std::string>(Error{none ? Code::not_found : Code::denied, text});
        }
    }

    // * METADATA name (/shared/vendor/cmu/cyrus-imapd/server value), the value in any form.
    static std::string value_in(std::string_view line)
    {
        const size_t at = line.find(kServerEntry);
        if (at == std::string_view::npos) return {};
        std::string_view value = line.substr(at + kServerEntry.size());
        value = value.substr(0, value.rfind(')'));
        if (const size_t literal = value.find("}\r\n"); literal != std::string_view::npos)
            value.remove_prefix(literal + 3);
        const auto is_frame = [](char c) { return c == ' ' || c == '"'; };
        while (!value.empty() && is_frame(value.front())) value.remove_prefix(1);
        while (!value.empty() && is_frame(value.back())) value.remove_suffix(1);
        return value == "NIL" ? std::string() : std::string(value);
    }

    static constexpr std::string_view kServerEntry = "/shared/vendor/cmu/cyrus-imapd/server";
    static constexpr size_t kAtOnce = 64;

    model::Namespace names_;
    std::unique_ptr<backend::Backend> there_;
    backend::ReplyReader reader_;
    bool sees_all_ = false;
};

// Which of these are not at the server. What this identity may not know is asked in the name of
// each administrator of ours in turn: a peer lets our login act for them. Gives what nobody could
// tell.
Result<std::vector<std::string>> look_for(const config::Config& config, const std::string& server,
                                          Asked& asked, std::vector<std::string> names,
                                          std::set<std::string>& there)
{
    auto ask = [&](Asked& whom) -> Status {
        if (!whom.is_administrator()) return success();
        TRY_ASSIGN(auto holders, whom.holders(names));
        std::vector<std::string> left;
        for (size_t i = 0; i < names.size(); i++) {
            const auto& holder = holders[i];
            if (holder ? holder->empty() || *holder == server : false)
                there.insert(names[i]);
            else if (holder.is(Code::not_found) || holder)
                there.erase(names[i]);
            else
                left.push_back(names[i]);
        }
        names = std::move(left);
        return success();
    };
    TRY(ask(asked));
    for (const std::string& admin : config.admins()) {
        if (names.empty()) break;
        if (admin == config.proxy_authname() || admin.starts_with("group:")) continue;
        auto other = Asked::connect(config, server, admin);
        if (!other) continue;
        if (Status done = ask(*other); done) other->logout();
    }
    return names;
}

void cannot_ask(Findings& findings, const std::string& server, const Error& why)
{
    if (findings.silent.insert(server).second)
        findings.add(server, "-", "", cat("cannot be asked: ", why.text));
}

bool is_at(const mupdate::Client::Record& record, const std::string& server)
{
    return record.active && mupdate::server_of(record.location) == server;
}

bool is_same(const mupdate::Client::Record& a, const mupdate::Client::Record& b)
{
    return a.active == b.active && a.location == b.location && (!a.active || a.acl == b.acl);
}

// Whoever may see all there.
Result<Asked> connect_as_administrator(const config::Config& config, const std::string& server)
{
    std::vector<std::string> identities = {""};
    for (const std::string& admin : config.admins())
        if (!admin.starts_with("group:")) identities.push_back(admin);
    for (const std::string& identity : identities) {
        auto asked = Asked::connect(config, server, identity);
        if (!asked && identity.empty()) return asked.error();
        if (!asked) continue;
        if (asked->is_administrator()) return asked;
        asked->logout();
    }
    return Error{Code::denied, cat("nobody here is an administrator at ", server)};
}

// The servers that have mailboxes of the root.
std::set<std::string> servers_of(const model::MailboxName& root, const Known& known)
{
    std::set<std::string> servers;
    for (auto at = known.lower_bound(root.internal()); at != known.end(); ++at) {
        if (!at->first.starts_with(root.internal())) break;
        auto name = model::MailboxName::from_internal(at->first);
        if (name && (*name == root || root.is_above(*name)) && at->second.active)
            servers.emplace(mupdate::server_of(at->second.location));
    }
    return servers;
}

// The top of each tree that several servers have mailboxes of.
std::vector<model::MailboxName> tops_of_several(const Known& known)
{
    std::vector<model::MailboxName> tops;
    for (const auto& [internal, record] : known) {
        auto name = model::MailboxName::from_internal(internal);
        if (!name || (!name->is_inbox() && name->parent())) continue;
        if (servers_of(*name, known).size() > 1) tops.push_back(*std::move(name));
    }
    return tops;
}

// A SETQUOTA that was cut short leaves the root with one limit here and another, or none, there;
// and where all have the same, each counts its own only.
void compare_limits(const config::Config& config, const model::MailboxName& root,
                    mailbox::Resource resource, const std::map<std::string, Asked::Quota>& told,
                    Findings& findings)
{
    const std::string_view name = mailbox::resource_name(resource);
    uint64_t used = 0;
    std::optional<uint64_t> most;
    bool differs = false;
    std::string limits;
    for (const auto& [server, quota] : told) {
        const auto& limit = quota.limits[resource];
        differs = differs || limit != told.begin()->second.limits[resource];
        cat_to(limits, limits.empty() ? "" : ", ", limit ? cat(*limit) : "none", " at ", server);
        if (limit) most = std::max(most.value_or(0), *limit);
        if (auto at = quota.used.find(resource); at != quota.used.end()) used += at->second;
    }
    if (differs)
        findings.add(config.servername(), root.internal(), "",
                     cat("its limits differ, SETQUOTA sets them at all: ", name, ' ', limits));
    if (most && used > *most)
        findings.add(config.servername(), root.internal(), "",
                     cat("over its limit: ", name, ' ', used, " of ", *most, " on ", told.size(),
                         " servers, each of which limits its own only"));
}

}  // namespace

void compare_quotas(const config::Config& config, const Known& known, Findings& findings)
{
    std::vector<model::MailboxName> candidates;
    if (config::tells_master(config)) {
        store::QuotaRoots roots(config);
        auto add = [&](const model::MailboxName& root) { candidates.push_back(root); };
        if (!roots.each(add)) return;  // status tells
    } else {
        candidates = tops_of_several(known);
    }
    std::map<std::string, std::optional<Asked>> all;  // none: it cannot be asked, which is told
    auto ask = [&](const std::string& server, const model::MailboxName& root) {
        auto [at, is_new] = all.try_emplace(server);
        std::optional<Asked::Quota> none;
        if (is_new) {
            auto asked = connect_as_administrator(config, server);
            if (asked) at->second.emplace(*std::move(asked));
            if (!asked) cannot_ask(findings, server, asked.error());
        }
        if (!at->second) return none;
        auto quota = at->second->quota_of(root);
        if (quota) return std::optional<Asked::Quota>(*std::move(quota));
        cannot_ask(findings, server, quota.error());
        at->second.reset();
        return none;
    };
    for (const model::MailboxName& root : candidates) {
        auto servers = servers_of(root, known);
        if (config::tells_master(config)) servers.insert(config.servername());
        if (servers.size() < 2) continue;
        std::map<std::string, Asked::Quota> told;
        for (const std::string& server : servers)
            if (auto quota = ask(server, root)) told[server] = *std::move(quota);
        if (told.empty()) continue;
        for (size_t i = 0; i < mailbox::kResources; i++)
            compare_limits(config, root, static_cast<mailbox::Resource>(i), told, findings);
    }
    for (auto& [server, asked] : all)
        if (asked) asked->logout();
}

void compare_backend(const config::Config& config, const std::string& server, const Known& known,
                     mupdate::Client& master, Findings& findings)
{
    auto asked = Asked::connect(config, server, "");
    if (!asked) return cannot_ask(findings, server, asked.error());
    std::set<std::string> there;
    if (Status listed = asked->list(there); !listed)
        return cannot_ask(findings, server, listed.error());
    // An administrator is shown what has moved away and is still kept; others are not shown all.
    std::vector<std::string> doubtful;
    for (const std::string& name : there) {
        auto at = known.find(name);
        if (at != known.end() && !is_at(at->second, server)) doubtful.push_back(name);
    }
    for (const auto& [name, record] : known)
        if (is_at(record, server) && !there.contains(name)) doubtful.push_back(name);
    auto untold = look_for(config, server, *asked, std::move(doubtful), there);
    if (!untold) return cannot_ask(findings, server, untold.error());
    asked->logout();
    if (!untold->empty())
        findings.add(
            server, "-", "",
            cat("cannot be compared, neither ", config.proxy_authname(),
                " nor one of admins is an administrator there: ", untold->size(), " mailboxes"));
    const std::set<std::string> skipped(untold->begin(), untold->end());
    auto add = [&](const std::string& name, bool is_there) {
        auto now = master.find(name);
        if (!now || (*now && !(*now)->active)) return;
        if (*now && is_at(**now, server) == is_there) return;
        const std::string where = *now ? (*now)->location : std::string();
        const std::string_view meaning = !is_there ? kNotThere : *now ? kElsewhere : kUnknown;
        if (!is_there && !*now) return;
        findings.at_backend = true;
        findings.add(server, name, where, meaning);
    };
    for (const std::string& name : there) {
        findings.compared++;
        auto at = known.find(name);
        if (at == known.end() || !is_at(at->second, server)) add(name, true);
    }
    for (const auto& [name, record] : known)
        if (is_at(record, server) && !there.contains(name) && !skipped.contains(name))
            add(name, false);
}

void compare_replica(const config::Config& config, const mupdate::Client::Target& replica,
                     const Known& known, mupdate::Client& master, Findings& findings)
{
    const std::string& server = replica.server;
    auto asked = mupdate::Client::connect(config, replica);
    if (!asked) return cannot_ask(findings, server, asked.error());
    auto records = (*asked)->list("");
    if (!records) return cannot_ask(findings, server, records.error());
    // A change may be on its way: only what differs when asked again counts.
    auto add = [&](const std::string& name) {
        auto now = master.find(name);
        auto shown = (*asked)->find(name);
        if (!now || !shown) return;
        if (!*now && !*shown) return;
        if (*now && *shown && is_same(**now, **shown)) return;
        findings.add(server, name, *now ? (*now)->location : std::string(),
                     !*now     ? kLeft
                     : !*shown ? kMissing
                               : kStale);
    };
    std::set<std::string_view> met;
    for (const auto& record : *records) {
        findings.compared++;
        met.insert(record.name);
        auto at = known.find(record.name);
        if (at == known.end() || !is_same(at->second, record)) add(record.name);
    }
    for (const auto& [name, record] : known)
        if (!met.contains(name)) add(name);
    (*asked)->logout();
}

}  // namespace rookery::admin::murder
