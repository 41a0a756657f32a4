// murder check: backends against the mupdate master against its replicas, in both directions.
#include <set>

#include "imap/admin/local_parts.h"
#include "imap/admin/murder/check.h"
#include "imap/admin/murder/murder.h"
#include "imap/admin/tool.h"
#include "imap/cluster/agent.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/model/location.h"
#include "imap/mupdate/master/list_entry.h"
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
constexpr std::string_view kIncoming =
    "a move brings it here, or one that failed left it: ctl_mboxlist -s removes what is left";
constexpr std::string_view kMissing = "this replica does not show it yet";
constexpr std::string_view kLeft = "the master does not have it any more";
constexpr std::string_view kStale = "this replica shows it otherwise";
constexpr std::string_view kRestored = "restored from a backup: murder check --apply";

// This server's own list, entry by entry.
class OwnList {
 public:
    OwnList(const config::Config& config, const Known& known, Findings& findings)
        : config_(config), known_(known), findings_(findings)
    {
    }

    Status compare()
    {
        TRY_ASSIGN(auto list, mboxlist::open_list(config_));
        if (backend_ && cluster::only_reports(*list)) add("-", "", kRestored);
        TRY(list->scan("", [&](const MailboxEntry& entry) {
            // Of a copy that nobody uses, where the mailbox is shown counts, unless it comes in.
            const MailboxEntry seen = entry.seen();
            if (backend_ && (seen.is_local() || entry.is_incoming()))
                own(entry);
            else if (replica_ && !seen.is_local() && !seen.has_left())
                shown(seen);
            return mboxlist::Next::go_on();
        }));
        for (const auto& [name, record] : known_) {
            if (met_.contains(name)) continue;
            const bool ours = mupdate::server_of(record.location) == config_.servername();
            if (backend_ && ours)
                add(name, record.location, kNotHere);
            else if (replica_)
                add(name, record.location, kMissing);
        }
        return success();
    }

 private:
    void add(const std::string& name, const std::string& where, std::string_view meaning)
    {
        findings_.add(config_.servername(), name, where, meaning);
        if (backend_ && meaning != kPending && meaning != kMissing && meaning != kLeft &&
            meaning != kStale && meaning != kIncoming)
            findings_.at_backend = true;
    }

    void own(const MailboxEntry& entry)
    {
        const std::string& name = entry.name.internal();
        auto at = known_.find(name);
        findings_.compared++;
        met_.insert(name);
        if (entry.is_incoming()) {
            findings_.pending++;
            add(name, at == known_.end() ? "" : at->second.location, kIncoming);
        } else if (entry.pending != model::Pending::none || entry.state != EntryState::active) {
            findings_.pending++;
            add(name, at == known_.end() ? "" : at->second.location, kPending);
        } else if (at == known_.end()) {
            add(name, "", kUnknown);
        } else if (at->second.location != cat(config_.servername(), '!', entry.partition)) {
            const bool ours = mupdate::server_of(at->second.location) == config_.servername();
            add(name, at->second.location, ours ? kOtherwise : kElsewhere);
        } else if (at->second.acl != entry.acl.to_string()) {
            add(name, at->second.location, kOtherwise);
        }
    }

    void shown(const MailboxEntry& entry)
    {
        if (entry.state == EntryState::deleted) return;
        const std::string& name = entry.name.internal();
        auto at = known_.find(name);
        findings_.compared++;
        met_.insert(name);
        const std::string location =
            model::to_string(model::WireLocation{entry.server, entry.partition});
        if (at == known_.end()) {
            add(name, location, kLeft);
            return;
        }
        const bool same = at->second.location == location &&
                          at->second.active == (entry.state == EntryState::active) &&
                          (!at->second.active || at->second.acl == entry.acl.to_string());
        if (!same) add(name, at->second.location, kStale);
    }

    const config::Config& config_;
    const bool backend_ = config::tells_master(config_);
    const bool replica_ = config::holds_replica(config_);  // a unified server is both
    const Known& known_;
    Findings& findings_;
    std::set<std::string> met_;
};

// Without a murder there is nobody to compare with but the partitions.
bool has_master(const config::Config& config, const Arguments& a)
{
    return !config.mupdate_server().empty() || !a.target.server.empty() ||
           config.partitions().empty();
}

bool keeps_mail(const config::Config& config)
{
    return !config.partitions().empty() &&
           (config::tells_master(config) || config.mupdate_server().empty());
}

Status read_master(mupdate::Client& master, Known& known)
{
    TRY_ASSIGN(auto records, master.list(""));
    for (auto& record : records) {
        std::string name = record.name;
        known.emplace(std::move(name), std::move(record));
    }
    return success();
}

Status compare_all(const config::Config& config, const Arguments& a, mupdate::Client& master,
                   const Known& known, Findings& findings)
{
    std::set<std::string> backends;
    for (const auto& [name, record] : known) backends.emplace(mupdate::server_of(record.location));
    const bool backend = config::tells_master(config);
    if (backend || config::holds_replica(config)) TRY(OwnList(config, known, findings).compare());
    if (backend) backends.erase(config.servername());
    if (backend || config::holds_replica(config)) compare_quotas(config, known, findings);
    for (const std::string& server : backends)
        compare_backend(config, server, known, master, findings);
    for (size_t i = 1; i < a.words.size(); ++i) {
        mupdate::Client::Target replica = a.target;
        replica.server = a.words[i];
        compare_replica(config, replica, known, master, findings);
    }
    return success();
}

// What is here is the truth about what is here: told to the master, removals too.
Status apply(const config::Config& config)
{
    if (!config::tells_master(config))
        return Error{Code::config, "only a backend has anything to apply"};
    TRY_ASSIGN(auto list, mboxlist::open_list(config));
    TRY_ASSIGN(auto local, LocalParts::open(config, std::move(list)));
    cluster::AgentOptions options;
    options.apply = true;
    options.push.say = [](std::string_view line) { complain(cat(line, "\n")); };
    TRY_ASSIGN(auto run, cluster::run_agent(config, *local.operations, options));
    if (run.summary) complain(cat(cluster::to_string(*run.summary), "\n"));
    return success();
}

}  // namespace

Result<int> check(const config::Config& config, const Arguments& a)
{
    if (a.apply) TRY(apply(config));
    Report report;
    Findings findings{report.section("differences", "Differences",
                                     {"server", "mailbox", "at the master", "meaning"})};
    Section& stranded =
        report.section("stranded", "The list and the partitions",
                       {"kind", "mailbox", "partition", "path", "uniqueid", "messages", "meaning"});
    Known known;
    if (has_master(config, a)) {
        TRY_ASSIGN(auto master, mupdate::Client::connect(config, a.target));
        TRY(read_master(*master, known));
        TRY(compare_all(config, a, *master, known, findings));
        master->logout();
    }
    if (keeps_mail(config)) TRY(compare_store(config, known, stranded));
    const size_t found = findings.differences.rows.size() + stranded.rows.size();
    const bool is_critical = findings.at_backend || !stranded.rows.empty();
    const int code = is_critical ? kCritical : found > 0 ? kWarning : kFine;
    static constexpr std::string_view kWords[] = {"fine", "warning", "critical"};
    print(a.json ? report.to_json(kWords[code])
                 : cat(report.to_text(), found == 0 ? "" : "\n", findings.compared,
                       " mailboxes compared, ", found, " differences\n"));
    return code;
}

}  // namespace rookery::admin::murder
