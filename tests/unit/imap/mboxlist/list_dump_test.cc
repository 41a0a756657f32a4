#include "imap/mboxlist/list_dump.h"

#include "tests/unit/imap/mboxlist/entries.h"

using namespace rookery;
using namespace rookery::mboxlist;
using namespace rookery::test;
using model::EntryState;
using model::MailboxEntry;

namespace {

Result<std::vector<MailboxEntry>> read(std::string_view text)
{
    std::vector<MailboxEntry> out;
    const EachDumped each = [&](MailboxEntry e) {
        out.push_back(std::move(e));
        return success();
    };
    TRY(is_legacy_dump(text) ? read_legacy_dump(text, "me", each) : read_dump(text, "me", each));
    return out;
}

START_TEST(written_form)
{
    MailboxEntry e = entry_of("user.bob", "bob lrswipkxtecdan anyone l");
    e.uidvalidity = 7;
    ASSERT_EQ_TEXT(dump_member(e),
                   "\"user.bob\": {\"name\": \"user.bob\", \"mtime\": \"0\", "
                   "\"uidvalidity\": \"7\", \"createdmodseq\": \"0\", \"foldermodseq\": \"0\", "
                   "\"mbtype\": \"e\", \"partition\": \"default\", "
                   "\"acl\": {\"bob\": \"lrswipkxtecdan\", \"anyone\": \"l\"}, "
                   "\"uniqueid\": \"0123456789abcdef\", \"name_history\": []}");
}
END_TEST

START_TEST(what_was_written_is_read)
{
    std::vector<MailboxEntry> all{entry_of("user.bob", "bob lr a\"b\\c l"),
                                  entry_of("x.y", "", "be2:1143"), entry_of("z", "-bob lr", "be1")};
    all[1].state = EntryState::reserved;
    all[1].partition.clear();
    all[1].uniqueid.clear();
    all[2].state = EntryState::moving;
    std::string text(kDumpBegin);
    for (const auto& e : all) cat_to(text, &e == &all.front() ? "" : kDumpBetween, dump_member(e));
    text += kDumpEnd;
    auto got = read(text);
    ASSERT_OK(got);
    ck_assert_uint_eq(got->size(), all.size());
    for (size_t i = 0; i < all.size(); ++i) ck_assert(same((*got)[i], all[i]));
    std::string old;
    for (const auto& e : all) old += dump_legacy_line(e);
    got = read(old);
    ASSERT_OK(got);
    ck_assert_uint_eq(got->size(), all.size());
    for (size_t i = 0; i < all.size(); ++i) ck_assert_msg(same((*got)[i], all[i]), "%zu", i);
    for (size_t cut = 1; cut < text.size() - 1; ++cut)
        ASSERT_CODE(read(text.substr(0, cut)), Code::syntax);
    ASSERT_OK(read("{\n\n}\n"));
}
END_TEST

START_TEST(the_line_that_is_wrong_is_named)
{
    const auto error_of = [](std::string_view text) {
        auto got = read(text);
        ck_assert(!got.ok());
        return got.error().text;
    };
    ASSERT_EQ_TEXT(error_of("{\n\"a\": {\"partition\":\"p\"},\n\"b\": {\"partition\":\"p\"\n"),
                   "line 4: the file ends here: '}' expected");
    ASSERT_EQ_TEXT(error_of("{\n\"a\": {\"partition\":null}}"), "line 2: a has no partition");
    ASSERT_EQ_TEXT(error_of("{\n\"a..b\": {\"partition\":\"p\"}}"),
                   "line 2: Invalid mailbox name: empty component (a..b)");
    ASSERT_EQ_TEXT(error_of("{\"a\":{\"partition\":\"p\",\n\"acl\":{\"b\":\"lQ\"}}}"),
                   "line 2: rights \"lQ\"");
    ASSERT_EQ_TEXT(error_of("{}\n{}"), "line 2: something comes after the end of the list");
    ASSERT_EQ_TEXT(error_of("a\t0 default b\tlr\t\nb\t0 default"),
                   "line 2: the file ends within it");
    ASSERT_EQ_TEXT(error_of("a\t0 default b\tlr\t\nb default\n"), "line 2: no tab after the name");
    ASSERT_CODE(read("{\"a\":{\"x\":" + std::string(100, '[') + "}}"), Code::syntax);
}
END_TEST

START_TEST(dumps_of_other_versions)
{
    auto got = read("{\n\"user.bob\": {\"name\":\"user.bob\",\"mtime\":\"1\",\"uidvalidity\":\"9\","
                    "\"mbtype\":\"e\",\"partition\":\"default\",\"server\":\"me\",\"acl\":{},"
                    "\"uniqueid\":\"u1\",\"name_history\":[{\"name\":\"x\",\"n\":1}]},\n"
                    "\"user\": {\"mbtype\":\"ei\",\"partition\":null}}");
    ASSERT_OK(got);
    ck_assert_uint_eq(got->size(), 1);
    ck_assert((*got)[0].is_local());
    got = read("user.bob\t0 default bob\tlrswipcda\t\r\n"
               "user.eve\t1 be2!part eve\tlr\tanyone\tl\t\n\n"
               "user.zoe\t0 me!default zoe\tlr\t >abc 1700000000 12 5 4 \n"
               "gone\t4 default \n");
    ASSERT_OK(got);
    ck_assert_uint_eq(got->size(), 3);
    ASSERT_EQ_TEXT((*got)[1].server, "be2");
    ASSERT_EQ_TEXT((*got)[1].partition, "part");
    ck_assert((*got)[2].is_local());
    ASSERT_EQ_TEXT((*got)[2].uniqueid, "abc");
    ck_assert_uint_eq((*got)[2].uidvalidity, 12);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/mboxlist/list_dump");
    TCase* c = tcase_create("all");
    tcase_add_test(c, written_form);
    tcase_add_test(c, what_was_written_is_read);
    tcase_add_test(c, the_line_that_is_wrong_is_named);
    tcase_add_test(c, dumps_of_other_versions);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
