#include "master/conf.h"

#include <sys/stat.h>

#include "lib/base/fd.h"

#include "master/cyrus_programs.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using master::parse_conf_text;

void expect_error(const std::string& text, const std::string& want)
{
    auto got = parse_conf_text(text, "cyrus.conf");
    ASSERT_CODE(got, Code::config);
    ASSERT_EQ_TEXT(got.error().text, want);
}

START_TEST(a_whole_file)
{
    auto c = parse_conf_text(
        "# standard\n"
        "START {\n"
        "  recover cmd=\"ctl_cyrusdb -r\"  # comment\n"
        "}\n"
        "services {\n"
        "\timap\tcmd=\"imapd -U 30\" listen=\"imap2\" prefork=5 maxchild=100\n"
        "  lmtp cmd=lmtpd listen=/sock proto=tcp4 maxchild=-1 babysit=yes maxfds=1024\n"
        "}\n"
        "EVENTS {\n"
        "  checkpoint cmd=\"ctl_cyrusdb -c\" period=30\n"
        "  expire cmd=\"cyr_expire -E 3\" at=0401\n"
        "  cronned cmd=x cron=\"5 4 * * 1-5\"\n"
        "}\n"
        "SERVICES {\n  pop3 cmd=pop3d listen=pop3 }\n"
        "DAEMON {\n  idled cmd=\"idled\" wait=1\n}\n",
        "cyrus.conf");
    ASSERT_OK(c);
    ck_assert_uint_eq(c->start.size(), 1);
    ASSERT_EQ_TEXT(c->start[0].argv[1], "-r");
    ck_assert_uint_eq(c->services.size(), 3);
    const auto& imap = c->services[0];
    ASSERT_EQ_TEXT(imap.name, "imap");
    ck_assert_uint_eq(imap.argv.size(), 3);
    ck_assert_uint_eq(imap.prefork, 5);
    ck_assert_uint_eq(imap.max_children, 100);
    ck_assert_uint_eq(imap.line, 6);
    const auto& lmtp = c->services[1];
    ck_assert_uint_eq(lmtp.max_children, 0);
    ck_assert(lmtp.babysit);
    ck_assert_uint_eq(lmtp.prefork, 1);
    ck_assert_uint_eq(lmtp.fork_rate, 10);
    ck_assert_uint_eq(lmtp.max_fds, 1024);
    ASSERT_EQ_TEXT(lmtp.proto, "tcp4");
    ASSERT_EQ_TEXT(c->services[2].name, "pop3");
    ck_assert_uint_eq(c->events.size(), 3);
    ck_assert_uint_eq(c->events[0].period, 1800);
    ck_assert_uint_eq(*c->events[1].at, 4 * 60 + 1);
    ck_assert_uint_eq(c->events[1].period, 86400);
    ASSERT_EQ_TEXT(*c->events[2].cron, "5 4 * * 1-5");
    ck_assert(c->daemons[0].wait);
    ck_assert(c->warnings.empty());
}
END_TEST

START_TEST(unknown_keys_are_warnings)
{
    auto c = parse_conf_text("SERVICES {\na cmd=x listen=1 prefrok=5\n}\n", "cyrus.conf");
    ASSERT_OK(c);
    ck_assert_uint_eq(c->warnings.size(), 1);
    ASSERT_EQ_TEXT(c->warnings[0], "cyrus.conf:2: a: \"prefrok\" is not known");
}
END_TEST

START_TEST(absent_programs_of_cyrus_are_left_out)
{
    auto c = parse_conf_text(
        "DAEMON {\n idled cmd=idled\n}\nEVENTS {\n tls cmd=/usr/sbin/tls_prune at=0400\n"
        "}\nSERVICES {\n fud cmd=\"fud -C x\" listen=fud proto=tcp\n mine cmd=fudd listen=1\n}\n",
        "cyrus.conf");
    ASSERT_OK(c);
    master::leave_out_cyrus_programs(*c, master::ProgramPath("/nonexistent/master"));
    ck_assert(c->daemons.empty());
    ck_assert(c->events.empty());
    ck_assert_uint_eq(c->services.size(), 1);
    ASSERT_EQ_TEXT(c->services[0].name, "mine");
    ck_assert_uint_eq(c->warnings.size(), 1);
    ck_assert(c->warnings[0].starts_with("cyrus.conf:8: fud is left out: fud: no such program"));
}
END_TEST

// As Debian installs it, but for the comments; there its first word is /usr/sbin/cyrus.
START_TEST(the_stock_file_of_debian_is_taken)
{
    const test::TempDir top;
    for (const char* folder : {"/libexec", "/sbin"})
        ck_assert_int_eq(::mkdir((top.path() + folder).c_str(), 0755), 0);
    for (const char* program : {"/sbin/ctl_cyrusdb", "/sbin/cyr_expire", "/libexec/imapd"}) {
        ASSERT_OK(replace_file(top.path() + program, "#!/bin/sh\n", 0755));
    }
    auto c = parse_conf_text(
        "START {\n recover cmd=\"/nonexistent/cyrus ctl_cyrusdb -r\"\n"
        " delprune cmd=\"/nonexistent/cyrus expire -E 3\"\n tlsprune cmd=\"/nonexistent/cyrus "
        "tls_prune\"\n"
        "}\nSERVICES {\n imap cmd=\"imapd -U 30\" listen=\"imap\" prefork=0 maxchild=100\n"
        " nntp cmd=\"nntpd -U 30\" listen=\"nntp\" prefork=0 maxchild=100\n"
        " notify cmd=\"notifyd\" listen=\"/run/cyrus/socket/notify\" proto=\"udp\" prefork=1\n"
        "}\nEVENTS {\n checkpoint cmd=\"/nonexistent/cyrus ctl_cyrusdb -c\" period=30\n"
        " tlsprune cmd=\"/nonexistent/cyrus tls_prune\" at=0401\n"
        " deleteprune cmd=\"/nonexistent/cyrus expire -E 4 -D 28\" at=0430\n}\n",
        "cyrus.conf");
    ASSERT_OK(c);
    const master::ProgramPath programs(top.path() + "/libexec/master");
    master::leave_out_cyrus_programs(*c, programs);
    ck_assert_uint_eq(c->start.size(), 2);
    ASSERT_EQ_TEXT(c->start[0].argv[0], "ctl_cyrusdb");
    ASSERT_EQ_TEXT(c->start[1].argv[0], "cyr_expire");
    ASSERT_EQ_TEXT(c->start[1].argv[1], "-E");
    ASSERT_EQ_TEXT(*programs.find("ctl_cyrusdb"), top.path() + "/sbin/ctl_cyrusdb");
    ck_assert_uint_eq(c->services.size(), 1);
    ck_assert_uint_eq(c->events.size(), 2);
    ASSERT_EQ_TEXT(c->events[1].argv[0], "cyr_expire");
}
END_TEST

START_TEST(of_datagram_services_only_that_of_cyrus_is_left_out)
{
    auto c = parse_conf_text(
        "SERVICES {\n notify cmd=\"/usr/sbin/notifyd -m log\" listen=/run/notify proto=udp "
        "prefork=1\n imap cmd=imapd listen=143\n}\n",
        "cyrus.conf");
    ASSERT_OK(c);
    ck_assert_uint_eq(c->services.size(), 1);
    ASSERT_EQ_TEXT(c->services[0].name, "imap");
    ck_assert_uint_eq(c->warnings.size(), 1);
    ASSERT_EQ_TEXT(c->warnings[0], "cyrus.conf:2: notify is left out: notifications are not sent");
    expect_error("SERVICES {\na cmd=imapd listen=1 proto=udp6\n}\n",
                 "cyrus.conf:2: a: no service here takes datagrams");
}
END_TEST

START_TEST(errors_name_line_and_reason)
{
    expect_error("SERVICES\n", "cyrus.conf:1: \"{\" is expected after SERVICES");
    expect_error(
        "SERVICE {\nimap cmd=imapd listen=imap\n}\n",
        "cyrus.conf:1: SERVICE is none of the sections START, SERVICES, EVENTS and DAEMON");
    expect_error("{\n", "cyrus.conf:1: a section is expected, such as SERVICES {");
    expect_error("\nSTART {\na cmd=x\n", "cyrus.conf:2: this section has no closing \"}\"");
    expect_error(
        "START {\na cmd=x\n\nSERVICES {\nb cmd=x listen=1\n}\n",
        "cyrus.conf:4: \"}\" is missing in front of SERVICES: the section of line 1 goes on "
        "here");
    expect_error("START {\na-b cmd=x\n}\n",
                 "cyrus.conf:2: the name of an entry has letters and digits only");
    expect_error("START {\na cmd\n}\n", "cyrus.conf:2: \"key=value\" is expected");
    expect_error("START {\na cmd=\"x\n}\n", "cyrus.conf:2: the value of cmd has no closing quote");
    expect_error("START {\na cmd=\"x # y\"\n}\n",
                 "cyrus.conf:2: the value of cmd has no closing quote");
    expect_error("START {\na\n}\n", "cyrus.conf:2: cmd is missing");
    expect_error("START {\na cmd=\" \"\n}\n", "cyrus.conf:2: cmd is empty");
    expect_error("START {\na cmd=x cmd=y\n}\n", "cyrus.conf:2: cmd is given twice");
    expect_error("SERVICES {\na cmd=x\n}\n", "cyrus.conf:2: a: listen is missing");
    expect_error("SERVICES {\na cmd=x listen=1 prefork=-2\n}\n",
                 "cyrus.conf:2: prefork=-2: a number is expected");
    expect_error("SERVICES {\na cmd=x listen=1 babysit=maybe\n}\n",
                 "cyrus.conf:2: babysit=maybe: a switch is expected: yes, no, on, off, true, "
                 "false, 1 or 0");
    expect_error("SERVICES {\na cmd=x listen=1 proto=sctp\n}\n",
                 "cyrus.conf:2: a: proto is tcp, tcp4 or tcp6");
    expect_error("SERVICES {\na cmd=x listen=1\na cmd=x listen=2\n}\n",
                 "cyrus.conf:3: there are two services of the name a");
    expect_error("EVENTS {\na cmd=x at=2460\n}\n",
                 "cyrus.conf:2: a: at=hhmm is expected, not 2460");
    expect_error("EVENTS {\na cmd=x at=1260\n}\n",
                 "cyrus.conf:2: a: at=hhmm is expected, not 1260");
    expect_error("EVENTS {\na cmd=x cron=\"1 2\"\n}\n",
                 "cyrus.conf:2: a: cron: five fields are expected");
    expect_error("START {\na cmd=\"" + std::string(5000, 'x') + "\"\n}\n",
                 "cyrus.conf:2: the line is too long");
    std::string many;
    for (int i = 0; i < 65; i++) many += "x ";
    expect_error("START {\na cmd=\"" + many + "\"\n}\n",
                 "cyrus.conf:2: cmd has too many arguments");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("conf");
    TCase* t = tcase_create("conf");
    tcase_add_test(t, a_whole_file);
    tcase_add_test(t, unknown_keys_are_warnings);
    tcase_add_test(t, absent_programs_of_cyrus_are_left_out);
    tcase_add_test(t, the_stock_file_of_debian_is_taken);
    tcase_add_test(t, of_datagram_services_only_that_of_cyrus_is_left_out);
    tcase_add_test(t, errors_name_line_and_reason);
    suite_add_tcase(s, t);
    return s;
}

const test::Registered suite(make);

}  // namespace
