#include "imap/admin/progress.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "imap/admin/terminal.h"
#include "imap/admin/tool.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

Progress* current = nullptr;
volatile sig_atomic_t told_to_stop = 0;

extern "C" void rookery_progress_stop(int number)
{
    // The next one has its usual effect.
    static constexpr char kHeard[] =
        "\ninterrupted: what is begun is ended first; again: at once\n";
    told_to_stop = 1;
    if (::isatty(STDERR_FILENO) == 1 && ::write(STDERR_FILENO, kHeard, sizeof kHeard - 1) < 0) {
    }
    ::signal(number, SIG_DFL);
}

void listen_for_stop()
{
    struct sigaction action {};
    action.sa_handler = rookery_progress_stop;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (int number : {SIGINT, SIGTERM}) {
        struct sigaction before {};
        // Who started us in the background wants them ignored.
        if (::sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
            ::sigaction(number, &action, nullptr);
    }
}

// "59s", "1:18", "2:03:00"
std::string duration(int64_t seconds)
{
    const auto two = [](int64_t n) { return cat(n < 10 ? "0" : "", n); };
    if (seconds < 60) return cat(seconds, 's');
    if (seconds < 3600) return cat(seconds / 60, ':', two(seconds % 60));
    return cat(seconds / 3600, ':', two(seconds / 60 % 60), ':', two(seconds % 60));
}

// "120/s", "4.2/s", "6.0/min"
std::string rate(uint64_t done, Milliseconds took)
{
    const auto ms = static_cast<uint64_t>(std::max<int64_t>(took.count(), 1));
    const auto tenths = [](uint64_t n, std::string_view unit) {
        return n >= 1000 ? cat(n / 10, unit) : cat(n / 10, '.', n % 10, unit);
    };
    const uint64_t a_second = done * 10'000 / ms;
    return a_second >= 10 ? tenths(a_second, "/s") : tenths(done * 600'000 / ms, "/min");
}

}  // namespace

std::string progress_line(std::string_view what, uint64_t done, uint64_t total, Milliseconds took,
                          std::string_view now)
{
    std::string line = cat(what, ' ', done);
    if (total > 0) cat_to(line, " of ", total, ", ", std::min(done, total) * 100 / total, " %");
    if (done > 0 && took.count() >= 1000) {
        cat_to(line, ", ", rate(done, took));
        const double each = static_cast<double>(took.count()) / static_cast<double>(done);
        if (total > done)
            cat_to(line, ", ",
                   duration(static_cast<int64_t>(each * static_cast<double>(total - done) / 1000)),
                   " left");
    }
    if (!now.empty()) cat_to(line, ": ", printable(now));
    return line;
}

int exit_status(int code)
{
    constexpr int kInterrupted = 130;
    return told_to_stop != 0 ? kInterrupted : code;
}

void hide_progress()
{
    if (current != nullptr) current->hide();
}

Progress::Progress(std::string what, const Policy& policy)
    : what_(std::move(what)), policy_(policy), draws_(can_redraw(STDERR_FILENO))
{
    current = this;
    before_printing(hide_progress);
    listen_for_stop();
}

Progress::~Progress()
{
    hide();
    before_printing(nullptr);
    current = nullptr;
}

void Progress::working_on(std::string_view now)
{
    now_ = now;
    tell();
}

void Progress::reach(uint64_t done)
{
    done_ = done;
    tell();
}

bool Progress::stopped() const
{
    return told_to_stop != 0;
}

std::string Progress::interrupted(std::string_view how_to_go_on) const
{
    const std::string of = total_ > 0 ? cat(" of ", total_) : std::string();
    return cat("interrupted, ", what_, ": ", done_, of, "; ", how_to_go_on);
}

void Progress::tell()
{
    const MonotonicTime now = monotonic_now();
    // The first line, and the first that names what is worked on, are drawn at once: what comes may
    // take long.
    const bool is_first = draws_ && (told_ == began_ || (!names_ && !now_.empty()));
    if (policy_.quiet) return;
    if (!is_first && now - told_ < (draws_ ? policy_.redraw : policy_.plain)) return;
    told_ = now;
    names_ = !now_.empty();
    std::string line = progress_line(what_, done_, total_,
                                     std::chrono::duration_cast<Milliseconds>(now - began_), now_);
    if (!draws_) {
        (void)write_all(STDERR_FILENO, line + '\n');
        return;
    }
    const size_t width = width_of(STDERR_FILENO) - 1;
    while (columns_of(line) > width) line.pop_back();
    (void)write_all(STDERR_FILENO, cat("\r", line, "\033[K"));
    shown_ = true;
}

void Progress::hide()
{
    if (shown_) (void)write_all(STDERR_FILENO, "\r\033[K");
    shown_ = false;
}

}  // namespace rookery::admin
