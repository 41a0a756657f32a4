// What sorting and threading compare.
#include "lib/text/threading.h"

#include "lib/base/strings.h"
#include "lib/text/casemap.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::text;

namespace {

START_TEST(the_base_of_a_subject)
{
    const struct {
        const char* subject;
        const char* base;
        bool is_reply;
    } table[] = {
        {"", "", false},
        {" plain ", "plain", false},
        {"two\r\n\t lines", "two lines", false},
        {"Re: a", "a", true},
        {"RE:a", "a", true},
        {"re : a", "a", true},
        {"Fw: a", "a", true},
        {"FWD: a", "a", true},
        {"Re[2]: a", "a", true},
        {"Re [2] : a", "a", true},
        {"Re[2: a", "Re[2: a", false},
        {"Re: fwd: RE: a", "a", true},
        {"Regards", "Regards", false},
        {"re", "re", false},
        {"Re:", "", true},
        {"[list] a", "a", false},
        {"[list] Re: a", "a", true},
        {"[x][y] Re: [list] a", "a", true},
        {"Re: [list] Re: a", "a", true},
        {"[list]", "[list]", false},
        {"[a] [b] ", "[b]", false},
        {"[a [b] c", "[a [b] c", false},
        {"a (fwd)", "a", true},
        {"a (FWD)  (fwd) ", "a", true},
        {"[fwd: a]", "a", true},
        {"[Fwd: Re: a (fwd)]", "a", true},
        {"[fwd: [fwd: a]]", "a", true},
        {"Re: [fwd: a]", "a", true},
        {"[fwd: a", "[fwd: a", false},
        {"=?utf-8?q?Re:_Gr=C3=BC=C3=9Fe?=", "Grüße", true},
        {"=?iso-8859-1?q?Re=3A?= x", "x", true},
    };
    for (const auto& row : table) {
        const BaseSubject base = base_subject(row.subject);
        ck_assert_msg(base.text == row.base && base.is_reply == row.is_reply, "%s: %s", row.subject,
                      base.text.c_str());
    }
    // Not the square of its size.
    std::string many;
    for (int i = 0; i < 100000; i++) many += "[]";
    ASSERT_EQ_TEXT(base_subject(many).text, "[]");
    for (const char* piece : {"[", "]", "re:", "(fwd)", "[fwd:", "[x] re ", "re[1]"}) {
        many.clear();
        for (int i = 0; i < 50000; i++) many += piece;
        base_subject(many);
    }
}
END_TEST

START_TEST(message_ids_are_found_among_other_things)
{
    const struct {
        const char* value;
        const char* ids;
    } table[] = {
        {"<a@b>", "a@b"},
        {" <a@b>\r\n\t<c@d> ", "a@b|c@d"},
        {"<a@b><c@d>", "a@b|c@d"},
        {"Your letter of <a@b> (x)", "a@b"},
        {"<\"a\"@b>", "a@b"},
        {"<\"a\\\"c\"@b>", "a\"c@b"},
        {"<a\r\n @b>", "a@b"},
        {"<>", ""},
        {"<a>", ""},
        {"a@b", ""},
        {"<a@b", ""},
        {"<a@b <c@d>", "c@d"},
        {"<1@x> <2@x> <3@x> <4@x>", "2@x|3@x|4@x"},
    };
    for (const auto& row : table) {
        std::string found;
        for (const std::string& id : message_ids(row.value, 3))
            cat_to(found, found.empty() ? "" : "|", id);
        ck_assert_msg(found == row.ids, "%s: %s", row.value, found.c_str());
    }
}
END_TEST

START_TEST(addresses_as_they_are_sorted)
{
    const struct {
        const char* header;
        const char* mailbox;
        const char* display;
    } table[] = {
        {"From: Ann Lee <ann@x>\r\nFrom: bob@x\r\n", "ann", "Ann Lee"},
        {"From: ann@x, Bob <bob@x>\r\n", "ann", "ann@x"},
        {"from: =?utf-8?q?J=C3=BCrgen?= <j@x>\r\n", "j", "Jürgen"},
        {"From: \"\" <j@x>\r\n", "j", "j@x"},
        {"From: friends: a@x, b@x;\r\n", "friends", "friends"},
        {"To: a@x\r\n", "", ""},
        {"From: \r\n", "", ""},
    };
    for (const auto& row : table) {
        ASSERT_EQ_TEXT(first_mailbox(row.header, "From"), row.mailbox);
        ASSERT_EQ_TEXT(display_name(row.header, "From"), row.display);
    }
}
END_TEST

START_TEST(text_is_sorted_regardless_of_case_and_marks_follow_their_letters)
{
    ASSERT_EQ_TEXT(casemap("Grüße"), casemap("GRÜßE"));
    ASSERT_EQ_TEXT(casemap("a"), casemap("A"));
    ck_assert(casemap("a") != casemap("ä"));
    const std::pair<const char*, const char*> pairs[] = {
        {"A", "b"}, {"a", "B"}, {"z", "_"}, {"Z", "["}, {"az", "ä"},
        {"Ä", "b"}, {"o", "ö"}, {"ö", "p"}, {"z", "ω"}, {"ω", "я"}};
    for (const auto& pair : pairs)
        ck_assert_msg(casemap(pair.first) < casemap(pair.second), "%s %s", pair.first,
                      pair.second);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/threading");
    TCase* c = tcase_create("all");
    tcase_add_test(c, the_base_of_a_subject);
    tcase_add_test(c, message_ids_are_found_among_other_things);
    tcase_add_test(c, addresses_as_they_are_sorted);
    tcase_add_test(c, text_is_sorted_regardless_of_case_and_marks_follow_their_letters);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
