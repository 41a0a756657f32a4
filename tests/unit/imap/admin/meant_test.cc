#include "imap/admin/check_config/meant.h"

#include "imap/admin/check_config/entries.h"
#include "lib/config/option_names.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace admin::check_config;

struct Case {
    const char* option;
    const char* value;
    const char* meant;
};

constexpr Case kValues[] = {
    {"sieve_maxscriptsize", "64K", "64"},
    {"sieve_maxscriptsize", "64 KiB", "64"},
    {"sieve_maxscriptsize", "1m", "1024"},
    {"sieve_maxscriptsize", "1G", "a number of kilobytes, 1 to 4096"},
    {"sieve_maxscriptsize", "64T", "a number of kilobytes, 1 to 4096"},
    {"sieve_maxscriptsize", "many", "a number of kilobytes, 1 to 4096"},
    {"maxmessagesize", "50MB", "51200"},
    {"maxquoted", "64K", "a number, 1024 or more"},
    {"quotawarnpercent", "90%", "90"},
    {"free_space_warning", "5 %", "5"},
    {"free_space_warning", "101", "a number, 0 to 100"},
    {"timeout", "45min", "45m"},
    {"timeout", "1 hour", "1h"},
    {"timeout", "2 hours 30 minutes", "2h30m"},
    {"timeout", "1week", "7d"},
    {"timeout", "90 s", "90s"},
    {"timeout", "1.5h", "a number with s, m, h or d behind it"},
    {"timeout", "1 month", "a number with s, m, h or d behind it"},
    {"timeout", "soon", "a number with s, m, h or d behind it"},
    {"allowplaintext", "perhaps", "yes or no"},
    {"virtdomains", "userids", "userid"},
    {"virtdomains", "many", "off, userid or on"},
    {"tls_versions", "tls1.2 tls1_3", "tls1_2 tls1_3"},
    {"tls_versions", "ssl", "words of: tls1_0, tls1_1, tls1_2 or tls1_3"},
    {"admins", "cyrus, root", "cyrus root"},
};

START_TEST(what_a_value_was_to_be)
{
    for (const Case& c : kValues) {
        const auto& spec = config::option_table()[*config::find_option(c.option)];
        ASSERT_EQ_TEXT(meant_value(spec, c.value), c.meant);
    }
    const std::string form = "027, or 077 where the group is not to read";
    for (const auto& [mask, meant] :
         {std::pair{"0o27", "027"}, {"0O077", "077"}, {"7", "007"}, {"00027", "027"}})
        ASSERT_EQ_TEXT(meant_mask(mask), meant);
    for (const char* mask : {"0x17", "u=rwx", "022", "", "0o"})
        ASSERT_EQ_TEXT(meant_mask(mask), form);
    ASSERT_EQ_TEXT(with_word("PLAIN  LOGN", "LOGN", "LOGIN"), "PLAIN LOGIN");
}
END_TEST

START_TEST(what_an_entry_was_to_be)
{
    const auto advice = [](const char* text, const char* line) {
        return cyrus_conf_advice(text, line);
    };
    const std::string form = "name cmd=\"program arguments\" key=value ...";
    ASSERT_EQ_TEXT(advice("a: cron: five fields are expected", "a cmd=\"x\" cron=\"0 4 * *\""),
                   "cron=\"0 4 * * *\"");
    ASSERT_EQ_TEXT(advice("a: cron: five fields are expected", "a cmd=\"x\" cron=\"4\""),
                   "cron=\"minute hour day month weekday\"");
    ASSERT_EQ_TEXT(advice("period=2h: a number is expected", "a cmd=x period=2h"), "period=120");
    ASSERT_EQ_TEXT(advice("period=90s: a number is expected", "a cmd=x period=90s"),
                   "period=NUMBER, in minutes");
    ASSERT_EQ_TEXT(advice("maxchild=a: a number is expected", "a cmd=x maxchild=a"),
                   "maxchild=NUMBER");
    ASSERT_EQ_TEXT(advice("a: at=hhmm is expected, not 4:01", "a cmd=x at=4:01"), "at=0401");
    ASSERT_EQ_TEXT(advice("a: at=hhmm is expected, not 4", "a cmd=x at=4"),
                   "at=hhmm, such as at=0401");
    ASSERT_EQ_TEXT(
        advice("\"key=value\" is expected", "a cmd=imapd -U 30 listen=\"imap\" prefork=1"),
        "a cmd=\"imapd -U 30\" listen=\"imap\" prefork=1");
    ASSERT_EQ_TEXT(advice("\"key=value\" is expected", "a imapd"), form);
    ASSERT_EQ_TEXT(advice("\"key=value\" is expected", ""), form);
    ASSERT_EQ_TEXT(listen_advice("::1:143"), "listen=\"[::1]:143\"");
    ASSERT_EQ_TEXT(listen_advice("2001:db8::1:imap"), "listen=\"[2001:db8::1]:imap\"");
    ASSERT_EQ_TEXT(listen_advice("localhost:"), "listen=\"port\", \"host:port\" or \"/path\"");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("meant");
    TCase* t = tcase_create("meant");
    tcase_add_test(t, what_a_value_was_to_be);
    tcase_add_test(t, what_an_entry_was_to_be);
    suite_add_tcase(s, t);
    return s;
}

const test::Registered suite(make);

}  // namespace
