#include "imap/submission/header_text.h"

#include "imap/submission/body_text.h"
#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/rfc5322_header.h"
#include "lib/text/transfer_encoding.h"
#include "lib/text/utf8.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::submission;

std::string repeated(std::string_view text, size_t n)
{
    std::string out;
    for (size_t i = 0; i < n; i++) out += text;
    return out;
}

// One field, in ASCII, in lines that any server takes; gives its value.
std::string one_field(const std::string& text, std::string_view name)
{
    ck_assert(text.ends_with("\r\n"));
    for (std::string_view line : split(std::string_view(text).substr(0, text.size() - 2), '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        ck_assert_msg(line.size() <= 300, "%s", text.c_str());
        ck_assert(line.find('\r') == line.npos && line.find('\0') == line.npos);
        ck_assert(!trim(line).empty());
    }
    ck_assert_msg(text::is_ascii(text), "%s", text.c_str());
    text::HeaderCursor cursor(text);
    const auto field = cursor.next();
    ck_assert(field && field->name == name && !cursor.next());
    return text::unfold(field->value);
}

START_TEST(a_text_comes_back_as_it_went_in)
{
    const struct {
        std::string given, got;
    } table[] = {
        {"hello", "hello"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"caf\xe9", "caf\xc3\xa9"},
        {"a =?UTF-8?Q?b?= c", "a =?UTF-8?Q?b?= c"},
        {repeated("word ", 100) + "end", repeated("word ", 100) + "end"},
        {repeated("x", 5000), repeated("x", 5000)},
        {repeated("\xc3\xa9", 1000), repeated("\xc3\xa9", 1000)},
        {repeated("\xf0\x9f\x98\x80", 100), repeated("\xf0\x9f\x98\x80", 100)},
        {repeated("x", kMaxValue + 10), repeated("x", kMaxValue)},
        {repeated("\xc3\xa9", kMaxValue), repeated("\xc3\xa9", kMaxValue / 2)},
        {"a\x01z", "a\x01z"},
    };
    for (const auto& row : table) {
        const std::string text = HeaderText().add_text("Subject", row.given).text();
        const std::string value = one_field(text, "Subject");
        ASSERT_EQ_TEXT(text::decode_words(value), row.got);
    }
    ASSERT_EQ_TEXT(HeaderText().add_text("Subject", "plain").text(), "Subject: plain\r\n");
}
END_TEST

START_TEST(no_value_ends_its_field)
{
    const std::string evil[] = {
        "x\r\nBcc: victim@example.org",
        "x\nBcc: victim@example.org\n\nbody",
        "x\rBcc: victim@example.org",
        std::string("x\0\r\n\r\nbody", 10),
        "a@b\r\nBcc: victim@example.org",
        "\"a\r\nBcc: v@w\" <a@b>",
        "\r\n",
        "\r\n\r\n",
    };
    for (const std::string& value : evil) {
        one_field(HeaderText().add_text("X-A", "y" + value).text(), "X-A");
        one_field(HeaderText().add("X-A", "y" + value).text(), "X-A");
        one_field(HeaderText().add_addresses("X-A", "y@z, " + value).text(), "X-A");
    }
}
END_TEST

START_TEST(addresses_stay_and_names_are_encoded)
{
    const struct {
        const char *given, *want;
    } table[] = {
        {"a@b", "To: a@b\r\n"},
        {"Fred <a@b>, c@d", "To: \"Fred\" <a@b>, c@d\r\n"},
        {"\"a b\"@c", "To: \"a b\"@c\r\n"},
        {"\"x\\\"y\"@c", "To: \"x\\\"y\"@c\r\n"},
        {"J\xc3\xb6rg <a@b>", "To: =?UTF-8?B?SsO2cmc=?= <a@b>\r\n"},
        {"=?UTF-8?Q?J=C3=B6rg?= <a@b>", "To: =?UTF-8?Q?J=C3=B6rg?= <a@b>\r\n"},
        {"group: a@b, c@d;", "To: a@b, c@d\r\n"},
        {"nobody", ""},
        {"", ""},
        {"<a@b c>", "To: a@b\r\n"},
        {"a@b\xc3\xbc", ""},
    };
    for (const auto& row : table)
        ASSERT_EQ_TEXT(HeaderText().add_addresses("To", row.given).text(), row.want);
    const std::string far = repeated("x", 1000);
    ASSERT_EQ_TEXT(HeaderText().add_addresses("To", far + "@b, a@b, a@" + far).text(),
                   "To: a@b\r\n");
    ASSERT_EQ_TEXT(HeaderText().add("X-A", "a " + far).text(),
                   "X-A: a\r\n " + repeated("x", 900) + "\r\n");
    one_field(HeaderText().add_addresses("To", repeated("some.body@example.org, ", 300)).text(),
              "To");
}
END_TEST

START_TEST(a_body_comes_back_as_it_went_in)
{
    const struct {
        std::string given, got;
        bool plain;
    } table[] = {
        {"a\nb", "a\r\nb\r\n", true},
        {"a\r\nb\rc\n", "a\r\nb\r\nc\r\n", true},
        {std::string("a\0b", 3), "ab\r\n", true},
        {"", "", true},
        {"caf\xc3\xa9 = \n.\nFrom x\ntab\t\n", "caf\xc3\xa9 = \r\n.\r\nFrom x\r\ntab\t\r\n", false},
        {"\xff", "\xef\xbf\xbd\r\n", false},
        {repeated("x", 5000), repeated("x", 5000) + "\r\n", false},
        {repeated("\xc3\xa9", 500), repeated("\xc3\xa9", 500) + "\r\n", false},
    };
    for (const auto& row : table) {
        const std::string entity = text_entity(row.given);
        const size_t at = text::header_size(entity);
        const std::string body = entity.substr(at);
        for (const std::string_view line : split(body, '\n')) {
            ck_assert_uint_le(line.size(), row.plain ? 1000 : 78);
            ck_assert(row.plain || (!line.starts_with("From ") && !line.starts_with(".")));
        }
        ck_assert((entity.find("7bit") != entity.npos) == row.plain);
        ASSERT_EQ_TEXT(row.plain ? body : text::decode_quoted_printable(body), row.got);
    }
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("imap/submission/header_text");
    TCase* tcase = tcase_create("all");
    tcase_add_test(tcase, a_text_comes_back_as_it_went_in);
    tcase_add_test(tcase, no_value_ends_its_field);
    tcase_add_test(tcase, addresses_stay_and_names_are_encoded);
    tcase_add_test(tcase, a_body_comes_back_as_it_went_in);
    suite_add_tcase(suite, tcase);
    return suite;
}
const rookery::test::Registered registered(make);

}  // namespace
