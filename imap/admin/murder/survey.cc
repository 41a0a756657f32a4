#include "imap/admin/murder/survey.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "imap/admin/murder/here.h"
#include "imap/admin/murder/server_entries.h"
#include "imap/admin/murder/transfer.h"
#include "imap/backend/backend.h"
#include "imap/backend/server_address.h"
#include "imap/cluster/agent.h"
#include "imap/mboxlist/kick.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/mupdate/figures_here.h"
#include "imap/mupdate/master/list_entry.h"
#include "imap/submission/queue.h"
#include "lib/base/clock.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"
#include "lib/service/counters.h"
#include "lib/stream/tls_layer.h"

namespace rookery::admin::murder {
namespace {

constexpr int64_t kLagWarning = 60;  // seconds
constexpr int64_t kAgentRuns = 5;    // that may be missed
constexpr int64_t kDay = 86400;
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

// Of what stands behind so many words of a value; none where nothing does.
std::optional<mupdate::ServerFigures> figures_in(const std::string& value, size_t behind)
{
    constexpr size_t kWords = mupdate::ServerFigures::kWords;
    const auto words = fields(value, behind + kWords);
    auto figures = mupdate::ServerFigures::parse(std::span(words).subspan(behind));
    return figures ? std::optional(*std::move(figures)) : std::nullopt;
}

void set_figures(SurveyedServer& server, const mupdate::ServerFigures& figures)
{
    server.name = figures.server;
    if (server.version.empty()) server.version = figures.version;
    server.free_percent = figures.free_percent;
    server.certificate = figures.certificate_days;
    server.sessions = figures.sessions;
}

int64_t number(const std::string& text)
{
    return static_cast<int64_t>(to_uint64(text, INT64_MAX).value_or(0));
}

// For which the server's certificate is good; 0: no more.
std::optional<int64_t> days_of(const std::optional<stream::TlsInfo>& tls)
{
    if (!tls || tls->peer_expires == 0) return std::nullopt;
    return std::max<int64_t>(tls->peer_expires - wall_seconds(), 0) / kDay;
}

class Surveyor {
 public:
    explicit Surveyor(const config::Config& config) : config_(config) {}

    Survey run(const Arguments& a)
    {
        ask_master(a);
        ask_backends();
        look_here();
        name_frontends();
        look_at_pending();
        return std::move(seen_);
    }

 private:
    void worsen(Exit to) { seen_.worst = std::max<int>(seen_.worst, to); }
    SurveyedServer& add_server(std::string name, Part part, std::string state, Exit weight)
    {
        worsen(weight);
        SurveyedServer& server = seen_.servers.emplace_back();
        server.name = std::move(name);
        server.part = part;
        server.state = std::move(state);
        server.weight = weight;
        return server;
    }

    void ask_master(const Arguments& a)
    {
        const std::string name =
            a.target.server.empty() ? config_.mupdate_server() : a.target.server;
        auto master = mupdate::Client::connect(config_, a.target);
        if (!master) {
            add_server(name, Part::master, cat("unreachable: ", master.error().text), kCritical);
            return;
        }
        auto lines = (*master)->status();
        if (lines.is(Code::unsupported)) return count_list(**master, name);
        if (!lines) {
            add_server(name, Part::master, lines.error().text, kWarning);
            return;
        }
        (*master)->logout();
        for (const auto& line : *lines) single_.emplace(line.key, line.value);
        const bool is_master = single_["role"] == "(master)";
        const bool lost = !is_master && single_["connected"] == "no";
        SurveyedServer& server =
            add_server(single_["server"], is_master ? Part::master : Part::replica,
                       lost ? "has lost its master" : "answers", lost ? kCritical : kFine);
        server.version = single_["version"];
        server.mailboxes = number(single_["entries"]);
        seen_.serial = number(single_["serial"]);
        server.serial = seen_.serial;
        if (const auto figures = figures_in(single_["figures"], 0)) set_figures(server, *figures);
        if (const auto days = days_of((*master)->tls())) server.certificate = days;
        states_ = states_in(*lines).value_or({});
        add_list(*lines);
        add_states(seen_.details, states_);
        add_replicas(*lines);
        add_waiting(*lines);
    }

    // Cyrus' master tells its list and no more.
    void count_list(mupdate::Client& master, const std::string& name)
    {
        auto records = master.list("");
        const auto greeting = master.greeting();
        master.logout();
        SurveyedServer& server =
            add_server(greeting.server.empty() ? name : greeting.server, Part::master,
                       records ? "answers" : records.error().text, records ? kFine : kCritical);
        server.version = greeting.version;
        if (records) server.mailboxes = static_cast<int64_t>(records->size());
        single_["server"] = greeting.server;
        if (!records) return;
        for (const auto& record : *records)
            backends_[std::string(mupdate::server_of(record.location))]++;
    }

    void add_list(const std::vector<mupdate::StatusLine>& lines)
    {
        auto& list =
            seen_.details.section("list", "The list", {"epoch", "serial", "held removals"});
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
        auto& replicas = seen_.details.section(
            "replicas", "Replicas",
            {"login", "host", "may", "state", "serials behind", "seconds behind"});
        const int64_t serial = number(single_["serial"]);
        for (const auto& line : lines) {
            if (line.key == "listener") {
                auto f = fields(line.value, 5);
                const int64_t behind = std::max<int64_t>(serial - number(f[2]), 0);
                const int64_t seconds =
                    behind == 0 ? 0 : std::max<int64_t>(wall_seconds() - number(f[3]), 0);
                const Exit weight = seconds > kLagWarning ? kWarning : kFine;
                SurveyedServer& server =
                    add_server(f[0], Part::frontend, f[4] == "stream" ? "answers" : f[4], weight);
                server.serial = number(f[2]);
                server.lag = seconds;
                hosts_.push_back(f[1]);
                replicas.rows.push_back(
                    {f[0], f[1], "-", f[4], Value::number(behind), Value::number(seconds)});
            } else if (line.key == "follower" && !replicas.rows.empty()) {
                add_follower(line.value, seen_.servers.back(), replicas.rows.back());
            } else if (line.key == "lost") {
                auto f = fields(line.value, 3);
                add_server(f[0], Part::frontend, "has lost the master", kWarning).lag =
                    number(f[2]);
                hosts_.push_back(f[1]);
                replicas.rows.push_back({f[0], f[1], "-", "has lost the master", Value::number(0),
                                         Value::number(number(f[2]))});
            }
        }
    }

    // Of the listener before it: what it may do, and what it has told of itself.
    static void add_follower(const std::string& value, SurveyedServer& server,
                             std::vector<Value>& replica)
    {
        const std::string may = fields(value, 2)[0];
        replica[2] = Value(may == "read" ? "read" : "change");
        const auto figures = figures_in(value, 1);
        if (figures)
            set_figures(server, *figures);
        else if (may == "read")
            server.part = Part::reader;
    }

    void add_waiting(const std::vector<mupdate::StatusLine>& lines)
    {
        auto& reserved = seen_.details.section("reservations", "Reserved names",
                                               {"mailbox", "location", "seconds left"});
        auto& moves =
            seen_.details.section("moves", "Open moves", {"mailbox", "from", "to", "seconds open"});
        auto& conflicts = seen_.details.section(
            "conflicts", "Conflicts", {"mailbox", "held at", "claimed at", "by", "seconds"});
        auto& standing = seen_.details.section("recovery", "Recovery", {"server", "state"});
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
                ++seen_.moves;
                moves.rows.push_back({f[3], f[1], f[2], Value::number(age)});
            } else if (line.key == "conflict") {
                auto f = fields(line.value, 5);
                worsen(kWarning);
                ++seen_.conflicts;
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
        // One without a mailbox yet is where new users go.
        for (const std::string& server : config_.serverlist())
            if (!is_known(server)) backends_.emplace(server, 0);
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
            const Exit weight = !answer.state ? kFine : excused ? kWarning : kCritical;
            SurveyedServer& row =
                add_server(server, Part::backend, answer.state.value_or("answers"), weight);
            row.version = answer.version;
            row.mailboxes = count;
            row.certificate = answer.certificate;
            row.free_percent = answer.entries.free_percent;
            row.sessions = answer.entries.sessions;
            row.queue = answer.entries.queue;
        }
        // Where no server takes mail it comes by another way.
        if (without_lmtp.size() == backends_.size()) return;
        for (SurveyedServer& row : seen_.servers) {
            auto at = without_lmtp.find(row.name);
            if (at == without_lmtp.end() || row.part != Part::backend) continue;
            const bool excused = states_.of(row.name).state == kMaintenance;
            row.weight = std::max(row.weight, excused ? kWarning : kCritical);
            worsen(row.weight);
            row.state = cat("LMTP: ", at->second.text);
        }
    }

    // serverlist may have a short name where locations have the whole one, and the reverse.
    bool is_known(const std::string& server)
    {
        return server == config_.servername() ||
               std::any_of(backends_.begin(), backends_.end(), [&](const auto& known) {
                   const std::string& other = known.first;
                   return other == server ||
                          ((other.find('.') == std::string::npos ||
                            server.find('.') == std::string::npos) &&
                           backend::short_name(other) == backend::short_name(server));
               });
    }

    struct Answer {
        bool reached = false;
        std::optional<std::string> state;  // what is wrong
        std::string version;
        std::optional<int64_t> certificate;
        ServerEntries entries;
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
        answer.certificate = days_of((*there)->tls());
        if (options.authenticate && &dialect == &backend::imap_dialect())
            answer.entries = ask_entries(**there);
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
        auto& here = seen_.details.section("here", "This server", {"what", "meaning"});
        auto add = [&](Exit weight, std::string_view what, const std::string& meaning) {
            worsen(weight);
            here.rows.push_back({what, meaning});
        };
        for (const Fault& fault : faults_here(config_))
            add(fault.weight, fault.what, fault.meaning);
        add_figures_of_here();
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

    // This server's line: known by its name, or by what it calls itself at the master where no
    // other does so.
    SurveyedServer* line_of_here()
    {
        SurveyedServer* found = nullptr;
        for (SurveyedServer& s : seen_.servers) {
            if (s.name == config_.servername()) return &s;
            if (!follows(s) || s.name != config_.mupdate_authname()) continue;
            if (found != nullptr) return nullptr;
            found = &s;
        }
        return found;
    }

    void add_figures_of_here()
    {
        SurveyedServer* here = line_of_here();
        if (here == nullptr) return;
        set_figures(*here, mupdate::figures_here(config_));
        if (!config_.partitions().empty())
            here->queue = static_cast<int64_t>(submission::Queue::counts(config_).mails);
    }

    static bool follows(const SurveyedServer& s)
    {
        return s.part == Part::frontend || s.part == Part::reader;
    }

    // Some may share a login, and tell nothing of themselves: then they are told apart by where
    // they are.
    void name_frontends()
    {
        std::map<std::string, size_t> alike;
        for (const SurveyedServer& s : seen_.servers)
            if (follows(s)) ++alike[s.name];
        size_t n = 0;
        for (SurveyedServer& s : seen_.servers)
            if (follows(s)) {
                if (alike[s.name] > 1) cat_to(s.name, " at ", hosts_[n]);
                ++n;
            }
    }

    bool has_services()
    {
        auto counters = service::Counters::open(config_.proc_path());
        return counters && !counters->lines().empty();
    }

    void look_at_pending()
    {
        if (!config::tells_master(config_)) return;
        auto& pending = seen_.details.section("pending", "Not told to the master yet", {"mailbox"});
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
    Survey seen_;
    std::vector<std::string> hosts_;  // of the frontends, in their order
    std::map<std::string, std::string> single_;
    std::map<std::string, int64_t> backends_;
    model::ServerStates states_;
};

}  // namespace

std::string_view part_name(Part part)
{
    switch (part) {
        case Part::master: return "master";
        case Part::replica: return "replica";
        case Part::backend: return "backend";
        case Part::frontend: return "frontend";
        case Part::reader: return "reader";
    }
    return "";
}

Survey survey(const config::Config& config, const Arguments& arguments)
{
    return Surveyor(config).run(arguments);
}

}  // namespace rookery::admin::murder
