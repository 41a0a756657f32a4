// murder status: roles, versions, lag, and what waits for somebody.
#include <algorithm>
#include <map>

#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/report.h"
#include "imap/admin/murder/transfer.h"
#include "imap/admin/tool.h"
#include "imap/mboxlist/open_directory.h"
#include "lib/base/clock.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"

namespace rookery::admin::murder {
namespace {

constexpr int64_t kLagWarning = 60;  // seconds
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
        if (!lines) {
            worsen(kWarning);
            servers_->rows.push_back({name, "master", lines.error().text, "", Value::number(0)});
            return;
        }
        (*master)->logout();
        for (const auto& line : *lines) single_.emplace(line.key, line.value);
        // The section's reference is not kept: more are added.
        servers_->rows.push_back({single_["server"],
                                  single_["role"] == "(master)" ? "master" : "replica", "answers",
                                  single_["version"], Value::number(number(single_["entries"]))});
        states_ = states_in(*lines).value_or({});
        add_list(*lines);
        add_states(report_, states_);
        add_replicas(*lines);
        add_waiting(*lines);
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
            if (line.key != "listener") continue;
            auto f = fields(line.value, 5);
            const int64_t behind = std::max<int64_t>(serial - number(f[2]), 0);
            const int64_t seconds =
                behind == 0 ? 0 : std::max<int64_t>(wall_seconds() - number(f[3]), 0);
            if (seconds > kLagWarning) worsen(kWarning);
            replicas.rows.push_back(
                {f[0], f[1], f[4], Value::number(behind), Value::number(seconds)});
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
        for (const auto& line : lines) {
            const int64_t now = wall_seconds();
            if (line.key == "stranger") {
                auto f = fields(line.value, 3);
                worsen(kCritical);
                standing.rows.push_back({f[2], "refused: murder promote"});
            } else if (line.key == "waiting") {
                worsen(kWarning);
                standing.rows.push_back({line.value, "has not told its mailboxes yet"});
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

    // Whether each server that holds mailboxes speaks IMAP; its greeting names the version.
    void ask_backends()
    {
        for (const auto& [server, count] : backends_) {
            backend::ConnectOptions options;
            options.authenticate = false;
            auto there =
                backend::Backend::connect(config_, backend::imap_dialect(), server, options);
            std::string version;
            if (there) {
                version = (*there)->banner();
                size_t at = version.find("Cyrus IMAP ");
                version = at == std::string::npos ? "" : version.substr(at + 11);
                version = version.substr(0, version.find(' '));
                (*there)->logout();
            } else {
                worsen(states_.of(server).state == kMaintenance ? kWarning : kCritical);
            }
            servers_->rows.push_back(
                {server, "backend",
                 there ? std::string("answers") : cat("unreachable: ", there.error().text), version,
                 Value::number(count)});
        }
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
    if (a.words.size() != 1) usage();
    return StatusReport(config).run(a);
}

}  // namespace rookery::admin::murder
