// Journals of moves: what is on disk after each step, who may work on one, and damaged files.
#include "imap/sync/move_journal.h"

#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::sync;
using model::MailboxName;

namespace {

struct Server {
    Server()
        : config(*config::Config::from_text(cat("configdirectory: ", dir.path(), '\n'), "imap"))
    {
    }
    std::string file(const std::string& internal) const
    {
        return dir.file(cat("moves/", internal, ".move"));
    }
    test::TempDir dir;
    config::Config config;
};

MoveRecord record(const std::string& internal, const std::string& server = "be2")
{
    return {.name = *MailboxName::from_internal(internal),
            .server = server,
            .partition = "p",
            .error = {}};
}

START_TEST(each_step_is_on_disk_when_it_returns)
{
    Server s;
    const MoveRecord wanted = record("user.bob");
    auto journal = MoveJournal::open(s.config, wanted.name, &wanted);
    ASSERT_OK(journal);
    ck_assert(journal->is_new());
    for (const MoveState state : {MoveState::copy, MoveState::freeze, MoveState::abort,
                                  MoveState::activate, MoveState::moved}) {
        ASSERT_OK(journal->note({Code::io, "line\r\nend\nstate moved"}));
        auto read = read_move(s.config, wanted.name);
        ASSERT_OK(read);
        ASSERT_EQ_TEXT(read->error, "line  end state moved");
        ASSERT_OK(journal->set_state(state));
        read = read_move(s.config, wanted.name);
        ASSERT_OK(read);
        ASSERT_EQ_TEXT(move_state_name(read->state), move_state_name(state));
        ck_assert(read->error.empty() && read->name == wanted.name && read->started > 0);
        ck_assert(read->server == "be2" && read->partition == "p" && read->changed > 0);
    }
    ASSERT_OK(journal->set_target("be3", ""));
    auto read = read_move(s.config, wanted.name);
    ASSERT_OK(read);
    ASSERT_EQ_TEXT(cat(read->server, ',', read->partition), "be3,");
    ASSERT_OK(journal->remove());
    ASSERT_CODE(read_move(s.config, wanted.name), Code::not_found);
    ASSERT_OK(journal->remove());
}
END_TEST

START_TEST(what_a_crash_left_is_gone_on_with)
{
    Server s;
    const MoveRecord first = record("user.bob");
    const MoveRecord other = record("user.bob", "be9");
    ASSERT_CODE(MoveJournal::open(s.config, first.name), Code::not_found);
    {
        auto journal = MoveJournal::open(s.config, first.name, &first);
        ASSERT_OK(journal);
        ASSERT_OK(journal->set_state(MoveState::freeze));
    }
    auto again = MoveJournal::open(s.config, first.name, &other);
    ASSERT_OK(again);
    ck_assert(!again->is_new() && again->record().state == MoveState::freeze);
    ASSERT_EQ_TEXT(again->record().server, "be2");
    ASSERT_OK(again->begin(other));
    ck_assert(again->is_new() && again->record().state == MoveState::copy);
    ASSERT_EQ_TEXT(read_move(s.config, first.name)->server, "be9");
}
END_TEST

START_TEST(one_process_works_on_a_move)
{
    Server s;
    const MoveRecord wanted = record("user.bob");
    auto held = MoveJournal::open(s.config, wanted.name, &wanted);
    ASSERT_OK(held);
    const pid_t pid = ::fork();
    if (pid == 0) {
        const MoveRecord other = record("user.eve");
        const bool right = MoveJournal::open(s.config, wanted.name).is(Code::busy) &&
                           MoveJournal::open(s.config, other.name, &other).ok() &&
                           list_moves(s.config)->readable.size() == 2;
        ::_exit(right ? 0 : 1);
    }
    int status = -1;
    ck_assert_int_eq(::waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(all_are_listed_in_order)
{
    Server s;
    auto none = list_moves(s.config);
    ASSERT_OK(none);
    ck_assert(none->empty());
    for (const char* internal : {"user.c", "user.a", "news", "x.org!user.b"}) {
        const MoveRecord wanted = record(internal);
        ASSERT_OK(MoveJournal::open(s.config, wanted.name, &wanted));
    }
    auto moves = list_moves(s.config);
    ASSERT_OK(moves);
    std::string names;
    for (const MoveRecord& move : moves->readable) cat_to(names, move.name.internal(), ' ');
    ASSERT_EQ_TEXT(names, "news user.a user.c x.org!user.b ");
}
END_TEST

START_TEST(a_damaged_journal_is_no_move)
{
    const std::string sound =
        "rookery move 1\nname user.bob\nserver be2\npartition \nstate freeze\nstarted 1\n"
        "changed 2\nerror \nend\n";
    auto without = [&](std::string_view line) {
        std::string text = sound;
        text.erase(text.find(line), line.size());
        return text;
    };
    const struct {
        std::string text;
        Code code;
    } table[] = {
        {"", Code::corrupt},
        {"rookery move 2\n", Code::unsupported},
        {"something else\n", Code::corrupt},
        {sound.substr(0, sound.size() - 4), Code::corrupt},
        {sound.substr(0, sound.size() / 2), Code::corrupt},
        {without("state freeze\n"), Code::corrupt},
        {without("server be2\n"), Code::corrupt},
        {without("name user.bob\n"), Code::bad_name},
        {without("started 1\n"), Code::syntax},
        {cat("rookery move 1\nname user.bob\nserver be2\nstate thawed\nstarted 1\nchanged "
             "1\nend\n"),
         Code::corrupt},
        {std::string(70000, 'x'), Code::limit},
    };
    for (const auto& row : table) {
        Server s;
        ASSERT_OK(make_directories(s.dir.file("moves")));
        ASSERT_OK(replace_file(s.file("user.bob"), row.text));
        const MoveRecord wanted = record("user.bob");
        // Never begun anew over what may be the only trace of a move.
        auto opened = MoveJournal::open(s.config, wanted.name, &wanted);
        ck_assert_msg(opened.is(row.code), "%s: %s", row.text.substr(0, 60).c_str(),
                      opened.ok() ? "opened" : opened.error().text.c_str());
        // And costs no other one.
        const MoveRecord sound_one = record("user.eve");
        ASSERT_OK(MoveJournal::open(s.config, sound_one.name, &sound_one));
        auto moves = list_moves(s.config);
        ASSERT_OK(moves);
        ck_assert(moves->readable.size() == 1 && moves->others.size() == 1);
        ASSERT_EQ_TEXT(moves->others[0].file, "user.bob.move");
        ck_assert(moves->others[0].error.code == row.code);
        ASSERT_EQ_TEXT(*read_file(s.file("user.bob"), 100000), row.text);
    }
    Server s;
    ASSERT_OK(make_directories(s.dir.file("moves")));
    ASSERT_OK(replace_file(s.file("user.bob"), sound));
    ASSERT_OK(read_move(s.config, *MailboxName::from_internal("user.bob")));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/sync/move_journal");
    TCase* c = tcase_create("all");
    tcase_add_test(c, each_step_is_on_disk_when_it_returns);
    tcase_add_test(c, what_a_crash_left_is_gone_on_with);
    tcase_add_test(c, one_process_works_on_a_move);
    tcase_add_test(c, all_are_listed_in_order);
    tcase_add_test(c, a_damaged_journal_is_no_move);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
