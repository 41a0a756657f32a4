// Names, the folders of users, quotas, and what each change leaves on the disk.
#include "imap/scripts/scripts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using scripts::Scripts;

struct Fixture {
    test::TempDir dir;
    config::Config config;
    explicit Fixture(std::string_view more = {}) : config(make(dir, more)) {}
    static config::Config make(const test::TempDir& dir, std::string_view more)
    {
        auto made = config::Config::from_text(
            cat("configdirectory: ", dir.path(), "\nservername: be1.example.org\n", more), "sieve");
        ASSERT_OK(made);
        return *std::move(made);
    }
    Scripts of(std::string_view user) const
    {
        auto made = Scripts::of(config, user);
        ASSERT_OK(made);
        return *std::move(made);
    }
    // What is in a folder below sievedir, as "name " or "name->target " each.
    std::string files(const std::string& folder) const
    {
        const std::string path = cat(dir.path(), "/sieve/", folder);
        std::string out;
        for (const char* name : {"a.script", "a.bc", "b.script", "b.bc", "defaultbc"}) {
            const std::string file = cat(path, '/', name);
            struct stat st {};
            if (::lstat(file.c_str(), &st) != 0) continue;
            cat_to(out, out.empty() ? "" : " ", name);
            char target[100];
            const ssize_t n = ::readlink(file.c_str(), target, sizeof target);
            if (n > 0) cat_to(out, "->", std::string_view(target, static_cast<size_t>(n)));
        }
        return out;
    }
};

START_TEST(names_of_scripts)
{
    const struct {
        std::string_view name;
        bool allowed;
    } kCases[] = {
        {"a", true},
        {"my filter", true},
        {".hidden", true},
        {"...", true},
        {"a\\b \"quoted\"", true},
        {"gr\xc3\xbc\xc3\x9f"
         "e \xe2\x82\xac \xf0\x9f\x98\x80",
         true},
        {"\xc2\xa0", true},  // U+00A0: the first that is no control
        {"", false},
        {".", false},
        {"..", false},
        {"/", false},
        {"../x", false},
        {"a/b", false},
        {std::string_view("a\0b", 3), false},
        {"a\nb", false},
        {"a\rb", false},
        {"a\tb", false},
        {"\x1f", false},
        {"\x7f", false},
        {"\xc2\x80", false},      // U+0080
        {"\xc2\x9f", false},      // U+009F
        {"\xe2\x80\xa8", false},  // U+2028
        {"\xe2\x80\xa9", false},  // U+2029
        {"\xe2\x80\xaa", true},
        {"\xff", false},
        {"\xc0\xaf", false},  // '/' in too many bytes
        {"\xed\xa0\x80", false},
    };
    for (const auto& c : kCases)
        ck_assert_msg(Scripts::check_name(c.name).ok() == c.allowed, "%s", hex(c.name).c_str());
    ASSERT_OK(Scripts::check_name(std::string(Scripts::kMaxName, 'x')));
    ASSERT_CODE(Scripts::check_name(std::string(Scripts::kMaxName + 1, 'x')), Code::bad_name);
}
END_TEST

START_TEST(folders)
{
    const struct {
        const char* user;
        const char* folder;  // null: bad_name
        const char* more;
    } kCases[] = {
        {"joe", "j/joe", ""},
        {"Joe", "j/Joe", ""},
        {"joe.doe", "j/joe^doe", ""},
        {"joe@example.org", "domain/e/example.org/j/joe", ""},
        {"1joe", "q/1joe", ""},
        {"joe", "B/joe", "fulldirhash: yes\n"},
        {"", nullptr, ""},
        {"@example.org", nullptr, ""},
        {"joe@", nullptr, ""},
        {"joe@..", nullptr, ""},
        {"joe@a/b", nullptr, ""},
        {"a/b", nullptr, ""},
        {"..", "q/^^", ""},
    };
    for (const auto& c : kCases) {
        Fixture f(c.more);
        auto made = Scripts::of(f.config, c.user);
        if (c.folder == nullptr) {
            ASSERT_CODE(made, Code::bad_name);
            continue;
        }
        ASSERT_OK(made);
        ASSERT_OK(made->write("a", "keep;"));
        ck_assert_msg(f.files(c.folder) == "a.script", "%s is not in %s", c.user, c.folder);
    }
    Fixture f;
    for (const auto& [domain, folder] :
         {std::pair("", "global"), {"example.org", "domain/e/example.org/global"}}) {
        auto made = Scripts::global(f.config, domain);
        ASSERT_OK(made);
        ASSERT_OK(made->write("a", "keep;"));
        ASSERT_EQ_TEXT(f.files(folder), "a.script");
    }
}
END_TEST

START_TEST(changes)
{
    Fixture f;
    Scripts s = f.of("joe");
    ASSERT_EQ_TEXT(s.active(), "");
    ASSERT_OK(s.activate(""));
    ASSERT_OK(s.remove("a"));
    ASSERT_OK(s.write("a", "keep;"));
    ASSERT_OK(s.activate("a"));
    ASSERT_EQ_TEXT(f.files("j/joe"), "a.script defaultbc->a.bc");
    ASSERT_CODE(s.rename("x", "b"), Code::not_found);
    ASSERT_OK(s.write("b", "stop;"));
    ASSERT_CODE(s.rename("a", "b"), Code::exists);
    ASSERT_EQ_TEXT(s.active(), "a");
    ASSERT_OK(s.remove("b"));
    ASSERT_OK(replace_file(f.dir.file("sieve/j/joe/a.bc"), "compiled"));
    ASSERT_OK(s.rename("a", "b"));
    ASSERT_EQ_TEXT(f.files("j/joe"), "b.script b.bc defaultbc->b.bc");
    ASSERT_EQ_TEXT(*s.read("b"), "keep;");
    ASSERT_OK(s.write("b", "discard;"));
    ASSERT_EQ_TEXT(f.files("j/joe"), "b.script defaultbc->b.bc");
    ASSERT_OK(s.activate(""));
    ASSERT_EQ_TEXT(f.files("j/joe"), "b.script");
    ASSERT_OK(s.activate("b"));
    ASSERT_OK(s.remove("b"));
    ASSERT_EQ_TEXT(f.files("j/joe"), "");
    // One that is not active leaves the link as it is.
    ASSERT_OK(s.write("a", "keep;"));
    ASSERT_OK(s.write("b", "keep;"));
    ASSERT_OK(s.activate("b"));
    ASSERT_OK(s.remove("a"));
    ASSERT_EQ_TEXT(f.files("j/joe"), "b.script defaultbc->b.bc");
}
END_TEST

START_TEST(quotas)
{
    Fixture f("sieve_maxscripts: 2\nsieve_maxscriptsize: 1\n");
    Scripts s = f.of("joe");
    ASSERT_OK(s.has_space("a", 1024));
    ASSERT_CODE(s.has_space("a", 1025), Code::limit);
    ASSERT_OK(s.write("a", "keep;"));
    ASSERT_OK(s.has_space("b", 1));
    ASSERT_OK(s.write("b", "keep;"));
    ASSERT_CODE(s.has_space("c", 1), Code::over_quota);
    // In the place of one that is there.
    ASSERT_OK(s.has_space("a", 1024));
    ASSERT_CODE(s.has_space("a", 1025), Code::limit);
    ASSERT_CODE(s.has_space("c", 1025), Code::limit);
}
END_TEST

// One bad thing in a folder costs itself.
START_TEST(damaged_folder)
{
    Fixture f;
    Scripts s = f.of("joe");
    ASSERT_OK(s.write("a", "keep;"));
    const std::string folder = f.dir.file("sieve/j/joe");
    ASSERT_OK(replace_file(f.dir.file("secret"), "secret"));
    ck_assert_int_eq(::symlink("../../../secret", cat(folder, "/link.script").c_str()), 0);
    ck_assert_int_eq(::symlink("nowhere", cat(folder, "/dangling.script").c_str()), 0);
    ck_assert_int_eq(::mkdir(cat(folder, "/folder.script").c_str(), 0700), 0);
    ck_assert_int_eq(::mkfifo(cat(folder, "/pipe.script").c_str(), 0600), 0);
    ASSERT_OK(replace_file(cat(folder, "/x.script.NEW-1"), "half a scr"));
    ck_assert_int_eq(::symlink("gone.bc", cat(folder, "/defaultbc").c_str()), 0);
    auto names = s.plain_names();
    ASSERT_OK(names);
    ck_assert(*names == std::vector<std::string>{"a"});
    for (const char* name : {"link", "dangling", "folder", "pipe"})
        ASSERT_CODE(s.read_plain(name), Code::corrupt);
    ASSERT_CODE(s.read_plain("nothing"), Code::not_found);
    // What an administrator linked moves with the user.
    auto list = s.list();
    ASSERT_OK(list);
    ck_assert_uint_eq(list->size(), 2);
    ASSERT_EQ_TEXT((*list)[1].content, "secret");
    // Who writes to a link's name replaces the link, not what it leads to.
    ASSERT_OK(s.write("link", "keep;"));
    ASSERT_EQ_TEXT(*read_file(f.dir.file("secret"), 100), "secret");
    ASSERT_EQ_TEXT(*s.read_plain("link"), "keep;");
    // And the end of the user leaves nothing of what a server made.
    ASSERT_OK(s.remove_all());
    ASSERT_CODE(read_file(cat(folder, "/x.script.NEW-1"), 100), Code::not_found);
    ASSERT_EQ_TEXT(f.files("j/joe"), "");
}
END_TEST

START_TEST(another_name)
{
    Fixture f;
    Scripts joe = f.of("joe");
    Scripts eva = f.of("eva");
    ASSERT_OK(joe.become(eva));
    ASSERT_OK(eva.write("b", "stop;"));
    ASSERT_OK(eva.activate("b"));
    ASSERT_OK(replace_file(f.dir.file("sieve/e/eva/b.script.NEW-77"), "st"));
    ASSERT_OK(joe.write("a", "keep;"));
    ASSERT_OK(joe.activate("a"));
    ASSERT_OK(joe.become(eva));
    ASSERT_EQ_TEXT(f.files("e/eva"), "a.script defaultbc->a.bc");
    ASSERT_EQ_TEXT(f.files("j/joe"), "");
}
END_TEST

// Whoever holds the lock is waited for: by another process, for as long as it takes.
START_TEST(lock)
{
    Fixture f;
    Scripts joe = f.of("joe");
    int ready[2];
    ck_assert_int_eq(::pipe(ready), 0);
    auto held = joe.lock();
    ASSERT_OK(held);
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string path[] = {f.dir.file("sieve/j/joe")};
        auto taken = scripts::ScriptsLock::take(f.dir.file("lock"), path, Milliseconds(20));
        const bool busy = taken.is(Code::busy);
        const bool other = f.of("eva").lock().ok();
        (void)!::write(ready[1], busy && other ? "y" : "n", 1);
        ::_exit(joe.lock().ok() ? 0 : 1);
    }
    char said = 0;
    ck_assert_int_eq(::read(ready[0], &said, 1), 1);
    ck_assert_int_eq(said, 'y');
    *held = *scripts::ScriptsLock::take(f.dir.file("elsewhere"), {});
    int status = 0;
    ck_assert_int_eq(::waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("scripts");
    TCase* c = tcase_create("scripts");
    tcase_add_test(c, names_of_scripts);
    tcase_add_test(c, folders);
    tcase_add_test(c, changes);
    tcase_add_test(c, quotas);
    tcase_add_test(c, damaged_folder);
    tcase_add_test(c, another_name);
    tcase_add_test(c, lock);
    suite_add_tcase(suite, c);
    return suite;
}
const test::Registered registered(make);

}  // namespace
