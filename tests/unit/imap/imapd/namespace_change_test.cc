// CREATE, DELETE, RENAME, subscriptions, STATUS and ACL: who may do what, and what it leaves.
#include "tests/unit/imap/imapd/conversation.h"

#include "imap/mboxlist/subscriptions.h"

using namespace rookery;
using test::converse;
using test::ImapServer;

namespace {

constexpr const char* kOwner = "lrswipkxteacdan";
constexpr bool kAdmin = true;

START_TEST(create_inherits_from_the_nearest_ancestor)
{
    ImapServer server;
    server.add("user.bob", "bob", "lrswipkxtean");
    ASSERT_EQ_TEXT(converse(server, "bob",
                            "1 CREATE INBOX.a.b\r\n2 CREATE INBOX.a.b\r\n3 CREATE inbox\r\n"
                            "4 CREATE INBOX.c.\r\n"),
                   "1 OK Completed\r\n2 NO [ALREADYEXISTS] Mailbox already exists\r\n"
                   "3 NO [ALREADYEXISTS] Mailbox already exists\r\n4 OK Completed\r\n");
    ck_assert(server.has("user.bob.a.b") && server.has("user.bob.c"));
    ASSERT_EQ_TEXT(server.acl_of("user.bob.a.b"), "bob\tlrswipkxtecdan\t");
}
END_TEST

START_TEST(what_lies_above_a_new_name_is_made)
{
    ImapServer server;
    server.add("user.bob", "bob", kOwner);
    server.add("user.bob.there.x.y", "bob", kOwner);
    const auto talk = [&](const char* user, const char* line, bool admin) {
        const std::string answer = converse(server, user, cat("1 ", line, "\r\n"), admin);
        ck_assert_msg(answer == "1 OK Completed\r\n", "%s: %s", line, answer.c_str());
    };
    talk("bob", "CREATE INBOX.a.b.c", false);
    talk("bob", "RENAME INBOX.a.b.c INBOX.d.e.f", false);
    talk("bob", "RENAME INBOX INBOX.old.mail", false);
    talk("bob", "CREATE INBOX.there.x.y.z", false);  // a gap that is higher up
    talk("cyrus", "CREATE news.a.b", kAdmin);
    talk("cyrus", "RENAME news.a.b other.a.b", kAdmin);
    talk("cyrus", "LOCALCREATE user.eve.x.y", kAdmin);
    for (const char* made :
         {"user.bob.a", "user.bob.a.b", "user.bob.d", "user.bob.d.e", "user.bob.d.e.f",
          "user.bob.old", "user.bob.old.mail", "user.bob.there", "user.bob.there.x", "news",
          "news.a", "other", "other.a", "other.a.b", "user.eve.x.y"})
        ck_assert_msg(server.has(made), "%s", made);
    for (const char* not_made : {"user", "user.eve", "user.eve.x"})
        ck_assert_msg(!server.has(not_made), "%s", not_made);
    ASSERT_EQ_TEXT(server.acl_of("user.bob.d.e"), "bob\tlrswipkxtecdan\t");
    ASSERT_EQ_TEXT(server.acl_of("other.a"), "anyone\tlrs\t");
    // Not above what is refused.
    converse(server, "bob", "1 CREATE INBOX.n.m%\r\n2 RENAME INBOX.no INBOX.n.m\r\n");
    ck_assert(!server.has("user.bob.n"));
}
END_TEST

START_TEST(what_lies_above_is_made_in_the_other_namespace_too)
{
    ImapServer server({}, "altnamespace: yes\nunixhierarchysep: yes\n");
    server.add("user.bob", "bob", kOwner);
    ASSERT_EQ_TEXT(
        converse(server, "bob", "1 CREATE a/b\r\n2 CREATE INBOX/c/d\r\n3 LIST \"\" *\r\n"),
        "1 OK Completed\r\n2 OK Completed\r\n"
        "* LIST (\\HasChildren) \"/\" INBOX\r\n"
        "* LIST (\\HasChildren) \"/\" INBOX/c\r\n"
        "* LIST (\\HasNoChildren) \"/\" INBOX/c/d\r\n"
        "* LIST (\\HasChildren) \"/\" a\r\n"
        "* LIST (\\HasNoChildren) \"/\" a/b\r\n3 OK Completed\r\n");
}
END_TEST

START_TEST(capitals_of_a_user_are_taken_as_they_are)
{
    ImapServer server;
    ASSERT_EQ_TEXT(converse(server, "cyrus",
                            "1 CREATE user.Test4\r\n2 CREATE user.test4\r\n"
                            "3 CREATE user.Test4.Sub\r\n4 CREATE \"user.a B\"\r\n",
                            kAdmin),
                   "1 OK Completed\r\n2 OK Completed\r\n3 OK Completed\r\n"
                   "4 OK Completed\r\n");
    ck_assert(server.has("user.Test4") && server.has("user.test4"));
    ASSERT_EQ_TEXT(server.acl_of("user.Test4.Sub"), "Test4\tlrswipkxtecdan\t");
}
END_TEST

START_TEST(create_needs_the_right_and_hides_what_may_not_be_seen)
{
    ImapServer server;
    server.add("user.bob", "bob", kOwner);
    server.add("user.eve", "eve", kOwner);
    server.add("shared", "anyone", "lrs");
    ASSERT_EQ_TEXT(converse(server, "bob",
                            "1 CREATE user.eve.x\r\n2 CREATE shared.x\r\n3 CREATE top\r\n"
                            "4 CREATE user.new\r\n5 CREATE user.nobody.x\r\n"
                            "6 CREATE \"INBOX.a\\\"b\"\r\n7 CREATE DELETED.x\r\n8 CREATE \"\"\r\n"),
                   "1 NO [NONEXISTENT] Mailbox does not exist\r\n"
                   "2 NO [NOPERM] Permission denied\r\n"
                   "3 NO [NOPERM] Permission denied\r\n"
                   "4 NO [NOPERM] Permission denied\r\n"
                   "5 NO [NONEXISTENT] Mailbox does not exist\r\n"
                   "6 NO [CANNOT] Invalid mailbox name\r\n"
                   "7 NO [CANNOT] Invalid mailbox name\r\n"
                   "8 NO [CANNOT] Invalid mailbox name\r\n");
}
END_TEST

START_TEST(an_administrator_makes_users_and_chooses_partitions)
{
    ImapServer server;
    ASSERT_EQ_TEXT(converse(server, "cyrus",
                            "1 CREATE user.bob\r\n2 CREATE user.eve other\r\n"
                            "3 CREATE news be1!other\r\n4 CREATE x nowhere\r\n"
                            "5 CREATE x be2!default\r\n6 CREATE y (PARTITION other)\r\n"
                            "7 CREATE z (FOO 1)\r\n8 CREATE user.ann.sub\r\n",
                            kAdmin),
                   "1 OK Completed\r\n2 OK Completed\r\n3 OK Completed\r\n"
                   "4 NO [CANNOT] Unknown/invalid partition: nowhere\r\n"
                   "5 NO [CANNOT] Invalid server requested: be2!default\r\n6 OK Completed\r\n"
                   "7 BAD Unknown CREATE parameter FOO\r\n"
                   "8 NO [NONEXISTENT] Mailbox does not exist\r\n");
    ASSERT_EQ_TEXT(server.acl_of("user.bob"), "bob\tlrswipkxtecdan\t");
    ASSERT_EQ_TEXT(server.acl_of("news"), "anyone\tlrs\t");
    auto eve = server.directory.lookup(*model::MailboxName::from_internal("user.eve"));
    ASSERT_EQ_TEXT(eve->partition, "other");
    ck_assert_uint_eq(eve->uniqueid.size(), 32);
}
END_TEST

START_TEST(a_plain_user_of_a_plain_server_chooses_no_partition)
{
    ImapServer server;
    server.add("user.bob", "bob", kOwner);
    ASSERT_EQ_TEXT(converse(server, "bob", "1 CREATE INBOX.x other\r\n"),
                   "1 NO [NOPERM] Permission denied\r\n");
}
END_TEST

std::string deleted_names(ImapServer& server)
{
    std::string names;
    ASSERT_OK(server.directory.scan("DELETED", [&](const model::MailboxEntry& e) {
        std::string name = e.name.internal();
        if (!name.starts_with("DELETED.")) return mboxlist::Next::stop();
        cat_to(names, name.substr(0, name.rfind('.')), ' ');
        return mboxlist::Next::go_on();
    }));
    return names;
}

START_TEST(delete_renames_and_a_second_delete_removes)
{
    ImapServer server;
    server.add("user.bob", "bob", kOwner);
    server.add("user.bob.a", "bob", kOwner);
    server.add("user.bob.a.b", "bob", kOwner);
    ASSERT_EQ_TEXT(
        converse(server, "bob",
                 "1 DELETE INBOX.a\r\n2 DELETE INBOX.a.b\r\n3 DELETE INBOX.a\r\n"
                 "4 DELETE INBOX.a\r\n5 DELETE INBOX\r\n"),
        "1 NO [HASCHILDREN] Mailbox has inferior hierarchical names\r\n2 OK Completed\r\n"
        "3 OK Completed\r\n4 NO [NONEXISTENT] Mailbox does not exist\r\n"
        "5 NO [CANNOT] Operation is not supported on mailbox\r\n");
    ck_assert(!server.has("user.bob.a.b") && !server.has("user.bob.a"));
    ASSERT_EQ_TEXT(deleted_names(server), "DELETED.user.bob.a DELETED.user.bob.a.b ");
    // The same name twice within one second.
    converse(server, "bob", "1 CREATE INBOX.a\r\n2 DELETE INBOX.a\r\n");
    ASSERT_EQ_TEXT(deleted_names(server),
                   "DELETED.user.bob.a DELETED.user.bob.a DELETED.user.bob.a.b ");
}
END_TEST

START_TEST(immediate_delete_leaves_nothing)
{
    ImapServer server("delete_mode: immediate\n");
    server.add("user.bob", "bob", kOwner);
    server.add("user.bob.a", "bob", kOwner);
    ASSERT_EQ_TEXT(converse(server, "bob", "1 DELETE INBOX.a\r\n"), "1 OK Completed\r\n");
    ASSERT_EQ_TEXT(deleted_names(server), "");
    ck_assert(server.store.state("user.bob.a") == nullptr);
}
END_TEST

START_TEST(deleting_a_user_takes_the_tree_and_the_subscriptions)
{
    ImapServer server;
    server.add("user.bob", "cyrus", "lrxa");
    server.add("user.bob.a", "bob", kOwner);
    server.add("user.bobby", "bobby", kOwner);
    mboxlist::Subscriptions subscriptions(server.config.configdirectory(), "bob");
    ASSERT_OK(subscriptions.add(*model::MailboxName::from_internal("user.bob.a")));
    ASSERT_EQ_TEXT(converse(server, "cyrus", "1 DELETE user.bob\r\n", kAdmin),
                   "1 OK Completed\r\n");
    ASSERT_EQ_TEXT(deleted_names(server), "DELETED.user.bob DELETED.user.bob.a ");
    ck_assert(!server.has("user.bob") && !server.has("user.bob.a") && server.has("user.bobby"));
    ck_assert_uint_eq(subscriptions.names()->size(), 0);
}
END_TEST

START_TEST(an_administrator_without_x_must_give_it_to_himself)
{
    ImapServer server;
    server.add("user.bob", "bob", kOwner);
    ASSERT_EQ_TEXT(converse(server, "cyrus",
                            "1 DELETE user.bob\r\n2 SETACL user.bob cyrus c\r\n"
                            "3 DELETE user.bob\r\n",
                            kAdmin),
                   "1 NO [NOPERM] Permission denied\r\n2 OK Completed\r\n3 OK Completed\r\n");
}
END_TEST

START_TEST(a_shared_mailbox_with_children_stays)
{
    ImapServer server;
    server.add("news", "anyone", "lrsx");
    server.add("news.a", "anyone", "lrsx");
    ASSERT_EQ_TEXT(
        converse(server, "bob", "1 DELETE news\r\n2 DELETE news.a\r\n3 DELETE news\r\n"),
        "1 NO [HASCHILDREN] Mailbox has inferior hierarchical names\r\n2 OK Completed\r\n"
        "3 OK Completed\r\n");
}
END_TEST

START_TEST(rename_takes_what_is_below_along)
{
    ImapServer server;
    server.add("user.bob", "bob", kOwner);
    server.add("user.bob.a", "bob", kOwner);
    server.add("user.bob.a.b", "bob", kOwner);
    server.add("user.bob.ab", "bob", kOwner);
    ASSERT_EQ_TEXT(converse(server, "bob",
                            "1 RENAME INBOX.a INBOX.x\r\n2 RENAME INBOX.x INBOX.ab\r\n"
                            "3 RENAME INBOX.x INBOX.x.y\r\n4 RENAME INBOX.no INBOX.z\r\n"
                            "5 RENAME INBOX.x INBOX.x\r\n6 RENAME INBOX.x INBOX.z other\r\n"
                            "7 RENAME INBOX.x top\r\n"),
                   "1 OK Completed\r\n2 NO [ALREADYEXISTS] Mailbox already exists\r\n"
                   "3 NO [CANNOT] Operation is not supported on mailbox\r\n"
                   "4 NO [NONEXISTENT] Mailbox does not exist\r\n"
                   "5 NO [ALREADYEXISTS] Mailbox already exists\r\n"
                   "6 NO [CANNOT] Cross-server or cross-partition move w/rename not supported\r\n"
                   "7 NO [NOPERM] Permission denied\r\n");
    ck_assert(server.has("user.bob.x") && server.has("user.bob.x.b") && server.has("user.bob.ab"));
    ck_assert(!server.has("user.bob.a") && !server.has("user.bob.a.b"));
}
END_TEST

START_TEST(renaming_inbox_moves_its_messages_only)
{
    ImapServer server;
    server.add("user.bob", "bob", kOwner);
    server.add("user.bob.a", "bob", kOwner);
    server.store.state("user.bob")->append("Subject: 1\r\n\r\n");
    server.store.state("user.bob")->append("Subject: 2\r\n\r\n");
    ASSERT_EQ_TEXT(converse(server, "bob",
                            "1 RENAME INBOX INBOX.old\r\n2 STATUS INBOX (MESSAGES)\r\n"
                            "3 STATUS INBOX.old (MESSAGES)\r\n"),
                   "1 OK Completed\r\n* STATUS INBOX (MESSAGES 0)\r\n2 OK Completed\r\n"
                   "* STATUS INBOX.old (MESSAGES 2)\r\n3 OK Completed\r\n");
    ck_assert(server.has("user.bob.a"));
}
END_TEST

START_TEST(a_user_is_renamed_by_administrators_where_that_is_allowed)
{
    ImapServer forbidden;
    forbidden.add("user.bob", "bob", kOwner);
    ASSERT_EQ_TEXT(converse(forbidden, "cyrus", "1 RENAME user.bob user.rob\r\n", kAdmin),
                   "1 NO [CANNOT] Operation is not supported on mailbox\r\n");
    ImapServer server("allowusermoves: yes\n");
    server.add("user.bob", "bob", kOwner);
    server.add("user.bob.a", "bob", kOwner);
    ASSERT_EQ_TEXT(
        converse(server, "cyrus",
                 "1 RENAME user.bob user.rob\r\n2 RENAME user.rob user.rob other\r\n", kAdmin),
        "1 OK Completed\r\n2 OK Completed\r\n");
    ck_assert(server.has("user.rob") && server.has("user.rob.a") && !server.has("user.bob"));
    ASSERT_EQ_TEXT(server.acl_of("user.rob.a"), "rob\tlrswipkxtecdan\t");
    for (const char* name : {"user.rob", "user.rob.a"}) {
        auto entry = server.directory.lookup(*model::MailboxName::from_internal(name));
        ASSERT_EQ_TEXT(entry->partition, "other");
    }
}
END_TEST

START_TEST(a_tree_goes_to_another_partition_also_at_the_second_try)
{
    ImapServer server;
    for (const char* name : {"user.bob", "user.bob.a", "user.bob.a.x", "user.bob.b", "user.eve"})
        server.add(name, "bob", kOwner);
    const auto places = [&] {
        std::string all;
        for (const char* name : {"user.bob", "user.bob.a", "user.bob.a.x", "user.bob.b"})
            cat_to(all,
                   server.directory.lookup(*model::MailboxName::from_internal(name))->partition,
                   ' ');
        return all;
    };
    const struct {
        const char* line;
        const char* answer;
        const char* places;
    } rows[] = {
        {"RENAME user.bob.a user.bob.a other", "OK Completed", "default other other default "},
        {"RENAME user.bob user.bob other", "OK Completed", "other other other other "},
        {"RENAME user.bob user.bob other", "NO [ALREADYEXISTS] Mailbox already exists",
         "other other other other "},
        {"RENAME user.bob.b user.bob.b default", "OK Completed", "other other other default "},
        {"RENAME user.bob user.bob default", "OK Completed", "default default default default "},
        {"RENAME user.bob user.rob other",
         "NO [CANNOT] Cross-server or cross-partition move w/rename not supported",
         "default default default default "},
    };
    for (const auto& row : rows) {
        ASSERT_EQ_TEXT(converse(server, "cyrus", cat("1 ", row.line, "\r\n"), kAdmin),
                       cat("1 ", row.answer, "\r\n"));
        ASSERT_EQ_TEXT(places(), row.places);
    }
    auto other = server.directory.lookup(*model::MailboxName::from_internal("user.eve"));
    ASSERT_EQ_TEXT(other->partition, "default");
}
END_TEST

START_TEST(acl_commands_show_and_change_rights)
{
    ImapServer server;
    server.add("user.bob", "bob", "lrswipkxtean");
    ASSERT_EQ_TEXT(
        converse(server, "bob",
                 "1 SETACL INBOX eve lrs\r\n2 SETACL INBOX eve +i\r\n3 SETACL INBOX eve -s\r\n"
                 "4 SETACL INBOX -eve w\r\n5 GETACL INBOX\r\n6 SETACL INBOX eve q\r\n"
                 "7 DELETEACL INBOX eve\r\n8 DELETEACL INBOX bob\r\n9 MYRIGHTS INBOX\r\n"
                 "a SETACL INBOX \"a%b\" l\r\n"),
        "1 OK Completed\r\n2 OK Completed\r\n3 OK Completed\r\n4 OK Completed\r\n"
        "* ACL INBOX bob lrswipkxtecdan eve lri -eve w\r\n5 OK Completed\r\n"
        "6 BAD Invalid rights\r\n7 OK Completed\r\n8 OK Completed\r\n"
        "* MYRIGHTS INBOX lkxcan\r\n9 OK Completed\r\n"
        "a NO [CANNOT] Invalid identifier\r\n");
    ASSERT_EQ_TEXT(server.acl_of("user.bob"), "bob\tlkxcan\t-eve\tw\t");
}
END_TEST

START_TEST(acl_commands_need_a_and_hide_mailboxes)
{
    ImapServer server("anyoneuseracl: no\n");
    server.add("user.bob", "bob", kOwner);
    server.add("news", "eve", "lra");
    server.add("open", "anyone", "lrs");
    ASSERT_EQ_TEXT(converse(server, "eve",
                            "1 GETACL user.bob\r\n2 MYRIGHTS user.bob\r\n3 SETACL open eve a\r\n"
                            "4 GETACL open\r\n5 SETACL news eve lr\r\n6 MYRIGHTS open\r\n"
                            "7 LISTRIGHTS open bob\r\n8 SETACL news anyone l\r\n"),
                   "1 NO [NONEXISTENT] Mailbox does not exist\r\n"
                   "2 NO [NONEXISTENT] Mailbox does not exist\r\n"
                   "3 NO [NOPERM] Permission denied\r\n4 NO [NOPERM] Permission denied\r\n"
                   "5 NO [NOPERM] Permission denied\r\n"
                   "* MYRIGHTS open lrs\r\n6 OK Completed\r\n"
                   "7 NO [NOPERM] Permission denied\r\n8 OK Completed\r\n");
    ASSERT_EQ_TEXT(converse(server, "bob",
                            "1 SETACL INBOX anyone l\r\n2 LISTRIGHTS INBOX bob\r\n"
                            "3 LISTRIGHTS INBOX eve\r\n"),
                   "1 NO [NOPERM] Permission denied\r\n"
                   "* LISTRIGHTS INBOX bob lkxcan r s w i p t e d 0 1 2 3 4 5 6 7 8 9\r\n"
                   "2 OK Completed\r\n"
                   "* LISTRIGHTS INBOX eve \"\" l r s w i p k x t e c d a n 0 1 2 3 4 5 6 7 8 9\r\n"
                   "3 OK Completed\r\n");
}
END_TEST

START_TEST(status_gives_what_was_asked_for)
{
    ImapServer server;
    server.add("user.bob", "bob", kOwner);
    server.store.state("user.bob")->append("Subject: 1\r\n\r\n");
    server.add("news", "anyone", "l");
    ASSERT_EQ_TEXT(converse(server, "bob",
                            "1 STATUS inbox (UNSEEN MESSAGES)\r\n2 STATUS INBOX ()\r\n"
                            "3 STATUS INBOX (FOO)\r\n4 STATUS news (MESSAGES)\r\n"
                            "5 GETQUOTAROOT INBOX\r\n6 STATUS none (MESSAGES)\r\n"),
                   "* STATUS inbox (MESSAGES 1 UNSEEN 1)\r\n1 OK Completed\r\n"
                   "2 BAD Invalid attribute\r\n3 BAD Invalid Status item FOO\r\n"
                   "4 NO [NOPERM] Permission denied\r\n* QUOTAROOT INBOX\r\n5 OK Completed\r\n"
                   "6 NO [NONEXISTENT] Mailbox does not exist\r\n");
}
END_TEST

START_TEST(subscriptions_are_kept_by_user)
{
    ImapServer server;
    server.add("user.bob", "bob", kOwner);
    ASSERT_EQ_TEXT(
        converse(server, "bob",
                 "1 SUBSCRIBE INBOX\r\n2 SUBSCRIBE no.such\r\n3 UNSUBSCRIBE INBOX.x\r\n"),
        "1 OK Completed\r\n2 NO [NONEXISTENT] Mailbox does not exist\r\n"
        "3 OK Completed\r\n");
    mboxlist::Subscriptions subscriptions(server.config.configdirectory(), "bob");
    ck_assert_uint_eq(subscriptions.names()->size(), 1);
    ImapServer backend("allowallsubscribe: yes\n");
    backend.add("user.bob", "bob", kOwner);
    ASSERT_EQ_TEXT(converse(backend, "bob", "1 SUBSCRIBE no.such\r\n2 UNSUBSCRIBE no.such\r\n"),
                   "1 OK Completed\r\n2 OK Completed\r\n");
}
END_TEST

START_TEST(node_commands_are_for_administrators)
{
    ImapServer server;
    server.add("user.bob", "bob", kOwner);
    ASSERT_EQ_TEXT(converse(server, "bob",
                            "1 LOCALCREATE INBOX.x\r\n2 LOCALDELETE INBOX\r\n"
                            "3 MUPDATEPUSH INBOX\r\n"),
                   "1 NO [NOPERM] Permission denied\r\n2 NO [NOPERM] Permission denied\r\n"
                   "3 NO [NOPERM] Permission denied\r\n");
    ASSERT_EQ_TEXT(converse(server, "cyrus",
                            "1 LOCALCREATE user.eve.x\r\n2 LOCALCREATE user.eve.x\r\n"
                            "3 LOCALDELETE user.eve.x\r\n4 MUPDATEPUSH user.bob\r\n",
                            kAdmin),
                   "1 OK Completed\r\n2 NO [ALREADYEXISTS] Mailbox already exists\r\n"
                   "3 OK Completed\r\n"
                   "4 NO [UNAVAILABLE] Server(s) unavailable to complete operation\r\n");
    ck_assert(!server.has("user.eve.x"));
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("namespace changes");
    TCase* tests = tcase_create("namespace changes");
    tcase_add_test(tests, create_inherits_from_the_nearest_ancestor);
    tcase_add_test(tests, what_lies_above_a_new_name_is_made);
    tcase_add_test(tests, what_lies_above_is_made_in_the_other_namespace_too);
    tcase_add_test(tests, capitals_of_a_user_are_taken_as_they_are);
    tcase_add_test(tests, create_needs_the_right_and_hides_what_may_not_be_seen);
    tcase_add_test(tests, an_administrator_makes_users_and_chooses_partitions);
    tcase_add_test(tests, a_plain_user_of_a_plain_server_chooses_no_partition);
    tcase_add_test(tests, delete_renames_and_a_second_delete_removes);
    tcase_add_test(tests, immediate_delete_leaves_nothing);
    tcase_add_test(tests, deleting_a_user_takes_the_tree_and_the_subscriptions);
    tcase_add_test(tests, an_administrator_without_x_must_give_it_to_himself);
    tcase_add_test(tests, a_shared_mailbox_with_children_stays);
    tcase_add_test(tests, rename_takes_what_is_below_along);
    tcase_add_test(tests, renaming_inbox_moves_its_messages_only);
    tcase_add_test(tests, a_user_is_renamed_by_administrators_where_that_is_allowed);
    tcase_add_test(tests, a_tree_goes_to_another_partition_also_at_the_second_try);
    tcase_add_test(tests, acl_commands_show_and_change_rights);
    tcase_add_test(tests, acl_commands_need_a_and_hide_mailboxes);
    tcase_add_test(tests, status_gives_what_was_asked_for);
    tcase_add_test(tests, subscriptions_are_kept_by_user);
    tcase_add_test(tests, node_commands_are_for_administrators);
    suite_add_tcase(suite, tests);
    return suite;
}
const test::Registered registered(make);

}  // namespace
