// murder top: who is served here now, and how much is done, from the scoreboard and the counters.
//
// Rates are differences of two looks at the counters. On a terminal that can be redrawn a picture
// follows the other until SIGINT or "q"; elsewhere there is one, measured over one interval.
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/report.h"
#include "imap/admin/terminal.h"
#include "imap/admin/tool.h"
#include "lib/base/clock.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/service/scoreboard.h"

namespace rookery::admin::murder {
namespace {

using service::Counters;
using service::Scoreboard;
using service::ScoreLine;
using Kind = service::counters::Kind;

constexpr uint32_t kMaxInterval = 3600;  // seconds

struct Look {
    std::map<std::string, Counters::Line> services;
    MonotonicTime when = monotonic_now();
};

Look look_at(const Counters& counters)
{
    Look look;
    for (auto& line : counters.lines()) look.services[line.service] = line;
    return look;
}

// What has been done between two looks. Counters only grow, but for a file that was made anew.
class Difference {
 public:
    Difference(const Look& before, const Look& after)
        : before_(before),
          after_(after),
          seconds_(std::max(std::chrono::duration<double>(after.when - before.when).count(), 0.001))
    {
    }

    // "12.3" a second.
    std::string rate(const std::string& service, Kind kind) const
    {
        const auto at = static_cast<size_t>(kind);
        return tenths(10.0 *
                      static_cast<double>(grown(
                          service, [at](const Counters::Line& line) { return line.values[at]; })) /
                      seconds_);
    }
    // Milliseconds of a command, "-" where there was none.
    std::string mean(const std::string& service) const
    {
        const uint64_t commands = grown(service, [](const Counters::Line& line) {
            uint64_t sum = 0;
            for (const uint64_t n : line.took) sum += n;
            return sum;
        });
        if (commands == 0) return "-";
        const uint64_t took =
            grown(service, [](const Counters::Line& line) { return line.microseconds; });
        return tenths(static_cast<double>(took) / 100.0 / static_cast<double>(commands));
    }

 private:
    template <class Value>
    uint64_t grown(const std::string& service, Value value) const
    {
        const auto now = after_.services.find(service);
        const auto then = before_.services.find(service);
        const uint64_t to = now == after_.services.end() ? 0 : value(now->second);
        const uint64_t from = then == before_.services.end() ? 0 : value(then->second);
        return to >= from ? to - from : 0;
    }
    static std::string tenths(double n)
    {
        const auto whole = static_cast<uint64_t>(n + 0.5);
        return cat(whole / 10, '.', whole % 10);
    }

    const Look& before_;
    const Look& after_;
    double seconds_;
};

std::string_view first_lines(std::string_view text, size_t count)
{
    size_t end = 0;
    for (; count > 0 && end < text.size(); --count)
        end = std::min(text.find('\n', end), text.size() - 1) + 1;
    return text.substr(0, end);
}

Value figure(const std::string& text)
{
    Value v(text);
    v.is_number = true;
    return v;
}

void add_services(Report& report, const Difference& done, const Look& now,
                  const std::vector<ScoreLine>& workers)
{
    Section& section = report.section("services", "Services, a second",
                                      {"service", "workers", "sessions", "logins", "refused",
                                       "commands", "failed", "messages", "ms each"});
    std::map<std::string, std::pair<int64_t, int64_t>> running;
    for (const ScoreLine& w : workers) {
        ++running[w.service].first;
        running[w.service].second += w.client.empty() ? 0 : 1;
    }
    for (const auto& [service, line] : now.services) running[service];
    for (const auto& [service, n] : running)
        section.rows.push_back({service, Value::number(n.first), Value::number(n.second),
                                figure(done.rate(service, Kind::logins)),
                                figure(done.rate(service, Kind::login_failures)),
                                figure(done.rate(service, Kind::commands)),
                                figure(done.rate(service, Kind::command_failures)),
                                figure(done.rate(service, Kind::messages)),
                                figure(done.mean(service))});
}

// Seconds, minutes or hours, short.
std::string age(int64_t seconds)
{
    seconds = std::max<int64_t>(seconds, 0);
    if (seconds < 100) return cat(seconds, "s");
    if (seconds < 100 * 60) return cat(seconds / 60, "m");
    if (seconds < 100 * 3600) return cat(seconds / 3600, "h");
    return cat(seconds / 86400, "d");
}

// Those that do something first, each with what it has done longest first.
void add_sessions(Report& report, std::vector<ScoreLine> workers, size_t most)
{
    std::erase_if(workers, [](const ScoreLine& w) { return w.client.empty(); });
    std::stable_sort(workers.begin(), workers.end(), [](const ScoreLine& x, const ScoreLine& y) {
        const bool rests_x = x.state == "idle" || x.state == "IDLE";
        const bool rests_y = y.state == "idle" || y.state == "IDLE";
        if (rests_x != rests_y) return rests_y;
        return x.state_since < y.state_since;
    });
    const size_t all = workers.size();
    if (workers.size() > most) workers.resize(most);
    Section& section =
        report.section("sessions",
                       all == workers.size() ? cat("Sessions: ", all)
                                             : cat("Sessions: ", workers.size(), " of ", all),
                       {"service", "user", "client", "does", "for", "mailbox", "at", "pid"});
    const int64_t now = wall_seconds();
    for (const ScoreLine& w : workers)
        section.rows.push_back(
            {w.service, printable(w.user.empty() ? "-" : w.user), printable(w.client),
             printable(w.state), figure(age(now - w.state_since)),
             printable(w.mailbox.empty() ? "-" : w.mailbox),
             printable(w.backend.empty() ? "-" : w.backend), Value::number(w.pid)});
}

// Keys come at once, and are not shown, while this lives.
class Keys {
 public:
    Keys()
    {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
        termios now = before_;
        now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        changed_ = ::tcsetattr(STDIN_FILENO, TCSANOW, &now) == 0;
    }
    ~Keys()
    {
        if (changed_) ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
    }
    Keys(const Keys&) = delete;
    Keys& operator=(const Keys&) = delete;

    // False once somebody has asked for the end.
    bool wait(Milliseconds wait) const
    {
        pollfd in{.fd = changed_ ? STDIN_FILENO : -1, .events = POLLIN, .revents = 0};
        const auto ready = signals::poll_fds({&in, 1}, Deadline::after(wait));
        if (!ready || signals::terminate_seen()) return false;
        char key = 0;
        return *ready == 0 || (in.revents & POLLIN) == 0 || ::read(STDIN_FILENO, &key, 1) != 1 ||
               (key != 'q' && key != 'Q');
    }

 private:
    termios before_{};
    bool changed_ = false;
};

class Top {
 public:
    Top(const Counters& counters, const Scoreboard& board, Milliseconds interval)
        : counters_(counters), board_(board), interval_(interval), last_(look_at(counters))
    {
    }

    std::string picture(size_t width, size_t most, bool colours)
    {
        Look now = look_at(counters_);
        const auto workers = board_.lines();
        Report report;
        add_services(report, Difference(last_, now), now, workers);
        add_sessions(report, workers, most);
        last_ = std::move(now);
        return report.to_text(width, colours);
    }

    // Until there is no need for more.
    void live()
    {
        constexpr std::string_view kClear = "\033[H\033[2J";
        const Keys keys;
        while (keys.wait(interval_)) {
            const std::string text = picture(width_of(STDOUT_FILENO), height_of(STDOUT_FILENO),
                                             takes_colours(STDOUT_FILENO));
            print(cat(kClear, first_lines(text, height_of(STDOUT_FILENO) - 1)));
        }
    }

 private:
    const Counters& counters_;
    const Scoreboard& board_;
    Milliseconds interval_;
    Look last_;
};

}  // namespace

Result<int> top(const config::Config& config, const Arguments& a)
{
    const auto seconds = to_number<uint32_t>(a.interval, kMaxInterval);
    if (a.words.size() != 1 || !seconds || *seconds == 0)
        a.refuse(seconds && *seconds > 0 ? "" : cat("--interval ", a.interval, ": no time"));
    TRY_ASSIGN(const Counters counters, Counters::open(config.proc_path()));
    TRY_ASSIGN(const Scoreboard board, Scoreboard::open(config.proc_path()));
    signals::install();
    const Milliseconds interval{*seconds * 1000};
    Top view(counters, board, interval);
    if (!a.once && can_redraw(STDOUT_FILENO)) {
        view.live();
        print("\n");
        return kFine;
    }
    const auto told_to_end = signals::poll_fds({}, Deadline::after(interval));
    if (!told_to_end || signals::terminate_seen()) return kFine;
    print(view.picture(width_of(STDOUT_FILENO), SIZE_MAX, takes_colours(STDOUT_FILENO)));
    return kFine;
}

}  // namespace rookery::admin::murder
