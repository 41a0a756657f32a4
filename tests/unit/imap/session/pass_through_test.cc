#include "imap/session/pass_through.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <optional>
#include <thread>

#include "lib/auth/tls_context.h"
#include "lib/base/fd.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/stream/deflate_layer.h"
#include "tests/unit/imap/session/kit_fixture.h"
#include "tests/unit/lib/auth/certificates.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using session::Passed;
using session::PassedEnd;
using session::PassThrough;
using stream::Layer;
using stream::Stream;

constexpr size_t kMuch = 1 << 20;

// Two connections: what a client and a server hold, and what is between them.
struct Sides {
    std::optional<Stream> client;
    std::optional<Stream> server;
    std::optional<Stream> near_client;
    std::optional<Stream> near_server;

    Sides()
    {
        connect(client, near_client);
        connect(server, near_server);
    }
    static void connect(std::optional<Stream>& a, std::optional<Stream>& b)
    {
        int ends[2];
        ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        for (auto* s : {&a, &b}) {
            s->emplace(Fd(ends[s == &b]));
            (*s)->set_timeout(Seconds(20));
        }
    }
    Passed pass(const session::SessionKit& kit, const PassThrough& limits = {})
    {
        return session::pass_through(kit, *near_client, *near_server, limits);
    }
};

std::string pattern(size_t size, unsigned seed)
{
    std::string out(size, '\0');
    for (char& c : out)
        c = static_cast<char>('a' + (seed = seed * 1103515245 + 12345) / 65536 % 26);
    return out;
}

std::string all_of(Stream& from)
{
    std::string out;
    char bytes[4096];
    for (;;) {
        auto n = from.read_some(bytes);
        if (!n || *n == 0) return out;
        out.append(bytes, *n);
    }
}

void end_of(Stream& stream)
{
    if (!stream.flush()) return;
    stream.top()->shut_down();
    ::shutdown(stream.fd(), SHUT_WR);
}

// Sends all before it reads anything.
std::string talks_first(Stream& peer, const std::string& words)
{
    peer.put(words);
    end_of(peer);
    return all_of(peer);
}

// Reads and sends whatever is possible.
std::string reads_and_talks(Stream& peer, std::string_view words)
{
    std::string out;
    char bytes[4096];
    for (bool ended = false; !ended || !words.empty();) {
        pollfd fd{peer.fd(), static_cast<short>(words.empty() ? POLLIN : POLLIN | POLLOUT), 0};
        if (!peer.has_input()) (void)::poll(&fd, 1, 20000);
        auto ready = peer.wait_input(Deadline::after(Milliseconds(0)));
        if (!ended && (!ready || *ready)) {
            auto n = peer.read_some(bytes);
            ended = !n || *n == 0;
            if (!ended) out.append(bytes, *n);
        }
        if (words.empty() || (fd.revents & POLLOUT) == 0) continue;
        peer.put(words.substr(0, 700));
        if (!peer.flush()) return out + all_of(peer);
        words.remove_prefix(std::min<size_t>(words.size(), 700));
    }
    end_of(peer);
    return out;
}

struct Tls {
    test::TempDir dir;
    test::Authority ca{"Test CA"};
    std::unique_ptr<auth::TlsContext> server;
    std::unique_ptr<auth::TlsContext> client;

    Tls()
    {
        ca.issue("be1", "DNS:be1.example.org", dir.file("cert"), dir.file("key"));
        auth::TlsOptions options;
        options.certificate_file = dir.file("cert");
        options.key_file = dir.file("key");
        server = *auth::TlsContext::server(options);
        client = *auth::TlsContext::client(auth::TlsOptions{});
    }
    void begin(Stream& as_client, Stream& as_server) const
    {
        std::thread accepting([&] {
            ASSERT_OK(as_server.push_layer([&](std::unique_ptr<Layer> below) {
                return server->accept(std::move(below), Deadline::after(Seconds(20)));
            }));
        });
        ASSERT_OK(as_client.push_layer([&](std::unique_ptr<Layer> below) {
            return client->connect(std::move(below), "be1.example.org",
                                   Deadline::after(Seconds(20)));
        }));
        accepting.join();
    }
};

void begin_deflate(Stream& stream)
{
    ASSERT_OK(stream.push_layer(
        [](std::unique_ptr<Layer> below) { return stream::deflate_layer(std::move(below)); }));
}

struct Layers {
    bool tls = false;
    bool deflate = false;
};

void put_on(const Tls& tls, Stream& as_client, Stream& as_server, Layers layers)
{
    if (layers.tls) tls.begin(as_client, as_server);
    if (!layers.deflate) return;
    begin_deflate(as_client);
    begin_deflate(as_server);
}

constexpr Layers kPlain{};
constexpr Layers kTls{.tls = true};
constexpr Layers kDeflate{.deflate = true};
constexpr Layers kBoth{.tls = true, .deflate = true};
constexpr std::pair<Layers, Layers> kLayers[] = {
    {kPlain, kPlain}, {kTls, kPlain},  {kPlain, kTls},    {kTls, kTls},
    {kBoth, kPlain},  {kPlain, kBoth}, {kDeflate, kBoth}, {kBoth, kBoth},
};

// Whoever talks first reads nothing until all is said: a relay that waits for him stands still.
START_TEST(much_goes_both_ways_at_once)
{
    const test::KitFixture f;
    const Tls tls;
    const std::string up = pattern(kMuch, 1);
    const std::string down = pattern(kMuch + 77, 2);
    for (const auto& [at_client, at_server] : kLayers) {
        for (const bool client_first : {true, false}) {
            Sides sides;
            put_on(tls, *sides.client, *sides.near_client, at_client);
            put_on(tls, *sides.near_server, *sides.server, at_server);
            std::string to_client;
            std::string to_server;
            std::thread client([&] {
                to_client = client_first ? talks_first(*sides.client, up)
                                         : reads_and_talks(*sides.client, up);
            });
            std::thread server([&] {
                to_server = client_first ? reads_and_talks(*sides.server, down)
                                         : talks_first(*sides.server, down);
            });
            const Passed passed = sides.pass(*f.kit);
            sides.near_client->close();
            sides.near_server->close();
            client.join();
            server.join();
            ck_assert(to_client == down);
            ck_assert_uint_eq(passed.from_server, down.size());
            // A server that has ended needs nothing more of the client's.
            if (client_first) ck_assert(to_server == up);
            ck_assert(up.starts_with(to_server));
            ck_assert(passed.from_client >= to_server.size());
        }
    }
}
END_TEST

// One round after the other, each small: what a layer holds makes no descriptor readable.
START_TEST(what_layers_hold_is_passed_on)
{
    const test::KitFixture f;
    const Tls tls;
    for (const auto& [at_client, at_server] : kLayers) {
        Sides sides;
        put_on(tls, *sides.client, *sides.near_client, at_client);
        put_on(tls, *sides.near_server, *sides.server, at_server);
        // Larger than what is taken in at once, in one record; and one line is read already.
        const std::string line = pattern(15000, 3);
        sides.client->put("first\r\n", line, "\r\n");
        ASSERT_OK(sides.client->flush());
        sides.server->put("greeting\r\n", line, "\r\n");
        ASSERT_OK(sides.server->flush());
        ASSERT_EQ_TEXT(*sides.near_client->read_line(100), "first");
        ASSERT_EQ_TEXT(*sides.near_server->read_line(100), "greeting");
        std::thread peers([&] {
            ck_assert(*sides.server->read_line(20000) == line);
            ck_assert(*sides.client->read_line(20000) == line);
            for (int n = 0; n < 20; n++) {
                sides.client->put("command ", n, "\r\n");
                ASSERT_OK(sides.client->flush());
                ck_assert(*sides.server->read_line(100) == cat("command ", n));
                sides.server->put("answer ", n, "\r\n");
                ASSERT_OK(sides.server->flush());
                ck_assert(*sides.client->read_line(100) == cat("answer ", n));
            }
            sides.server->close();
            ck_assert(all_of(*sides.client).empty());
            sides.client->close();
        });
        const Passed passed = sides.pass(*f.kit);
        peers.join();
        ck_assert(passed.end == PassedEnd::server);
        ck_assert(passed.between_lines);
    }
}
END_TEST

START_TEST(at_its_end_each_side_is_heard_out)
{
    const test::KitFixture f;
    const std::string much = pattern(500000, 4);
    struct {
        const char* what;
        void (*client)(Stream&, const std::string&);
        void (*server)(Stream&, const std::string&);
        size_t to_server;
        size_t to_client;
        PassedEnd end;
    } rows[] = {
        {"the client says all and ends; the server answers then",
         [](Stream& c, const std::string& words) { c.put(words), end_of(c); },
         [](Stream& s, const std::string& words) {
             ck_assert(all_of(s) == words);
             s.put(words);
             s.close();
         },
         500000, 500000, PassedEnd::client},
        {"the server says all and goes", [](Stream&, const std::string&) {},
         [](Stream& s, const std::string& words) {
             s.put(words);
             s.close();
         },
         0, 500000, PassedEnd::server},
        {"the server refuses without listening, and goes",
         [](Stream& c, const std::string& words) {
             c.put(words);
             (void)c.flush();
         },
         [](Stream& s, const std::string&) {
             s.put("-ERR not now\r\n");
             s.close();
         },
         0, 14, PassedEnd::server},
        {"the client is gone, with its last command here",
         [](Stream& c, const std::string&) {
             c.put("QUIT\r\n");
             c.close();
         },
         [](Stream& s, const std::string&) {
             ck_assert(all_of(s) == "QUIT\r\n");
             s.close();
         },
         6, 0, PassedEnd::client},
    };
    for (const auto& row : rows) {
        Sides sides;
        std::string heard;
        std::thread client([&] {
            row.client(*sides.client, much);
            if (!sides.client->is_open()) return;
            heard = all_of(*sides.client);
            sides.client->close();
        });
        std::thread server([&] { row.server(*sides.server, much); });
        const Passed passed = sides.pass(*f.kit);
        ck_assert_msg(passed.end == row.end, "%s: %d", row.what, static_cast<int>(passed.end));
        sides.near_client.reset();
        client.join();
        server.join();
        ck_assert_msg(heard.size() == row.to_client, "%s: %zu", row.what, heard.size());
        if (row.to_server > 0) ck_assert_uint_eq(passed.from_client, row.to_server);
        ck_assert_uint_eq(passed.from_server, row.to_client);
    }
}
END_TEST

START_TEST(who_takes_nothing_makes_nobody_send)
{
    const test::KitFixture f;
    for (const bool client_stalls : {true, false}) {
        Sides sides;
        Stream& talker = client_stalls ? *sides.server : *sides.client;
        std::atomic<size_t> taken = 0;
        std::thread talking([&] {
            const std::string piece(1000, 'x');
            for (;;) {
                talker.put(piece);
                if (!talker.flush()) return;
                taken += piece.size();
            }
        });
        const Passed passed = sides.pass(*f.kit, {.idle = {}, .stalled = Milliseconds(200)});
        ck_assert(passed.end == PassedEnd::stalled);
        ck_assert(passed.between_lines != client_stalls);
        sides.near_client.reset();
        sides.near_server.reset();
        talking.join();
        // What the system's buffers hold, and ours.
        ck_assert_uint_lt(taken, 4u << 20);
    }
}
END_TEST

START_TEST(other_ends)
{
    struct {
        const char* what;
        void (*before)(test::KitFixture&);
        PassThrough limits;
        PassedEnd end;
    } rows[] = {
        {"silence", [](test::KitFixture&) {}, {.idle = Milliseconds(50)}, PassedEnd::idle},
        {"SIGTERM", [](test::KitFixture&) { (void)::raise(SIGTERM); }, {}, PassedEnd::told_to_end},
        {"the shutdown file",
         [](test::KitFixture& f) {
             ck_assert_int_eq(::mkdir(f.dir.file("msg").c_str(), 0755), 0);
             ASSERT_OK(replace_file(f.dir.file("msg/shutdown"), "maintenance\n", 0644));
         },
         {.idle = {}, .look = Milliseconds(20)},
         PassedEnd::shut_down},
        {"the shutdown file, and an administrator",
         [](test::KitFixture& f) {
             ck_assert_int_eq(::mkdir(f.dir.file("msg").c_str(), 0755), 0);
             ASSERT_OK(replace_file(f.dir.file("msg/shutdown"), "maintenance\n", 0644));
         },
         {.idle = Milliseconds(200), .look = Milliseconds(20), .is_admin = true},
         PassedEnd::idle},
        {"the template was replaced",
         [](test::KitFixture& f) {
             f.kit->begin_session();
             test::template_gone = true;
         },
         {.idle = {}, .ends_with_template = true},
         PassedEnd::come_again},
        {"the template was replaced, and the session goes on",
         [](test::KitFixture& f) {
             f.kit->begin_session();
             test::template_gone = true;
         },
         {.idle = Milliseconds(50)},
         PassedEnd::idle},
    };
    for (auto& row : rows) {
        test::KitFixture f;
        row.before(f);
        Sides sides;
        const Passed passed = sides.pass(*f.kit, row.limits);
        ck_assert_msg(passed.end == row.end, "%s: %d", row.what, static_cast<int>(passed.end));
        ck_assert(passed.between_lines);
        ck_assert_uint_eq(passed.from_client + passed.from_server, 0);
        test::template_gone = false;
        (void)signals::take();
    }
}
END_TEST

// A server that says nothing after the client has ended is not waited for longer than linger.
START_TEST(a_server_that_never_ends)
{
    const test::KitFixture f;
    Sides sides;
    sides.client->put("half a li");
    ASSERT_OK(sides.client->flush());
    sides.server->put("half an answ");
    ASSERT_OK(sides.server->flush());
    sides.client->close();
    const Passed passed = sides.pass(*f.kit, {.idle = {}, .linger = Milliseconds(50)});
    ck_assert(passed.end == PassedEnd::client);
    ck_assert(!passed.between_lines);
    ck_assert_uint_eq(passed.from_client, 9);
}
END_TEST

Suite* make()
{
    signals::install();
    Suite* s = suite_create("imap/session/pass_through");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, much_goes_both_ways_at_once);
    tcase_add_test(c, what_layers_hold_is_passed_on);
    tcase_add_test(c, at_its_end_each_side_is_heard_out);
    tcase_add_test(c, who_takes_nothing_makes_nobody_send);
    tcase_add_test(c, other_ends);
    tcase_add_test(c, a_server_that_never_ends);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
