// murder check: this server's list against the mupdate master's, in both directions.
#include <map>

#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/report.h"
#include "imap/admin/tool.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/model/location.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"

namespace rookery::admin::murder {
namespace {

using model::EntryState;
using model::MailboxEntry;

// What a difference means, and what removes it.
constexpr std::string_view kUnknown = "the master does not know it: ctl_mboxlist -m tells it";
constexpr std::string_view kNotHere = "the master lists it here, and it is not: ctl_mboxlist -m";
constexpr std::string_view kElsewhere = "another server holds it: murder conflicts";
constexpr std::string_view kOtherwise = "the master has another partition or ACL: ctl_mboxlist -m";
constexpr std::string_view kPending = "the master will be told";
constexpr std::string_view kMissing = "this replica does not show it yet";
constexpr std::string_view kLeft = "the master does not have it any more";
constexpr std::string_view kStale = "this replica shows it otherwise";

class Comparison {
 public:
    Comparison(const config::Config& config, Section& differences)
        : config_(config), differences_(differences)
    {
    }

    Status run(mupdate::Client& master)
    {
        const bool backend = config::tells_master(config_);
        if (!backend && !config::holds_replica(config_))
            return Error{Code::config, "this server is neither a backend nor a frontend"};
        TRY_ASSIGN(auto records, master.list(""));
        for (auto& record : records) master_.emplace(record.name, std::move(record));
        TRY_ASSIGN(auto list, mboxlist::open_list(config_));
        TRY(list->scan("", [&](const MailboxEntry& entry) {
            if (backend == entry.is_local()) backend ? own(entry) : shown(entry);
            return mboxlist::Next::go_on();
        }));
        for (const auto& [name, record] : master_) {
            auto location = model::parse_location(record.location);
            const bool ours = location && location->server == config_.servername();
            if (backend && ours) add(name, record.location, kNotHere);
            if (!backend) add(name, record.location, kMissing);
        }
        return success();
    }

    uint64_t compared() const { return compared_; }
    uint64_t pending() const { return pending_; }

 private:
    void add(const std::string& name, const std::string& where, std::string_view meaning)
    {
        differences_.rows.push_back({name, where.empty() ? "-" : where, meaning});
    }

    void own(const MailboxEntry& entry)
    {
        const std::string& name = entry.name.internal();
        auto at = master_.find(name);
        compared_++;
        if (entry.pending != model::Pending::none || entry.state != EntryState::active) {
            pending_++;
            add(name, at == master_.end() ? "" : at->second.location, kPending);
        } else if (at == master_.end()) {
            add(name, "", kUnknown);
        } else if (at->second.location != cat(config_.servername(), '!', entry.partition)) {
            auto location = model::parse_location(at->second.location);
            const bool ours = location && location->server == config_.servername();
            add(name, at->second.location, ours ? kOtherwise : kElsewhere);
        } else if (at->second.acl != entry.acl.to_string()) {
            add(name, at->second.location, kOtherwise);
        }
        if (at != master_.end()) master_.erase(at);
    }

    void shown(const MailboxEntry& entry)
    {
        if (entry.state == EntryState::deleted) return;
        const std::string& name = entry.name.internal();
        auto at = master_.find(name);
        compared_++;
        const std::string location =
            model::to_string(model::WireLocation{entry.server, entry.partition});
        if (at == master_.end()) {
            add(name, location, kLeft);
            return;
        }
        const bool same = at->second.location == location &&
                          at->second.active == (entry.state == EntryState::active) &&
                          (!at->second.active || at->second.acl == entry.acl.to_string());
        if (!same) add(name, at->second.location, kStale);
        master_.erase(at);
    }

    const config::Config& config_;
    Section& differences_;
    std::map<std::string, mupdate::Client::Record> master_;  // those not met yet
    uint64_t compared_ = 0;
    uint64_t pending_ = 0;
};

}  // namespace

Result<int> check(const config::Config& config, const Arguments& a)
{
    if (a.words.size() != 1) usage();
    TRY_ASSIGN(auto master, mupdate::Client::connect(config, a.target));
    Report report;
    Section& differences =
        report.section("differences", "Differences", {"mailbox", "at the master", "meaning"});
    Comparison comparison(config, differences);
    TRY(comparison.run(*master));
    master->logout();
    const size_t found = differences.rows.size();
    int code = found == 0 ? kFine : kWarning;
    if (found > comparison.pending() && config::tells_master(config)) code = kCritical;
    static constexpr std::string_view kWords[] = {"fine", "warning", "critical"};
    print(a.json ? report.to_json(kWords[code])
                 : cat(report.to_text(), found == 0 ? "" : "\n", comparison.compared(),
                       " mailboxes compared, ", found, " differences\n"));
    return code;
}

}  // namespace rookery::admin::murder
