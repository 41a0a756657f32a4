#include "imap/store/local_quotas.h"

#include <utility>

#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

namespace {

using mailbox::QuotaLimits;
using mailbox::QuotaUsage;
using mailbox::Resource;
using model::MailboxName;

constexpr size_t kMostLeftOut = 10'000;

// Not busy and the like: those pass.
bool is_damage(const Error& error)
{
    return error.code == Code::corrupt || error.code == Code::io || error.code == Code::denied ||
           error.code == Code::unsupported;
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
    : roots_(config), directory_(directory), store_(store)
{
}

Result<MailboxName> LocalQuotas::root_of(const MailboxName& name)
{
    for (std::optional<MailboxName> at = name; at; at = at->parent()) {
        auto limits = roots_.get(*at);
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
    TRY(directory_.scan(root.key(), [&](const model::MailboxEntry& entry) {
        const bool is_root = entry.name == root;
        if (!is_root && !root.is_above(entry.name)) return mboxlist::Next::stop();
        if (deeper && deeper->is_above(entry.name)) return mboxlist::Next::go_on();
        if (!is_root && roots_.has(entry.name)) {
            deeper = entry.name;
            return mboxlist::Next::go_on();
        }
        const bool is_there =
            entry.state == model::EntryState::active || entry.state == model::EntryState::moving;
        if (!entry.is_local() || !is_there) return mboxlist::Next::go_on();
        auto items = store_.status(entry, {});
        if (items.is(Code::not_found)) return mboxlist::Next::go_on();
        if (!items) {
            if (is_damage(items.error())) {
                leave_out(entry.name, items.error());
                return mboxlist::Next::go_on();
            }
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

// A mailbox that cannot be read is not counted, so that mail for the others of its tree goes on.
void LocalQuotas::leave_out(const MailboxName& name, const Error& why)
{
    if (left_out_.size() >= kMostLeftOut || !left_out_.insert(name.internal()).second) return;
    log::error("not counted for its quota root, reconstruct the mailbox",
               {{"mailbox", name.internal()}, {"reason", why}});
}

Result<mailbox::Quota> LocalQuotas::get(const MailboxName& root)
{
    TRY_ASSIGN(QuotaLimits limits, roots_.get(root));
    TRY_ASSIGN(QuotaUsage used, usage_of(root));
    return mailbox::Quota{root, limits, used};
}

Status LocalQuotas::each(const std::function<void(const MailboxName&)>& root)
{
    return roots_.each(root);
}

Status LocalQuotas::set(const MailboxName& root, const QuotaLimits& limits)
{
    return roots_.set(root, limits);
}

Status LocalQuotas::remove(const MailboxName& root)
{
    return roots_.remove(root);
}

Status LocalQuotas::rename(const MailboxName& from, const MailboxName& to)
{
    return roots_.rename(from, to);
}

Status LocalQuotas::check(const MailboxName& into, const QuotaUsage& more, bool whole)
{
    auto root = root_of(into);
    if (root.is(Code::not_found)) return success();
    if (!root) {
        // Limits that nobody can read forbid nothing: mail goes on.
        if (!std::exchange(told_, true))
            log::error("quota limits cannot be read, none is observed", {{"reason", root.error()}});
        return success();
    }
    TRY_ASSIGN(QuotaLimits limits, roots_.get(*root));
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
