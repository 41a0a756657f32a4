#include "imap/store/local_quotas.h"

#include <unistd.h>

#include <vector>

#include "lib/base/strings.h"
#include "lib/db/flat_store.h"
#include "lib/db/tdb_store.h"

namespace rookery::store {

namespace {

using mailbox::QuotaLimits;
using mailbox::QuotaUsage;
using mailbox::Resource;
using model::MailboxName;

constexpr char kSpace = 'Q';
constexpr uint64_t kExpectedRoots = 10'000;

std::string key_of(const MailboxName& root)
{
    return cat(kSpace, root.key());
}

std::string to_text(const QuotaLimits& limits)
{
    std::string out;
    for (size_t i = 0; i < mailbox::kResources; ++i)
        if (limits.of[i])
            cat_to(out, out.empty() ? "" : " ", mailbox::resource_name(static_cast<Resource>(i)),
                   ' ', *limits.of[i]);
    return out;
}

// Resources that a newer version knows are left out.
Result<QuotaLimits> parse_limits(std::string_view text)
{
    QuotaLimits limits;
    const auto words = split(text, ' ', false);
    for (size_t i = 0; i + 1 < words.size(); i += 2) {
        auto number = to_number<uint64_t>(words[i + 1]);
        if (!number) return Error{Code::corrupt, "a quota root cannot be read"};
        for (const auto& named : mailbox::kResourceNames)
            if (named.name == words[i]) limits[named.resource] = *number;
    }
    return limits;
}

// What is not added to does not count: a limit that was lowered forbids no more than growth.
bool fits(const QuotaLimits& limits, const QuotaUsage& used, const QuotaUsage& more, bool whole)
{
    auto over = [&](Resource r, uint64_t unit, uint64_t now, uint64_t new_ones) {
        return new_ones > 0 && limits[r] && now + (whole ? new_ones : 0) > *limits[r] * unit;
    };
    return !over(Resource::storage, 1024, used.bytes, more.bytes) &&
           !over(Resource::message, 1, used.messages, more.messages) &&
           !over(Resource::mailbox, 1, used.mailboxes, more.mailboxes);
}

}  // namespace

LocalQuotas::LocalQuotas(const config::Config& config, mboxlist::Directory& directory,
                         mailbox::MailboxStore& store)
    : path_(cat(config.configdirectory(), "/quotas",
                config.quota_db() == config::QuotaDb::flat ? ".flat" : ".tdb")),
      flat_(config.quota_db() == config::QuotaDb::flat),
      directory_(directory),
      store_(store)
{
}

Result<db::OrderedStore*> LocalQuotas::opened(bool make)
{
    if (roots_) return roots_.get();
    if (!make && ::access(path_.c_str(), F_OK) != 0) return nullptr;
    if (flat_) {
        TRY_ASSIGN(roots_, db::FlatStore::open(path_, {}));
    } else {
        db::TdbOptions options;
        options.expected_count = kExpectedRoots;
        TRY_ASSIGN(roots_, db::TdbStore::open(path_, options));
    }
    return roots_.get();
}

Result<QuotaLimits> LocalQuotas::limits_of(const MailboxName& root)
{
    const Error none{Code::not_found, "Quota root does not exist"};
    TRY_ASSIGN(db::OrderedStore * roots, opened(false));
    if (roots == nullptr) return none;
    auto text = roots->get(key_of(root));
    if (text.is(Code::not_found)) return none;
    if (!text) return text.error();
    return parse_limits(*text);
}

Result<MailboxName> LocalQuotas::root_of(const MailboxName& name)
{
    for (std::optional<MailboxName> at = name; at; at = at->parent()) {
        auto limits = limits_of(*at);
        if (limits) return *at;
        if (!limits.is(Code::not_found)) return limits.error();
    }
    return Error{Code::not_found, "Quota root does not exist"};
}

// Everything at or below the root that is here, less what a deeper root counts.
Result<QuotaUsage> LocalQuotas::usage_of(const MailboxName& root)
{
    QuotaUsage used;
    Status looked = success();
    std::optional<MailboxName> deeper;  // its tree is left out
    TRY_ASSIGN(db::OrderedStore * roots, opened(false));
    TRY(directory_.scan(root.key(), [&](const model::MailboxEntry& entry) {
        const bool is_root = entry.name == root;
        if (!is_root && !root.is_above(entry.name)) return mboxlist::Next::stop();
        if (deeper && deeper->is_above(entry.name)) return mboxlist::Next::go_on();
        if (!is_root && roots != nullptr && roots->get(key_of(entry.name))) {
            deeper = entry.name;
            return mboxlist::Next::go_on();
        }
        const bool is_there =
            entry.state == model::EntryState::active || entry.state == model::EntryState::moving;
        if (!entry.is_local() || !is_there) return mboxlist::Next::go_on();
        auto items = store_.status(entry, {});
        if (items.is(Code::not_found)) return mboxlist::Next::go_on();
        if (!items) {
            looked = items.error();
            return mboxlist::Next::stop();
        }
        used.bytes += items->size;
        used.messages += items->messages;
        used.mailboxes += 1;
        return mboxlist::Next::go_on();
    }));
    TRY(std::move(looked));
    return used;
}

Result<mailbox::Quota> LocalQuotas::get(const MailboxName& root)
{
    TRY_ASSIGN(QuotaLimits limits, limits_of(root));
    TRY_ASSIGN(QuotaUsage used, usage_of(root));
    return mailbox::Quota{root, limits, used};
}

Status LocalQuotas::each(const std::function<void(const MailboxName&)>& root)
{
    TRY_ASSIGN(db::OrderedStore * roots, opened(false));
    if (roots == nullptr) return success();
    return roots->scan(std::string(1, kSpace), [&](std::string_view key, std::string_view) {
        auto name = MailboxName::from_key(std::string(key.substr(1)));
        if (name) root(*name);
        return db::Next::go_on();
    });
}

Status LocalQuotas::set(const MailboxName& root, const QuotaLimits& limits)
{
    TRY_ASSIGN(db::OrderedStore * roots, opened(true));
    return roots->put(key_of(root), to_text(limits));
}

Status LocalQuotas::remove(const MailboxName& root)
{
    TRY_ASSIGN(db::OrderedStore * roots, opened(false));
    if (roots == nullptr) return success();
    Status gone = roots->erase(key_of(root));
    return gone.is(Code::not_found) ? success() : std::move(gone);
}

Status LocalQuotas::rename(const MailboxName& from, const MailboxName& to)
{
    auto limits = limits_of(from);
    if (limits.is(Code::not_found)) return success();
    if (!limits) return limits.error();
    TRY_ASSIGN(db::OrderedStore * roots, opened(true));
    return roots->transact([&](db::Transaction& t) -> Status {
        TRY(t.put(key_of(to), to_text(*limits)));
        Status gone = t.erase(key_of(from));
        return gone.is(Code::not_found) ? success() : std::move(gone);
    });
}

Status LocalQuotas::check(const MailboxName& into, const QuotaUsage& more, bool whole)
{
    auto root = root_of(into);
    if (root.is(Code::not_found)) return success();
    if (!root) return root.error();
    TRY_ASSIGN(QuotaLimits limits, limits_of(*root));
    if (limits == QuotaLimits{}) return success();
    TRY_ASSIGN(QuotaUsage used, usage_of(*root));
    if (fits(limits, used, more, whole)) return success();
    return Error{Code::over_quota, cat(root->internal(), " is over its quota")};
}

std::unique_ptr<mailbox::Quotas> open_local_quotas(const config::Config& config,
                                                   mboxlist::Directory& directory,
                                                   mailbox::MailboxStore& store)
{
    return std::make_unique<LocalQuotas>(config, directory, store);
}

}  // namespace rookery::store
