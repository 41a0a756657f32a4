#include "imap/mupdate/refusal.h"

#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::mupdate;

namespace {

// What was meant comes out at the other end, with its text.
START_TEST(codes_go_through_the_wire)
{
    const struct {
        Error said;
        const char* text;
    } rows[] = {
        {{Code::exists, "mailbox is held by be1"}, "[ALREADYEXISTS] mailbox is held by be1"},
        {{Code::exists, "mailbox already exists"}, "mailbox already exists"},
        {{Code::not_found, "mailbox doesn't exist"}, "mailbox doesn't exist"},
        {{Code::reserved, "mailbox not currently active"}, "mailbox not currently active"},
        {{Code::denied, "authentication failure"}, "authentication failure"},
        {{Code::not_found, "no such server"}, "[NONEXISTENT] no such server"},
        {{Code::denied, "mailbox is not claimed by be1"}, "[NOPERM] mailbox is not claimed by be1"},
        {{Code::bad_name, "Invalid mailbox name: too long"},
         "[CANNOT] Invalid mailbox name: too long"},
        {{Code::limit, "ACL too long"}, "[LIMIT] ACL too long"},
        {{Code::syntax, "not a location"}, "[CLIENTBUG] not a location"},
        {{Code::busy, "too many changes at once"}, "[INUSE] too many changes at once"},
        {{Code::no_space, "no space left"}, "[NOSPACE] no space left"},
        {{Code::unavailable, "shutting down"}, "[UNAVAILABLE] shutting down"},
        {{Code::config, "not a master"}, "[SERVERBUG] not a master"},
        {{Code::corrupt, ""}, "[CORRUPTION] "},
    };
    for (const auto& row : rows) {
        ASSERT_EQ_TEXT(refusal_text(row.said), row.text);
        const Error heard = refusal_error(row.text);
        ck_assert_msg(heard.code == row.said.code, "%s", row.text);
        ASSERT_EQ_TEXT(heard.text, row.said.text);
    }
    // What has no word of its own is said as what it comes to; nothing is read as no_master.
    for (const Code code : {Code::io, Code::closed, Code::timeout, Code::no_master})
        ck_assert(refusal_error(refusal_text({code, "x"})).code == Code::unavailable);
}
END_TEST

// Cyrus, and earlier versions of ours.
START_TEST(texts_without_a_code_are_read_by_their_words)
{
    const struct {
        const char* text;
        Code code;
        bool passing;
    } rows[] = {
        {"mailbox already exists", Code::exists, false},
        {"mailbox is held by be1.test", Code::exists, false},
        {"mailbox doesn't exist", Code::not_found, false},
        {"no space left for changes of the mailbox list", Code::no_space, true},
        {"too many changes at once", Code::busy, true},
        {"additions only, until all servers have told their mailboxes", Code::unavailable, true},
        {"read-only session", Code::config, false},
        {"", Code::denied, false},
        {"[", Code::denied, false},
        {"[]", Code::denied, false},
        {"[LIMIT", Code::denied, false},
        {"[FUTURE] who knows", Code::denied, false},
        {"[FUTURE] mailbox is held by be1", Code::exists, false},
        {"[limit]x", Code::limit, false},
    };
    for (const auto& row : rows) {
        const Error heard = refusal_error(row.text);
        ck_assert_msg(heard.code == row.code, "%s: %s", row.text,
                      std::string(code_name(heard.code)).c_str());
        ck_assert_msg(is_passing(heard.code) == row.passing, "%s", row.text);
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/mupdate/refusal");
    TCase* c = tcase_create("all");
    tcase_add_test(c, codes_go_through_the_wire);
    tcase_add_test(c, texts_without_a_code_are_read_by_their_words);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
