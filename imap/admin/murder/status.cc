// murder status: roles, versions, lag, and what waits for somebody.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "imap/admin/murder/here.h"
#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/report.h"
#include "imap/admin/murder/transfer.h"
#include "imap/admin/tool.h"
#include "imap/backend/backend.h"
#include "imap/backend/server_address.h"
#include "imap/cluster/agent.h"
#include "imap/mboxlist/kick.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/mupdate/master/list_entry.h"
#include "lib/base/clock.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"
#include "lib/service/counters.h"

namespace rookery::admin::murder {
namespace {

constexpr int64_t kLagWarning = 60;  // seconds
constexpr int64_t kAgentRuns = 5;    // that may be missed
constexpr auto kMaintenance = model::ServerState::maintenance;

// The words of a value; the last takes what is left.
std::vector<std::string> fields(const std::string& value, size_t count)
{
    std::vector<std::string> out;
    std::string_view rest = value;
    while (out.size() + 1 < count) {
        size_t space = std::min(rest.find(' '), rest.size());
        out.emplace_back(rest.substr(0, space));
        rest.remove_prefix(std::min(space + 1, rest.size()));
    }
    out.emplace_back(rest);
    return out;
}

int64_t number(const std::string& text)
{
    return static_cast<int64_t>(to_uint64(text, INT64_MAX).value_or(0));
}

class StatusReport {
 public:
    explicit StatusReport(const config::Config& config) : config_(config) {}

    int run(const Arguments& a)
    {
        servers_ = &report_.section("servers", "Servers",
                                    {"server", "role", "state", "version", "mailboxes"});
        ask_master(a);
        ask_backends();
        look_here();
        look_at_pending();
        static constexpr std::string_view kWords[] = {"fine", "warning", "critical"};
        print(a.json ? report_.to_json(kWords[worst_])
                     : cat(report_.to_text(), "\n", kWords[worst_], "\n"));
        return worst_;
    }

 private:
    void worsen(Exit to) { worst_ = std::max<int>(worst_, to); }

    void ask_master(const Arguments& a)
    {
        const std::string name =
            a.target.server.empty() ? config_.mupdate_server() : a.target.server;
        auto master = mupdate::Client::connect(config_, a.target);
        if (!master) {
            worsen(kCritical);
            servers_->rows.push_back(
                {name, "master", cat("unreachable: ", master.error().text), "", Value::number(0)});
            return;
        }
        auto lines = (*master)->status();
        if (lines.is(Code::unsupported)) return count_list(**master, name);
        if (!lines) {
            worsen(kWarning);
            servers_->rows.push_back({name, "master", lines.error().text, "", Value::number(0)});
            return;
        }
        (*master)->logout();
        for (const auto& line : *lines) single_.emplace(line.key, line.value);
        // The section's reference is not kept: more are added.
        const bool is_master = single_["role"] == "(master)";
        const bool lost = !is_master && single_["connected"] == "no";
        if (lost) worsen(kCritical);
        servers_->rows.push_back({single_["server"], is_master ? "master" : "replica",
                                  lost ? "has lost its master" : "answers", single_["version"],
                                  Value::number(number(single_["entries"]))});
        states_ = states_in(*lines).value_or({});
        add_list(*lines);
        add_states(report_, states_);
        add_replicas(*lines);
        add_waiting(*lines);
    }

    // Cyrus' master tells its list and no more.
    void count_list(mupdate::Client& master, const std::string& name)
    {
        auto records = master.list("");
        const auto greeting = master.greeting();
        master.logout();
        if (!records) worsen(kCritical);
        servers_->rows.push_back(
            {greeting.server.empty() ? name : greeting.server, "master",
             records ? "answers" : records.error().text, greeting.version,
             Value::number(records ? static_cast<int64_t>(records->size()) : 0)});
        single_["server"] = greeting.server;
        if (!records) return;
        for (const auto& record : *records)
            backends_[std::string(mupdate::server_of(record.location))]++;
    }

    void add_list(const std::vector<mupdate::StatusLine>& lines)
    {
        auto& list = report_.section("list", "The list", {"epoch", "serial", "held removals"});
        const int64_t held = number(single_["held-removals"]);
        if (held > 0 || single_["refused"] == "yes") worsen(kCritical);
        list.rows.push_back(
            {single_["epoch"], Value::number(number(single_["serial"])), Value::number(held)});
        for (const auto& line : lines) {
            if (line.key != "holds") continue;
            auto f = fields(line.value, 2);
            backends_.emplace(f[1], number(f[0]));
        }
    }

    void add_replicas(const std::vector<mupdate::StatusLine>& lines)
    {
        auto& replicas = report_.section(
            "replicas", "Replicas", {"login", "host", "state", "serials behind", "seconds behind"});
        const int64_t serial = number(single_["serial"]);
        for (const auto& line : lines) {
            if (line.key == "listener") {
                auto f = fields(line.value, 5);
                const int64_t behind = std::max<int64_t>(serial - number(f[2]), 0);
                const int64_t seconds =
                    behind == 0 ? 0 : std::max<int64_t>(wall_seconds() - number(f[3]), 0);
                if (seconds > kLagWarning) worsen(kWarning);
                replicas.rows.push_back(
                    {f[0], f[1], f[4], Value::number(behind), Value::number(seconds)});
            } else if (line.key == "lost") {
                auto f = fields(line.value, 3);
                worsen(kWarning);
                replicas.rows.push_back({f[0], f[1], "has lost the master", Value::number(0),
                                         Value::number(number(f[2]))});
            }
        }
    }

    void add_waiting(const std::vector<mupdate::StatusLine>& lines)
    {
        auto& reserved = report_.section("reservations", "Reserved names",
                                         {"mailbox", "location", "seconds left"});
        auto& moves =
            report_.section("moves", "Open moves", {"mailbox", "from", "to", "seconds open"});
        auto& conflicts = report_.section("conflicts", "Conflicts",
                                          {"mailbox", "held at", "claimed at", "by", "seconds"});
        auto& standing = report_.section("recovery", "Recovery", {"server", "state"});
        const int64_t interval = config_.mupdate_agent_interval().count();
        const int64_t now = wall_seconds();
        std::set<std::string> told_of;
        for (const auto& line : lines) {
            // The worst of a server comes first, and is all that is told of it.
            auto stands = [&](Exit weight, const std::string& server, std::string_view how) {
                if (!told_of.insert(server).second) return;
                worsen(weight);
                standing.rows.push_back({server, how});
            };
            if (line.key == "stranger") {
                stands(kCritical, fields(line.value, 3)[2], "refused: murder promote");
            } else if (line.key == "waiting") {
                stands(kWarning, line.value, "has not told its mailboxes yet");
            } else if (line.key == "restored") {
                stands(kCritical, line.value,
                       "restored from a backup, only reports: murder check --apply");
            } else if (line.key == "told") {
                auto f = fields(line.value, 2);
                const int64_t age = number(f[0]);
                if (!backends_.contains(f[1]) || age < kAgentRuns * interval) continue;
                stands(kWarning, f[1], cat("its agent has told nothing for ", age, " seconds"));
            } else if (line.key == "reservation") {
                auto f = fields(line.value, 3);
                reserved.rows.push_back({f[2], f[1], Value::number(number(f[0]))});
            } else if (line.key == "move") {
                auto f = fields(line.value, 4);
                const int64_t age = now - number(f[0]);
                if (age > config_.mupdate_move_warn().count()) worsen(kWarning);
                moves.rows.push_back({f[3], f[1], f[2], Value::number(age)});
            } else if (line.key == "conflict") {
                auto f = fields(line.value, 5);
                worsen(kWarning);
                conflicts.rows.push_back(
                    {f[4], f[1], f[2], f[3], Value::number(now - number(f[0]))});
            }
        }
    }

    // Whether each server that holds mailboxes takes us in, for mail too where this server has any
    // to bring; the greeting names the version.
    void ask_backends()
    {
        std::map<std::string, Error> without_lmtp;
        const bool brings_mail = config::holds_replica(config_) && serves_lmtp();
        for (const auto& [server, count] : backends_) {
            Answer answer = ask(server, backend::imap_dialect());
            if (answer.reached && !answer.state && brings_mail) {
                Answer mail = ask(server, backend::lmtp_dialect());
                if (mail.reached && mail.state)
                    answer.state = cat("LMTP: ", *mail.state);
                else if (mail.state)
                    without_lmtp.emplace(server, Error{Code::unavailable, *mail.state});
            }
            const bool excused = states_.of(server).state == kMaintenance && !answer.reached;
            if (answer.state) worsen(excused ? kWarning : kCritical);
            servers_->rows.push_back({server, "backend", answer.state.value_or("answers"),
                                      answer.version, Value::number(count)});
        }
        // Where no server takes mail it comes by another way.
        if (without_lmtp.size() == backends_.size()) return;
        for (auto& row : servers_->rows) {
            auto at = without_lmtp.find(row[0].text);
            if (at == without_lmtp.end() || row[1].text != "backend") continue;
            worsen(states_.of(at->first).state == kMaintenance ? kWarning : kCritical);
            row[2] = cat("LMTP: ", at->second.text);
        }
    }

    struct Answer {
        bool reached = false;
        std::optional<std::string> state;  // what is wrong
        std::string version;
    };
    Answer ask(const std::string& server, const backend::Dialect& dialect)
    {
        Answer answer;
        backend::ConnectOptions options;
        options.authenticate = logs_in_at(server);
        auto there = backend::Backend::connect(config_, dialect, server, options);
        if (!there && options.authenticate) {
            const Error refusal = there.error();
            options.authenticate = false;
            there = backend::Backend::connect(config_, dialect, server, options);
            if (there) answer.state = cat("does not let us in: ", refusal.text);
        }
        answer.reached = there.ok();
        if (!there) {
            answer.state = cat("unreachable: ", there.error().text);
            return answer;
        }
        const std::string& banner = (*there)->banner();
        const size_t at = banner.find("Cyrus IMAP ");
        if (at != std::string::npos) answer.version = banner.substr(at + 11);
        answer.version = answer.version.substr(0, answer.version.find(' '));
        (*there)->logout();
        return answer;
    }

    // A frontend must; another server only where it has been given what it takes.
    bool logs_in_at(const std::string& server)
    {
        return config::holds_replica(config_) || !config_.proxy_password().empty() ||
               backend::server_option(config_, server, "password").has_value();
    }

    // Whether a service of this server ever took mail.
    bool serves_lmtp()
    {
        auto counters = service::Counters::open(config_.proc_path());
        if (!counters) return false;
        const auto lines = counters->lines();
        return std::any_of(lines.begin(), lines.end(), [](const auto& line) {
            return line.service.find("lmtp") != std::string::npos;
        });
    }

    // This server, as far as it can be seen without asking another.
    void look_here()
    {
        auto& here = report_.section("here", "This server", {"what", "meaning"});
        auto add = [&](Exit weight, std::string_view what, const std::string& meaning) {
            worsen(weight);
            here.rows.push_back({what, meaning});
        };
        for (const Fault& fault : faults_here(config_))
            add(fault.weight, fault.what, fault.meaning);
        if (config::tells_master(config_)) {
            auto list = mboxlist::open_list(config_);
            if (list && cluster::only_reports(**list))
                add(kCritical, "mailbox list",
                    "restored from a backup, only reports: murder check --apply");
        }
        // The master itself, or a machine that only asks, follows nobody.
        if (!config::holds_replica(config_) || single_["server"] == config_.servername() ||
            !has_services())
            return;
        if (Status current = mboxlist::kick(mboxlist::kick_socket_path(config_)); !current)
            add(kCritical, "replica",
                cat("the mailbox list here is not what the master has: ", current.error().text));
    }

    bool has_services()
    {
        auto counters = service::Counters::open(config_.proc_path());
        return counters && !counters->lines().empty();
    }

    void look_at_pending()
    {
        if (!config::tells_master(config_)) return;
        auto& pending = report_.section("pending", "Not told to the master yet", {"mailbox"});
        auto list = mboxlist::open_list(config_);
        if (!list) {
            worsen(kCritical);
            pending.rows.push_back({cat("the list cannot be read: ", list.error().text)});
            return;
        }
        auto read = (*list)->scan_pending([&](const model::MailboxEntry& entry) {
            pending.rows.push_back({entry.name.internal()});
            return mboxlist::Next::go_on();
        });
        if (!read || !pending.rows.empty()) worsen(kWarning);
    }

    const config::Config& config_;
    Report report_;
    Section* servers_ = nullptr;
    std::map<std::string, std::string> single_;
    std::map<std::string, int64_t> backends_;
    model::ServerStates states_;
    int worst_ = kFine;
};

}  // namespace

Result<int> status(const config::Config& config, const Arguments& a)
{
    if (a.words.size() != 1) a.refuse();
    return StatusReport(config).run(a);
}

}  // namespace rookery::admin::murder
