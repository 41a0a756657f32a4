#include "imap/mboxlist/kick.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

#include "imap/mboxlist/memory_directory.h"
#include "lib/base/fd.h"
#include "tests/unit/imap/mboxlist/entries.h"

using namespace rookery;
using namespace rookery::mboxlist;
using namespace rookery::test;

namespace {

// A process that answers one connection.
class Answerer {
 public:
    Answerer(const std::string& path, const std::string& answer, bool hang)
    {
        const Fd listener(socket(AF_UNIX, SOCK_STREAM, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        ck_assert_int_eq(
            bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        ck_assert_int_eq(listen(listener.get(), 1), 0);
        pid_ = fork();
        if (pid_ != 0) return;
        const Fd client(accept(listener.get(), nullptr, nullptr));
        for (const char c : answer)
            if (write(client.get(), &c, 1) != 1) _exit(1);
        while (hang) pause();
        _exit(0);
    }
    ~Answerer()
    {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }
    Answerer(const Answerer&) = delete;
    Answerer& operator=(const Answerer&) = delete;

 private:
    pid_t pid_;
};

START_TEST(only_ok_means_current)
{
    const TempDir dir;
    const std::string path = dir.file("s");
    KickingDirectory list(std::make_unique<MemoryDirectory>(), path);
    ASSERT_CODE(list.catch_up(), Code::behind);  // nobody is there
    {
        const Answerer mupdate(path, "ok", true);
        ASSERT_OK(list.catch_up());
    }
    unlink(path.c_str());
    {
        const Answerer mupdate(path, "behind", false);
        ASSERT_CODE(list.catch_up(), Code::behind);
    }
    unlink(path.c_str());
    {
        const Answerer mupdate(path, "o", false);
        ASSERT_CODE(list.catch_up(), Code::behind);
    }
    unlink(path.c_str());
    const Answerer silent(path, "", true);
    const auto start = monotonic_now();
    ASSERT_CODE(kick(path, Milliseconds(100)), Code::behind);
    ck_assert(monotonic_now() - start >= Milliseconds(100));
}
END_TEST

START_TEST(everything_else_goes_to_the_list)
{
    KickingDirectory list(std::make_unique<MemoryDirectory>(), "/nonexistent");
    const Change change = Change::put(entry_of("user.bob", "bob lr"));
    ASSERT_OK(list.commit({&change, 1}));
    ASSERT_OK(list.lookup(name_of("user.bob")));
    ASSERT_EQ_TEXT(all_names(list), "user.bob");
    ck_assert_uint_eq(list.count().value(), 1);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/mboxlist/kick");
    TCase* c = tcase_create("all");
    tcase_add_test(c, only_ok_means_current);
    tcase_add_test(c, everything_else_goes_to_the_list);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
