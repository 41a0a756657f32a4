#include "imap/submission/entry_format.h"

#include "imap/submission/entry_id.h"
#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::submission;

Head example()
{
    Head head;
    head.arrived = 1795918413;
    head.size = 3;
    const std::string_view message = "abc";
    head.crc = crc_of({&message, 1});
    head.mails = {
        {"a@example.org", {"x@example.org", "\"y z\"@example.org"}, "fred", Kind::redirect},
        {"", {"u\xc3\xbc@example.org"}, "", Kind::vacation}};
    return head;
}

START_TEST(a_head_is_read_as_it_was_written)
{
    const Head wrote = example();
    const std::string file = to_text(wrote) + "abc";
    auto read = parse_head(file);
    ASSERT_OK(read);
    ck_assert_int_eq(read->arrived, wrote.arrived);
    ck_assert_uint_eq(read->size, 3);
    ck_assert_uint_eq(read->crc, wrote.crc);
    ASSERT_EQ_TEXT(file.substr(read->bytes), "abc");
    ck_assert_uint_eq(read->mails.size(), 2);
    for (size_t i = 0; i < 2; i++) {
        ASSERT_EQ_TEXT(read->mails[i].from, wrote.mails[i].from);
        ASSERT_EQ_TEXT(read->mails[i].owner, wrote.mails[i].owner);
        ck_assert(read->mails[i].to == wrote.mails[i].to);
        ck_assert(read->mails[i].kind == wrote.mails[i].kind);
    }
}
END_TEST

START_TEST(any_changed_byte_of_a_head_is_seen)
{
    const std::string head = to_text(example());
    for (size_t i = 0; i < head.size(); i++) {
        std::string changed = head;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        ck_assert_msg(!parse_head(changed).ok(), "byte %zu", i);
        ck_assert_msg(!parse_head(head.substr(0, i)).ok(), "cut at %zu", i);
    }
    std::string newer = head;
    newer.replace(newer.find(" 1\n"), 3, " 2\n");
    ASSERT_CODE(parse_head(newer), Code::unsupported);
}
END_TEST

START_TEST(what_cannot_be_an_envelope_is_refused)
{
    const struct {
        Outgoing mail;
        Code code;
    } table[] = {
        {{"a@b", {}, "", Kind::redirect}, Code::syntax},
        {{"a@b", {""}, "", Kind::redirect}, Code::syntax},
        {{"a@b", {"-oQ/tmp"}, "", Kind::redirect}, Code::syntax},
        {{"a@b", {"x@y", "-bt"}, "", Kind::redirect}, Code::syntax},
        {{"a@b", {"x\r\n@y"}, "", Kind::redirect}, Code::syntax},
        {{"a@b", {std::string("x\0@y", 4)}, "", Kind::redirect}, Code::syntax},
        {{"a\n@b", {"x@y"}, "", Kind::redirect}, Code::syntax},
        {{"a@b", {"x@y"}, "fr\ned", Kind::redirect}, Code::syntax},
        {{"a@b", {"x\x7f@y"}, "", Kind::redirect}, Code::syntax},
        {{"a@b", {std::string(kMaxAddress + 1, 'x')}, "", Kind::redirect}, Code::limit},
        {{std::string(kMaxAddress + 1, 'x'), {"x@y"}, "", Kind::redirect}, Code::limit},
        {{"a@b", std::vector<std::string>(kMaxRecipients + 1, "x@y"), "", Kind::redirect},
         Code::limit},
    };
    for (const auto& row : table) ASSERT_CODE(check_outgoing(row.mail), row.code);
    ASSERT_OK(check_outgoing({"-a@b", {std::string(kMaxAddress, 'x')}, "", Kind::redirect}));
    ASSERT_OK(check_outgoing({"", {"x@y"}, "", Kind::vacation}));
}
END_TEST

START_TEST(a_state_is_read_as_it_was_written)
{
    TryState state{7, 1795918413, 1795918000, 7, "line\none\x01" + std::string(1000, 'x')};
    const std::string text = to_text(state);
    auto read = parse_try_state(text);
    ASSERT_OK(read);
    ck_assert_uint_eq(read->tries, 7);
    ck_assert_int_eq(read->next, state.next);
    ck_assert_int_eq(read->failed, state.failed);
    ck_assert_int_eq(read->begun, 7);
    ck_assert_uint_eq(read->reason.size(), kMaxReason);
    ck_assert(read->reason.starts_with("line one x"));
    for (size_t i = 0; i + 1 < text.size(); i++)
        ck_assert_msg(!parse_try_state(text.substr(0, i)).ok(), "cut at %zu", i);
}
END_TEST

START_TEST(ids_are_told_from_other_words)
{
    const std::string good = "0123456789abcdef-2";
    auto id = parse_entry_id(good);
    ASSERT_OK(id);
    ASSERT_EQ_TEXT(id->batch, "0123456789abcdef");
    ck_assert_uint_eq(id->number, 2);
    ASSERT_OK(parse_entry_id(entry_id(new_batch(), kMaxMails)));
    for (const char* bad :
         {"", "-", "0123456789abcdef", "0123456789abcdef-", "0123456789abcdef-0",
          "0123456789abcdef-02", "0123456789abcdef-257", "0123456789ABCDEF-1", "../56789abcdef-1",
          "0123456789abcdef-1/..", "0123456789abcdeg-1", "123456789abcdef-1"})
        ASSERT_CODE(parse_entry_id(bad), Code::not_found);
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/submission/entry_format");
    TCase* tcase = tcase_create("all");
    tcase_add_test(tcase, a_head_is_read_as_it_was_written);
    tcase_add_test(tcase, any_changed_byte_of_a_head_is_seen);
    tcase_add_test(tcase, what_cannot_be_an_envelope_is_refused);
    tcase_add_test(tcase, a_state_is_read_as_it_was_written);
    tcase_add_test(tcase, ids_are_told_from_other_words);
    suite_add_tcase(suite, tcase);
    return suite;
}
const rookery::test::Registered registered(make);

}  // namespace
