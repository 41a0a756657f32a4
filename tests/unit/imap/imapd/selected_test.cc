// The commands of the selected state, as a client sees them, on mailboxes that are here.
#include "tests/support/imap_session_fixture.h"

namespace {

using namespace rookery;
using test::ImapSessionFixture;

const std::string kMessage = "Subject: hi\r\n\r\nbody\r\n";

struct Bob {
    Bob()
    {
        inbox = bob.mailbox("user.bob");
        for (int i = 0; i < 4; i++) inbox->append(kMessage, i == 1 ? model::kFlagged : 0);
        inbox->messages[0]->seen_by.insert("bob");
    }
    std::string run(std::string_view line, std::string_view more = {})
    {
        return bob.run(line, more);
    }
    test::MemoryStore store;
    ImapSessionFixture bob{store};
    std::shared_ptr<test::MemoryMailboxState> inbox;
};

START_TEST(select_tells_the_state)
{
    Bob b;
    ASSERT_EQ_TEXT(
        b.run("SELECT INBOX"),
        "* 4 EXISTS\r\n* 4 RECENT\r\n"
        "* FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen)\r\n"
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen \\*)] Ok\r\n"
        "* OK [UNSEEN 2] Ok\r\n* OK [UIDVALIDITY 1000] Ok\r\n* OK [UIDNEXT 5] Ok\r\n"
        "* OK [HIGHESTMODSEQ 5] Ok\r\na OK [READ-WRITE] Completed\r\n");
    ASSERT_EQ_TEXT(b.run("SELECT nowhere"), "a NO [NONEXISTENT] Mailbox does not exist\r\n");
    const std::string examined = b.run("EXAMINE INBOX");
    ck_assert(examined.find("[PERMANENTFLAGS ()]") != std::string::npos);
    ck_assert(examined.ends_with("a OK [READ-ONLY] Completed\r\n"));
    ck_assert(b.run("SELECT INBOX extra").starts_with("a BAD"));
}
END_TEST

START_TEST(rights_decide_what_select_gives)
{
    Bob b;
    b.bob.mailbox("shared.a", "lr");
    ck_assert(b.run("SELECT shared.a").ends_with("a OK [READ-ONLY] Completed\r\n"));
    b.bob.mailbox("shared.b", "lrs");
    const std::string seen = b.run("SELECT shared.b");
    ck_assert(seen.find("[PERMANENTFLAGS (\\Seen)]") != std::string::npos);
    b.bob.mailbox("shared.c", "l");
    ASSERT_EQ_TEXT(b.run("SELECT shared.c"),
                   "* OK [CLOSED] Ok\r\na NO [NOPERM] Permission denied\r\n");
    b.bob.mailbox("shared.d", "p");
    ASSERT_EQ_TEXT(b.run("SELECT shared.d"), "a NO [NONEXISTENT] Mailbox does not exist\r\n");
    ck_assert(b.bob.session.local() == nullptr);
}
END_TEST

START_TEST(fetch_sets_seen_and_says_so)
{
    Bob b;
    b.run("SELECT INBOX");
    ASSERT_EQ_TEXT(b.run("FETCH 1:2 BODY[TEXT]"),
                   "* 1 FETCH (BODY[TEXT] {6}\r\nbody\r\n)\r\n"
                   "* 2 FETCH (BODY[TEXT] {6}\r\nbody\r\n FLAGS (\\Recent \\Flagged \\Seen))\r\n"
                   "a OK Completed\r\n");
    ck_assert(b.inbox->messages[1]->seen_by.contains("bob"));
    b.run("FETCH 3 (BODY.PEEK[] RFC822.HEADER RFC822.PEEK)");
    ck_assert(!b.inbox->messages[2]->seen_by.contains("bob"));
    ASSERT_EQ_TEXT(b.run("UID FETCH 3:9 FLAGS"),
                   "* 3 FETCH (UID 3 FLAGS (\\Recent))\r\n* 4 FETCH (UID 4 FLAGS (\\Recent))\r\n"
                   "a OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("FETCH 5 FLAGS"), "a BAD Invalid message sequence number\r\n");
    ASSERT_EQ_TEXT(b.run("UID FETCH 50 FLAGS"), "a OK Completed\r\n");
    ck_assert(b.run("FETCH 1 (FLAGS) x").starts_with("a BAD"));
    b.run("EXAMINE INBOX");
    b.run("FETCH 4 BODY[]");
    ck_assert(!b.inbox->messages[3]->seen_by.contains("bob"));
}
END_TEST

START_TEST(what_another_session_does_is_told)
{
    Bob b;
    ImapSessionFixture other(b.store, "bob");
    other.mailbox("user.bob");
    b.run("SELECT INBOX");
    other.run("SELECT INBOX");
    ASSERT_EQ_TEXT(
        other.run("STORE 1 +FLAGS (\\Deleted $New)"),
        "* FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $New)\r\n"
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $New \\*)] Ok\r\n"
        "* 1 FETCH (FLAGS (\\Deleted \\Seen $New))\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(
        b.run("CHECK"),
        "* FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $New)\r\n"
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $New \\*)] Ok\r\n"
        "* 1 FETCH (FLAGS (\\Recent \\Deleted \\Seen $New))\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(other.run("EXPUNGE"), "* 1 EXPUNGE\r\na OK [HIGHESTMODSEQ 7] Completed\r\n");
    b.inbox->append(kMessage);
    // EXPUNGE waits for a command that may carry it; the message is gone all the same.
    ASSERT_EQ_TEXT(b.run("FETCH 1:2 BODY.PEEK[TEXT]<0.2>"),
                   "* 2 FETCH (BODY[TEXT]<0> {2}\r\nbo)\r\n* 5 EXISTS\r\n* 5 RECENT\r\n"
                   "a NO [EXPUNGEISSUED] Some messages no longer exist\r\n");
    ASSERT_EQ_TEXT(b.run("CHECK"), "* 1 EXPUNGE\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("SEARCH ALL"), "* SEARCH 1 2 3 4\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("UID SEARCH ALL"), "* SEARCH 2 3 4 5\r\na OK Completed\r\n");
}
END_TEST

START_TEST(a_session_that_waits_gives_back_memory)
{
    Bob b;
    b.bob.session.rest();
    ck_assert_int_eq(b.store.rests, 0);
    b.run("SELECT INBOX");
    b.bob.session.rest();
    ck_assert_int_eq(b.store.rests, 1);
}
END_TEST

START_TEST(store_changes_flags)
{
    Bob b;
    b.run("SELECT INBOX");
    ASSERT_EQ_TEXT(b.run("STORE 2 FLAGS \\Answered \\Draft"),
                   "* 2 FETCH (FLAGS (\\Recent \\Answered \\Draft))\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("STORE 2 -FLAGS.SILENT (\\Draft)"), "a OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("UID STORE 2:3 +FLAGS (\\Flagged)"),
                   "* 2 FETCH (FLAGS (\\Recent \\Answered \\Flagged) UID 2)\r\n"
                   "* 3 FETCH (FLAGS (\\Recent \\Flagged) UID 3)\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("STORE 2 FLAGS ()"), "* 2 FETCH (FLAGS (\\Recent))\r\na OK Completed\r\n");
    for (const char* s :
         {"STORE 1 FLAGS", "STORE 1 FLAGS (", "STORE 1 +FLAGS (\\Recent)", "STORE 1 FLAG (\\Seen)",
          "STORE 9 FLAGS (\\Seen)", "STORE 1 FLAGS (\\Foo)", "STORE 1 FLAGS (\\Seen) x",
          "STORE x FLAGS (\\Seen)"})
        ck_assert_msg(b.run(s).starts_with("a BAD"), "%s", s);
    b.run("EXAMINE INBOX");
    ck_assert(b.run("STORE 1 +FLAGS (\\Seen)").starts_with("a NO [READ-ONLY]"));
}
END_TEST

START_TEST(store_touches_only_what_rights_allow)
{
    Bob b;
    auto shared = b.bob.mailbox("shared", "lrs");
    shared->append(kMessage, model::kFlagged | model::kDeleted);
    b.run("SELECT shared");
    ASSERT_EQ_TEXT(b.run("STORE 1 FLAGS (\\Seen \\Answered)"),
                   "* 1 FETCH (FLAGS (\\Recent \\Flagged \\Deleted \\Seen))\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("STORE 1 -FLAGS (\\Flagged)"), "a NO [NOPERM] Permission denied\r\n");
    ASSERT_EQ_TEXT(b.run("STORE 1 +FLAGS (kw)"), "a NO [NOPERM] Permission denied\r\n");
    ASSERT_EQ_TEXT(b.run("STORE 1 FLAGS ()"),
                   "* 1 FETCH (FLAGS (\\Recent \\Flagged \\Deleted))\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("EXPUNGE"), "a NO [NOPERM] Permission denied\r\n");
    b.run("CLOSE");
    ck_assert_uint_eq(shared->messages.size(), 1);
}
END_TEST

START_TEST(expunge_and_close_remove)
{
    Bob b;
    b.run("SELECT INBOX");
    b.run("STORE 1,3,4 +FLAGS.SILENT (\\Deleted)");
    ASSERT_EQ_TEXT(b.run("UID EXPUNGE 3,90"),
                   "* 3 EXPUNGE\r\na OK [HIGHESTMODSEQ 9] Completed\r\n");
    ASSERT_EQ_TEXT(b.run("EXPUNGE"),
                   "* 3 EXPUNGE\r\n* 1 EXPUNGE\r\na OK [HIGHESTMODSEQ 11] Completed\r\n");
    b.run("STORE 1 +FLAGS (\\Deleted)");
    ASSERT_EQ_TEXT(b.run("UNSELECT"), "a OK Completed\r\n");
    ck_assert_uint_eq(b.inbox->messages.size(), 1);
    b.run("EXAMINE INBOX");
    ck_assert(b.run("EXPUNGE").starts_with("a NO [READ-ONLY]"));
    b.run("CLOSE");
    ck_assert_uint_eq(b.inbox->messages.size(), 1);
    b.run("SELECT INBOX");
    ASSERT_EQ_TEXT(b.run("CLOSE"), "a OK Completed\r\n");
    ck_assert_uint_eq(b.inbox->messages.size(), 0);
    ck_assert(b.bob.session.user.state == imapd::State::authenticated);
}
END_TEST

START_TEST(copy_and_move)
{
    Bob b;
    auto sent = b.bob.mailbox("user.bob.Sent");
    sent->append(kMessage);
    b.run("SELECT INBOX");
    b.run("STORE 2 +FLAGS.SILENT (kw)");
    ASSERT_EQ_TEXT(b.run("COPY 1:2 INBOX.Sent"), "a OK [COPYUID 1001 1:2 2:3] Completed\r\n");
    ASSERT_EQ_TEXT(sent->keywords[0], "kw");
    ck_assert(sent->messages[2]->keywords[0]);
    ck_assert_uint_eq(sent->messages[2]->system_flags, model::kFlagged);
    ASSERT_EQ_TEXT(b.run("UID COPY 77 INBOX.Sent"), "a OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("COPY 1 INBOX.None"), "a NO [TRYCREATE] Mailbox does not exist\r\n");
    ASSERT_EQ_TEXT(b.run("COPY 9 INBOX.Sent"), "a BAD Invalid message sequence number\r\n");
    b.run("STORE 1 +FLAGS.SILENT (\\Deleted)");
    ASSERT_EQ_TEXT(b.run("UID MOVE 2,4 INBOX.Sent"),
                   "* OK [COPYUID 1001 2,4 4:5] Completed\r\n* 4 EXPUNGE\r\n* 2 EXPUNGE\r\n"
                   "a OK [HIGHESTMODSEQ 9] Completed\r\n");
    ck_assert_uint_eq(b.inbox->messages.size(), 2);
    ck_assert_uint_eq(sent->messages.size(), 5);
    ck_assert_uint_eq(sent->messages[4]->system_flags & model::kDeleted, 0);
    b.bob.mailbox("shared", "lr");
    ASSERT_EQ_TEXT(b.run("COPY 1 shared"), "a NO [NOPERM] Permission denied\r\n");
    b.store.fail_append = Error{Code::over_quota, "full"};
    ASSERT_EQ_TEXT(b.run("MOVE 1 INBOX.Sent"), "a NO [OVERQUOTA] Over quota\r\n");
    ck_assert_uint_eq(b.inbox->messages.size(), 2);
}
END_TEST

// RFC 4314 section 4: of the flags of what is copied, those that may be set at the destination.
START_TEST(copies_have_the_flags_that_may_be_set_there)
{
    struct Row {
        const char* rights;
        uint32_t flags;
        bool seen;
        bool keyword;
    };
    const uint32_t by_write = model::kAnswered | model::kFlagged | model::kDraft;
    const Row rows[] = {
        {"i", 0, false, false},         {"li", 0, false, false},
        {"lis", 0, true, false},        {"lit", model::kDeleted, false, false},
        {"liw", by_write, false, true}, {"liswt", by_write | model::kDeleted, true, true},
        {"lrikxea", 0, false, false}};
    for (const Row& row : rows) {
        for (const char* verb : {"COPY 1", "UID COPY 1", "MOVE 1", "UID MOVE 1"}) {
            Bob b;
            auto target = b.bob.mailbox("target", row.rights);
            b.run("SELECT INBOX");
            b.run("STORE 1 FLAGS.SILENT (\\Answered \\Flagged \\Draft \\Deleted \\Seen kw)");
            const std::string said = b.run(cat(verb, " target"));
            ck_assert_msg(said.ends_with(" Completed\r\n"), "%s %s", row.rights, said.c_str());
            ck_assert_uint_eq(target->messages.size(), 1);
            const auto& copy = *target->messages[0];
            ck_assert_msg(copy.system_flags == row.flags, "%s %u", row.rights, copy.system_flags);
            ck_assert_msg(copy.seen_by.contains("bob") == row.seen, "%s", row.rights);
            ck_assert_msg(copy.keywords.any() == row.keyword, "%s", row.rights);
            // Nor does the destination learn a keyword that nobody may set there.
            ck_assert_msg(target->keywords.empty() != row.keyword, "%s", row.rights);
        }
    }
}
END_TEST

START_TEST(what_cannot_be_copied_to_another_server_stays)
{
    Bob b;
    auto remote = b.bob.mailbox("user.bob.Far");
    remote->entry.server = "be2.example.org";
    ASSERT_OK(b.bob.directory.commit(std::vector{mboxlist::Change::put(remote->entry)}));
    b.run("SELECT INBOX");
    const std::string refused =
        "a NO [UNAVAILABLE] Server(s) unavailable to complete operation\r\n";
    ASSERT_EQ_TEXT(b.run("COPY 1:3 INBOX.Far"), refused);
    ASSERT_EQ_TEXT(b.run("MOVE 1 INBOX.Far"), refused);
    ck_assert_uint_eq(b.inbox->messages.size(), 4);
}
END_TEST

START_TEST(idle_ends_with_done_and_tells_on_its_way)
{
    Bob b;
    b.run("SELECT INBOX");
    b.inbox->append(kMessage);
    ASSERT_EQ_TEXT(b.run("IDLE", "DONE\r\n"),
                   "+ idling\r\n* 5 EXISTS\r\n* 5 RECENT\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("IDLE", "done\r\n"), "+ idling\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("IDLE", "NOOP\r\n"), "+ idling\r\na BAD Invalid Idle continuation\r\n");
    ck_assert(b.run("IDLE now").starts_with("a BAD"));
    b.run("CLOSE");
    ASSERT_EQ_TEXT(b.run("IDLE", "DONE\r\n"), "+ idling\r\na OK Completed\r\n");
    b.run("SELECT INBOX");
    ASSERT_OK(b.store.remove(b.inbox->entry));
    ASSERT_OK(b.bob.directory.commit(std::vector{mboxlist::Change::erase(b.inbox->entry.name)}));
    ASSERT_EQ_TEXT(b.run("IDLE", "DONE\r\n"),
                   "+ idling\r\n* 5 EXPUNGE\r\n* 4 EXPUNGE\r\n* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n"
                   "* 1 EXPUNGE\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("UID FETCH 1:* FLAGS"), "a OK Completed\r\n");
}
END_TEST

// Whoever looks before he can be woken hears of what came between the two imapidlepoll later.
START_TEST(idle_can_be_woken_before_it_looks)
{
    Bob b;
    b.run("SELECT INBOX");
    size_t looks = 0, woken = 0;
    b.inbox->after_refresh = [&] {
        looks++;
        woken += b.inbox->wakeups.size();
    };
    ck_assert(b.run("IDLE", "DONE\r\n").ends_with("a OK Completed\r\n"));
    ck_assert_uint_ge(looks, 1);
    ck_assert_uint_eq(woken, looks);
}
END_TEST

START_TEST(a_result_that_is_saved)
{
    Bob b;
    b.run("SELECT INBOX");
    ASSERT_EQ_TEXT(b.run("SEARCH RETURN (SAVE) UID 2:4"), "a OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("FETCH $ UID"),
                   "* 2 FETCH (UID 2)\r\n* 3 FETCH (UID 3)\r\n* 4 FETCH (UID 4)\r\n"
                   "a OK Completed\r\n");
    // Others expunge: it names the messages, not their numbers.
    b.inbox->expunge_uid(1);
    b.run("NOOP");
    ASSERT_EQ_TEXT(b.run("SEARCH $"), "* SEARCH 1 2 3\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("UID SEARCH RETURN (SAVE COUNT) NOT FLAGGED $"),
                   "* ESEARCH (TAG \"a\") UID COUNT 2\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("UID SEARCH $"), "* SEARCH 3 4\r\na OK Completed\r\n");
    b.run("UID SEARCH RETURN (SAVE MAX) ALL");
    ASSERT_EQ_TEXT(b.run("UID SEARCH $"), "* SEARCH 4\r\na OK Completed\r\n");
    b.run("UID SEARCH RETURN (SAVE MIN MAX) ALL");
    ASSERT_EQ_TEXT(b.run("UID SEARCH $"), "* SEARCH 2 4\r\na OK Completed\r\n");
    // BAD leaves it, another search too; NO and a new SELECT do not.
    b.run("SEARCH RETURN (SAVE) FOO");
    b.run("SEARCH 2");
    ASSERT_EQ_TEXT(b.run("UID SEARCH $"), "* SEARCH 2 4\r\na OK Completed\r\n");
    ck_assert(b.run("SEARCH RETURN (SAVE) CHARSET x-none TEXT x").starts_with("a NO [BADCHARSET"));
    ASSERT_EQ_TEXT(b.run("UID SEARCH $"), "* SEARCH\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("FETCH $ UID"), "a OK Completed\r\n");
    b.run("SEARCH RETURN (SAVE) ALL");
    b.run("SELECT INBOX");
    ASSERT_EQ_TEXT(b.run("SEARCH $"), "* SEARCH\r\na OK Completed\r\n");
    // Where a set is that of a client's memory, it is none.
    ck_assert(b.run("SELECT INBOX (QRESYNC (1 1 $))").starts_with("a BAD"));
}
END_TEST

START_TEST(a_message_is_replaced)
{
    Bob b;
    b.bob.mailbox("user.bob.sent");
    b.run("SELECT INBOX");
    b.inbox->expunge_uid(3);  // which the client does not know yet
    const std::string text = "Subject: n\r\n\r\n";
    const std::string literal = cat("{", text.size(), "+}\r\n", text);
    ASSERT_EQ_TEXT(b.run("REPLACE 2 INBOX (\\Draft) " + literal),
                   "* OK [APPENDUID 1000 5] Completed\r\n* 3 EXPUNGE\r\n* 2 EXPUNGE\r\n"
                   "* 3 EXISTS\r\n* 3 RECENT\r\na OK [HIGHESTMODSEQ 8] Completed\r\n");
    // 1, 4 and the new one.
    ck_assert_uint_eq(b.inbox->messages.size(), 3);
    ck_assert(b.inbox->messages[1]->uid == 4 && b.inbox->messages[2]->bytes == text);
    ck_assert_uint_eq(b.inbox->messages[2]->system_flags, model::kDraft);
    // Only the one that is named goes, whatever is marked.
    b.run("STORE 1 +FLAGS.SILENT (\\Deleted)");
    const std::string moved = b.run("UID REPLACE 4 INBOX.sent " + literal);
    ck_assert_msg(moved.find("* 2 EXPUNGE\r\n") != std::string::npos, "%s", moved.c_str());
    ck_assert(!b.inbox->messages[0]->expunged);
    ck_assert_uint_eq(b.store.state("user.bob.sent")->messages.size(), 1);
    // What cannot be put there leaves everything as it was.
    const std::string none = b.run("REPLACE 1 INBOX.none " + literal);
    ck_assert_msg(none.find("a NO [TRYCREATE]") != std::string::npos, "%s", none.c_str());
    ck_assert(b.run("UID REPLACE 77 INBOX " + literal).starts_with("a NO [EXPUNGEISSUED]"));
    ck_assert(b.run("REPLACE 9 INBOX " + literal).starts_with("a BAD"));
    ck_assert(b.run("REPLACE 1:2 INBOX " + literal).starts_with("a BAD"));
    ck_assert(b.run("REPLACE $ INBOX " + literal).starts_with("a BAD"));
    ck_assert(b.run("REPLACE 1 INBOX {3+}\r\na\r\n").find("a NO [CANNOT]") !=
              std::string::npos);
    b.store.fail_append = Error{Code::no_space, "full"};
    ck_assert(b.run("REPLACE 1 INBOX " + literal).find("a NO") != std::string::npos);
    b.store.fail_append.reset();
    ck_assert_uint_eq(b.bob.session.local()->mailbox->exists(), 2);
    b.run("EXAMINE INBOX");
    ck_assert(b.run("REPLACE 1 INBOX " + literal).starts_with("a NO [READ-ONLY]"));
}
END_TEST

START_TEST(search_answers_bad_charset)
{
    Bob b;
    b.run("SELECT INBOX");
    ASSERT_EQ_TEXT(b.run("SEARCH FLAGGED"), "* SEARCH 2\r\na OK Completed\r\n");
    ASSERT_EQ_TEXT(b.run("SEARCH KEYWORD none"), "* SEARCH\r\na OK Completed\r\n");
    ck_assert(b.run("SEARCH CHARSET x-none ALL").starts_with("a NO [BADCHARSET ("));
    ck_assert(b.run("SEARCH NONSENSE").starts_with("a BAD"));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/imapd/commands, selected state");
    TCase* c = tcase_create("all");
    tcase_add_test(c, select_tells_the_state);
    tcase_add_test(c, rights_decide_what_select_gives);
    tcase_add_test(c, fetch_sets_seen_and_says_so);
    tcase_add_test(c, what_another_session_does_is_told);
    tcase_add_test(c, a_session_that_waits_gives_back_memory);
    tcase_add_test(c, store_changes_flags);
    tcase_add_test(c, store_touches_only_what_rights_allow);
    tcase_add_test(c, expunge_and_close_remove);
    tcase_add_test(c, copy_and_move);
    tcase_add_test(c, copies_have_the_flags_that_may_be_set_there);
    tcase_add_test(c, what_cannot_be_copied_to_another_server_stays);
    tcase_add_test(c, idle_ends_with_done_and_tells_on_its_way);
    tcase_add_test(c, idle_can_be_woken_before_it_looks);
    tcase_add_test(c, a_result_that_is_saved);
    tcase_add_test(c, a_message_is_replaced);
    tcase_add_test(c, search_answers_bad_charset);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
