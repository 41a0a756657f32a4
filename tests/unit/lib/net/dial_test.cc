#include "lib/net/dial.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/strings.h"
#include "lib/net/address.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;

struct TargetCase {
    const char* text;
    const char* host;  // nullptr: refused
    const char* port;
};

const TargetCase kTargets[] = {
    {"be1.example.org", "be1.example.org", "imap"},
    {"be1.example.org:1143", "be1.example.org", "1143"},
    {"[::1]:24", "::1", "24"},
    {"[::1]", "::1", "imap"},
    {"::1", "::1", "imap"},
    {"/run/lmtp", "/run/lmtp", ""},
    {"", nullptr, nullptr},
    {"host:", nullptr, nullptr},
    {":143", nullptr, nullptr},
    {"[::1", nullptr, nullptr},
    {"[::1]x", nullptr, nullptr},
};

START_TEST(targets)
{
    const TargetCase& t = kTargets[_i];
    auto target = net::parse_target(t.text, "imap");
    if (t.host == nullptr) {
        ASSERT_CODE(target, Code::syntax);
        return;
    }
    ASSERT_OK(target);
    ASSERT_EQ_TEXT(target->host, t.host);
    ASSERT_EQ_TEXT(target->port, t.port);
    ck_assert(target->is_unix == (t.text[0] == '/'));
}
END_TEST

START_TEST(whose_addresses_are_ours)
{
    for (const char* ours : {"127.0.0.1", "127.0.0.1:3905", "localhost"})
        ck_assert_msg(net::is_this_host(ours), "%s", ours);
    for (const char* other : {"192.0.2.1", "192.0.2.1:3905", "", "[::1", "/run/socket"})
        ck_assert_msg(!net::is_this_host(other), "%s", other);
}
END_TEST

START_TEST(services_have_ports_even_without_etc_services)
{
    ck_assert_uint_eq(*net::service_port("mupdate"), 3905);
    ck_assert_uint_eq(*net::service_port("lmtp"), 24);
    ck_assert_uint_eq(*net::service_port("sieve"), 4190);
    ck_assert_uint_eq(*net::service_port("kpop"), 1109);
    ck_assert_uint_eq(*net::service_port("1143"), 1143);
    ASSERT_CODE(net::service_port("0"), Code::syntax);
    ASSERT_CODE(net::service_port("65536"), Code::syntax);
    ASSERT_CODE(net::service_port("no-such-service"), Code::syntax);
}
END_TEST

// A listener on a free port of 127.0.0.1; gives the port.
Fd listen_loopback(uint16_t& port)
{
    Fd fd(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(::bind(fd.get(), reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    ck_assert_int_eq(::listen(fd.get(), 4), 0);
    auto local = net::local_address(fd.get());
    ASSERT_OK(local);
    port = local->port;
    return fd;
}

START_TEST(connects_and_says_when_it_cannot)
{
    uint16_t port = 0;
    Fd listener = listen_loopback(port);
    net::Target target{"127.0.0.1", cat(port), false, {}};
    auto fd = net::dial(target, Deadline::after(Seconds(5)));
    ASSERT_OK(fd);
    auto peer = net::peer_address(fd->get());
    ASSERT_OK(peer);
    ck_assert_uint_eq(peer->port, port);
    target.from = "127.0.0.1";
    fd = net::dial(target, Deadline::after(Seconds(5)));
    ASSERT_OK(fd);
    target.from = "192.0.2.1";  // nobody's
    ASSERT_CODE(net::dial(target, Deadline::after(Seconds(5))), Code::io);
    target.from = "::1";
    ASSERT_CODE(net::dial(target, Deadline::after(Seconds(5))), Code::unavailable);
    target.from.clear();
    listener.reset();
    ASSERT_CODE(net::dial(target, Deadline::after(Seconds(5))), Code::unavailable);
    ASSERT_CODE(net::dial({"host.invalid", "143", false, {}}, Deadline::after(Seconds(5))),
                Code::unavailable);
}
END_TEST

START_TEST(a_server_that_does_not_accept_ends_by_the_deadline)
{
    // A full backlog: the kernel drops further SYNs and connect() hangs.
    Fd listener(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(::bind(listener.get(), reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    ck_assert_int_eq(::listen(listener.get(), 0), 0);
    net::Target target{"127.0.0.1", cat(net::local_address(listener.get())->port), false, {}};
    Fd held[8];
    Code last = Code::io;
    for (Fd& f : held) {
        auto fd = net::dial(target, Deadline::after(Milliseconds(200)));
        if (!fd) {
            last = fd.error().code;
            break;
        }
        f = *std::move(fd);
    }
    ck_assert(last == Code::timeout);
}
END_TEST

START_TEST(unix_sockets_and_paths_that_are_too_long)
{
    test::TempDir dir;
    std::string path = dir.file("s");
    Fd listener(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un a{};
    a.sun_family = AF_UNIX;
    ::memcpy(a.sun_path, path.c_str(), path.size() + 1);
    ck_assert_int_eq(::bind(listener.get(), reinterpret_cast<sockaddr*>(&a), sizeof a), 0);
    ck_assert_int_eq(::listen(listener.get(), 4), 0);
    ASSERT_OK(net::dial_unix(path, Deadline::after(Seconds(5))));
    ASSERT_CODE(net::dial_unix(dir.file("absent"), Deadline::after(Seconds(5))), Code::unavailable);
    ASSERT_CODE(net::dial_unix(dir.file(std::string(200, 'x')), Deadline::after(Seconds(5))),
                Code::limit);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/net/dial");
    TCase* c = tcase_create("all");
    tcase_add_loop_test(c, targets, 0, static_cast<int>(std::size(kTargets)));
    tcase_add_test(c, services_have_ports_even_without_etc_services);
    tcase_add_test(c, whose_addresses_are_ours);
    tcase_add_test(c, connects_and_says_when_it_cannot);
    tcase_add_test(c, a_server_that_does_not_accept_ends_by_the_deadline);
    tcase_add_test(c, unix_sockets_and_paths_that_are_too_long);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
