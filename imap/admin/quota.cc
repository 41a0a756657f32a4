// quota: the quota roots of this server with their limits and what is used.
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "imap/admin/tool.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/store/local_quotas.h"
#include "imap/store/local_store.h"
#include "lib/base/command_line.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/json.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    {'C', "config", "file", "read this imapd.conf"},
    {'d', "domain", "domain", "only the roots of this domain"},
    {'f', "fix", "", "mend the limits and their copy"},
    {'J', "json", "", "as JSON, in bytes"},
    {'n', "dry-run", "", "with -f: mend nothing, say what would be mended"},
    {'q', "quiet", "", "with -f: say only what was mended"},
    {'u', "user", "", "the operands are users"},
};
constexpr Program kProgram = {
    "quota",  "the quota roots of this server, their limits and what is used",
    kOptions, "[prefix ...]",
    0,        kAnyNumber};

struct QuotaArguments {
    std::string config_path = config::default_path();
    bool by_user = false;
    bool fix = false;
    bool only_say = false;
    bool quiet = false;
    bool json = false;
    std::optional<std::string> domain;
    std::vector<std::string> prefixes;
};

QuotaArguments parse(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    return {.config_path = line.value("C", config::default_path()),
            .by_user = line.has("u"),
            .fix = line.has("f"),
            .only_say = line.has("n"),
            .quiet = line.has("q"),
            .json = line.has("J"),
            .domain = line.given("d"),
            .prefixes = line.operands()};
}

// The names that begin with one of the words; with -u the trees of these users.
Result<bool> is_wanted(const config::Config& config, const QuotaArguments& a,
                       const model::MailboxName& root)
{
    if (a.domain && root.domain() != (*a.domain == config.defaultdomain() ? "" : *a.domain))
        return false;
    for (const std::string& word : a.prefixes) {
        if (a.by_user) {
            TRY_ASSIGN(auto inbox, model::MailboxName::inbox_of(word, config.defaultdomain()));
            if (root == inbox || inbox.is_above(root)) return true;
        } else if (root.internal().starts_with(word)) {
            return true;
        }
    }
    return a.prefixes.empty();
}

std::string right(std::string_view text, size_t width)
{
    return cat(std::string(width - std::min(width, text.size()), ' '), text);
}

void print_line(std::string_view limit, std::string_view percent, uint64_t used,
                mailbox::Resource resource, const std::string& root)
{
    print(cat(right(limit, 8), ' ', right(percent, 8), ' ', right(cat(used), 8), ' ',
              right(mailbox::resource_name(resource), 20), ' ', root, '\n'));
}

void print_quota(const mailbox::Quota& quota)
{
    const std::string& root = quota.root.internal();
    for (size_t i = 0; i < mailbox::kResources; ++i) {
        const auto resource = static_cast<mailbox::Resource>(i);
        const auto& limit = quota.limits[resource];
        const uint64_t used = quota.used.of(resource);
        print_line(limit ? cat(*limit) : "", limit && *limit > 0 ? cat(used * 100 / *limit) : "",
                   used, resource, root);
    }
}

// As Cyrus' -J: what is counted in kilobytes is told in bytes; no limit, no member.
std::string json_of(const mailbox::Quota& quota)
{
    std::string out = cat("  ", text::json_string(quota.root.internal()), ": {");
    for (size_t i = 0; i < mailbox::kResources; ++i) {
        const auto resource = static_cast<mailbox::Resource>(i);
        const auto name = mailbox::resource_name(resource);
        const bool storage = resource == mailbox::Resource::storage;
        const uint64_t unit = storage ? 1024 : 1;
        cat_to(out, i == 0 ? "\n" : ",\n", "    ", text::json_string(name),
               ": {\n      \"used\": ", storage ? quota.used.bytes : quota.used.of(resource));
        if (const auto& limit = quota.limits[resource])
            cat_to(out, ",\n      \"limit\": ", *limit * unit);
        out += "\n    }";
    }
    return out + "\n  }";
}

Status run(const config::Config& config, const QuotaArguments& a)
{
    TRY_ASSIGN(auto list, mboxlist::open_list(config));
    TRY_ASSIGN(auto store, store::open_local_store(config));
    store::LocalQuotas quotas(config, *list, *store);
    // Usage is counted each time; what there is to mend are the limits and their copy.
    if (a.fix) {
        TRY_ASSIGN(const bool is_different, quotas.has_to_be_mended());
        if (is_different) print(cat("quota limits: ", a.only_say ? "to be mended\n" : "mended\n"));
        if (!a.only_say) TRY(quotas.verify());
        if (a.quiet) return success();
    }
    std::vector<model::MailboxName> roots;
    Status read = success();
    TRY(quotas.each([&](const model::MailboxName& root) {
        auto wanted = is_wanted(config, a, root);
        if (!wanted) read = wanted.error();
        if (wanted && *wanted) roots.push_back(root);
    }));
    TRY(std::move(read));
    if (!a.json) print("   Quota   % Used     Used             Resource Root\n");
    std::string json;
    for (const auto& root : roots) {
        TRY_ASSIGN(mailbox::Quota quota, quotas.get(root));
        if (a.json)
            cat_to(json, json.empty() ? "\n" : ",\n", json_of(quota));
        else
            print_quota(quota);
    }
    if (a.json) print(cat("{", json, "\n}\n"));
    return success();
}

}  // namespace
}  // namespace rookery::admin

int main(int argc, char** argv)
{
    using namespace rookery;
    const auto a = admin::parse(argc, argv);
    const config::Config config = admin::start(a.config_path, "quota");
    const Status done = admin::run(config, a);
    return done ? 0 : admin::failed("quota", done.error());
}
