// The fields of a header that are kept.
#include "lib/text/usual_fields.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::text;

namespace {

START_TEST(names_are_known_whatever_their_case)
{
    for (const char* name : {"From", "SUBJECT", "message-id", "List-Unsubscribe", "xref", "bcc"})
        ck_assert_msg(is_usual_field(name), "%s", name);
    for (const char* name : {"", "x", "Received", "fro", "fromm", "disposition-notification-too"})
        ck_assert_msg(!is_usual_field(name), "%s", name);
    ASSERT_EQ_TEXT(more_fields({"X-b", "From", "x-A", "X-B"}), "x-a x-b");
}
END_TEST

START_TEST(fields_are_kept_as_they_are)
{
    const std::string header =
        "X-A: 1\r\nReceived: x\r\nTO : b\r\n c\r\nno field\r\nX-B: 2\r\nto: d\r\n\r\n";
    const struct {
        std::string more;
        std::string fields;
        bool with_a;
    } table[] = {
        {"", "TO : b\r\n c\r\nto: d\r\n", false},
        {"x-a", "X-A: 1\r\nTO : b\r\n c\r\nto: d\r\n", true},
        {"x-a x-c", "X-A: 1\r\nTO : b\r\n c\r\nto: d\r\n", true},
    };
    for (const auto& row : table) {
        const std::string text = kept_fields(header, row.more);
        const KeptFields kept(text);
        ASSERT_EQ_TEXT(std::string(kept.fields()), row.fields);
        ck_assert(kept.keeps("To") && kept.keeps("X-A") == row.with_a && !kept.keeps("x-b"));
        ck_assert(kept.is_made_with("") && kept.is_made_with(row.more));
        ck_assert(kept.is_made_with("x-a") == row.with_a && !kept.is_made_with("x-b"));
    }
    const std::string large = kept_fields(cat("To: ", std::string(kMaxKeptFields, 'x')), "");
    ck_assert(!KeptFields(large).keeps("to") && KeptFields(large).is_made_with("x-a"));
    for (const char* text : {"", "x", ":", "x y"})
        ck_assert(!KeptFields(text).keeps("to") && KeptFields(text).fields().empty());
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/usual_fields");
    TCase* c = tcase_create("all");
    tcase_add_test(c, names_are_known_whatever_their_case);
    tcase_add_test(c, fields_are_kept_as_they_are);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
