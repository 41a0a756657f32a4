#include "lib/text/imap_syntax.h"

#include <functional>

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

std::string operator""_b(const char* bytes, size_t size)
{
    return {bytes, size};
}

START_TEST(strings_are_quoted_or_literal)
{
    const struct {
        std::string value;
        std::string string, astring, quoted;
    } cases[] = {
        {"", "\"\"", "\"\"", "\"\""},
        {"user.bob", "\"user.bob\"", "user.bob", "\"user.bob\""},
        {"a \"b\\\"", "\"a \\\"b\\\\\\\"\"", "\"a \\\"b\\\\\\\"\"", "\"a \\\"b\\\\\\\"\""},
        {"a b", "\"a b\"", "\"a b\"", "\"a b\""},
        {"nil", "\"nil\"", "\"nil\"", "\"nil\""},
        {"NILS", "\"NILS\"", "NILS", "\"NILS\""},
        {"[x]", "\"[x]\"", "[x]", "\"[x]\""},
        {"a%", "\"a%\"", "\"a%\"", "\"a%\""},
        {"a*(){", "\"a*(){\"", "\"a*(){\"", "\"a*(){\""},
        {"a\tb", "\"a\tb\"", "\"a\tb\"", "\"a?b\""},
        {"\xc3\xa4", "{2}\r\n\xc3\xa4", "{2}\r\n\xc3\xa4", "\"\xc3\xa4\""},
        {"a\rb", "{3}\r\na\rb", "{3}\r\na\rb", "\"a?b\""},
        {"a\n", "{2}\r\na\n", "{2}\r\na\n", "\"a?\""},
        {"\x7f", "{1}\r\n\x7f", "{1}\r\n\x7f", "\"?\""},
        {"a\0\x80"_b, "{2}\r\na\x80", "{2}\r\na\x80", "\"a?\x80\""},
        {std::string(1024, 'x'), '"' + std::string(1024, 'x') + '"', std::string(1024, 'x'),
         '"' + std::string(1024, 'x') + '"'},
        {std::string(1025, 'x'), "{1025}\r\n" + std::string(1025, 'x'),
         "{1025}\r\n" + std::string(1025, 'x'), '"' + std::string(1025, 'x') + '"'},
    };
    for (const auto& c : cases) {
        ASSERT_EQ_TEXT(imap_string(c.value), c.string);
        ASSERT_EQ_TEXT(imap_astring(c.value), c.astring);
        std::string out = "x ";
        put_quoted(out, c.value);
        ASSERT_EQ_TEXT(out, "x " + c.quoted);
        // What was written is read as it was, but for NUL.
        std::string clean = c.value;
        std::erase(clean, '\0');
        for (const std::string& written : {c.string, c.astring}) {
            ImapCursor cursor(written);
            const auto read = cursor.astring();
            ASSERT_OK(read);
            ASSERT_EQ_TEXT(*read, clean);
            ck_assert(cursor.at_end());
        }
    }
    std::string out;
    put_string(out, "\n", LiteralForm::plus);
    put_astring(out, "a", LiteralForm::plus);
    put_literal(out, "b\0"_b, LiteralForm::plus);
    put_nstring(out, std::nullopt);
    put_nstring(out, "NIL");
    ASSERT_EQ_TEXT(out, "{1+}\r\n\na{2+}\r\nb\0NIL\"NIL\""_b);
}
END_TEST

// The code and where the cursor stands afterwards: what was read, '|', what is left.
using Production = std::function<std::string(ImapCursor&)>;

template <class T>
std::string shown(const Result<T>& result, const ImapCursor& cursor)
{
    if (!result) return cat('!', code_name(result.error().code));
    return cat(*result, '|', cursor.rest());
}

const Production kAtom = [](ImapCursor& c) { return shown(c.atom(), c); };
const Production kFlag = [](ImapCursor& c) { return shown(c.flag(), c); };
const Production kNumber = [](ImapCursor& c) { return shown(c.number(), c); };
const Production kNumber64 = [](ImapCursor& c) { return shown(c.number64(), c); };
const Production kString = [](ImapCursor& c) { return shown(c.string(), c); };
const Production kAstring = [](ImapCursor& c) { return shown(c.astring(), c); };
const Production kList = [](ImapCursor& c) { return shown(c.list(), c); };
const Production kValue = [](ImapCursor& c) { return shown(c.value(), c); };
const Production kNstring = [](ImapCursor& c) -> std::string {
    const auto read = c.nstring();
    if (!read) return cat('!', code_name(read.error().code));
    return cat(*read ? **read : "(nil)", '|', c.rest());
};

START_TEST(productions)
{
    const std::string no = cat('!', code_name(Code::syntax));
    const std::string limit = cat('!', code_name(Code::limit));
    const struct {
        const Production& production;
        std::string text;
        std::string read;
    } cases[] = {
        {kAtom, "abc def", "abc| def"},
        {kAtom, "a]", "a|]"},
        {kAtom, "", no},
        {kAtom, " a", no},
        {kAtom, "\xc3\xa4", no},
        {kFlag, "\\Seen)", "\\Seen|)"},
        {kFlag, "\\*)", "\\*|)"},
        {kFlag, "$x", "$x|"},
        {kFlag, "\\", no},
        {kFlag, "*", no},
        {kNumber, "4294967295 x", "4294967295| x"},
        {kNumber, "4294967296", limit},
        {kNumber, "-1", no},
        {kNumber64, "9223372036854775807", "9223372036854775807|"},
        {kNumber64, "9223372036854775808", limit},
        {kNumber64, "99999999999999999999999", limit},
        {kString, "\"\"", "|"},
        {kString, "\"a \\\"b\\\\\" c", "a \"b\\| c"},
        {kString, "\"\\x\"", "x|"},
        {kString, "\"\xc3\xa4\t\"", "\xc3\xa4\t|"},
        {kString, "\"a", no},
        {kString, "\"a\\", no},
        {kString, "\"a\\\"", no},
        {kString, "\"a\r\n\"", no},
        {kString, "\"a\0\""_b, no},
        {kString, "atom", no},
        {kString, "{3}\r\na\"b c", "a\"b| c"},
        {kString, "{3+}\r\na\r\n", "a\r\n|"},
        {kString, "~{2}\r\na\0x"_b, "a\0|x"_b},
        {kString, "{0}\r\n", "|"},
        {kString, "{3}\r\nab", no},
        {kString, "{3}\nabc", no},
        {kString, "{3}", no},
        {kString, "{}\r\n", no},
        {kString, "{+}\r\n", no},
        {kString, "{3++}\r\nabc", no},
        {kString, "{-3}\r\nabc", no},
        {kString, "{3} \r\nabc", no},
        {kString, "{18446744073709551619}\r\nabc", no},
        {kString, "~\"a\"", no},
        {kAstring, "a]b c", "a]b| c"},
        {kAstring, "NIL", "NIL|"},
        {kAstring, "\"NIL\"", "NIL|"},
        {kAstring, "{1}\r\n ", " |"},
        {kAstring, "(a)", no},
        {kNstring, "NIL", "(nil)|"},
        {kNstring, "nil)", "(nil)|)"},
        {kNstring, "NILS", no},
        {kNstring, "\"NIL\"", "NIL|"},
        {kNstring, "x", no},
        {kList, "()", "|"},
        {kList, "(a (b) \")\" {1}\r\n)) c", "a (b) \")\" {1}\r\n)| c"},
        {kList, "(a", no},
        {kList, "(a\r\n)", no},
        {kList, "(\"a)", no},
        {kList, "a", no},
        {kList, std::string(50, '(') + std::string(50, ')'),
         std::string(49, '(') + std::string(49, ')') + "|"},
        {kList, std::string(51, '(') + std::string(51, ')'), limit},
        {kList, std::string(100000, '('), limit},
        {kValue, "UID 5", "UID| 5"},
        {kValue, "5)", "5|)"},
        {kValue, "(\\Seen $x) y", "(\\Seen $x)| y"},
        {kValue, "\"a \\\" b\" y", "\"a \\\" b\"| y"},
        {kValue, "{2}\r\n) y", "{2}\r\n) |y"},
        {kValue, "~{1}\r\n) y", "~{1}\r\n)| y"},
        {kValue, "BODY[HEADER.FIELDS (a \"]\")]<0> x", "BODY[HEADER.FIELDS (a \"]\")]<0>| x"},
        {kValue, "BODY[ x", no},
        {kValue, "", no},
        {kValue, ")", no},
    };
    for (const auto& c : cases) {
        ImapCursor cursor(c.text);
        const std::string read = c.production(cursor);
        ck_assert_msg(read == c.read, "%s: %s instead of %s", c.text.c_str(), read.c_str(),
                      c.read.c_str());
    }
    ImapCursor end("a\r\n");
    ASSERT_OK(end.atom());
    ASSERT_OK(end.end_of_line());
    ck_assert(end.at_end() && end.here() == '\0' && !end.accept('\0'));
    ck_assert(ImapCursor("\r\nx").end_of_line().is(Code::syntax));
}
END_TEST

START_TEST(what_comes_byte_by_byte)
{
    const struct {
        const char* line;
        const char* literal;  // its size, with a '+' where nobody waits
    } cases[] = {
        {"a {5}", "5"},
        {"a ~{5+}", "5+"},
        {"{0}", "0"},
        {"{1}{23}", "23"},
        {"{{7}", "7"},
        {"{99999999999999999999}", "9223372036854775807"},
        {"{9223372036854775807}", "9223372036854775807"},
        {"{9223372036854775806}", "9223372036854775806"},
        {"a {5} ", ""},
        {"a {5", ""},
        {"a 5}", ""},
        {"{}", ""},
        {"{+}", ""},
        {"{5++}", ""},
        {"{+5}", ""},
        {"{5}}", ""},
        {"{ 5}", ""},
        {"", ""},
    };
    for (const auto& c : cases) {
        LiteralScan scan;
        for (char b : std::string_view(c.line)) scan.feed(b);
        const auto shown_scan = [](const LiteralScan& s) {
            return s.announced() ? cat(s.size, s.waits ? "" : "+") : std::string();
        };
        ASSERT_EQ_TEXT(shown_scan(scan), c.literal);
        ASSERT_EQ_TEXT(shown_scan(literal_at_end(c.line).value_or(LiteralScan{})), c.literal);
    }
    using Step = QuotedScan::Step;
    const auto steps = [](QuotedScan::Escapes escapes, std::string_view bytes) {
        QuotedScan scan(escapes);
        std::string out;
        for (char b : bytes) {
            const Step step = scan.feed(b);
            out += step == Step::none   ? '-'
                   : step == Step::byte ? b
                   : step == Step::end  ? '$'
                                        : '!';
        }
        return out;
    };
    ASSERT_EQ_TEXT(steps(QuotedScan::Escapes::quoted_specials, "a\\\\\\\"\\x"), "a-\\-\"-!");
    ASSERT_EQ_TEXT(steps(QuotedScan::Escapes::any, "\\x\\\r"), "-x-!");
    ASSERT_EQ_TEXT(steps(QuotedScan::Escapes::any, "\xff\""), "\xff$");
    ASSERT_EQ_TEXT(steps(QuotedScan::Escapes::any, "\n"), "!");
    ASSERT_EQ_TEXT(steps(QuotedScan::Escapes::any, "\0"_b), "!");
}
END_TEST

START_TEST(mailbox_lists)
{
    const struct {
        std::string text;
        const char* shown;  // flags, separator, name; "" if it is none
    } cases[] = {
        {"() \".\" INBOX\r\n", "/\".\"/INBOX"},
        {"(\\Noselect \\HasChildren) \"/\" \"Shared Folders\"\r\n",
         "\\Noselect \\HasChildren/\"/\"/Shared Folders"},
        {"() \"\\\\\" \"a \\\"b\\\\\"", "/\"\\\\\"/a \"b\\"},
        {"() NIL \"NIL\"", "/NIL/NIL"},
        {"() \".\" {9}\r\nINBOX.{2}\r\n", "/\".\"/INBOX.{2}"},
        {"(\\Subscribed) \".\" \"a (b) c\" (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n",
         "\\Subscribed/\".\"/a (b) c"},
        {"() \".\" INBOX]", "/\".\"/INBOX]"},
        {"() \".\"", ""},
        {"() \".\" ", ""},
        {"\".\" INBOX", ""},
        {"() \".\" \"INBOX", ""},
        {"() \".\" INBOX(x)", ""},
        {"() \".\" \"INBOX\"x", ""},
        {"(() \".\" INBOX", ""},
        {"", ""},
    };
    for (const auto& c : cases) {
        const auto found = parse_mailbox_list(c.text);
        const std::string shown =
            found ? cat(found->flags, '/', found->separator, '/', found->name) : std::string();
        ck_assert_msg(shown == c.shown, "%s: %s", c.text.c_str(), shown.c_str());
        if (!found) ck_assert(found.is(Code::syntax));
    }
    const auto found = parse_mailbox_list("(\\NoSelect) \".\" a b\r\n");
    ASSERT_OK(found);
    ck_assert(found->has_flag("\\Noselect") && !found->has_flag("\\No"));
    ASSERT_EQ_TEXT(std::string(found->tail), " \".\" a b\r\n");
}
END_TEST

START_TEST(response_codes)
{
    const struct {
        const char* text;
        const char* shown;  // name, arguments, text; "" if there is none
    } cases[] = {
        {"[ALERT] Disk full", "ALERT//Disk full"},
        {"[UIDNEXT 5]", "UIDNEXT/5/"},
        {"[COPYUID 1 2:3 4:5] Done [x]", "COPYUID/1 2:3 4:5/Done [x]"},
        {"[PERMANENTFLAGS (\\Seen \\*)]  a", "PERMANENTFLAGS/(\\Seen \\*)/ a"},
        {"[] a", "//a"},
        {"[ALERT", ""},
        {"Done [ALERT]", ""},
        {"", ""},
    };
    for (const auto& c : cases) {
        const auto code = response_code(c.text);
        ASSERT_EQ_TEXT(
            code ? cat(code->name, '/', code->arguments, '/', code->text) : std::string(), c.shown);
    }
    ck_assert(response_code("[uidnext 5]")->is("UIDNEXT"));
    ck_assert(!response_code("[UIDNEXT5]")->is("UIDNEXT"));
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/imap_syntax");
    TCase* c = tcase_create("all");
    tcase_add_test(c, strings_are_quoted_or_literal);
    tcase_add_test(c, productions);
    tcase_add_test(c, what_comes_byte_by_byte);
    tcase_add_test(c, mailbox_lists);
    tcase_add_test(c, response_codes);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
