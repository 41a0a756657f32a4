#include "lib/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/unit/unit.h"

namespace {

using namespace rookery;

sockaddr_storage v6(const char* text, uint16_t port)
{
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(port);
    ck_assert_int_eq(::inet_pton(AF_INET6, text, &a.sin6_addr), 1);
    sockaddr_storage s{};
    ::memcpy(&s, &a, sizeof a);
    return s;
}

START_TEST(addresses_are_numeric_and_mapped_ones_are_v4)
{
    auto a = net::to_address(v6("::1", 143));
    ASSERT_OK(a);
    ASSERT_EQ_TEXT(net::to_string(*a), "[::1]:143");
    ASSERT_EQ_TEXT(net::sasl_address(*a), "::1;143");
    auto mapped = net::to_address(v6("::ffff:192.0.2.7", 24));
    ASSERT_OK(mapped);
    ASSERT_EQ_TEXT(net::to_string(*mapped), "192.0.2.7:24");
}
END_TEST

START_TEST(a_unix_socket_has_no_address)
{
    int ends[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    auto a = net::peer_address(ends[0]);
    ASSERT_OK(a);
    ck_assert(a->is_unix);
    ASSERT_EQ_TEXT(net::to_string(*a), "[unix socket]");
    ASSERT_EQ_TEXT(net::sasl_address(*a), "");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/net/address");
    TCase* c = tcase_create("all");
    tcase_add_test(c, addresses_are_numeric_and_mapped_ones_are_v4);
    tcase_add_test(c, a_unix_socket_has_no_address);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
