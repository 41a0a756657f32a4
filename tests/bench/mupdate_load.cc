// mupdate_load host port user password mode arguments...: a load on a mupdate server, ours or not.
//
//   fill count                       names made active, 8 connections, 64 in flight each
//   activate connections window s    ACTIVATE of new names for s seconds
//   find connections window s count  FIND of random names of those that fill made
//   sync connections                 UPDATE on each at once, everything read and discarded
//   behind connections s             ACTIVATE one by one while so many synchronise
//   change count                     so many ACTIVATE, one by one
//   notify count                     from ACTIVATE to its line at a listener that sends nothing
//
// Prints "name value" lines: per-second, ms-p50, ms-p99, seconds. For tests/bench/mupdate.
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "lib/base/strings.h"
#include "lib/text/base64.h"

namespace {

using rookery::cat;
using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& why)
{
    ::fprintf(stderr, "mupdate_load: %s\n", why.c_str());
    ::exit(1);
}

double ms_since(Clock::time_point start)
{
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Login {
    std::string host, port, user, password;
};

std::string literal(std::string_view text)
{
    return cat('{', text.size(), "+}\r\n", text);
}

class Connection {
 public:
    explicit Connection(const Login& who)
    {
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        addrinfo* found = nullptr;
        if (::getaddrinfo(who.host.c_str(), who.port.c_str(), &hints, &found) != 0)
            die("no such host");
        fd_ = ::socket(found->ai_family, SOCK_STREAM, 0);
        if (::connect(fd_, found->ai_addr, found->ai_addrlen) != 0) die("cannot connect");
        ::freeaddrinfo(found);
        int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        while (!std::string_view(line()).starts_with("* OK MUPDATE")) {
        }
        std::string plain = cat('\0', who.user, '\0', who.password);
        plain[0] = '\0';
        send(
            cat("A AUTHENTICATE \"PLAIN\" ", literal(rookery::text::base64_encode(plain)), "\r\n"));
        if (!std::string_view(line()).starts_with("A OK")) die("the login is refused");
    }
    ~Connection() { ::close(fd_); }
    Connection(const Connection&) = delete;

    void send(std::string_view bytes)
    {
        while (!bytes.empty()) {
            ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) die("the connection is lost");
            bytes.remove_prefix(static_cast<size_t>(n));
        }
    }

    // One line without its end.
    std::string line()
    {
        for (;;) {
            size_t end = in_.find('\n', at_);
            if (end != std::string::npos) {
                std::string out = in_.substr(at_, end - at_);
                at_ = end + 1;
                if (out.ends_with('\r')) out.pop_back();
                return out;
            }
            fill();
        }
    }

    // Reads answers "T OK" and "T NO" until so many have come; data lines are passed over.
    void answers(size_t count)
    {
        while (count > 0) {
            std::string text = line();
            if (text.starts_with("T OK")) count--;
            if (text.starts_with("T NO") || text.starts_with("T BAD")) die(text);
        }
    }

    // Throws away what comes until a line begins so.
    void discard_until(std::string_view begins)
    {
        std::string wanted = cat("\n", begins);
        for (;;) {
            size_t found = in_.find(wanted, at_ == 0 ? 0 : at_ - 1);
            if (found != std::string::npos) {
                at_ = found + 1;
                line();
                return;
            }
            if (in_.size() > wanted.size()) {
                in_.erase(0, in_.size() - wanted.size());
                at_ = 0;
            }
            fill();
        }
    }

 private:
    void fill()
    {
        if (at_ > (1u << 16)) {
            in_.erase(0, at_);
            at_ = 0;
        }
        size_t before = in_.size();
        in_.resize(before + (1u << 18));
        ssize_t n = ::recv(fd_, in_.data() + before, in_.size() - before, 0);
        if (n <= 0) die("the connection is lost");
        in_.resize(before + static_cast<size_t>(n));
    }

    int fd_ = -1;
    std::string in_;
    size_t at_ = 0;
};

std::string fill_name(size_t n)
{
    return cat("user.u", n / 10, ".f", n % 10);
}

std::string activate(const std::string& name, std::string_view owner = "bench")
{
    return cat("T ACTIVATE ", literal(name), ' ', literal("be1.bench!default"), ' ',
               literal(cat(owner, "\tlrswipkxtecda\t")), "\r\n");
}

void print_times(std::vector<double>& ms)
{
    if (ms.empty()) return;
    std::sort(ms.begin(), ms.end());
    ::printf("ms-p50 %.3f\nms-p99 %.3f\n", ms[ms.size() / 2], ms[ms.size() * 99 / 100]);
}

// make(connection, n): the n-th command of a connection. Runs until the time is over.
template <class Make>
void run_load(const Login& who, size_t connections, size_t window, double seconds, Make make)
{
    std::atomic<uint64_t> done{0};
    std::vector<std::vector<double>> times(connections);
    std::vector<std::thread> threads;
    const auto start = Clock::now();
    for (size_t c = 0; c < connections; c++)
        threads.emplace_back([&, c] {
            Connection connection(who);
            size_t n = 0;
            while (ms_since(start) < seconds * 1000) {
                std::string batch;
                for (size_t i = 0; i < window; i++) batch += make(c, n++);
                const auto sent = Clock::now();
                connection.send(batch);
                connection.answers(window);
                times[c].push_back(ms_since(sent));
                done += window;
            }
        });
    for (auto& t : threads) t.join();
    ::printf("per-second %.0f\n", static_cast<double>(done) / (ms_since(start) / 1000));
    std::vector<double> all;
    for (auto& t : times) all.insert(all.end(), t.begin(), t.end());
    print_times(all);
}

void fill(const Login& who, size_t count)
{
    constexpr size_t kConnections = 8, kWindow = 64;
    std::atomic<size_t> next{0};
    std::vector<std::thread> threads;
    const auto start = Clock::now();
    for (size_t c = 0; c < kConnections; c++)
        threads.emplace_back([&] {
            Connection connection(who);
            for (;;) {
                size_t from = next.fetch_add(kWindow);
                if (from >= count) return;
                size_t n = std::min(kWindow, count - from);
                std::string batch;
                for (size_t i = 0; i < n; i++)
                    batch += activate(fill_name(from + i), cat("u", (from + i) / 10));
                connection.send(batch);
                connection.answers(n);
            }
        });
    for (auto& t : threads) t.join();
    ::printf("seconds %.2f\n", ms_since(start) / 1000);
}

void sync_all(const Login& who, size_t connections)
{
    std::vector<std::thread> threads;
    const auto start = Clock::now();
    for (size_t c = 0; c < connections; c++)
        threads.emplace_back([&] {
            Connection connection(who);
            connection.send("U UPDATE\r\n");
            connection.discard_until("U OK");
        });
    for (auto& t : threads) t.join();
    ::printf("seconds %.2f\n", ms_since(start) / 1000);
}

void behind(const Login& who, size_t connections)
{
    Connection writer(who);
    std::atomic<size_t> left{connections};
    std::vector<std::thread> threads;
    for (size_t c = 0; c < connections; c++)
        threads.emplace_back([&] {
            Connection connection(who);
            connection.send("U UPDATE\r\n");
            connection.discard_until("U OK");
            left--;
        });
    std::vector<double> times;
    for (size_t n = 0; left > 0; n++) {
        const auto sent = Clock::now();
        writer.send(activate(cat("behind.", ::getpid(), ".n", n)));
        writer.answers(1);
        times.push_back(ms_since(sent));
    }
    for (auto& t : threads) t.join();
    ::printf("count %zu\n", times.size());
    print_times(times);
}

void change(const Login& who, size_t count)
{
    Connection writer(who);
    for (size_t n = 0; n < count; n++) {
        writer.send(activate(cat("change.", ::getpid(), ".n", n)));
        writer.answers(1);
    }
}

void notify(const Login& who, size_t count)
{
    Connection listener(who);
    listener.send("U UPDATE\r\n");
    listener.discard_until("U OK");
    Connection writer(who);
    std::vector<double> times;
    for (size_t n = 0; n < count; n++) {
        const auto sent = Clock::now();
        writer.send(activate(cat("notify.", ::getpid(), ".n", n)));
        writer.answers(1);
        listener.discard_until("U MAILBOX");
        times.push_back(ms_since(sent));
    }
    print_times(times);
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 6) die("arguments");
    const Login who{argv[1], argv[2], argv[3], argv[4]};
    const std::string_view mode = argv[5];
    auto number = [&](int n) { return n < argc ? ::strtoul(argv[n], nullptr, 10) : 0; };
    const std::string run = cat(::getpid());
    if (mode == "fill")
        fill(who, number(6));
    else if (mode == "activate")
        run_load(
            who, number(6), number(7), static_cast<double>(number(8)),
            [&](size_t c, size_t n) { return activate(cat("load.p", run, ".c", c, ".n", n)); });
    else if (mode == "find")
        run_load(who, number(6), number(7), static_cast<double>(number(8)),
                 [&, count = number(9)](size_t c, size_t n) {
                     size_t pick = (n * 7919 + c * 104729) * 2654435761u % count;
                     return cat("T FIND ", literal(fill_name(pick)), "\r\n");
                 });
    else if (mode == "sync")
        sync_all(who, number(6));
    else if (mode == "behind")
        behind(who, number(6));
    else if (mode == "change")
        change(who, number(6));
    else if (mode == "notify")
        notify(who, number(6));
    else
        die("mode");
    return 0;
}
