// What is kept of a header for SORT and THREAD.
#include "lib/text/order_keys.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::text;

namespace {

std::string ids(std::string_view ancestors)
{
    std::string out;
    while (const auto id = take_id(ancestors)) cat_to(out, '<', *id, '>');
    return out;
}

START_TEST(the_keys_of_a_header)
{
    const std::string text = order_keys(
        "From: =?utf-8?q?=C3=84nne?= <anne@x>\r\nTo: team: bob@y, eve@z;\r\nSubject: Re: [l] "
        "Gr\xc3\xbc\xc3\x9f" "e\r\nMessage-ID: <1@x>\r\nIn-Reply-To: <8@x> <9@x>\r\n\r\n");
    const auto keys = read_order_keys(text);
    ck_assert(keys && keys->is_reply);
    ASSERT_EQ_TEXT(std::string(keys->subject), "GRU\xcc\x88\xc3\x9f" "E");
    ASSERT_EQ_TEXT(std::string(keys->from), "ANNE");
    ASSERT_EQ_TEXT(std::string(keys->to), "TEAM");
    ASSERT_EQ_TEXT(std::string(keys->cc), "");
    ASSERT_EQ_TEXT(std::string(keys->display_from), "A\xcc\x88NNE");
    ASSERT_EQ_TEXT(std::string(keys->display_to), "TEAM");
    ASSERT_EQ_TEXT(std::string(keys->id), "1@x");
    ASSERT_EQ_TEXT(ids(keys->ancestors), "<8@x>");
    const std::string both = order_keys("References: <1@x>\r\n <2@x>\r\nIn-Reply-To: <3@x>\r\n");
    ASSERT_EQ_TEXT(ids(read_order_keys(both)->ancestors), "<1@x><2@x>");
    const std::string none = order_keys("");
    const auto empty = read_order_keys(none);
    ck_assert(empty && !empty->is_reply && empty->subject.empty() && empty->id.empty());
    ASSERT_EQ_TEXT(ids(empty->ancestors), "");
}
END_TEST

START_TEST(they_are_bounded_and_garbage_is_none)
{
    std::string header = cat("Subject: ", std::string(5000, 'x'), "\r\nReferences:");
    for (size_t i = 0; i < kMaxThreadReferences + 9; i++) cat_to(header, " <", i, "@x>");
    const std::string text = order_keys(header + "\r\n");
    const auto keys = read_order_keys(text);
    ck_assert_uint_eq(keys->subject.size(), kMaxSortText);
    ck_assert(ids(keys->ancestors).starts_with("<9@x><10@x>"));
    ck_assert(ids(keys->ancestors).ends_with(cat('<', kMaxThreadReferences + 8, "@x>")));
    for (size_t i = 0; i < 1040; i++) {
        const auto part = read_order_keys(std::string_view(text).substr(0, i));
        ck_assert(!part || i >= 1 + 2 + kMaxSortText + 12);
    }
    std::string_view torn("\5\0abc", 5);
    ck_assert(!take_id(torn));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/order_keys");
    TCase* c = tcase_create("all");
    tcase_add_test(c, the_keys_of_a_header);
    tcase_add_test(c, they_are_bounded_and_garbage_is_none);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
