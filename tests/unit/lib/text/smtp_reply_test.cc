#include "lib/text/smtp_reply.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

// "code line|line", or what went wrong and at which line; "..." if more is expected.
std::string read(std::string_view lines)
{
    SmtpReplyReader reader;
    size_t n = 0;
    for (std::string_view line : split(lines, '\n')) {
        ++n;
        const auto last = reader.add(line);
        if (!last) return cat(code_name(last.error().code), " at ", n);
        if (!*last) continue;
        const SmtpReply reply = reader.take();
        std::string out = cat(reply.code, ' ');
        for (size_t i = 0; i < reply.lines.size(); ++i)
            cat_to(out, i > 0 ? "|" : "", reply.lines[i]);
        return out;
    }
    return "...";
}

START_TEST(replies)
{
    const std::string no = std::string(code_name(Code::syntax));
    const std::string limit = std::string(code_name(Code::limit));
    std::string many, too_many;
    for (size_t i = 0; i < SmtpReplyReader::kMaxLines; ++i) cat_to(too_many, "250-\n");
    many = too_many.substr(5) + "250 x";
    const struct {
        std::string lines;
        std::string read;
    } cases[] = {
        {"250 Ok", "250 Ok"},
        {"250", "250 "},
        {"250 ", "250 "},
        {"250-First line\n250-234 Text\n250 The last line",
         "250 First line|234 Text|The last line"},
        {"250-\n250", "250 |"},
        {"250-a", "..."},
        {"354 go", "354 go"},
        {"599 x", "599 x"},
        {"199 x", no + " at 1"},
        {"600 x", no + " at 1"},
        {"2x0 x", no + " at 1"},
        {"25", no + " at 1"},
        {"", no + " at 1"},
        {"250x", no + " at 1"},
        {"2500", no + " at 1"},
        {" 250 x", no + " at 1"},
        {"250-a\n251 b", no + " at 2"},
        {"250-a\nb", no + " at 2"},
        {"550 a\tb\x01\r\x7f\xc3\xa4", "550 a\tb\xc3\xa4"},
        {"250 " + std::string(SmtpReplyReader::kMaxLine - 4, 'x'),
         "250 " + std::string(SmtpReplyReader::kMaxLine - 4, 'x')},
        {"250 " + std::string(SmtpReplyReader::kMaxLine - 3, 'x'), limit + " at 1"},
        {many, "250 " + std::string(SmtpReplyReader::kMaxLines - 1, '|') + "x"},
        {too_many, limit + cat(" at ", SmtpReplyReader::kMaxLines + 1)},
    };
    for (const auto& c : cases) ASSERT_EQ_TEXT(read(c.lines), c.read);
}
END_TEST

START_TEST(enhanced_codes)
{
    const char* const cases[][2] = {
        {"5.1.1 User unknown", "5.1.1"},
        {"2.0.0", "2.0.0"},
        {"4.123.999 x", "4.123.999"},
        {"5.1.1234 x", ""},
        {"5.1. x", ""},
        {"5..1 x", ""},
        {"5.1", ""},
        {"3.1.1 x", ""},
        {"5.1.1x", ""},
        {"x5.1.1", ""},
        {"5.1.1.1 x", ""},
        {"", ""},
        {"5.1.10 domain", "5.1.10"},
        {"127.0.0.1 is", ""},
    };
    for (const auto& c : cases) ASSERT_EQ_TEXT(std::string(enhanced_code(c[0])), c[1]);
}
END_TEST

START_TEST(what_is_written)
{
    ASSERT_EQ_TEXT((SmtpReply{250, {}}.to_string()), "250 \r\n");
    ASSERT_EQ_TEXT((SmtpReply{250, {"a"}}.to_string()), "250 a\r\n");
    ASSERT_EQ_TEXT((SmtpReply{550, {"a", "", "5.1.1 b"}}.to_string()),
                   "550-a\r\n550-\r\n550 5.1.1 b\r\n");
    // Nothing in a text ends its line.
    ASSERT_EQ_TEXT((SmtpReply{451, {"a\r\n250 b"}}.to_string()), "451 a  250 b\r\n");
    ASSERT_EQ_TEXT((SmtpReply{550, {"a", "b"}}.summary()), "550 b");
    ASSERT_EQ_TEXT((SmtpReply{550, {}}.summary()), "550 ");
    ck_assert((SmtpReply{251, {}}.is_positive()) && !(SmtpReply{354, {}}.is_positive()));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/smtp_reply");
    TCase* c = tcase_create("all");
    tcase_add_test(c, replies);
    tcase_add_test(c, enhanced_codes);
    tcase_add_test(c, what_is_written);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
