#include "lib/config/config.h"

#include <stdlib.h>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/config/open_log.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using config::Config;

constexpr const char* kBase = "configdirectory: /var/lib/imap\n";

Result<Config> read(const std::string& text, const char* service = "imap")
{
    return Config::from_text(std::string(kBase) + text, service);
}

void expect_error(const std::string& text, const std::string& want)
{
    auto got = read(text);
    ASSERT_CODE(got, Code::config);
    ASSERT_EQ_TEXT(got.error().text, want);
}

START_TEST(defaults_are_those_of_the_table)
{
    auto c = read("");
    ASSERT_OK(c);
    ASSERT_EQ_TEXT(c->userprefix(), "Other Users");
    ck_assert(c->timeout() == Seconds(32 * 60));
    ck_assert(c->altnamespace());
    ck_assert(!c->allowplaintext());
    ck_assert_int_eq(c->mupdate_port(), 3905);
    ck_assert_int_eq(c->mupdate_workers_max(), 50);
    ck_assert(c->virtdomains() == config::Virtdomains::off);
    ck_assert(c->expunge_mode() == config::ExpungeMode::delayed);
    ASSERT_EQ_TEXT(c->idlesocket(), "/var/lib/imap/socket/idle");
    ck_assert(c->proxyservers().empty());
    ck_assert(!c->servername().empty());
    ck_assert(!c->is_set("timeout"));
    ASSERT_EQ_TEXT(c->service(), "imap");
}
END_TEST

START_TEST(values_of_every_type)
{
    auto c = read("admins: cyrus group:staff\tbob\n"
                  "TIMEOUT: 1h30m\nallowplaintext: yes\nmaxmessagesize: 2048\n"
                  "virtdomains: YES\ndelete_mode: immediate\nidlesocket: {configdirectory}/wake\n"
                  "imapidletimeout: 20\nmupdate_retry_delay: 20\n"
                  "userprefix: Users # not a comment\n");
    ASSERT_OK(c);
    ck_assert_uint_eq(c->admins().size(), 3);
    ASSERT_EQ_TEXT(c->admins()[1], "group:staff");
    ck_assert(c->timeout() == Seconds(5400));
    ck_assert(c->allowplaintext());
    ck_assert_int_eq(c->maxmessagesize(), 2048);
    ck_assert(c->virtdomains() == config::Virtdomains::on);
    ck_assert(c->delete_mode() == config::DeleteMode::immediate);
    ASSERT_EQ_TEXT(c->idlesocket(), "/var/lib/imap/wake");
    ck_assert(c->imapidletimeout() == Seconds(1200));
    ck_assert(c->mupdate_retry_delay() == Seconds(20));
    ASSERT_EQ_TEXT(c->userprefix(), "Users # not a comment");
    ASSERT_EQ_TEXT(*c->text("delete_mode"), "immediate");
}
END_TEST

START_TEST(comments_continuations_and_line_ends)
{
    auto c = read("# comment: with colon\n  # another\n\nadmins: a \\\n b \\\r\n  c\r\n"
                  "servername :  be1.example.org  \npostuser: last\\");
    ASSERT_OK(c);
    ck_assert_uint_eq(c->admins().size(), 3);
    ASSERT_EQ_TEXT(c->servername(), "be1.example.org");
    ASSERT_EQ_TEXT(c->postuser(), "last");
}
END_TEST

START_TEST(a_service_has_its_own_values)
{
    std::string text = "admins: cyrus\nlmtp_admins: proxy\nlmtp_downcase_rcpt: no\n"
                       "imap_be1_password: x\nbe1_password: y\nlmtp_frobnicate_admins: z\n";
    auto lmtp = read(text, "lmtp");
    auto imap = read(text, "imap");
    ASSERT_OK(lmtp);
    ASSERT_OK(imap);
    ASSERT_EQ_TEXT(lmtp->admins()[0], "proxy");
    ASSERT_EQ_TEXT(imap->admins()[0], "cyrus");
    ck_assert(!lmtp->lmtp_downcase_rcpt());
    ck_assert(!imap->lmtp_downcase_rcpt());
    ASSERT_EQ_TEXT(*imap->overflow("be1_password"), "x");
    ASSERT_EQ_TEXT(*lmtp->overflow("BE1_password"), "y");
    ck_assert(imap->unknown().empty());
}
END_TEST

START_TEST(names_outside_the_table_are_kept)
{
    auto c = read("partition-default: {configdirectory}/spool\npartition-two: /two\n"
                  "metapartition-two: /meta\nbe1_mechs: PLAIN\nsasl_ldapdb_uri: ldapi:///\n"
                  "sasl_mech_list: PLAIN LOGIN\nbe1_address: 127.0.0.1:9143\nalownewnews: 1\n");
    ASSERT_OK(c);
    auto partitions = c->partitions();
    ck_assert_uint_eq(partitions.size(), 2);
    ASSERT_EQ_TEXT(partitions[0].first, "default");
    ASSERT_EQ_TEXT(partitions[0].second, "/var/lib/imap/spool");
    ASSERT_EQ_TEXT(c->metapartitions()[0].second, "/meta");
    ASSERT_EQ_TEXT(*c->overflow("sasl_ldapdb_uri"), "ldapi:///");
    ASSERT_EQ_TEXT(*c->text("sasl_mech_list"), "PLAIN LOGIN");
    ck_assert(!c->overflow("be2_password"));
    ck_assert_uint_eq(c->unknown().size(), 1);
    ASSERT_EQ_TEXT(c->unknown()[0], "alownewnews");
    // Of a distribution's own file; chosen otherwise, it is somebody's wish.
    ck_assert(read("newsspool: /var/spool/news\n")->unknown().empty());
    ASSERT_EQ_TEXT(read("newsspool: /news\n")->unknown()[0], "newsspool");
}
END_TEST

// Files that were written for Cyrus have these, and its manual still lists them.
START_TEST(older_names_set_what_they_set)
{
    const struct {
        const char* old;
        const char* now;
        const char* value;
    } kNames[] = {
        {"tls_cert_file", "tls_server_cert", "/a"},
        {"tls_key_file", "tls_server_key", "/a"},
        {"tls_ca_file", "tls_client_ca_file", "/a"},
        {"tls_ca_path", "tls_client_ca_dir", "/a"},
        {"tls_cipher_list", "tls_ciphers", "HIGH"},
        {"quotawarn", "quotawarnpercent", "77"},
        {"quotawarnkb", "quotawarnsize", "77"},
        {"autocreatequota", "autocreate_quota", "77"},
        {"autocreatequotamsg", "autocreate_quota_messages", "77"},
        {"autocreateinboxfolders", "autocreate_inbox_folders", "A | B"},
        {"autosubscribeinboxfolders", "autocreate_subscribe_folders", "A | B"},
        {"autosubscribesharedfolders", "autocreate_subscribe_sharedfolders", "A | B"},
        {"autosievefolders", "autocreate_sieve_folders", "A | B"},
        {"createonpost", "autocreate_post", "yes"},
    };
    for (const auto& n : kNames) {
        for (const char* prefix : {"", "imap_"}) {
            const std::string line = cat(prefix, n.old, ": ", n.value, '\n');
            auto c = read(line.c_str(), "imap");
            ASSERT_OK(c);
            ck_assert_msg(c->is_set(n.now) && c->text(n.now) == n.value, "%s", line.c_str());
            ck_assert_msg(c->unknown().empty(), "%s", line.c_str());
            ck_assert_uint_eq(c->outdated().size(), 1);
            ASSERT_EQ_TEXT(c->outdated()[0], cat(prefix, n.old, " (", n.now, ")"));
        }
    }
    // In either order the present name counts.
    for (const char* both : {"quotawarn: 1\nquotawarnpercent: 2\n",
                             "quotawarnpercent: 2\nquotawarn: 1\n"}) {
        auto c = read(both);
        ASSERT_OK(c);
        ck_assert_int_eq(c->quotawarnpercent(), 2);
    }
    expect_error("quotawarn: 1\nquotawarn: 2\n",
                 "text:3: option quotawarn is given twice, first in text:2");
}
END_TEST

START_TEST(errors_name_line_and_reason)
{
    expect_error("admins: a\nadmins: b\n", "text:3: option admins is given twice, first in text:2");
    expect_error("be1_password: a\nBE1_password: b\n",
                 "text:3: option be1_password is given twice, first in text:2");
    expect_error("imap_admins: a\nimap_admins: b\n",
                 "text:3: option imap_admins is given twice, first in text:2");
    expect_error("admins:\n", "text:2: option admins has no value");
    expect_error("admins\n", "text:2: \"name: value\" is expected");
    expect_error(": x\n", "text:2: no option name before \":\"");
    expect_error("ad mins: x\n", "text:2: bad character in the option name \"ad mins\"");
    expect_error("\n\nallowplaintext: 2\n",
                 "text:4: option allowplaintext: a switch is expected: yes, no, on, off, true, "
                 "false, 1 or 0");
    expect_error("mupdate_port: 65536\n", "text:2: option mupdate_port: must be at most 65535");
    expect_error("maxmessagesize: -1\n", "text:2: option maxmessagesize: must be at least 0");
    expect_error("maxmessagesize: 1x\n", "text:2: option maxmessagesize: a number is expected");
    expect_error("timeout: 5x\n",
                 "text:2: option timeout: a duration is expected, such as 90s or 1d12h");
    expect_error("timeout: 99999999999d\n",
                 "text:2: option timeout: a duration is expected, such as 90s or 1d12h");
    expect_error("virtdomains: some\n",
                 "text:2: option virtdomains: must be one of: off userid on");
    expect_error(
        "tls_versions: tls1_2 ssl3\n",
        "text:2: option tls_versions: \"ssl3\" is not one of: tls1_0 tls1_1 tls1_2 tls1_3");
    ASSERT_EQ_TEXT(Config::from_text("admins: a\n", "imap").error().text,
                   "option configdirectory is not set");
}
END_TEST

START_TEST(files_include_files)
{
    test::TempDir dir;
    log::to_file(dir.file("log"));
    ASSERT_OK(replace_file(dir.file("a"), "configdirectory: /c\n@include: sub\n"));
    ASSERT_OK(replace_file(dir.file("sub"), std::string("@include: ") + dir.file("deep") + "\n"));
    ASSERT_OK(replace_file(dir.file("deep"), "servername: deep\nnosuchthing: 1\n"));
    auto c = Config::load(dir.file("a"), "imap");
    ASSERT_OK(c);
    ASSERT_EQ_TEXT(c->servername(), "deep");
    ASSERT_EQ_TEXT(c->path(), dir.file("a"));
    log_remarks(*c);
    ck_assert(read_file(dir.file("log"), 1000)->find("names=nosuchthing") != std::string::npos);

    ASSERT_OK(replace_file(dir.file("deep"), "# x\nservername:\n"));
    ASSERT_EQ_TEXT(Config::load(dir.file("a"), "imap").error().text,
                   dir.file("deep") + ":2: option servername has no value");
    ASSERT_OK(replace_file(dir.file("deep"), "@include: deep\n"));
    ASSERT_EQ_TEXT(Config::load(dir.file("a"), "imap").error().text,
                   dir.file("deep") + ":1: includes are too deep");
    ASSERT_OK(replace_file(dir.file("deep"), "@include: gone\n"));
    ASSERT_EQ_TEXT(Config::load(dir.file("a"), "imap").error().text,
                   dir.file("deep") + ":1: " + dir.file("gone") + ": No such file or directory");
    ASSERT_CODE(Config::load(dir.file("none"), "imap"), Code::config);
    ASSERT_OK(replace_file(dir.file("a"), "servername: x\n"));
    ASSERT_EQ_TEXT(Config::load(dir.file("a"), "imap").error().text,
                   dir.file("a") + ": option configdirectory is not set");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("config");
    TCase* t = tcase_create("config");
    tcase_add_test(t, defaults_are_those_of_the_table);
    tcase_add_test(t, values_of_every_type);
    tcase_add_test(t, comments_continuations_and_line_ends);
    tcase_add_test(t, a_service_has_its_own_values);
    tcase_add_test(t, names_outside_the_table_are_kept);
    tcase_add_test(t, older_names_set_what_they_set);
    tcase_add_test(t, errors_name_line_and_reason);
    tcase_add_test(t, files_include_files);
    suite_add_tcase(s, t);
    return s;
}

const test::Registered suite(make);

}  // namespace
