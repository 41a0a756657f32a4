// Compiled scripts: found again while their files are the same, and the least recently used go.
#include "imap/delivery/script_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "imap/scripts/scripts.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using delivery::ScriptCache;
using scripts::Scripts;
using sieve::Location;

class World {
 public:
    World() : config_(load(dir_)), cache(config_) {}
    const config::Config& config() const { return config_; }
    Scripts of(const std::string& user) { return *Scripts::of(config_, user); }
    void global(const std::string& name, std::string_view text)
    {
        const std::string folder = cat(config_.sievedir(), "/global");
        ASSERT_OK(make_directories(folder));
        ASSERT_OK(replace_file(cat(folder, '/', name, ".script"), text));
    }
    std::string path(const std::string& user, const std::string& name)
    {
        return cat(of(user).folder(), '/', name, ".script");
    }

 private:
    static config::Config load(const test::TempDir& dir)
    {
        auto made = config::Config::from_text(cat("configdirectory: ", dir.path(), '\n'), "lmtp");
        ASSERT_OK(made);
        return *std::move(made);
    }

    test::TempDir dir_;
    config::Config config_;

 public:
    ScriptCache cache;
};

void change_time(const std::string& path, timespec to)
{
    const timespec times[2] = {to, to};
    ck_assert_int_eq(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

START_TEST(the_active_script_is_found_by_its_link_each_time)
{
    World w;
    auto none = w.cache.active("bob");
    ASSERT_OK(none);
    ck_assert(!none->program && none->name.empty());
    Scripts bob = w.of("bob");
    ASSERT_OK(bob.write("a", "keep;"));
    ASSERT_OK(bob.write("b", "discard;"));
    ck_assert(!w.cache.active("bob")->program);
    ASSERT_OK(bob.activate("a"));
    auto first = w.cache.active("bob");
    ASSERT_OK(first);
    ck_assert(first->program != nullptr);
    ASSERT_EQ_TEXT(first->name, "a");
    ck_assert(w.cache.active("bob")->program == first->program);
    ASSERT_OK(bob.activate("b"));
    auto second = w.cache.active("bob");
    ASSERT_EQ_TEXT(second->name, "b");
    ck_assert(second->program != first->program);
    // The link names one that is not there.
    ck_assert_int_eq(::unlink(w.path("bob", "b").c_str()), 0);
    auto gone = w.cache.active("bob");
    ASSERT_OK(gone);
    ck_assert(!gone->program);
    ASSERT_EQ_TEXT(gone->name, "b");
    ASSERT_OK(w.cache.active("no/body"));
}
END_TEST

// What makes a file another one, each alone.
struct Change {
    const char* name;
    void (*make)(const std::string& path);
};
const Change kChanges[] = {
    {"size",
     [](const std::string& path) {
         struct stat st {};
         ck_assert_int_eq(::stat(path.c_str(), &st), 0);
         const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND);
         ck_assert_int_eq(static_cast<int>(::write(fd, "\n", 1)), 1);
         ::close(fd);
         change_time(path, st.st_mtim);
     }},
    {"nanosecond",
     [](const std::string& path) {
         change_time(path, {1000000000, 2});
     }},
    {"second",
     [](const std::string& path) {
         change_time(path, {1000000001, 1});
     }},
    {"inode",
     [](const std::string& path) {
         ASSERT_OK(replace_file(path, "keep;"));
         change_time(path, {1000000000, 1});
     }},
};

START_TEST(a_changed_file_is_compiled_again)
{
    World w;
    Scripts bob = w.of("bob");
    ASSERT_OK(bob.write("a", "keep;"));
    ASSERT_OK(bob.activate("a"));
    const std::string path = w.path("bob", "a");
    change_time(path, {1000000000, 1});
    const auto first = w.cache.active("bob")->program;
    ck_assert(w.cache.active("bob")->program == first);
    kChanges[_i].make(path);
    const auto second = w.cache.active("bob")->program;
    ck_assert_msg(second != nullptr && second != first, "%s", kChanges[_i].name);
}
END_TEST

START_TEST(what_does_not_compile_says_where)
{
    World w;
    Scripts bob = w.of("bob");
    ASSERT_OK(bob.write("bad", "keep;\n  kepp;\n"));
    ASSERT_OK(bob.activate("bad"));
    for (int i = 0; i < 2; ++i) {
        auto found = w.cache.active("bob");
        ASSERT_CODE(found, Code::syntax);
        ck_assert_msg(found.error().text.starts_with("bad:2:3: "), "%s",
                      found.error().text.c_str());
    }
    ASSERT_OK(bob.write("bad", "keep;"));
    ASSERT_OK(w.cache.active("bob"));
}
END_TEST

START_TEST(includes_are_personal_or_global)
{
    World w;
    w.global("common", "stop;");
    ASSERT_OK(w.of("bob").write("mine", "keep;"));
    ASSERT_OK(w.of("dave").write("his", "keep;"));
    ASSERT_OK(w.cache.included("bob", Location::global, "common"));
    ASSERT_OK(w.cache.included("", Location::global, "common"));
    ASSERT_OK(w.cache.included("bob", Location::personal, "mine"));
    ck_assert(*w.cache.included("bob", Location::personal, "mine") ==
              *w.cache.included("bob", Location::personal, "mine"));
    for (const char* name : {"common", "his", "", ".", "../../d/dave/his", "mine.script"})
        ASSERT_CODE(w.cache.included("bob", Location::personal, name), Code::not_found);
    ASSERT_CODE(w.cache.included("", Location::personal, "mine"), Code::not_found);
    ASSERT_CODE(w.cache.included("bob", Location::global, "mine"), Code::not_found);
    ASSERT_CODE(w.cache.included("bob", Location::global, std::string(300, 'x')), Code::not_found);
    ASSERT_CODE(w.cache.included("bob", Location::global, std::string(250, 'x')), Code::not_found);
}
END_TEST

START_TEST(each_domain_has_its_global_ones)
{
    World w;
    w.global("common", "stop;");
    const std::string base = directory_of(directory_of(w.of("bob@example.com").folder()));
    ck_assert(base != w.config().sievedir());
    ASSERT_OK(make_directories(base + "/global"));
    ASSERT_OK(replace_file(base + "/global/theirs.script", "keep;"));
    ASSERT_OK(w.cache.included("bob@example.com", Location::global, "theirs"));
    ASSERT_CODE(w.cache.included("bob@example.com", Location::global, "common"), Code::not_found);
    ASSERT_OK(w.cache.included("bob", Location::global, "common"));
    for (const char* userid : {"bob", "", "bob@example.net"})
        ASSERT_CODE(w.cache.included(userid, Location::global, "theirs"), Code::not_found);
}
END_TEST

START_TEST(the_least_recently_used_go)
{
    World w;
    constexpr size_t kLength = 300'000;
    std::string text = cat("# ", std::string(kLength - 7, 'x'), "\r\nkeep;");
    std::map<std::string, ScriptCache::Program> first;
    for (const char* name : {"a", "b", "c", "d"}) {
        w.global(name, text);
        first[name] = *w.cache.included("", Location::global, name);
        ck_assert_uint_le(w.cache.bytes(), ScriptCache::kMaxBytes);
        if (name[0] == 'c') {
            // Used again: it is not the next to go.
            ck_assert(*w.cache.included("", Location::global, "a") == first["a"]);
        }
    }
    ck_assert(*w.cache.included("", Location::global, "a") == first["a"]);
    ck_assert(*w.cache.included("", Location::global, "c") == first["c"]);
    ck_assert(*w.cache.included("", Location::global, "b") != first["b"]);
    // What is longer than the whole runs, and is not kept.
    w.global("long", cat("# ", std::string(ScriptCache::kMaxBytes, 'x'), "\r\nkeep;"));
    const size_t before = w.cache.bytes();
    auto one = w.cache.included("", Location::global, "long");
    ASSERT_OK(one);
    ck_assert(*w.cache.included("", Location::global, "long") != *one);
    ck_assert_uint_eq(w.cache.bytes(), before);
    // What is longer than a script may be is no script, and nothing to wait for.
    w.global("huge", cat("# ", std::string(Scripts::kMaxScript, 'x'), "\r\nkeep;"));
    ASSERT_CODE(w.cache.included("", Location::global, "huge"), Code::syntax);
}
END_TEST

START_TEST(many_small_scripts_have_a_bound)
{
    World w;
    for (size_t i = 0; i < ScriptCache::kMaxBytes / ScriptCache::kMinCharge + 10; ++i) {
        w.global(cat(i), "");
        ASSERT_OK(w.cache.included("", Location::global, cat(i)));
    }
    ck_assert_uint_le(w.cache.bytes(), ScriptCache::kMaxBytes);
}
END_TEST

START_TEST(what_cannot_be_read_is_no_missing_script)
{
    World w;
    Scripts bob = w.of("bob");
    ASSERT_OK(bob.write("a", "keep;"));
    ASSERT_OK(bob.activate("a"));
    ck_assert_int_eq(::unlink(w.path("bob", "a").c_str()), 0);
    ck_assert_int_eq(::mkdir(w.path("bob", "a").c_str(), 0700), 0);
    auto found = w.cache.active("bob");
    ck_assert(!found.ok() && !found.is(Code::not_found) && !found.is(Code::syntax));
    // A folder that is a file.
    ASSERT_OK(make_directories(directory_of(w.of("carol").folder())));
    ASSERT_OK(replace_file(w.of("carol").folder(), "x"));
    ck_assert(!w.cache.active("carol").ok());
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("script_cache");
    TCase* c = tcase_create("cache");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, the_active_script_is_found_by_its_link_each_time);
    tcase_add_loop_test(c, a_changed_file_is_compiled_again, 0,
                        static_cast<int>(std::size(kChanges)));
    tcase_add_test(c, what_does_not_compile_says_where);
    tcase_add_test(c, includes_are_personal_or_global);
    tcase_add_test(c, each_domain_has_its_global_ones);
    tcase_add_test(c, the_least_recently_used_go);
    tcase_add_test(c, many_small_scripts_have_a_bound);
    tcase_add_test(c, what_cannot_be_read_is_no_missing_script);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered suite(make);

}  // namespace
