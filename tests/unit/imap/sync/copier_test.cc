// The asking side against a scripted peer: what a copy sends, what a comparison sees, and what a
// peer may say wrong.
#include "imap/sync/copier.h"

#include "imap/mboxlist/memory_directory.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "tests/support/memory_store.h"
#include "tests/support/scripted_peer.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::sync;
using namespace rookery::test;
using mailbox::SyncMailbox;
using mailbox::SyncRecord;
using model::MailboxEntry;

namespace {

constexpr std::string_view kHello = "hello";
constexpr std::string_view kHelloGuid = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d";

class HelloContent final : public mailbox::Content {
 public:
    std::string_view bytes() const override { return kHello; }
};

// One mailbox, each message of which is "hello".
class FakeSync final : public mailbox::SyncStore {
 public:
    Result<SyncMailbox> read(const MailboxEntry&, uint64_t since) override
    {
        SyncMailbox some = box;
        std::erase_if(some.records, [&](const SyncRecord& r) { return r.modseq <= since; });
        return some;
    }
    Result<std::unique_ptr<mailbox::Content>> message(const MailboxEntry&, uint32_t) override
    {
        return std::unique_ptr<mailbox::Content>(std::make_unique<HelloContent>());
    }
    Status merge(const MailboxEntry&, const SyncMailbox&, const mailbox::SyncFiles&) override
    {
        return no();
    }
    Status expunge(const MailboxEntry&, std::span<const uint32_t>) override { return no(); }
    Result<std::unique_ptr<mailbox::StagedMessage>> stage_exact(const std::string&) override
    {
        return no();
    }
    Status write_exact(mailbox::StagedMessage&, std::string_view) override { return no(); }
    Result<mailbox::Guid> finish(mailbox::StagedMessage&) override { return no(); }
    Status freeze(const MailboxEntry&, bool) override { return no(); }
    Status leave(const MailboxEntry&) override { return no(); }
    Result<SeenOf> seen_of_mailboxes(const std::set<std::string>&, int64_t) override
    {
        return SeenOf{};
    }
    Result<std::map<std::string, mailbox::SyncSeen>> seen_of(const std::string&) override
    {
        return std::map<std::string, mailbox::SyncSeen>{};
    }
    Status put_seen(const std::string&, const mailbox::SyncSeen&, bool) override { return no(); }

    SyncMailbox box;

 private:
    static Error no() { return {Code::unsupported, "not in this test"}; }
};

class NoQuotas final : public mailbox::Quotas {
 public:
    using Name = model::MailboxName;
    Result<Name> root_of(const Name&) override { return no(); }
    Result<mailbox::Quota> get(const Name&) override { return no(); }
    Status each(const std::function<void(const Name&)>&) override { return success(); }
    Status set(const Name&, const mailbox::QuotaLimits&) override { return success(); }
    Status remove(const Name&) override { return success(); }
    Status rename(const Name&, const Name&) override { return success(); }
    Status check(const Name&, const mailbox::QuotaUsage&, bool) override { return success(); }

 private:
    static Error no() { return {Code::not_found, "no quota"}; }
};

SyncRecord message(uint32_t uid, uint64_t modseq)
{
    SyncRecord record;
    record.uid = uid;
    record.modseq = modseq;
    record.size = kHello.size();
    record.internaldate = 1000;
    record.guid = *parse_guid(kHelloGuid);
    return record;
}

// This server, with two messages in user.bob.
struct Here {
    Here()
        : config(*config::Config::from_text(
              cat("configdirectory: ", dir.path(),
                  "\nproxy_authname: murder\nproxy_password: secret\nclient_timeout: 5s\n"),
              "imap"))
    {
        log::to_file(dir.file("log"));
        ASSERT_OK(auth::SaslClient::init_library(config));
        entry.acl.set("bob", *model::Rights::parse("lrs"));
        sync.box.uidvalidity = 7;
        sync.box.last_uid = 2;
        sync.box.highestmodseq = 5;
        sync.box.keywords = {"$x"};
        sync.box.records = {message(1, 4), message(2, 5)};
    }
    LocalSide side() { return {config, directory, store, sync, quotas}; }

    TempDir dir;
    config::Config config;
    mboxlist::MemoryDirectory directory;
    MemoryStore store;
    FakeSync sync;
    NoQuotas quotas;
    MailboxEntry entry{.name = *model::MailboxName::from_internal("user.bob"),
                       .server = {},
                       .partition = "default",
                       .acl = {},
                       .uniqueid = "0a1b"};
};

std::string answer_of(const MailboxEntry& entry, const SyncMailbox& box)
{
    stream::MemoryEnds ends{{}, {}, 65536, false, false};
    stream::Stream to(stream::memory_layer(ends));
    put_mailbox(to, entry, box, entry.partition, true, Form::answer);
    ASSERT_OK(to.flush());
    return cat("* MAILBOX ", ends.output, "\r\n");
}

std::vector<Step> after_login(std::vector<Step> steps, std::string_view capabilities)
{
    std::vector<Step> all = {send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] be2 ready\r\n"),
                             skip_command(),
                             send(cat("$T OK [CAPABILITY IMAP4rev1 ", capabilities, "] in\r\n"))};
    all.insert(all.end(), steps.begin(), steps.end());
    return all;
}
constexpr std::string_view kOurs = "X-REPLICATION X-ROOKERY-SYNC";
constexpr std::string_view kCyrus = "X-REPLICATION";

std::unique_ptr<SyncClient> connected(const Here& here, const ScriptedPeer& peer)
{
    auto client = SyncClient::connect(here.config, cat("127.0.0.1:", peer.port()));
    ASSERT_OK(client);
    return *std::move(client);
}

const Step kAsk = expect("$T SYNCGET FULLMAILBOX user.bob");
const Step kOk = send("$T OK done\r\n");
const Step kNothing = send("$T NO IMAP_MAILBOX_NONEXISTENT no\r\n");

std::vector<Step> operator+(std::vector<Step> a, const std::vector<Step>& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

// The first line, and what follows a literal in it.
std::vector<Step> expect_request(const MailboxEntry& entry, const SyncMailbox& box)
{
    stream::MemoryEnds ends{{}, {}, 65536, false, false};
    stream::Stream to(stream::memory_layer(ends));
    put_mailbox(to, entry, box, entry.partition, true, Form::request);
    ASSERT_OK(to.flush());
    const std::string request = cat("$T SYNCAPPLY LOCAL_MAILBOX ", ends.output, "\r\n");
    const size_t end = request.find("\r\n");
    return {expect(request.substr(0, end)), expect_bytes(request.substr(end + 2)), kOk};
}

START_TEST(what_is_not_there_goes_over_once)
{
    Here here;
    // One file for two messages that are the same.
    const std::string file = cat("%{default ", kHelloGuid, " 5}");
    ScriptedPeer peer(after_login(
        {kAsk, kNothing, expect(cat("$T SYNCAPPLY MESSAGE (", file)), expect_bytes("hello)\r\n"),
         kOk, skip_command(), kOk, expect("$T SYNCRESTART"), kOk,
         // Later one flag has changed: a record, and no file.
         skip_command(), kOk},
        kOurs));
    auto client = connected(here, peer);
    Copier copier(here.side(), *client, "", true, nullptr);
    auto sent = copier.copy({&here.entry, 1});
    ASSERT_OK(sent);
    ck_assert_uint_eq(*sent, 2);
    sent = copier.copy({&here.entry, 1});
    ASSERT_OK(sent);
    ck_assert_uint_eq(*sent, 0);
    here.sync.box.records[0].modseq = here.sync.box.highestmodseq = 6;
    here.sync.box.records[0].system_flags = model::kFlagged;
    sent = copier.copy({&here.entry, 1});
    ASSERT_OK(sent);
    ck_assert_uint_eq(*sent, 1);
    ck_assert(peer.finished_well());
}
END_TEST

// What a mailbox has beside its messages changes without a modseq.
START_TEST(a_change_of_the_mailbox_alone_goes_over)
{
    const struct {
        const char* what;
        void (*change)(MailboxEntry&, SyncMailbox&);
    } table[] = {
        {"the first poll", [](MailboxEntry&, SyncMailbox& box) { box.pop3_last_login = 1000; }},
        {"a later poll", [](MailboxEntry&, SyncMailbox& box) { box.pop3_last_login += 60; }},
        {"ACL",
         [](MailboxEntry& e, SyncMailbox&) { e.acl.set("eve", *model::Rights::parse("l")); }},
        {"special use", [](MailboxEntry&, SyncMailbox& box) { box.special_use = "\\Sent"; }},
    };
    Here here;
    std::vector<Step> steps = {kAsk,
                               kNothing,
                               skip_command(),
                               expect_bytes("hello)\r\n"),
                               kOk,
                               skip_command(),
                               kOk,
                               expect("$T SYNCRESTART"),
                               kOk};
    MailboxEntry entry = here.entry;
    SyncMailbox box = here.sync.box;
    box.records.clear();
    for (const auto& row : table) {
        row.change(entry, box);
        steps = std::move(steps) + expect_request(entry, box);
    }
    ScriptedPeer peer(after_login(steps, kOurs));
    auto client = connected(here, peer);
    Copier copier(here.side(), *client, "", true, nullptr);
    ASSERT_OK(copier.copy({&here.entry, 1}));
    for (const auto& row : table) {
        row.change(here.entry, here.sync.box);
        ck_assert_msg(copier.copy({&here.entry, 1}).ok(), "%s", row.what);
        // Once.
        ck_assert_msg(copier.copy({&here.entry, 1}).ok(), "%s again", row.what);
    }
    ck_assert(peer.finished_well());
}
END_TEST

START_TEST(what_an_earlier_run_brought_is_not_sent_again)
{
    Here here;
    SyncMailbox half = here.sync.box;
    half.records.pop_back();
    half.records.push_back(message(9, 4));  // not here any more
    const std::string file = cat("%{default ", kHelloGuid, " 5}");
    ScriptedPeer peer(
        after_login({kAsk, send(answer_of(here.entry, half)), kOk,
                     expect("$T SYNCAPPLY EXPUNGE %(MBOXNAME user.bob UNIQUEID 0a1b UID (9))"), kOk,
                     expect(cat("$T SYNCAPPLY MESSAGE (", file)), expect_bytes("hello)\r\n"), kOk,
                     skip_command(), kOk, expect("$T SYNCRESTART"), kOk},
                    kOurs));
    auto client = connected(here, peer);
    Copier copier(here.side(), *client, "", false, nullptr);
    ASSERT_OK(copier.copy({&here.entry, 1}));
    ck_assert(peer.finished_well());
}
END_TEST

START_TEST(another_mailbox_of_cyrus_is_not_touched)
{
    Here here;
    ScriptedPeer peer(after_login({kAsk, send(answer_of(here.entry, here.sync.box)), kOk}, kCyrus));
    auto client = connected(here, peer);
    Copier copier(here.side(), *client, "", true, nullptr);
    ASSERT_CODE(copier.copy({&here.entry, 1}), Code::exists);
    ASSERT_OK(copier.remove({&here.entry, 1}));
    ck_assert(peer.finished_well());
}
END_TEST

START_TEST(a_copy_of_another_life_is_begun_anew)
{
    Here here;
    SyncMailbox older = here.sync.box;
    older.uidvalidity = 6;
    ScriptedPeer peer(after_login(
        {kAsk, send(answer_of(here.entry, older)), kOk,
         expect("$T SYNCAPPLY LOCAL_UNMAILBOX user.bob"), kOk, kAsk, kNothing, skip_command(),
         expect_bytes("hello)\r\n"), kOk, skip_command(), kOk, expect("$T SYNCRESTART"), kOk},
        kOurs));
    auto client = connected(here, peer);
    Copier copier(here.side(), *client, "", false, nullptr);
    ASSERT_OK(copier.copy({&here.entry, 1}));
    ck_assert(peer.finished_well());
}
END_TEST

START_TEST(a_comparison_sees_each_difference)
{
    using Spoil = void (*)(MailboxEntry&, SyncMailbox&);
    const struct {
        const char* what;  // "" = no difference
        Spoil spoil;
    } table[] = {
        {"", [](MailboxEntry&, SyncMailbox&) {}},
        {"", [](MailboxEntry&, SyncMailbox& box) { box.highestmodseq = 9; }},
        {"",
         [](MailboxEntry&, SyncMailbox& box) {
             box.records.push_back(message(3, 9));
             box.records.back().expunged = true;
         }},
        {"UIDVALIDITY", [](MailboxEntry&, SyncMailbox& box) { box.uidvalidity = 8; }},
        {"UIDNEXT", [](MailboxEntry&, SyncMailbox& box) { box.last_uid = 3; }},
        {"HIGHESTMODSEQ", [](MailboxEntry&, SyncMailbox& box) { box.highestmodseq = 4; }},
        {"its unique identifier", [](MailboxEntry& e, SyncMailbox&) { e.uniqueid = "0a1c"; }},
        {"ACL",
         [](MailboxEntry& e, SyncMailbox&) { e.acl.set("eve", *model::Rights::parse("l")); }},
        {"1 messages are not there",
         [](MailboxEntry&, SyncMailbox& box) { box.records.pop_back(); }},
        {"UID 1", [](MailboxEntry&, SyncMailbox& box) { box.records.erase(box.records.begin()); }},
        {"UID 3 is only there",
         [](MailboxEntry&, SyncMailbox& box) { box.records.push_back(message(3, 5)); }},
        {"the record of UID 2",
         [](MailboxEntry&, SyncMailbox& box) { box.records[1].system_flags = model::kDraft; }},
        {"the record of UID 2", [](MailboxEntry&, SyncMailbox& box) { box.records[1].size = 6; }},
        {"the record of UID 1",
         [](MailboxEntry&, SyncMailbox& box) { box.records[0].guid[3] ^= 1; }},
        {"the record of UID 1",
         [](MailboxEntry&, SyncMailbox& box) { box.records[0].keywords.set(0); }},
    };
    for (const auto& row : table) {
        Here here;
        MailboxEntry entry = here.entry;
        SyncMailbox box = here.sync.box;
        row.spoil(entry, box);
        std::vector<Step> steps = {kAsk, send(answer_of(entry, box)), kOk};
        if (*row.what == '\0')
            steps =
                std::move(steps) + std::vector<Step>{expect("$T SYNCGET ANNOTATION user.bob"), kOk};
        ScriptedPeer peer(after_login(steps, kOurs));
        auto client = connected(here, peer);
        Copier copier(here.side(), *client, "", false, nullptr);
        Status done = copier.compare({&here.entry, 1}, "");
        const std::string got = done ? "" : done.error().text;
        const std::string want =
            *row.what == '\0' ? "" : cat("the copy of user.bob differs: ", row.what);
        ASSERT_EQ_TEXT(got, want);
        ck_assert_msg(peer.finished_well(), "%s", row.what);
    }
}
END_TEST

// What is wrong with a record is the command's failure, not the conversation's.
START_TEST(a_record_that_is_none_leaves_the_conversation_in_order)
{
    Here here;
    std::string bad = answer_of(here.entry, here.sync.box);
    bad.replace(bad.find("UID 1 "), 6, "UID 0 ");
    ScriptedPeer peer(
        after_login({kAsk, send(bad), kOk, kAsk, send(bad), kOk, kAsk, kNothing}, kOurs));
    auto client = connected(here, peer);
    Copier copier(here.side(), *client, "", false, nullptr);
    ASSERT_CODE(copier.compare({&here.entry, 1}, ""), Code::syntax);
    ASSERT_CODE(copier.copy({&here.entry, 1}), Code::syntax);
    ASSERT_CODE(client->get("FULLMAILBOX", "user.bob", nullptr), Code::not_found);
    ck_assert(peer.finished_well());
}
END_TEST

START_TEST(a_peer_may_say_anything)
{
    const struct {
        std::string says;
        Code code;
    } table[] = {
        {"$T NO IMAP_MAILBOX_MOVED away\r\n", Code::moved},
        {"$T NO\r\n", Code::unsupported},
        {"$T BAD what\r\n", Code::unsupported},
        {"other OK done\r\n", Code::syntax},
        {"* BYE down\r\n", Code::closed},
        {"* MAILBOX %(A\r\n", Code::syntax},
        {"* MAILBOX %{default 00 3}\r\nabc\r\n$T OK\r\n", Code::syntax},
        {"* MAILBOX x y\r\n$T OK\r\n", Code::syntax},
        {cat("* ", std::string(300, 'x'), "\r\n"), Code::syntax},
        {cat("* OK ", std::string(70000, 'x'), "\r\n$T OK\r\n"), Code::syntax},
        {"* 5 EXISTS\r\n* OK [ALERT] x\r\n* MISSING ()\r\n$T NO IMAP_MAILBOX_LOCKED x\r\n",
         Code::busy},
        {"", Code::closed},
    };
    for (const auto& row : table) {
        Here here;
        ScriptedPeer peer(after_login({kAsk, send(row.says), hang_up()}, kOurs));
        auto client = connected(here, peer);
        Status done = client->get("FULLMAILBOX", "user.bob", nullptr);
        ck_assert_msg(done.is(row.code), "%.60s: %s", row.says.c_str(),
                      done.ok() ? "OK" : std::string(code_name(done.error().code)).c_str());
    }
}
END_TEST

START_TEST(a_server_without_the_dialect_is_left)
{
    Here here;
    ScriptedPeer peer(after_login({}, "ACL"));
    ASSERT_CODE(SyncClient::connect(here.config, cat("127.0.0.1:", peer.port())),
                Code::unsupported);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/sync/copier");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, what_is_not_there_goes_over_once);
    tcase_add_test(c, a_change_of_the_mailbox_alone_goes_over);
    tcase_add_test(c, what_an_earlier_run_brought_is_not_sent_again);
    tcase_add_test(c, another_mailbox_of_cyrus_is_not_touched);
    tcase_add_test(c, a_copy_of_another_life_is_begun_anew);
    tcase_add_test(c, a_comparison_sees_each_difference);
    tcase_add_test(c, a_record_that_is_none_leaves_the_conversation_in_order);
    tcase_add_test(c, a_peer_may_say_anything);
    tcase_add_test(c, a_server_without_the_dialect_is_left);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
