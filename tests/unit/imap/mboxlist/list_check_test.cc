// The check of a list: silent while others write, and every kind of damage has a name.
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <vector>

#include "imap/mboxlist/open_directory.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "tests/unit/imap/mboxlist/entries.h"

using namespace rookery;
using namespace rookery::mboxlist;
using namespace rookery::test;

namespace {

constexpr int kNames = 40;

config::Config config_in(const TempDir& dir, std::string_view more = "")
{
    auto config =
        config::Config::from_text(cat("configdirectory: ", dir.path(), "\n", more), "test");
    ASSERT_OK(config);
    return *std::move(config);
}

std::unique_ptr<StoreDirectory> list_in(const TempDir& dir)
{
    ListOptions options;
    options.durable = false;
    auto list = open_list(config_in(dir), options);
    ASSERT_OK(list);
    return *std::move(list);
}

// One change of a writer: other ACLs and servers, names that come and go.
Status change_at_random(StoreDirectory& list, uint64_t& state)
{
    const auto below = [&](uint64_t n) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return (state >> 33) % n;
    };
    std::vector<Change> changes;
    for (int i = 0; i < 10; ++i) {
        const std::string name = cat("user.u", below(200));
        if (below(3) == 0)
            changes.push_back(Change::erase(name_of(name)));
        else
            changes.push_back(Change::put(
                entry_of(name, cat("u", below(9), " lr a", below(9), " l"), cat("be", below(3)))));
    }
    return list.commit(changes);
}

// Writers change entries and their indexes; a check that reads them at two times would differ.
START_TEST(a_list_that_is_written_to_is_whole)
{
    const TempDir dir;
    list_in(dir);
    std::vector<pid_t> writers;
    for (uint64_t seed = 1; seed <= 3; ++seed) {
        const pid_t child = ::fork();
        ck_assert_int_ge(child, 0);
        writers.push_back(child);
        if (child != 0) continue;
        auto list = list_in(dir);
        uint64_t state = seed;
        for (int round = 0; round < 400; ++round)
            if (!change_at_random(*list, state)) ::_exit(1);
        ::_exit(0);
    }
    auto list = list_in(dir);
    size_t running = writers.size();
    int checks = 0;
    while (running > 0) {
        ASSERT_OK(list->check());
        ++checks;
        int status = 0;
        while (running > 0 && ::waitpid(-1, &status, WNOHANG) > 0) {
            ck_assert_int_eq(status, 0);
            --running;
        }
    }
    ck_assert_int_gt(checks, 3);
    ASSERT_OK(list->check());
}
END_TEST

void change_bytes(const std::string& path, std::string_view from, std::string_view to)
{
    auto bytes = read_file(path, 64 << 20);
    ASSERT_OK(bytes);
    size_t hits = 0;
    for (size_t at = bytes->find(from); at != std::string::npos; at = bytes->find(from, at), ++hits)
        bytes->replace(at, from.size(), to);
    ck_assert_uint_gt(hits, 0);
    ASSERT_OK(replace_file(path, *bytes));
}

// The byte so far behind what is found.
void flip_byte(const std::string& path, std::string_view what, size_t behind)
{
    auto bytes = read_file(path, 64 << 20);
    ASSERT_OK(bytes);
    const size_t at = bytes->find(what);
    ck_assert(at != std::string::npos);
    (*bytes)[at + behind] = static_cast<char>((*bytes)[at + behind] ^ 1);
    ASSERT_OK(replace_file(path, *bytes));
}

struct Damage {
    const char* name;
    // One or the other: through the store, or to the bytes of the closed file.
    std::function<void(db::OrderedStore& store)> in_store;
    std::function<void(const std::string& path)> in_file;
    Code code;
    const char* says;
};

std::string index_key(const char* prefix, std::string_view name)
{
    return cat(prefix, list_keys::kEnd, name_of(name).key());
}

std::vector<Damage> damages()
{
    using Store = db::OrderedStore;
    const std::string entry = cat(StoreDirectory::kNames, name_of("user.n7").key());
    return {
        {"a server's index key is missing",
         [](Store& s) { ASSERT_OK(s.erase(index_key("Sbe1", "user.n7"))); },
         {},
         Code::corrupt,
         "an index lacks user.n7"},
        {"an identifier's index key is missing",
         [](Store& s) { ASSERT_OK(s.erase(index_key("Ianyone", "user.n9"))); },
         {},
         Code::corrupt,
         "an index lacks user.n9"},
        {"a pending index key is missing",
         [](Store& s) { ASSERT_OK(s.erase(index_key("P", "user.pending"))); },
         {},
         Code::corrupt,
         "an index lacks user.pending"},
        {"an index key too many",
         [](Store& s) { ASSERT_OK(s.put(index_key("Sbe2", "user.n3"), "")); },
         {},
         Code::corrupt,
         "an index names a mailbox that is not there: user.n3"},
        {"as many as there should be, but others",
         [](Store& s) {
             ASSERT_OK(s.erase(index_key("Sbe1", "user.n7")));
             ASSERT_OK(s.put(index_key("Sbe1", "user.nobody"), ""));
         },
         {},
         Code::corrupt,
         "user.n"},
        {"an entry went without its index keys",
         [entry](Store& s) { ASSERT_OK(s.erase(entry)); },
         {},
         Code::corrupt,
         "an index names a mailbox that is not there: user.n7"},
        {"an entry that cannot be read",
         [entry](Store& s) { ASSERT_OK(s.put(entry, "1 activ")); },
         {},
         Code::corrupt,
         "(user.n7)"},
        {"an entry of a later version",
         [entry](Store& s) { ASSERT_OK(s.put(entry, "9 anything")); },
         {},
         Code::unsupported,
         "entry of version 9"},
        {"a byte in a page",
         {},
         [](const std::string& path) { flip_byte(path, std::string("P\1\0\0\0", 5), 4000); },
         Code::corrupt,
         "mailboxes.tdb"},
        {"a byte in a value",
         {},
         [](const std::string& path) { change_bytes(path, "be1 default", "be7 default"); },
         Code::corrupt,
         "value record: check word"},
        {"a page is gone",
         {},
         [](const std::string& path) {
             change_bytes(path, std::string("P\1\0\0\0", 5), std::string("P\0\0\0\7", 5));
         },
         Code::corrupt,
         "page 1 is missing"},
        {"another header",
         {},
         [](const std::string& path) { change_bytes(path, "RkDB", "RkDX"); },
         Code::corrupt,
         "not a store of ours"},
        {"a later format",
         {},
         [](const std::string& path) {
             change_bytes(path, std::string("RkDB\1\0\0\0", 8), std::string("RkDB\2\0\0\0", 8));
         },
         Code::unsupported,
         "is newer than this program's"},
        {"the end of the file is gone",
         {},
         [](const std::string& path) {
             auto bytes = read_file(path, 64 << 20);
             ASSERT_OK(bytes);
             ASSERT_OK(replace_file(path, bytes->substr(0, bytes->rfind("be1 default"))));
         },
         Code::corrupt,
         ""},
        {"nothing in the file",
         {},
         [](const std::string& path) { ASSERT_OK(replace_file(path, "")); },
         Code::corrupt,
         ""},
    };
}

START_TEST(damage_is_found_and_named)
{
    for (const Damage& damage : damages()) {
        const TempDir dir;
        auto list = list_in(dir);
        std::vector<Change> changes;
        for (int i = 0; i < kNames; ++i)
            changes.push_back(Change::put(entry_of(cat("user.n", i), "anyone lr bob l", "be1")));
        model::MailboxEntry pending = entry_of("user.pending", "bob l", "be1");
        pending.pending = model::Pending::update;
        changes.push_back(Change::put(pending));
        ASSERT_OK(list->commit(changes));
        ASSERT_OK(list->check());
        if (damage.in_store) damage.in_store(list->store());
        list.reset();
        if (damage.in_file) damage.in_file(list_path(config_in(dir)));
        auto opened = open_list(config_in(dir), {});
        const Status found = opened ? (*opened)->check() : Status(opened.error());
        ck_assert_msg(found.is(damage.code), "%s: %s", damage.name,
                      found ? "not found" : found.error().text.c_str());
        ck_assert_msg(found.error().text.find(damage.says) != std::string::npos, "%s: %s",
                      damage.name, found.error().text.c_str());
    }
}
END_TEST

// Another list in its place, at once; the bytes are kept.
START_TEST(a_list_is_put_aside)
{
    const TempDir dir;
    const config::Config config = config_in(dir, "mupdate_server: m\n");
    ck_assert(is_soft_list(config));
    ck_assert(!is_soft_list(config_in(dir, "mupdate_server: m\npartition-p: /p\n")));
    ck_assert(!is_soft_list(config_in(dir)));
    ASSERT_OK(replace_file(list_path(config), "rubbish"));
    auto aside = put_list_aside(config);
    ASSERT_OK(aside);
    ASSERT_EQ_TEXT(read_file(*aside, 100).value(), "rubbish");
    auto list = open_list(config);
    ASSERT_OK(list);
    ASSERT_OK((*list)->check());
    ck_assert_uint_eq((*list)->count().value(), 0);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/mboxlist/list_check");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 120);
    tcase_add_test(c, a_list_that_is_written_to_is_whole);
    tcase_add_test(c, damage_is_found_and_named);
    tcase_add_test(c, a_list_is_put_aside);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
