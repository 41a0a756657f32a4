// murder metrics: this server's numbers in the Prometheus text exposition format, version 0.0.4.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "imap/admin/murder/here.h"
#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/transfer.h"
#include "imap/admin/tool.h"
#include "imap/backend/dialect.h"
#include "imap/backend/health.h"
#include "imap/mboxlist/kick.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/nntp/feed.h"
#include "imap/submission/queue.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"
#include "lib/service/counters.h"
#include "lib/service/scoreboard.h"

namespace rookery::admin::murder {
namespace {

using Kind = service::counters::Kind;

struct Counted {
    Kind kind;
    std::string_view name;
    std::string_view help;
};

constexpr std::array<Counted, service::counters::kKinds> kCounted = {{
    {Kind::connections, "connections_total", "Clients that were accepted"},
    {Kind::logins, "logins_total", "Logins that succeeded"},
    {Kind::login_failures, "login_failures_total", "Logins that were refused"},
    {Kind::commands, "commands_total", "Commands that were read"},
    {Kind::command_failures, "command_failures_total",
     "Commands that were answered with a failure"},
    {Kind::messages, "messages_total", "Messages that were delivered or appended"},
    {Kind::backend_failures, "backend_failures_total", "Times another server was not reached"},
    {Kind::bytes_received, "received_bytes_total", "Bytes from clients, inside TLS"},
    {Kind::bytes_sent, "sent_bytes_total", "Bytes to clients, inside TLS"},
}};

// A label's value: backslash, quote and line feed are escaped.
std::string label(std::string_view value)
{
    std::string out = "\"";
    for (char c : value) {
        if (c == '\n') {
            out += "\\n";
            continue;
        }
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out + "\"";
}

// n / 10^places, without the zeros at its end.
std::string decimal(uint64_t n, size_t places)
{
    std::string digits = cat(n);
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    digits.insert(digits.size() - places, ".");
    digits.resize(digits.find_last_not_of('0') + 1);
    if (digits.back() == '.') digits.pop_back();
    return digits;
}

class Metrics {
 public:
    explicit Metrics(const config::Config& config) : config_(config) {}

    Result<std::string> run(const Arguments& a)
    {
        TRY(add_counters());
        TRY(add_latencies());
        TRY(add_workers());
        add_circuits();
        add_pending();
        add_queue();
        add_disks();
        add_certificates();
        add_replica();
        add_list(a);
        return out_;
    }

 private:
    void family(std::string_view name, std::string_view type, std::string_view help)
    {
        cat_to(out_, "# HELP rookery_", name, ' ', help, ".\n# TYPE rookery_", name, ' ', type,
               '\n');
    }
    void sample(std::string_view name, std::string_view labels, uint64_t value)
    {
        cat_to(out_, "rookery_", name, labels, ' ', value, '\n');
    }
    void gauge(std::string_view name, std::string_view help, uint64_t value)
    {
        family(name, "gauge", help);
        sample(name, "", value);
    }

    Status add_counters()
    {
        TRY_ASSIGN(auto counters, service::Counters::open(config_.proc_path()));
        const auto lines = counters.lines();
        for (const Counted& c : kCounted) {
            family(c.name, "counter", c.help);
            for (const auto& line : lines)
                sample(c.name, cat("{service=", label(line.service), "}"),
                       line.values[static_cast<size_t>(c.kind)]);
        }
        return success();
    }

    // The bounds in seconds, each bucket with those before it, as the format wants them.
    Status add_latencies()
    {
        TRY_ASSIGN(auto counters, service::Counters::open(config_.proc_path()));
        family("command_duration_seconds", "histogram",
               "How long commands took, from their line to the answer; without IDLE");
        for (const auto& line : counters.lines()) {
            const std::string service = cat("service=", label(line.service));
            uint64_t so_far = 0;
            for (size_t n = 0; n < service::counters::kBuckets; n++) {
                so_far += line.took[n];
                const bool last = n == service::counters::kBounds.size();
                const std::string bound = last ? "+Inf" : decimal(service::counters::kBounds[n], 3);
                sample("command_duration_seconds_bucket", cat('{', service, ",le=\"", bound, "\"}"),
                       so_far);
            }
            cat_to(out_, "rookery_command_duration_seconds_sum{", service, "} ",
                   decimal(line.microseconds, 6), '\n');
            sample("command_duration_seconds_count", cat('{', service, '}'), so_far);
        }
        return success();
    }

    Status add_workers()
    {
        TRY_ASSIGN(auto board, service::Scoreboard::open(config_.proc_path()));
        std::map<std::string, std::array<uint64_t, 2>> workers;  // idle, busy
        for (const auto& line : board.lines()) workers[line.service][line.client.empty() ? 0 : 1]++;
        family("workers", "gauge", "Worker processes");
        for (const auto& [service, n] : workers) {
            sample("workers", cat("{service=", label(service), ",state=\"idle\"}"), n[0]);
            sample("workers", cat("{service=", label(service), ",state=\"busy\"}"), n[1]);
        }
        return success();
    }

    // Servers that this one connects to, by its list and its configuration.
    std::set<std::string> servers()
    {
        std::set<std::string> names;
        for (const std::string& server : config_.serverlist()) names.insert(server);
        return names;
    }

    void add_circuits()
    {
        backend::Health health(backend::Health::path(config_), backend::Health::options(config_));
        family("backend_circuit_open", "gauge", "1 while a server is left alone after failures");
        for (const std::string& server : servers())
            for (const backend::Dialect* dialect :
                 {&backend::imap_dialect(), &backend::lmtp_dialect(), &backend::nntp_dialect(),
                  &backend::pop3_dialect(), &backend::sieve_dialect()})
                sample("backend_circuit_open",
                       cat("{server=", label(server), ",protocol=", label(dialect->service), "}"),
                       health.is_open(server, dialect->service) ? 1 : 0);
    }

    void add_pending()
    {
        if (!config::tells_master(config_)) return;
        uint64_t pending = 0;
        auto list = mboxlist::open_list(config_);
        if (!list) return;
        auto read = (*list)->scan_pending([&](const model::MailboxEntry&) {
            ++pending;
            return mboxlist::Next::go_on();
        });
        if (read)
            gauge("pending_changes", "Changes that the mupdate master has not heard of", pending);
    }

    void add_disks()
    {
        const auto disks = disks_here(config_);
        auto labels = [](const Disk& disk) {
            return cat("{option=", label(disk.option), ",path=", label(disk.path), "}");
        };
        family("disk_size_bytes", "gauge",
               "Of the file system with this folder; 0: it is not there");
        for (const Disk& disk : disks) sample("disk_size_bytes", labels(disk), disk.size);
        family("disk_available_bytes", "gauge", "What is free there");
        for (const Disk& disk : disks) sample("disk_available_bytes", labels(disk), disk.available);
    }

    void add_certificates()
    {
        family("certificate_expiry_timestamp_seconds", "gauge",
               "When a certificate of this server ends, in Unix time; 0: it cannot be read");
        for (const Certificate& one : certificates_here(config_)) {
            const int64_t end = one.lifetime ? wall_seconds() + *one.lifetime : 0;
            sample("certificate_expiry_timestamp_seconds",
                   cat("{option=", label(one.option), ",path=", label(one.path), "}"),
                   static_cast<uint64_t>(std::max<int64_t>(end, 0)));
        }
    }

    void add_queue()
    {
        const auto queue = submission::Queue::counts(config_);
        gauge("submission_queue", "Mails that are to be sent", queue.mails);
        gauge("submission_damaged", "Mails to be sent that were damaged and set aside",
              queue.damaged);
        if (config_.newspeer().empty()) return;
        const auto feed = submission::Queue::counts(nntp::Feed::directory(config_));
        gauge("newsfeed_queue", "Articles that wait for other servers of news", feed.mails);
        gauge("newsfeed_damaged", "Articles for them that were damaged and set aside",
              feed.damaged);
    }

    // Whether this server's list is what the master has, asked as its daemons ask.
    void add_replica()
    {
        if (!config::holds_replica(config_)) return;
        const bool current = mboxlist::kick(mboxlist::kick_socket_path(config_)).ok();
        gauge("replica_current", "1 if the mailbox list here is what the master has", current);
    }

    // Of the server that -s names, or mupdate_server.
    void add_list(const Arguments& a)
    {
        if (a.target.server.empty() && config_.mupdate_server().empty()) return;
        auto master = mupdate::Client::connect(config_, a.target);
        gauge("mupdate_up", "1 if the mupdate server answers", master ? 1 : 0);
        if (!master) return;
        auto lines = (*master)->status();
        if (!lines) return;
        (*master)->logout();
        std::map<std::string, uint64_t> number;
        std::map<std::string, uint64_t> count;
        for (const auto& line : *lines) {
            number[line.key] = to_uint64(line.value, UINT64_MAX).value_or(0);
            count[line.key]++;
        }
        gauge("mupdate_serial", "The serial of the latest change of the list", number["serial"]);
        gauge("mupdate_mailboxes", "Names in the list", number["entries"]);
        gauge("mupdate_reservations", "Names that are reserved", count["reservation"]);
        gauge("mupdate_moves", "Moves that are open", count["move"]);
        gauge("mupdate_conflicts", "Claims to mailboxes that another server holds",
              count["conflict"]);
        gauge("mupdate_held_removals", "Removals that a replica holds back",
              number["held-removals"]);
        add_listeners(*lines, number["serial"]);
        add_states(*lines);
    }

    void add_states(const std::vector<mupdate::StatusLine>& lines)
    {
        family("server_state", "gauge", "1 for the state of each server that is not active");
        const auto states = states_in(lines).value_or({});
        for (const auto& [server, said] : states.all())
            sample("server_state",
                   cat("{server=", label(server),
                       ",state=", label(model::server_state_word(said.state)), "}"),
                   1);
    }

    void add_listeners(const std::vector<mupdate::StatusLine>& lines, uint64_t serial)
    {
        struct Lag {
            std::string labels;
            uint64_t changes;
            uint64_t seconds;
        };
        std::vector<Lag> lags;
        for (const auto& line : lines) {
            auto words = split(line.value, ' ');
            if (line.key != "listener" || words.size() < 4) continue;
            const uint64_t at = to_uint64(words[2], UINT64_MAX).value_or(0);
            const auto since = static_cast<int64_t>(to_uint64(words[3], INT64_MAX).value_or(0));
            const uint64_t behind = serial > at ? serial - at : 0;
            const int64_t seconds = behind == 0 ? 0 : std::max<int64_t>(wall_seconds() - since, 0);
            lags.push_back({cat("{login=", label(words[0]), ",host=", label(words[1]), "}"), behind,
                            static_cast<uint64_t>(seconds)});
        }
        family("mupdate_listener_behind", "gauge", "Changes that a listener has not been sent");
        for (const Lag& lag : lags) sample("mupdate_listener_behind", lag.labels, lag.changes);
        family("mupdate_listener_lag_seconds", "gauge", "For how long it has been behind");
        for (const Lag& lag : lags) sample("mupdate_listener_lag_seconds", lag.labels, lag.seconds);
    }

    const config::Config& config_;
    std::string out_;
};

}  // namespace

Result<int> metrics(const config::Config& config, const Arguments& a)
{
    if (a.words.size() != 1) a.refuse();
    TRY_ASSIGN(std::string text, Metrics(config).run(a));
    if (a.output.empty())
        print(text);
    else
        TRY(replace_file(a.output, text, 0644));
    return kFine;
}

}  // namespace rookery::admin::murder
