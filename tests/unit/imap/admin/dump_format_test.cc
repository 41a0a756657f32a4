// The members of a dump: what is written is read again, and what is none is refused.
#include "imap/admin/tools/dump_format.h"

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using namespace rookery::admin;

START_TEST(heads)
{
    for (const DumpKind kind : {DumpKind::mailbox, DumpKind::tree, DumpKind::user}) {
        const DumpHead head{kind, "user.a b", "0123abcd", "server", 1234567890};
        auto read = parse_head(put_head(head));
        ASSERT_OK(read);
        ck_assert(read->kind == kind && read->root == head.root && read->id == head.id &&
                  read->server == head.server && read->time == head.time);
    }
    struct Case {
        const char* text;
        Code code;
    };
    for (const Case& c :
         {Case{"", Code::syntax}, Case{"version 2\nkind user\nid x\n", Code::unsupported},
          Case{"version 1\nkind users\nid x\n", Code::syntax},
          Case{"version 1\nkind user\n", Code::syntax}, Case{"kind user\nid x\n", Code::syntax}})
        ASSERT_CODE(parse_head(c.text), c.code);
}
END_TEST

START_TEST(names_of_members)
{
    auto part = part_of("mailboxes/dom.ain!user.x/mailbox");
    ck_assert(part && part->mailbox == "dom.ain!user.x" && part->part == "mailbox");
    for (const char* none : {"mailboxes/", "mailboxes//x", "mailboxes/x", "user/active", ""})
        ck_assert_msg(!part_of(none), "%s", none);
    ck_assert(uid_of_part("17.eml") == 17u);
    for (const char* none : {"0.eml", "x.eml", ".eml", "17", "4294967296.eml", "-1.eml"})
        ck_assert_msg(!uid_of_part(none), "%s", none);
}
END_TEST

START_TEST(mailboxes_and_lines)
{
    model::MailboxEntry entry{.name = *model::MailboxName::from_internal("user.bob.W"),
                              .server = {},
                              .partition = "p1",
                              .acl = *model::Acl::parse("bob\tlrswipkxtecda\t"),
                              .uniqueid = "00ff"};
    mailbox::SyncMailbox box;
    box.uidvalidity = 77;
    box.last_uid = 9;
    box.special_use = "\\Sent";
    box.keywords = {"Work"};
    mailbox::SyncRecord record;
    record.uid = 9;
    record.size = 5;
    record.zone_minutes = -480;
    record.internaldate = -1;
    record.system_flags = model::kSeen;
    record.keywords.set(0);
    box.records.push_back(record);
    auto read = parse_mailbox(put_mailbox(entry, box));
    ASSERT_OK(read);
    ASSERT_EQ_TEXT(read->entry.name.internal(), "user.bob.W");
    ASSERT_EQ_TEXT(read->entry.acl.to_string(), entry.acl.to_string());
    ck_assert(read->box.records == box.records);
    ck_assert(read->box.special_use == box.special_use);
    ck_assert_uint_eq(read->box.uidvalidity, 77);
    for (const char* bad : {"", "%(", "atom\r\n", "%(UNIQUEID x MBOXNAME \"\")\r\n"})
        ck_assert_msg(!parse_mailbox(bad).ok(), "%s", bad);

    auto lines = parse_lines("%(A 1)\r\n%(B \"two words\")\r\n");
    ASSERT_OK(lines);
    ck_assert_uint_eq(lines->size(), 2);
    ASSERT_EQ_TEXT((*lines)[1].string_or("B", ""), "two words");
    auto none = parse_lines("");
    ASSERT_OK(none);
    ck_assert(none->empty());
    ck_assert(!parse_lines("%(A 1)\r\n%(B").ok());
}
END_TEST

Suite* make()
{
    Suite* suite = suite_create("dump_format");
    TCase* tcase = tcase_create("dump_format");
    tcase_add_test(tcase, heads);
    tcase_add_test(tcase, names_of_members);
    tcase_add_test(tcase, mailboxes_and_lines);
    suite_add_tcase(suite, tcase);
    return suite;
}
const test::Registered registered(make);

}  // namespace
