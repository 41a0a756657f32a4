// Mailboxes, what was seen, annotations and quotas in the replication dialect; and failures.
#include "imap/sync/mailbox_dlist.h"

#include "imap/sync/services.h"
#include "lib/stream/memory_layer.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::sync;

namespace {

constexpr std::string_view kGuid = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

Dlist parsed(std::string_view text, RecordCollector* records = nullptr)
{
    stream::MemoryEnds ends{cat(text, "\r\n"), {}, 65536, false, false};
    stream::Stream peer(stream::memory_layer(ends));
    DlistReader reader(peer, false);
    if (records != nullptr)
        reader.on_record([&](const Dlist& record) { return records->add(record); });
    auto value = reader.value();
    ASSERT_OK(value);
    ASSERT_OK(reader.end_of_line());
    return *std::move(value);
}

std::string record(std::string_view more)
{
    return cat("%(UID 7 MODSEQ 3 SIZE 10 INTERNALDATE -5 LAST_UPDATED 9 GUID ", kGuid, ' ', more,
               ')');
}

START_TEST(a_mailbox_is_read_as_it_was_written)
{
    model::MailboxEntry entry{.name = *model::MailboxName::from_internal("user.bob.a b"),
                              .server = {},
                              .partition = "default",
                              .acl = {},
                              .uniqueid = "0a1b-2c"};
    entry.acl.set("bob", *model::Rights::parse("lrs"));
    mailbox::SyncMailbox box;
    box.uidvalidity = 4294967295;
    box.last_uid = 4294967294;
    box.recentuid = 5;
    box.highestmodseq = uint64_t{1} << 60;
    box.deletedmodseq = 3;
    box.last_append = -1;
    box.pop3_last_login = 1'700'000'000;
    box.special_use = "\\Sent \\Junk";
    box.keywords = {"$Junk", "x]", "unused"};
    mailbox::SyncRecord one;
    one.uid = 1;
    one.size = 4294967295;
    one.internaldate = -86400;
    one.zone_minutes = -480;
    one.system_flags = model::kAllFlags;
    one.keywords.set(0);
    one.keywords.set(1);
    one.modseq = 17;
    one.last_updated = 12;
    one.save_date = 13;
    one.guid = *parse_guid(kGuid);
    mailbox::SyncRecord two;
    two.uid = 2;
    two.expunged = true;
    two.guid = one.guid;
    box.records = {one, two};
    for (const Form form : {Form::answer, Form::request}) {
        stream::MemoryEnds ends{{}, {}, 65536, false, false};
        stream::Stream to(stream::memory_layer(ends));
        put_mailbox(to, entry, box, "other", true, form);
        ASSERT_OK(to.flush());
        RecordCollector records;
        const Dlist value = parsed(ends.output, &records);
        auto got = parse_mailbox(value, records.take());
        ASSERT_OK(got);
        ck_assert(got->has_records && got->entry.name == entry.name);
        ASSERT_EQ_TEXT(got->entry.uniqueid, entry.uniqueid);
        ASSERT_EQ_TEXT(got->entry.partition, "other");
        ck_assert(got->entry.acl == entry.acl);
        ck_assert(got->box.records == box.records && got->box.keywords == box.keywords);
        ck_assert(got->box.uidvalidity == box.uidvalidity && got->box.last_uid == box.last_uid);
        ck_assert(got->box.recentuid == box.recentuid && got->box.last_append == -1);
        ck_assert(got->box.pop3_last_login == box.pop3_last_login);
        ck_assert(got->box.highestmodseq == box.highestmodseq);
        ck_assert(got->box.deletedmodseq == box.deletedmodseq);
        ASSERT_EQ_TEXT(got->box.special_use.value_or("none"), "\\Sent \\Junk");
        // As Cyrus 3.12 has them: the date among the annotations, which come in requests only.
        const bool tells_date =
            ends.output.find("ENTRY /vendor/cmu/cyrus-imapd/savedate USERID \"\" MODSEQ 0 "
                             "VALUE 13)") != std::string::npos;
        ck_assert(tells_date == (form == Form::request));
        ck_assert(ends.output.find(" USERFLAGS ($Junk x] unused)") != std::string::npos);
    }
}
END_TEST

START_TEST(what_cyrus_3_12_sends_is_taken)
{
    RecordCollector records;
    const Dlist value = parsed(
        cat("%(UNIQUEID 0c4b9bd8-5b0b-4c0c-9f63-6b8c6c8d5a11 MBOXNAME user.bob LAST_UID 1 "
            "HIGHESTMODSEQ 9 USERFLAGS (foo $x bar) USERGROUPS () ANNOTATIONS () RECORD (",
            record("FLAGS ($x) ANNOTATIONS (%(ENTRY /vendor/cmu/cyrus-imapd/savedate USERID \"\" "
                   "MODSEQ 0 VALUE {10+}\r\n1700000000))"),
            "))"),
        &records);
    const auto got = parse_mailbox(value, records.take());
    ASSERT_OK(got);
    ck_assert(got->box.keywords == (std::vector<std::string>{"$x", "foo", "bar"}));
    ck_assert_int_eq(got->box.records[0].save_date, 1'700'000'000);
    ck_assert(parse_mailbox(parsed("%(UNIQUEID ab MBOXNAME user.bob USERFLAGS ())"), {}).ok());
    ck_assert(
        !parse_mailbox(parsed("%(UNIQUEID ab MBOXNAME user.bob USERFLAGS (\"a b\"))"), {}).ok());
    std::string many = "%(UNIQUEID ab MBOXNAME user.bob USERFLAGS (";
    for (size_t n = 0; n < 2 * model::kMaxKeywords; ++n) cat_to(many, n > 0 ? " k" : "k", n);
    const auto full = parse_mailbox(parsed(many + "))"), {});
    ASSERT_OK(full);
    ck_assert_uint_eq(full->box.keywords.size(), model::kMaxKeywords);
}
END_TEST

// A name of a flag goes on to files of lines and into answers, as it is.
START_TEST(a_record_is_taken_or_refused)
{
    for (const std::string& text :
         {record(""), record("FLAGS ()"), record("FLAGS (\\Seen \\Unknown $x nonjunk a])"),
          record("FLAGS (\"quoted\")"), record("ZONE 99999999"), record("SAVEDATE x")}) {
        RecordCollector records;
        ASSERT_OK(records.add(parsed(text)));
    }
    const std::string long_flag(model::kMaxKeywordLength + 1, 'k');
    for (const std::string& text :
         {std::string("a"), std::string("%()"), cat("%(UID 1 MODSEQ 1 SIZE 1)"),
          cat("%(UID 0 MODSEQ 1 SIZE 1 GUID ", kGuid, ')'),
          cat("%(UID 4294967296 MODSEQ 1 SIZE 1 GUID ", kGuid, ')'),
          cat("%(UID 1 MODSEQ x SIZE 1 GUID ", kGuid, ')'),
          cat("%(UID 1 MODSEQ 1 SIZE 4294967296 GUID ", kGuid, ')'),
          cat("%(UID 1 MODSEQ 1 SIZE 1 GUID ", kGuid, "00)"),
          std::string("%(UID 1 MODSEQ 1 SIZE 1 GUID xx)"), record("FLAGS (\"\")"),
          record("FLAGS (\"a b\")"), record("FLAGS (\"a)\")"), record("FLAGS ({3+}\r\na\r\n)"),
          record("FLAGS ({12+}\r\nx\nacl bob\tlr)"), record("FLAGS (())"), record("FLAGS (\"x*\")"),
          record("FLAGS (\"\xc3\xbc\")"), record(cat("FLAGS (", long_flag, ')'))}) {
        RecordCollector records;
        Status added = records.add(parsed(text));
        ck_assert_msg(!added.ok(), "%s", text.c_str());
    }
}
END_TEST

START_TEST(keywords_of_one_mailbox_are_bounded)
{
    RecordCollector records;
    for (size_t n = 0; n < model::kMaxKeywords; ++n)
        ASSERT_OK(records.add(parsed(record(cat("FLAGS (k", n, ")")))));
    ASSERT_OK(records.add(parsed(record("FLAGS (K1)"))));
    ASSERT_CODE(records.add(parsed(record("FLAGS (one-more)"))), Code::limit);
}
END_TEST

START_TEST(a_mailbox_is_taken_or_refused)
{
    const std::string_view base = "UNIQUEID ab-1 MBOXNAME user.bob";
    std::string many_uses = "x";
    for (int n = 0; n < 3000; ++n) many_uses += " x";
    for (const std::string& text :
         {cat("%(", base, ')'), cat("%(", base, " SPECIALUSE (\\Sent custom))"),
          cat("%(", base, " SPECIALUSE ())"), cat("%(", base, " ACL \"bob\tlrs\t\")"),
          cat("%(", base, " ANNOTATIONS (%(ENTRY /specialuse VALUE \"\\\\Sent \\\\Junk\")))"),
          cat("%(", base, " ANNOTATIONS (%(ENTRY /comment VALUE {3+}\r\na\nb)))")})
        ASSERT_OK(parse_mailbox(parsed(text), {}));
    for (const std::string& text :
         {std::string("%()"), std::string("%(UNIQUEID ab)"), std::string("%(MBOXNAME user.bob)"),
          std::string("%(UNIQUEID ab MBOXNAME {3+}\r\na\nb)"),
          std::string("%(UNIQUEID ../x MBOXNAME user.bob)"),
          std::string("%(UNIQUEID \"\" MBOXNAME user.bob)"),
          cat("%(UNIQUEID ", std::string(129, 'a'), " MBOXNAME user.bob)"),
          cat("%(", base, " ACL bob)"), cat("%(", base, " UIDVALIDITY 4294967296)"),
          cat("%(", base, " LAST_UID 4294967295)"), cat("%(", base, " SPECIALUSE (\"a)\"))"),
          cat("%(", base, " SPECIALUSE (\\))"), cat("%(", base, " SPECIALUSE (\\Sent \"NIL\"))"),
          cat("%(", base, " SPECIALUSE (", many_uses, "))"),
          cat("%(", base, " SPECIALUSE ({12+}\r\nx\nacl bob\tlr))"),
          cat("%(", base, " ANNOTATIONS (%(ENTRY /specialuse VALUE \"a) B (c\")))"),
          cat("%(", base, " ANNOTATIONS (%(ENTRY /specialuse VALUE {3+}\r\na\nb)))")})
        ck_assert_msg(!parse_mailbox(parsed(text), {}).ok(), "%s", text.c_str());
}
END_TEST

START_TEST(an_annotation_is_taken_or_refused)
{
    auto got = parse_annotation(parsed("%(ENTRY /Comment USERID bob VALUE {3+}\r\na\nb)"));
    ASSERT_OK(got);
    ASSERT_EQ_TEXT(cat(got->entry, ',', got->userid, ',', got->value), "/comment,bob,a\nb");
    const auto name = *model::MailboxName::from_internal("user.bob");
    auto again = parse_annotation(parsed(annotation_value(name, *got)));
    ASSERT_OK(again);
    ASSERT_EQ_TEXT(cat(again->entry, ',', again->userid, ',', again->value), "/comment,bob,a\nb");
    ASSERT_OK(parse_annotation(parsed("%(ENTRY /specialuse VALUE NIL)")));
    ASSERT_OK(parse_annotation(parsed("%(ENTRY /specialuse VALUE \"\\\\Junk\")")));
    for (const std::string_view text : {"%(VALUE x)", "%(ENTRY /SpecialUse VALUE \"a)\")",
                                        "%(ENTRY /specialuse VALUE {1+}\r\n\n)"})
        ASSERT_CODE(parse_annotation(parsed(text)), Code::syntax);
}
END_TEST

START_TEST(what_was_seen_comes_back)
{
    const mailbox::SyncSeen seen{"bob", 5, 6, 7, "1:5,9"};
    auto got = parse_seen(parsed(seen_value("ab", seen, true)), "");
    ASSERT_OK(got);
    ck_assert(*got == seen);
    got = parse_seen(parsed(seen_value("ab", seen, false)), "eve");
    ASSERT_OK(got);
    ASSERT_EQ_TEXT(got->userid, "eve");
    ASSERT_CODE(parse_seen(parsed("%(LASTREAD 5)"), ""), Code::syntax);
    // The file of these has no sign.
    got = parse_seen(parsed("%(USERID bob LASTREAD -5 LASTCHANGE -9223372036854775807)"), "");
    ASSERT_OK(got);
    ck_assert(got->last_read == 0 && got->last_change == 0);
}
END_TEST

START_TEST(a_quota_comes_back)
{
    using mailbox::Resource;
    const auto root = *model::MailboxName::from_internal("user.bob");
    mailbox::QuotaLimits limits;
    limits[Resource::storage] = 10;
    limits[Resource::mailbox] = 0;
    auto got = parse_quota(parsed(quota_value(root, limits)));
    ASSERT_OK(got);
    ck_assert(got->root == root && got->limits == limits);
    got = parse_quota(parsed("%(ROOT user.bob LIMIT 7 MESSAGE -1 STORAGE x)"));
    ASSERT_OK(got);
    ck_assert(got->limits[Resource::storage] == 7u && !got->limits[Resource::message]);
    ASSERT_CODE(parse_quota(parsed("%(STORAGE 7)")), Code::syntax);
    // More than any server counts.
    ASSERT_CODE(parse_quota(parsed("%(ROOT user.bob STORAGE 9223372036854775807)")), Code::limit);
}
END_TEST

START_TEST(a_failure_comes_back_as_what_it_was)
{
    for (const Code code : {Code::not_found, Code::busy, Code::moved, Code::unsupported,
                            Code::corrupt, Code::syntax, Code::bad_name})
        ASSERT_EQ_TEXT(code_name(parse_sync_response(sync_response({code, "why"})).code),
                       code_name(code));
    const struct {
        std::string_view text;
        Code code;
    } table[] = {
        {"", Code::unavailable},
        {"IMAP_MAILBOX_NONEXISTENT", Code::not_found},
        {"IMAP_MAILBOX_NONEXISTENTX x", Code::unavailable},
        {" IMAP_MAILBOX_NONEXISTENT", Code::unavailable},
        {"IMAP_SYNC_CHANGED x", Code::corrupt},
        {"[TRYAGAIN] later", Code::unavailable},
    };
    for (const auto& row : table)
        ASSERT_EQ_TEXT(code_name(parse_sync_response(row.text).code), code_name(row.code));
    ASSERT_EQ_TEXT(sync_response({Code::exists, "a\r\n* BYE\xff"}),
                   "IMAP_MAILBOX_LOCKED a  * BYE ");
    ASSERT_EQ_TEXT(sync_response({Code::io, ""}), "IMAP_PROTOCOL_ERROR I/O error");
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/sync/mailbox_dlist");
    TCase* c = tcase_create("all");
    tcase_add_test(c, a_mailbox_is_read_as_it_was_written);
    tcase_add_test(c, what_cyrus_3_12_sends_is_taken);
    tcase_add_test(c, a_record_is_taken_or_refused);
    tcase_add_test(c, keywords_of_one_mailbox_are_bounded);
    tcase_add_test(c, a_mailbox_is_taken_or_refused);
    tcase_add_test(c, an_annotation_is_taken_or_refused);
    tcase_add_test(c, what_was_seen_comes_back);
    tcase_add_test(c, a_quota_comes_back);
    tcase_add_test(c, a_failure_comes_back_as_what_it_was);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
