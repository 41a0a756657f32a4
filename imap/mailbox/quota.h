// Quotas: how much the trees of this server may hold, and how much they do (RFC 9208).
//
// A quota root is a mailbox name; a mailbox counts for the nearest root at or above it, and only
// what is on this server counts. Usage is what the indexes say at the moment of the question: there
// is no counter that could drift. Interface only; imap/store implements it, proxyd has none.
// Codes: not_found (no such root), over_quota, and those of the list and the store. One thread.
#ifndef ROOKERY_IMAP_MAILBOX_QUOTA_H
#define ROOKERY_IMAP_MAILBOX_QUOTA_H

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "imap/model/mailbox_name.h"
#include "lib/base/result.h"

namespace rookery::mailbox {

// STORAGE counts in units of 1024 bytes where it is told, in bytes where it is added up.
enum class Resource : unsigned char { storage, message, mailbox };
struct ResourceName {
    Resource resource;
    std::string_view name;
};
// The first name of each is the one that is written; the others are understood.
inline constexpr std::array kResourceNames = {
    ResourceName{Resource::storage, "STORAGE"}, ResourceName{Resource::message, "MESSAGE"},
    ResourceName{Resource::mailbox, "MAILBOX"}, ResourceName{Resource::mailbox, "X-NUM-FOLDERS"}};
// What other servers count and this one does not: it can only be without a limit here.
inline constexpr std::array<std::string_view, 2> kUncounted = {"ANNOTATION-STORAGE",
                                                               "X-ANNOTATION-STORAGE"};
inline constexpr size_t kResources = 3;
constexpr std::string_view resource_name(Resource resource)
{
    for (const ResourceName& named : kResourceNames)
        if (named.resource == resource) return named.name;
    return {};
}
inline constexpr uint64_t kMaxQuota = (uint64_t{1} << 53) - 1;

struct QuotaLimits {
    std::array<std::optional<uint64_t>, kResources> of;
    std::optional<uint64_t>& operator[](Resource r) { return of[static_cast<size_t>(r)]; }
    const std::optional<uint64_t>& operator[](Resource r) const
    {
        return of[static_cast<size_t>(r)];
    }
    bool operator==(const QuotaLimits&) const = default;
};

struct QuotaUsage {
    uint64_t bytes = 0;
    uint64_t messages = 0;
    uint64_t mailboxes = 0;
    // In the resource's own unit, storage rounded down.
    uint64_t of(Resource resource) const
    {
        if (resource == Resource::storage) return bytes / 1024;
        return resource == Resource::message ? messages : mailboxes;
    }
};

struct Quota {
    model::MailboxName root;
    QuotaLimits limits;
    QuotaUsage used;
};

class Quotas {
 public:
    virtual ~Quotas() = default;

    // The nearest root at or above the name; not_found if there is none.
    virtual Result<model::MailboxName> root_of(const model::MailboxName& name) = 0;
    virtual Result<Quota> get(const model::MailboxName& root) = 0;
    // All roots in order.
    virtual Status each(const std::function<void(const model::MailboxName&)>& root) = 0;
    // Makes the root or replaces its limits; no limits are a root too.
    virtual Status set(const model::MailboxName& root, const QuotaLimits& limits) = 0;
    // No error if it is none.
    virtual Status remove(const model::MailboxName& root) = 0;
    virtual Status rename(const model::MailboxName& from, const model::MailboxName& to) = 0;
    // over_quota if this would not fit; whole false: if what is there is over the limit already.
    virtual Status check(const model::MailboxName& into, const QuotaUsage& more, bool whole) = 0;
};

}  // namespace rookery::mailbox

#endif
