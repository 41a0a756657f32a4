#include "lib/text/rfc5322_header.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::text;

// "name|route|mailbox|host" per address, - for nothing, joined by newlines.
std::string show(std::string_view value)
{
    std::string out;
    for (const auto& a : parse_addresses(value)) {
        if (!out.empty()) out.push_back('\n');
        cat_to(out, a.name.value_or("-"), '|', a.route.value_or("-"), '|', a.mailbox.value_or("-"),
               '|', a.host.value_or("-"));
    }
    return out;
}

START_TEST(addresses_of_every_form)
{
    const struct {
        const char* value;
        const char* want;
    } table[] = {
        {"", ""},
        {" , ,", ""},
        {"bob@example.org", "-|-|bob|example.org"},
        {" Bob Smith <bob@example.org>", "Bob Smith|-|bob|example.org"},
        {"\"Smith, Bob \\\"B\\\"\" <bob@example.org>", "Smith, Bob \"B\"|-|bob|example.org"},
        {"J.R. Smith <jr@x.org>", "J.R. Smith|-|jr|x.org"},
        {"bob@example.org (Bob (the) Smith)", "Bob (the) Smith|-|bob|example.org"},
        {"a@x, b@y,c@z", "-|-|a|x\n-|-|b|y\n-|-|c|z"},
        {"Bob <@a.org,@b.org:bob@c.org>", "Bob|@a.org,@b.org|bob|c.org"},
        {"\"odd local\"@x.org", "-|-|odd local|x.org"},
        {"bob@[127.0.0.1]", "-|-|bob|[127.0.0.1]"},
        {"bob @ example . org", "-|-|bob|example.org"},
        {"Team: a@x, B <b@y>;, c@z", "-|-|Team|-\n-|-|a|x\nB|-|b|y\n-|-|-|-\n-|-|c|z"},
        {"undisclosed-recipients:;", "-|-|undisclosed-recipients|-\n-|-|-|-"},
        {"=?utf-8?q?J=C3=B6rg?= <j@x>", "=?utf-8?q?J=C3=B6rg?=|-|j|x"},
        {"A\r\n B <a@x>", "A B|-|a|x"},
    };
    for (const auto& row : table) ASSERT_EQ_TEXT(show(row.value), row.want);
}
END_TEST

START_TEST(broken_addresses_give_something_and_the_next_one_is_right)
{
    const struct {
        const char* value;
        const char* want;
    } table[] = {
        {"bob", "-|-|bob|unspecified-domain"},
        {"bob, a@x", "-|-|bob|unspecified-domain\n-|-|a|x"},
        {"bob@, a@x", "-|-|bob|unspecified-domain\n-|-|a|x"},
        {"<>", "-|-||unspecified-domain"},
        {"Bob <bob@x, a@y", "Bob|-|bob|x\n-|-|a|y"},
        {"Bob <bob@x>>, a@y", "Bob|-|bob|x\n-|-|a|y"},
        {"@x.org, a@y", "-|-||x.org\n-|-|a|y"},
        {"Team: a@x", "-|-|Team|-\n-|-|a|x\n-|-|-|-"},
        {"\"unclosed <a@x>", "-|-|unclosed <a@x>|unspecified-domain"},
        {"a@x (unclosed, b@y", "unclosed, b@y|-|a|x"},
        {";;;", ""},
        {"a@x; b@y", "-|-|a|x"},
        {")]>", "-|-|)]|unspecified-domain"},
    };
    for (const auto& row : table) ASSERT_EQ_TEXT(show(row.value), row.want);
    std::string many;
    for (int i = 0; i < 20000; i++) many.append("a@x,");
    ck_assert_uint_eq(parse_addresses(many).size(), kMaxAddresses);
}
END_TEST

START_TEST(fields_are_found_and_picked)
{
    const std::string header = "From: a\r\nSubject: one\r\n two\r\nno field at all\r\nsubject: "
                               "again\r\nTo:b\r\n\r\nbody: x\r\n";
    ck_assert_uint_eq(header_size(header), header.size() - 9);
    ASSERT_EQ_TEXT(unfold(*find_field(header, "SUBJECT")), "one two");
    ASSERT_EQ_TEXT(*find_field(header, "to"), "b\r\n");
    ck_assert(!find_field(header, "body"));
    ASSERT_EQ_TEXT(pick_fields(header, {"SUBJECT", "X"}, false),
                   "Subject: one\r\n two\r\nsubject: again\r\n\r\n");
    ASSERT_EQ_TEXT(pick_fields(header, {"SUBJECT", "From"}, true),
                   "no field at all\r\nTo:b\r\n\r\n");
    ASSERT_EQ_TEXT(pick_fields(header, {"X"}, false), "\r\n");
    ASSERT_EQ_TEXT(pick_fields("To: a", {"to"}, false), "To: a\r\n\r\n");
    ck_assert_uint_eq(header_size("a: b\nc: d\n\nbody"), 11);
    ck_assert_uint_eq(header_size("a: b"), 4);
    ck_assert_uint_eq(header_size(""), 0);
}
END_TEST

START_TEST(content_types)
{
    auto t = parse_content_type(" text/Plain; charset=\"utf-8\" ; format = flowed (yes)\r\n; x");
    ck_assert(t.has_value());
    ASSERT_EQ_TEXT(t->type, "TEXT");
    ASSERT_EQ_TEXT(t->subtype, "PLAIN");
    ck_assert_uint_eq(t->params.size(), 2);
    ASSERT_EQ_TEXT(t->params[0].name, "CHARSET");
    ASSERT_EQ_TEXT(t->params[0].value, "utf-8");
    ASSERT_EQ_TEXT(t->params[1].name, "FORMAT");
    ASSERT_EQ_TEXT(t->params[1].value, "flowed");
    t = parse_content_type("application/x; name=a b.pdf; size=3");
    ASSERT_EQ_TEXT(t->params[0].value, "a b.pdf");
    ASSERT_EQ_TEXT(t->params[1].value, "3");
    for (const char* s : {"", "text", "text/", "/plain", ";", "text; charset=x", "(text/plain)"})
        ck_assert_msg(!parse_content_type(s).has_value(), "%s", s);
    const auto d = parse_param_value("attachment; filename=\"a;b\\\"c\"");
    ASSERT_EQ_TEXT(d->value, "ATTACHMENT");
    ASSERT_EQ_TEXT(find_param(d->params, "FILENAME")->bytes, "a;b\"c");
    ck_assert(!parse_param_value(" ").has_value());
    ASSERT_EQ_TEXT(parse_token(" (x) base64 (y)\r\n"), "BASE64");
    const auto l = parse_token_list("en, de (German) ,fr");
    ck_assert_uint_eq(l.size(), 3);
    ASSERT_EQ_TEXT(l[1], "de");
}
END_TEST

// RFC 2231 3, 4.1 and 8.
START_TEST(pieces_of_a_parameter_are_put_together)
{
    const struct {
        const char* text;
        const char* want;   // name=value, as IMAP shows them
        const char* bytes;  // of A
    } table[] = {
        {"a*0=\"b c\"; a*1=d", "A=b cd", "b cd"},
        {"a*1=d; x=y; a*0=\"b c\"", "X=y A=b cd", "b cd"},
        {"A*0*=utf-8'de'%C3; a*1*=%BC", "A*=utf-8'de'%C3%BC", "\xc3\xbc"},
        {"a*0*=utf-8''%41; a*1=\"%41 *\"; a*2*=%42", "A*=utf-8''%41%2541%20%2A%42", "A%41 *B"},
        {"a*0=b; a*1*=%63", "A*=''b%63", "bc"},
        {"a*=us-ascii'en'b%20c", "A*=us-ascii'en'b%20c", "b c"},
        {"a*=b%20c", "A*=b%20c", "b c"},
        {"a=plain; a*=utf-8''better", "A=plain A*=utf-8''better", "better"},
        {"a=1; a=2", "A=1 A=2", "1"},
        {"a*0=b; a*2=d", "A=b A*2=d", "b"},
        {"a*0=b; a*0=c; a*1=d", "A=bd A*0=c", "bd"},
        {"a*1=b", "A*1=b", nullptr},
        {"a*00=b; a*x=c; *0=d; a**=e", "A*00=b A*X=c *0=d A**=e", nullptr},
        {"a*0=b; ab*1=c; a*1=d; ab*0=e", "A=bd AB=ec", "bd"},
        {"a*0=; a*1=b", "A=b", "b"},
    };
    for (const auto& row : table) {
        for (const char* head : {"x; ", "text/plain; "}) {
            const auto params = head[1] == ';' ? parse_param_value(cat(head, row.text))->params
                                               : parse_content_type(cat(head, row.text))->params;
            std::string got;
            for (const auto& p : params) cat_to(got, got.empty() ? "" : " ", p.name, '=', p.value);
            ASSERT_EQ_TEXT(got, row.want);
            const auto a = find_param(params, "A");
            ck_assert_msg(a.has_value() == (row.bytes != nullptr), "%s", row.text);
            if (a) ASSERT_EQ_TEXT(a->bytes, row.bytes);
        }
    }
    std::string many = "x";
    for (int i = 0; i < 200; i++) cat_to(many, "; a*", i, '=', i % 10);
    const auto params = parse_param_value(many)->params;
    ck_assert_uint_eq(params.size(), 1);
    ck_assert_uint_eq(params[0].value.size(), kMaxParams);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/text/rfc5322_header");
    TCase* c = tcase_create("all");
    tcase_add_test(c, addresses_of_every_form);
    tcase_add_test(c, broken_addresses_give_something_and_the_next_one_is_right);
    tcase_add_test(c, fields_are_found_and_picked);
    tcase_add_test(c, content_types);
    tcase_add_test(c, pieces_of_a_parameter_are_put_together);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
