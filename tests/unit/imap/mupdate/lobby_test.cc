#include "imap/mupdate/server/lobby.h"

#include <poll.h>
#include <sys/socket.h>

#include <iterator>
#include <memory>

#include "lib/base/fd.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using mupdate::Lobby;

struct Guest {
    Fd ours, theirs;
    Guest()
    {
        int ends[2];
        ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        ours = Fd(ends[0]);
        theirs = Fd(ends[1]);
    }
    bool had_to_leave() const
    {
        pollfd p{theirs.get(), POLLIN, 0};
        return ::poll(&p, 1, 0) == 1;
    }
};

// hosts, one letter each, in the order in which they come; who of them had to leave, as x.
struct Row {
    size_t places;
    const char* hosts;
    const char* left;
};
const Row kRows[] = {
    {3, "aab", "..."},       {3, "aaaa", "x..."},
    {3, "baaa", ".x.."},  // whoever fills the places displaces himself
    {3, "aabaaa", "xx.x.."}, {3, "abab", "x..."},
    {2, "cba", "x.."},  // of those who have as many, the one who came first
    {1, "ab", "x."},         {4, "bbaaaaaa", "x.xxx..."},
};

START_TEST(who_has_most_places_gives_one)
{
    const Row& row = kRows[_i];
    Lobby lobby(row.places);
    std::vector<std::unique_ptr<Guest>> guests;
    for (const char* host = row.hosts; *host != '\0'; ++host) {
        guests.push_back(std::make_unique<Guest>());
        lobby.enter(guests.back().get(), guests.back()->ours.get(), std::string(1, *host));
    }
    std::string left;
    for (const auto& guest : guests) left += guest->had_to_leave() ? 'x' : '.';
    ASSERT_EQ_TEXT(left, row.left);
    ck_assert_uint_le(lobby.size(), row.places);
    for (const auto& guest : guests) lobby.leave(guest.get());
    ck_assert_uint_eq(lobby.size(), 0);
}
END_TEST

START_TEST(a_place_that_is_left_is_free)
{
    Lobby lobby(2);
    Guest a;
    Guest b;
    Guest c;
    lobby.enter(&a, a.ours.get(), "h");
    lobby.enter(&b, b.ours.get(), "h");
    lobby.leave(&a);
    lobby.leave(&a);
    lobby.enter(&c, c.ours.get(), "h");
    ck_assert(!a.had_to_leave() && !b.had_to_leave() && !c.had_to_leave());
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("mupdate/lobby");
    TCase* tcase = tcase_create("lobby");
    tcase_add_loop_test(tcase, who_has_most_places_gives_one, 0, std::ssize(kRows));
    tcase_add_test(tcase, a_place_that_is_left_is_free);
    suite_add_tcase(suite, tcase);
    return suite;
}

const rookery::test::Registered suite(make);

}  // namespace
