#include "lib/service/listen.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using service::bind_all;
using service::parse_listen;

void expect(const char* text, const char* host, const char* port)
{
    auto got = parse_listen(text);
    ASSERT_OK(got);
    ASSERT_EQ_TEXT(got->host, host);
    ASSERT_EQ_TEXT(got->port, port);
    ck_assert(!got->is_unix);
}

START_TEST(all_forms)
{
    expect("143", "", "143");
    expect("imap", "", "imap");
    expect("*:imap", "", "imap");
    expect("127.0.0.1:143", "127.0.0.1", "143");
    expect("[::1]:143", "::1", "143");
    expect("host.example.org:imaps", "host.example.org", "imaps");
    auto path = parse_listen("/run/socket/lmtp");
    ASSERT_OK(path);
    ck_assert(path->is_unix);
    ASSERT_EQ_TEXT(path->path, "/run/socket/lmtp");
    ck_assert(parse_listen("/" + std::string(99, 'x')).ok());
    for (const std::string& bad :
         {std::string("::1:143"), std::string("[::1]"), std::string("[::1"), std::string("host:"),
          std::string(""), "/" + std::string(100, 'x')})
        ASSERT_CODE(parse_listen(bad), Code::config);
    for (const char* bad : {"99999", "127.0.0.1:65536", "[::1]:99999999999999999999"})
        ASSERT_CODE(parse_listen(bad), Code::syntax);
}
END_TEST

START_TEST(a_socket_left_behind_is_replaced_and_a_file_is_not)
{
    test::TempDir dir;
    service::ListenTarget target;
    target.is_unix = true;
    target.path = dir.file("s");
    {
        ASSERT_OK(bind_all(target, "tcp", 5, nullptr));
    }
    auto again = bind_all(target, "tcp", 5, nullptr);
    ASSERT_OK(again);
    struct stat st {};
    ck_assert_int_eq(::stat(target.path.c_str(), &st), 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0777);
    target.path = dir.file("file");
    ASSERT_OK(replace_file(target.path, "precious"));
    ASSERT_CODE(bind_all(target, "tcp", 5, nullptr), Code::unavailable);
    ASSERT_EQ_TEXT(*read_file(target.path, 100), "precious");
}
END_TEST

START_TEST(a_port_in_use_is_an_error)
{
    auto target = parse_listen("127.0.0.1:0");
    auto first = bind_all(*target, "tcp", 5, nullptr);
    ASSERT_OK(first);
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    ck_assert_int_eq(
        ::getsockname((*first)[0].get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    unsigned port = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(&address);
    port = bytes[2] * 256U + bytes[3];
    auto same = parse_listen("127.0.0.1:" + std::to_string(port));
    ASSERT_CODE(bind_all(*same, "tcp", 5, nullptr), Code::unavailable);
    // Once nobody is let in any more the port is free, whoever still holds the socket.
    service::stop_listening((*first)[0]);
    ASSERT_OK(bind_all(*same, "tcp", 5, nullptr));
    ASSERT_CODE(bind_all(*parse_listen("127.0.0.1:nosuchservice"), "tcp", 5, nullptr),
                Code::config);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("listen");
    TCase* t = tcase_create("listen");
    tcase_add_test(t, all_forms);
    tcase_add_test(t, a_socket_left_behind_is_replaced_and_a_file_is_not);
    tcase_add_test(t, a_port_in_use_is_an_error);
    suite_add_tcase(s, t);
    return s;
}

const test::Registered suite(make);

}  // namespace
