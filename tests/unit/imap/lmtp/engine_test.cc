// Whole sessions of the engine: a list in memory, a store that keeps messages in strings, and other
// servers played by a second engine or by a script.
#include "imap/lmtp/engine.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <iterator>
#include <map>
#include <set>
#include <thread>

#include "imap/delivery/spooled_message.h"
#include "imap/mboxlist/memory_directory.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/service/retirement.h"
#include "lib/service/scoreboard.h"
#include "lib/stream/memory_layer.h"
#include "tests/unit/unit.h"

namespace rookery::service::counters {
void add(Kind, uint64_t) {}
Timed::~Timed() = default;
}  // namespace rookery::service::counters

namespace rookery::service::retirement {
int fd()
{
    return -1;
}
bool is_due()
{
    return false;
}
bool is_known()
{
    return false;
}
}  // namespace rookery::service::retirement

namespace rookery::service::scoreboard {
void set_user(std::string_view) {}
Alike count_alike(std::string_view, std::string_view, const Alike&)
{
    return {};
}
void set_mailbox(std::string_view) {}
void set_backend(std::string_view) {}
void set_state(std::string_view) {}
}  // namespace rookery::service::scoreboard

namespace {

using namespace rookery;
using model::MailboxEntry;
using model::MailboxName;

// The part of a store that delivery uses.
class FakeStore final : public mailbox::MailboxStore {
 public:
    explicit FakeStore(std::string dir) : dir_(std::move(dir)) {}
    std::map<std::string, std::vector<std::string>> messages;
    std::optional<Error> refuse;
    std::optional<Error> refuse_stage;
    int staged = 0;

    Result<std::unique_ptr<mailbox::StagedMessage>> stage(const std::string&) override
    {
        if (refuse_stage) return *refuse_stage;
        ++staged;
        return std::unique_ptr<mailbox::StagedMessage>(
            std::make_unique<delivery::SpooledMessage>(dir_));
    }
    Result<mailbox::AppendResult> append(const MailboxEntry& entry, const std::string&,
                                         std::span<const mailbox::AppendItem> items) override
    {
        if (refuse) return *refuse;
        for (const auto& item : items) {
            TRY_ASSIGN(std::string_view text, item.message->map());
            messages[entry.name.internal()].emplace_back(text);
        }
        return mailbox::AppendResult{};
    }
    Result<uint32_t> create(const MailboxEntry&) override { return no(); }
    Status discard(const MailboxEntry&) override { return no(); }
    Status remove(const MailboxEntry&) override { return no(); }
    Status rename_back(const MailboxEntry&, const MailboxEntry&) override { return no(); }
    Result<std::string> uniqueid_at(const MailboxEntry&) override { return no(); }
    Status rename_user(const std::string&, const std::string&) override { return no(); }
    Status remove_user(const std::string&) override { return no(); }
    Status rename(const MailboxEntry&, const MailboxEntry&) override { return no(); }
    Status acl_changed(const MailboxEntry&) override { return no(); }
    Result<std::string> special_use(const MailboxEntry&) override { return no(); }
    Status set_special_use(const MailboxEntry&, const std::string&) override { return no(); }
    bool has(const MailboxEntry&) override { return false; }
    bool has_messages(const MailboxEntry&) override { return false; }
    Result<std::unique_ptr<mailbox::Mailbox>> open(const MailboxEntry&, const std::string&,
                                                   mailbox::OpenMode) override
    {
        return no();
    }
    Result<mailbox::StatusItems> status(const MailboxEntry&, const std::string&) override
    {
        return no();
    }
    std::vector<std::string> partitions() const override { return {"default"}; }

 private:
    static Error no() { return Error{Code::unsupported, "not here"}; }
    std::string dir_;
};

// A list that can be made to be stale: catch_up() runs what the test gave.
class FakeDirectory final : public mboxlist::MemoryDirectory {
 public:
    std::function<Status()> on_catch_up = [] { return success(); };
    int caught_up = 0;
    std::optional<Error> refuse_lookup;
    Result<MailboxEntry> lookup(const MailboxName& name) override
    {
        if (refuse_lookup) return *refuse_lookup;
        return MemoryDirectory::lookup(name);
    }
    Status catch_up() override
    {
        ++caught_up;
        return on_catch_up();
    }
    void put(const std::string& name, const std::string& server, const char* acl = "",
             model::EntryState state = model::EntryState::active)
    {
        auto parsed = MailboxName::from_internal(name);
        ASSERT_OK(parsed);
        MailboxEntry entry{*parsed, state, server, "default",           {},
                           "0123",  0,     0,      model::Pending::none};
        auto list = model::Acl::parse(acl);
        ASSERT_OK(list);
        entry.acl = *list;
        const mboxlist::Change change = mboxlist::Change::put(entry);
        ASSERT_OK(commit({&change, 1}));
    }
};

// One answer for all; what was asked last.
class FakeQuotas final : public mailbox::Quotas {
 public:
    Status answer = success();
    mailbox::QuotaUsage asked;
    bool whole = false;

    Status check(const MailboxName&, const mailbox::QuotaUsage& more, bool strict) override
    {
        asked = more;
        whole = strict;
        return answer;
    }
    Result<MailboxName> root_of(const MailboxName&) override { return no(); }
    Result<mailbox::Quota> get(const MailboxName&) override { return no(); }
    Status each(const std::function<void(const MailboxName&)>&) override { return no(); }
    Status set(const MailboxName&, const mailbox::QuotaLimits&) override { return no(); }
    Status remove(const MailboxName&) override { return no(); }
    Status rename(const MailboxName&, const MailboxName&) override { return no(); }

 private:
    static Error no() { return Error{Code::unsupported, "not here"}; }
};

struct Server {
    test::TempDir dir;
    config::Config config;
    FakeDirectory directory;
    FakeStore store{dir.path()};
    FakeQuotas quotas;
    backend::BackendPool backends;
    bool has_store = true;
    std::unique_ptr<delivery::Duplicates> duplicates;  // none unless the test wants it
    delivery::MakeUser make_user;                      // the same

    explicit Server(std::string_view more = {})
        : config(make(dir, more)), backends(config, backend::lmtp_dialect())
    {
        static bool once = false;
        if (!once) ASSERT_OK(auth::SaslServer::init_library(config, "rookery-test"));
        once = true;
    }
    static config::Config make(const test::TempDir& d, std::string_view more)
    {
        auto made = config::Config::from_text(
            cat("configdirectory: ", d.path(), "\ntemp_path: ", d.path(),
                "\nservername: be1.example.org\nfailedloginpause: 0\n", more),
            "lmtp");
        ASSERT_OK(made);
        return *std::move(made);
    }
    void serve(stream::Stream& client, bool preauthenticated = true)
    {
        session::SessionKit kit(config, nullptr, lmtp::kProtocol, service::ClientInfo{});
        delivery::Local local;
        if (has_store) local = {&store, &quotas, duplicates.get()};
        lmtp::Engine({config, kit, client, directory, backends, local, preauthenticated, make_user})
            .run();
    }
    // The replies to what a client sends at once.
    std::vector<std::string> talk(const std::string& input, bool preauthenticated = true)
    {
        stream::MemoryEnds ends{input, {}, 65536, false, false};
        stream::Stream client(stream::memory_layer(ends));
        serve(client, preauthenticated);
        std::vector<std::string> replies;
        for (std::string_view line : split(ends.output, '\n', false)) {
            line = trim(line);
            if (line.size() < 4 || line[3] == ' ') replies.emplace_back(line);
        }
        return replies;
    }
};

void assert_codes(const std::vector<std::string>& replies, std::string_view codes)
{
    std::string got;
    for (const std::string& r : replies) cat_to(got, got.empty() ? "" : " ", r.substr(0, 3));
    ASSERT_EQ_TEXT(got, codes);
}

const std::string kEnvelope = "LHLO x\r\nMAIL FROM:<s@x>\r\n";
const std::string kMessage = "DATA\r\nSubject: s\r\n\r\n..dot\r\n.\r\n";

START_TEST(a_message_for_three_is_staged_once_and_answered_thrice)
{
    Server s;
    for (const char* name : {"user.alice", "user.bob"}) s.directory.put(name, "");
    s.directory.put("user.bob.lists", "", "anyone\tp\t");
    s.directory.put("user.bob.private", "", "");
    auto replies = s.talk(kEnvelope +
                          "RCPT TO:<Alice@x>\r\nRCPT TO:<nobody>\r\nRCPT TO:<bob+lists>\r\n"
                          "RCPT TO:<bob+private>\r\n" +
                          kMessage + "QUIT\r\n");
    assert_codes(replies, "220 250 250 250 550 250 250 354 250 250 250 221");
    ck_assert_int_eq(s.store.staged, 1);
    ck_assert_uint_eq(s.store.messages["user.alice"].size(), 1);
    ck_assert_uint_eq(s.store.messages["user.bob.lists"].size(), 1);
    ck_assert_uint_eq(s.store.messages["user.bob"].size(), 1);
    const std::string& text = s.store.messages["user.alice"][0];
    ck_assert(text.starts_with("Return-Path: <s@x>\r\nReceived: from x ("));
    ck_assert(text.ends_with("\r\n\r\n.dot\r\n"));
}
END_TEST

// The id of a message's Received field, which is an Atom; the test ends where there is none.
std::string received_id(const std::string& text)
{
    const std::string_view head = std::string_view(text).substr(0, text.find("\r\n\r\n"));
    const size_t with = head.find(" with LMTPA id ");
    const size_t end = head.find(";\r\n\t ", with);
    ck_assert_msg(with != std::string::npos && end != std::string::npos, "%s", text.c_str());
    std::string id(head.substr(with + 15, end - with - 15));
    for (char c : id) ck_assert_msg(isalnum(c) != 0 || c == '-', "%s", id.c_str());
    return id;
}

START_TEST(each_message_has_an_id_of_its_own)
{
    std::set<std::string> ids;
    for (int session = 0; session < 2; ++session) {
        Server s;
        for (const char* name : {"user.alice", "user.bob"}) s.directory.put(name, "");
        std::string talk = "LHLO x\r\n";
        for (int i = 0; i < 3; ++i)
            talk += "MAIL FROM:<s@x>\r\nRCPT TO:<alice>\r\nRCPT TO:<bob>\r\n" + kMessage;
        s.talk(talk + "QUIT\r\n");
        ck_assert_uint_eq(s.store.messages["user.alice"].size(), 3);
        for (size_t i = 0; i < 3; ++i) {
            const std::string id = received_id(s.store.messages["user.alice"][i]);
            ck_assert_msg(ids.insert(id).second, "%s again", id.c_str());
            ASSERT_EQ_TEXT(received_id(s.store.messages["user.bob"][i]), id);
        }
    }
}
END_TEST

START_TEST(the_order_of_commands)
{
    Server s;
    s.directory.put("user.alice", "");
    assert_codes(s.talk("RCPT TO:<alice>\r\nDATA\r\nLHLO\r\nLHLO x\r\nDATA\r\nMAIL FROM:<>\r\n"
                        "MAIL FROM:<>\r\nDATA\r\nRSET\r\nRCPT TO:<alice>\r\nEHLO x\r\nNOOP\r\n"
                        "RSET x\r\nVRFY alice\r\nSTARTTLS\r\nQUIT\r\nNOOP\r\n"),
                 "220 503 503 501 250 503 250 503 503 250 503 500 250 501 252 502 221");
}
END_TEST

START_TEST(nobody_delivers_without_authentication)
{
    Server s;
    s.directory.put("user.alice", "");
    auto replies = s.talk(kEnvelope + "RCPT TO:<alice>\r\nAUTH NOSUCH\r\nQUIT\r\n", false);
    assert_codes(replies, "220 250 430 503 504 221");
    Server hard("soft_noauth: no\n");
    assert_codes(hard.talk(kEnvelope + "QUIT\r\n", false), "220 250 530 221");
    assert_codes(s.talk("LHLO x\r\nAUTH EXTERNAL =\r\nAUTH EXTERNAL =\r\nAUTH PLAIN\r\nQUIT\r\n"),
                 "220 250 235 503 503 221");
}
END_TEST

START_TEST(limits)
{
    Server s("maxmessagesize: 1\nlmtp_max_recipients: 2\n");
    s.directory.put("user.alice", "");
    const std::string rcpt = "RCPT TO:<alice>\r\n";
    assert_codes(
        s.talk("NOOP " + std::string(100000, 'x') + "\r\nNOOP " + std::string(5000, 'x') +
               "\r\nNOOP\r\nLHLO x\r\nMAIL FROM:<s> SIZE=2000\r\nMAIL FROM:<s>\r\n" + rcpt + rcpt +
               rcpt + "DATA\r\n\r\n" + std::string(3000, 'y') + "\r\n.\r\nNOOP\r\nQUIT\r\n"),
        "220 500 500 250 250 552 250 250 250 452 354 552 552 250 221");
    ck_assert(s.store.messages.empty());
    std::string many;
    for (int i = 0; i < 200; ++i) many += "FROB\r\n";
    ck_assert_uint_eq(s.talk(many).size(), 101);
}
END_TEST

// What a client sends first, before it drips bytes that end no line.
const char* const kHalves[] = {"", "LH", "LHLO x\r\nMAIL FROM:<"};

START_TEST(a_command_line_has_its_time_as_a_whole)
{
    Server s("lmtptxn_timeout: 1s\n");
    int ends[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    std::thread dripping([&] {
        ssize_t n = ::send(ends[1], kHalves[_i], strlen(kHalves[_i]), MSG_NOSIGNAL);
        while (n >= 0) {
            pollfd pause{-1, 0, 0};
            ::poll(&pause, 1, 50);
            n = ::send(ends[1], "x", 1, MSG_NOSIGNAL);
        }
    });
    {
        stream::Stream client{Fd(ends[0])};
        s.serve(client);
    }
    dripping.join();
    char got[2000];
    const ssize_t n = ::read(ends[1], got, sizeof got);
    ::close(ends[1]);
    ck_assert_int_gt(n, 0);
    const std::string said(got, static_cast<size_t>(n));
    ck_assert_msg(said.ends_with("421 4.4.2 Disconnected for inactivity\r\n"), "%s", said.c_str());
}
END_TEST

START_TEST(a_full_disk_and_other_troubles_are_temporary)
{
    Server s;
    s.directory.put("user.alice", "");
    const std::string all = kEnvelope + "RCPT TO:<alice>\r\n" + kMessage + "QUIT\r\n";
    s.store.refuse = Error{Code::no_space, "full"};
    assert_codes(s.talk(all), "220 250 250 250 354 452 221");
    s.store.refuse = Error{Code::io, "broken"};
    assert_codes(s.talk(all), "220 250 250 250 354 451 221");
    s.store.refuse = Error{Code::moved, "moved"};
    assert_codes(s.talk(all), "220 250 250 250 354 451 221");
    s.store.refuse.reset();
    s.directory.put("user.alice", "", "", model::EntryState::moving);
    assert_codes(s.talk(kEnvelope + "RCPT TO:<alice>\r\nQUIT\r\n"), "220 250 250 451 221");
}
END_TEST

constexpr Code kCodes[] = {
    Code::not_found, Code::exists,   Code::denied,      Code::over_quota,  Code::bad_name,
    Code::busy,      Code::behind,   Code::unavailable, Code::maintenance, Code::no_master,
    Code::io,        Code::no_space, Code::corrupt,     Code::syntax,      Code::limit,
    Code::timeout,   Code::closed,   Code::unsupported, Code::reserved,    Code::moved,
    Code::config,
};
static_assert(std::size(kCodes) == static_cast<size_t>(Code::config) + 1);

// Files that cannot be read, a partition that is not there, a list that is damaged: whatever it is
// called, it bounces nothing.
START_TEST(no_state_of_this_server_is_permanent)
{
    const Error error{kCodes[_i], "made up"};
    const std::string ask = kEnvelope + "RCPT TO:<alice>\r\n";
    auto last = [&](Server& s, const std::string& data) {
        s.directory.put("user.alice", "");
        const auto replies = s.talk(ask + data + "QUIT\r\n");
        return replies[replies.size() - 2];
    };
    auto assert_temporary = [&](const std::string& reply, const char* where) {
        ck_assert_msg(reply.starts_with("4"), "%s, %s: %s", where,
                      std::string(code_name(error.code)).c_str(), reply.c_str());
    };
    {
        Server s;
        s.store.refuse = error;
        assert_temporary(last(s, kMessage), "the store");
    }
    {
        Server s;
        s.store.refuse_stage = error;
        assert_temporary(last(s, "DATA\r\n"), "the partition");
    }
    {
        Server s;
        s.directory.put("user.alice", "");
        s.directory.refuse_lookup = error;
        s.directory.on_catch_up = [] { return Status(Error{Code::behind, "stale"}); };
        assert_temporary(s.talk(ask + "QUIT\r\n")[3], "the list");
    }
    {
        Server s;
        s.directory.on_catch_up = [&] { return Status(error); };
        assert_temporary(s.talk(ask + "QUIT\r\n")[3], "catching up");
    }
    {
        // Quotas that cannot be read are none.
        Server s;
        s.quotas.answer = error;
        const bool is_full = error.code == Code::over_quota;
        const std::string reply = last(s, is_full ? "" : kMessage);
        ck_assert_msg(reply.starts_with(is_full ? "452 4.2.2 " : "250 2.1.5 "), "%s",
                      reply.c_str());
    }
}
END_TEST

// All that is refused for ever, and why.
struct Refusal {
    const char* why;
    const char* options;
    std::string input;   // behind LHLO
    const char* answer;  // one of the replies begins so
};
const std::string kRcpt = "MAIL FROM:<s@x>\r\nRCPT TO:<alice>\r\n";
std::string message(std::string_view text)
{
    return cat(kRcpt, "DATA\r\n", text, "\r\n.\r\n");
}
std::string looping()
{
    std::string text;
    for (int i = 0; i < 101; ++i) text += "Received: again\r\n";
    return text;
}
const std::vector<Refusal> kRefusals = {
    // what is no command, or comes at the wrong time
    {"an unknown command", "", "FROB\r\n", "500 5.5.2 "},
    {"a line too long", "", "NOOP " + std::string(5000, 'x') + "\r\n", "500 5.5.2 "},
    {"no domain", "", "LHLO\r\n", "501 5.5.4 "},
    {"arguments where none are", "", "DATA now\r\n", "501 5.5.4 "},
    {"MAIL in a wrong form", "", "MAIL FROM:s\r\n", "501 5.5.4 "},
    {"RCPT in a wrong form", "", "MAIL FROM:<>\r\nRCPT TO:alice\r\n", "501 5.5.4 "},
    {"a path too long", "", "MAIL FROM:<" + std::string(1100, 'x') + ">\r\n", "501 5.5.4 "},
    {"MAIL twice", "", "MAIL FROM:<>\r\nMAIL FROM:<>\r\n", "503 5.5.1 "},
    {"RCPT without MAIL", "", "RCPT TO:<alice>\r\n", "503 5.5.1 "},
    {"DATA without RCPT", "", "MAIL FROM:<>\r\nDATA\r\n", "503 5.5.1 "},
    {"an unknown parameter", "", "MAIL FROM:<> FROB=1\r\n", "555 5.5.4 "},
    {"no TLS here", "", "STARTTLS\r\n", "502 5.5.1 "},
    {"AUTH twice", "", "AUTH EXTERNAL =\r\nAUTH EXTERNAL =\r\n", "503 5.5.1 "},
    {"an unknown mechanism", "", "AUTH FROB\r\n", "504 5.5.4 "},
    // the recipient
    {"no such user", "", "MAIL FROM:<>\r\nRCPT TO:<nobody>\r\n", "550 5.1.1 "},
    {"a name that none can have", "", "MAIL FROM:<>\r\nRCPT TO:<a*b>\r\n", "550 5.1.1 "},
    {"no such mailbox", "postuser: bb\n", "MAIL FROM:<>\r\nRCPT TO:<bb+none>\r\n", "550 5.1.1 "},
    {"a mailbox in broken UTF-8", "postuser: bb\n", "MAIL FROM:<>\r\nRCPT TO:<bb+\xc3x>\r\n",
     "550 5.1.1 "},
    {"no right to post", "postuser: bb\n", "MAIL FROM:<>\r\nRCPT TO:<bb+closed>\r\n", "550 5.7.1 "},
    {"a quota that is to be permanent", "lmtp_over_quota_perm_failure: yes\n",
     "MAIL FROM:<>\r\nRCPT TO:<full>\r\n", "552 5.2.2 Over quota SESSIONID=<"},
    // the message
    {"larger than allowed, as announced", "maxmessagesize: 1\n", "MAIL FROM:<> SIZE=2000\r\n",
     "552 5.2.3 "},
    {"larger than allowed", "maxmessagesize: 1\n", message("\r\n" + std::string(3000, 'y')),
     "552 5.2.3 "},
    {"a NUL in the text", "", message("A: b\r\n\r\n" + std::string(1, '\0')),
     "554 5.6.0 Message contains NUL characters"},
    {"a NUL in the header", "", message("A: b" + std::string(1, '\0') + "\r\n"),
     "554 5.6.0 Message contains NUL characters"},
    {"no header", "", message("Hello world"), "554 5.6.0 Message contains invalid header"},
    {"a line that is none", "", message("A: b\r\nHello\r\n"),
     "554 5.6.0 Message contains invalid header"},
    {"8-bit header where it is not wanted", "reject8bit: yes\n", message("A: \xe4\r\n"),
     "554 5.6.0 "},
    {"a loop", "", message(looping()), "554 5.6.0 "},
};

START_TEST(what_is_refused_for_ever)
{
    const Refusal& row = kRefusals[static_cast<size_t>(_i)];
    Server s(row.options);
    for (const char* name : {"user.alice", "user.full", "closed"}) s.directory.put(name, "");
    if (row.input.find("<full>") != std::string::npos)
        s.quotas.answer = Error{Code::over_quota, "full"};
    bool found = false;
    for (const std::string& reply : s.talk("LHLO x\r\n" + row.input + "QUIT\r\n")) {
        found = found || reply.starts_with(row.answer);
        ck_assert_msg(!reply.starts_with("5") || reply.starts_with(row.answer), "%s: %s", row.why,
                      reply.c_str());
    }
    ck_assert_msg(found, "%s: %s is not answered", row.why, row.answer);
    ck_assert(s.store.messages.empty());
}
END_TEST

START_TEST(a_full_mailbox_is_told_at_once)
{
    Server s;
    for (const char* name : {"user.alice", "user.bob"}) s.directory.put(name, "");
    s.directory.put("user.carol", "elsewhere");
    s.quotas.answer = Error{Code::over_quota, "full"};
    auto replies = s.talk("LHLO x\r\nMAIL FROM:<s@x> SIZE=77\r\nRCPT TO:<alice>\r\n"
                          "RCPT TO:<bob> IGNOREQUOTA\r\nRCPT TO:<carol>\r\nDATA\r\nQUIT\r\n");
    assert_codes(replies, "220 250 250 452 250 250 354");
    ck_assert(replies[3].starts_with("452 4.2.2 Over quota SESSIONID=<be1.example.org-"));
    ck_assert_uint_eq(s.quotas.asked.bytes, 77);
    ck_assert_uint_eq(s.quotas.asked.messages, 1);
    ck_assert(!s.quotas.whole);
    // A message of a size that nobody has told counts as one that is there.
    Server strict("lmtp_strict_quota: yes\n");
    strict.directory.put("user.alice", "");
    assert_codes(strict.talk(kEnvelope + "RCPT TO:<alice>\r\nQUIT\r\n"), "220 250 250 250 221");
    ck_assert_uint_eq(strict.quotas.asked.bytes, 1);
    ck_assert(strict.quotas.whole);
}
END_TEST

START_TEST(any_number_of_header_lines_is_taken)
{
    std::string text = "Subject: many\r\nTo: u0@x.example,\r\n";
    for (int i = 1; i < 5000; ++i) cat_to(text, " u", i, "@x.example,\r\n");
    text += " last@x.example\r\n\r\nbody";
    for (const char* option : {"", "maxheaderlines: 0\n", "maxheaderlines: 10\n"}) {
        Server s(option);
        s.directory.put("user.alice", "");
        assert_codes(s.talk("LHLO x\r\n" + message(text) + "QUIT\r\n"),
                     "220 250 250 250 354 250 221");
        ck_assert(s.store.messages["user.alice"][0].find("\r\n u4999@") != std::string::npos);
    }
}
END_TEST

START_TEST(only_what_is_in_the_store_counts_as_delivered)
{
    Server s;
    auto made = db::ExpiringSet::open(s.dir.file("deliver.tdb"), delivery::Duplicates::kSpace);
    ASSERT_OK(made);
    auto opened =
        delivery::Duplicates::open(*std::move(made), s.dir.file("deliver.tdb.duplicates"));
    ASSERT_OK(opened);
    s.duplicates = std::make_unique<delivery::Duplicates>(*std::move(opened));
    s.directory.put("user.alice", "");
    auto deliver = [&](std::string_view header, std::string_view codes) {
        assert_codes(s.talk(cat(kEnvelope, "RCPT TO:<alice>\r\nDATA\r\n", header,
                                "\r\nText\r\n.\r\nQUIT\r\n")),
                     codes);
        return s.store.messages["user.alice"].size();
    };
    const std::string id = "Message-ID: <1@x>\r\n";
    s.store.refuse = Error{Code::io, "broken"};
    ck_assert_uint_eq(deliver(id, "220 250 250 250 354 451 221"), 0);
    s.store.refuse.reset();
    constexpr std::string_view kDone = "220 250 250 250 354 250 221";
    ck_assert_uint_eq(deliver(id, kDone), 1);
    ck_assert_uint_eq(deliver(id, kDone), 1);
    // Another Date, another message; a folded one is the same each time.
    ck_assert_uint_eq(deliver("Date: today\r\n" + id, kDone), 2);
    ck_assert_uint_eq(deliver(id + "Date:\r\n today\r\nDate: never\r\n", kDone), 2);
    ck_assert_uint_eq(deliver("Resent-Message-ID: <2@x>\r\n" + id, kDone), 3);
    ck_assert_uint_eq(deliver("Resent-Message-ID: <2@x>\r\nMessage-ID: <3@x>\r\n", kDone), 3);
    // What has no name of its own is never a duplicate.
    ck_assert_uint_eq(deliver("", kDone), 4);
    ck_assert_uint_eq(deliver("", kDone), 5);
}
END_TEST

START_TEST(a_stale_list_never_says_unknown)
{
    Server s;
    s.directory.on_catch_up = [] { return Status(Error{Code::behind, "stale"}); };
    const std::string ask = kEnvelope + "RCPT TO:<alice>\r\nQUIT\r\n";
    assert_codes(s.talk(ask), "220 250 250 451 221");
    s.directory.on_catch_up = [&] {
        s.directory.put("user.alice", "");
        return success();
    };
    assert_codes(s.talk(ask), "220 250 250 250 221");
    ck_assert_int_eq(s.directory.caught_up, 2);
}
END_TEST

START_TEST(shared_mailboxes_need_the_right_to_post)
{
    Server s("postuser: bb\nunixhierarchysep: yes\n");
    s.directory.put("news.local", "", "anyone\tlrsp\t");
    s.directory.put("closed", "", "bob\tlrsp\t");
    assert_codes(
        s.talk(kEnvelope + "RCPT TO:<bb+news/local@x>\r\nRCPT TO:<bb+closed@x>\r\n"
                           "RSET\r\nMAIL FROM:<s> AUTH=bob\r\nRCPT TO:<bb+closed@x>\r\nQUIT\r\n"),
        "220 250 250 250 550 250 250 250 221");
}
END_TEST

// Where the folder of an address is not there: the one that gets the message.
struct Folder {
    const char* address;
    const char* exact;  // without lmtp_fuzzy_mailbox_match
    const char* fuzzy;
};
constexpr Folder kFolders[] = {
    {"bob+Lists", "user.bob.Lists", "user.bob.Lists"},
    {"bob+lists", "user.bob", "user.bob.Lists"},
    {"bob+LISTS.new-stuff", "user.bob", "user.bob.Lists.New Stuff"},
    {"bob+lists.NEW_STUFF.deep.down", "user.bob", "user.bob.Lists.New Stuff"},
    {"bob+Lists.other", "user.bob", "user.bob.Lists"},
    {"bob+lists.news", "user.bob", "user.bob.Lists"},
    {"bob+list", "user.bob", "user.bob"},
    {"bob+lists2", "user.bob", "user.bob"},
    {"bob+closed", "user.bob", "user.bob"},
    {"bob+Closed.open", "user.bob", "user.bob"},
    {"bob+a.b", "user.bob", "user.bob"},
    // Modified UTF-7 is no text of letters and hyphens.
    {"bob+&AOQ-X", "user.bob", "user.bob.&AOQ-x"},
    {"bob+&aoq-x", "user.bob", "user.bob"},
    {"bob+&AOQ_x", "user.bob", "user.bob"},
};

START_TEST(a_folder_that_is_like_the_one_that_is_not_there)
{
    for (const Folder& row : kFolders)
        for (bool fuzzy : {false, true}) {
            Server s(fuzzy ? "lmtp_fuzzy_mailbox_match: yes\nunixhierarchysep: no\n"
                           : "unixhierarchysep: no\n");
            for (const char* name : {"user.bob", "user.bobby", "user.bobby.a.b"})
                s.directory.put(name, "");
            for (const char* name : {"user.bob.Lists", "user.bob.Lists.New Stuff",
                                     "user.bob.&AOQ-x", "user.carol.list"})
                s.directory.put(name, "", "anyone\tp\t");
            s.directory.put("user.bob.Closed", "", "bob\tlrs\t");
            s.directory.put("user.bob.a", "", "anyone\tp\t", model::EntryState::deleted);
            s.talk(cat("LHLO x\r\nMAIL FROM:<s>\r\nRCPT TO:<", row.address, ">\r\n", kMessage,
                       "QUIT\r\n"));
            ck_assert_uint_eq(s.store.messages.size(), 1);
            const char* want = fuzzy ? row.fuzzy : row.exact;
            ck_assert_msg(s.store.messages.count(want) == 1, "%s, %d: in %s, not in %s",
                          row.address, fuzzy, s.store.messages.begin()->first.c_str(), want);
        }
}
END_TEST

// Who has the mail for postmaster.
struct Postmaster {
    const char* options;
    bool is_user;
    const char* address;
    const char* mailbox;
};
constexpr Postmaster kPostmasters[] = {
    {"", true, "postmaster", "user.postmaster"},
    {"", true, "PostMaster@x", "user.postmaster"},
    {"lmtp_downcase_rcpt: no\n", true, "Postmaster", "user.postmaster"},
    {"postmaster: bob\n", true, "postmaster", "user.postmaster"},
    {"postmaster: bob\n", false, "POSTMASTER", "user.bob"},
    {"postmaster: bob@example.org\nlmtp_downcase_rcpt: no\n", false, "PostMaster@x", "user.bob"},
    {"postmaster: bob\nlmtp_catchall_mailbox: carol\n", false, "postmaster", "user.bob"},
    {"postmaster: nobody\nlmtp_catchall_mailbox: carol\n", false, "postmaster", "user.carol"},
    {"postmaster: bob@y.example\nvirtdomains: userid\n", false, "postmaster", "y.example!user.bob"},
};

START_TEST(mail_for_postmaster_has_a_reader)
{
    for (const Postmaster& row : kPostmasters) {
        Server s(row.options);
        for (const char* name : {"user.bob", "user.carol", "y.example!user.bob"})
            s.directory.put(name, "");
        if (row.is_user) s.directory.put("user.postmaster", "");
        s.talk(
            cat("LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<", row.address, ">\r\n", kMessage, "QUIT\r\n"));
        ck_assert_msg(s.store.messages.count(row.mailbox) == 1, "%s%s: not in %s", row.options,
                      row.address, row.mailbox);
    }
    Server none;
    assert_codes(none.talk(kEnvelope + "RCPT TO:<postmaster>\r\nQUIT\r\n"), "220 250 250 550 221");
}
END_TEST

// What becomes of RCPT for a user without an INBOX.
struct NewUser {
    const char* what;
    const char* options;
    Result<bool> made;
    bool is_listed;  // afterwards
    const char* address;
    const char* answer;
};
const NewUser kNewUsers[] = {
    {"made", "", true, true, "new", "250"},
    {"made, for a folder", "", true, true, "New+Lists@x", "250"},
    {"not for this one", "", false, false, "new", "550"},
    {"a failure is for now", "", Error{Code::no_master, "away"}, false, "new", "451"},
    {"whatever it is called", "", Error{Code::not_found, "gone"}, false, "new", "451"},
    {"another was faster", "", Error{Code::moved, "there"}, true, "new", "250"},
    {"the list lags", "", true, false, "new", "451"},
    {"no name for a user", "", true, false, "a*b", "550"},
    {"nor for a mailbox", "", true, false, "x&y", "550"},
    {"not at a delivery", "autocreate_post: no\n", true, true, "new", "550"},
    {"not at all", "autocreate_quota: -1\n", true, true, "new", "550"},
    {"postmaster is somebody's", "postmaster: nobody\n", true, true, "postmaster", "550"},
    {"what nobody has is somebody's", "lmtp_catchall_mailbox: new\n", false, false, "other", "550"},
};

START_TEST(a_user_without_an_inbox)
{
    for (const NewUser& row : kNewUsers) {
        const bool on = std::string_view(row.options).find("autocreate") == std::string_view::npos;
        Server s(cat(row.options, on ? "autocreate_post: yes\nautocreate_quota: 0\n"
                                  : std::string_view(row.options).starts_with("autocreate_post")
                                      ? "autocreate_quota: 0\n"
                                      : "autocreate_post: yes\n"));
        int asked = 0;
        s.make_user = [&](const std::string& user) {
            ++asked;
            if (row.is_listed) s.directory.put(cat("user.", user), "");
            return row.made;
        };
        const auto replies = s.talk(cat(kEnvelope, "RCPT TO:<", row.address, ">\r\nQUIT\r\n"));
        ck_assert_msg(replies[3].starts_with(row.answer), "%s: %s", row.what, replies[3].c_str());
        ck_assert_msg(asked <= 1, "%s: asked %d times", row.what, asked);
    }
}
END_TEST

// A frontend and the servers behind it, each served by a thread over a socket pair.
struct Murder {
    Server front;
    std::map<std::string, std::unique_ptr<Server>> backs;
    std::vector<std::thread> threads;

    Murder() { front.has_store = false; }
    ~Murder()
    {
        front.backends.drop_all();
        for (std::thread& t : threads) t.join();
    }
    Server& add(const std::string& name)
    {
        int ends[2];
        ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        auto& made = backs[name] = std::make_unique<Server>();
        Server& server = *made;
        threads.emplace_back([&server, fd = ends[1]] {
            stream::Stream client{Fd(fd)};
            server.serve(client);
        });
        stream::Stream mine{Fd(ends[0])};
        ASSERT_OK(mine.read_line(1000));  // the greeting
        mine.put("LHLO front\r\n");
        ASSERT_OK(mine.flush());
        for (std::string line; !line.starts_with("250 ");) line = *mine.read_line(1000);
        front.backends.add(backend::backend_for_test(backend::lmtp_dialect(), name, std::move(mine),
                                                     {"AUTH", "8BITMIME", "IGNOREQUOTA"}));
        return server;
    }
};

START_TEST(each_server_gets_its_recipients_once)
{
    Murder m;
    Server& be1 = m.add("be1");
    Server& be2 = m.add("be2");
    be1.directory.put("user.alice", "");
    be2.directory.put("user.bob", "");
    be2.directory.put("user.carol", "");
    m.front.directory.put("user.alice", "be1");
    m.front.directory.put("user.bob", "be2");
    m.front.directory.put("user.carol", "be2");
    for (int i = 1; i <= 3; ++i) {
        auto replies =
            m.front.talk(kEnvelope + "RCPT TO:<bob>\r\nRCPT TO:<alice>\r\nRCPT TO:<carol>\r\n" +
                         kMessage + "QUIT\r\n");
        assert_codes(replies, "220 250 250 250 250 250 354 250 250 250 221");
    }
    ck_assert_uint_eq(be1.store.messages["user.alice"].size(), 3);
    ck_assert_uint_eq(be2.store.messages["user.bob"].size(), 3);
    ck_assert_uint_eq(be2.store.messages["user.carol"].size(), 3);
    ck_assert(be1.store.messages["user.alice"][0].ends_with("\r\n\r\n.dot\r\n"));
}
END_TEST

// Not by the frontend.
START_TEST(x_sieve_is_added_where_the_mailbox_is)
{
    Murder m;
    Server& be1 = m.add("be1");
    be1.directory.put("user.alice", "");
    m.front.directory.put("user.alice", "be1");
    m.front.talk(kEnvelope + "RCPT TO:<alice>\r\n" + kMessage + "QUIT\r\n");
    const std::string& text = be1.store.messages["user.alice"].at(0);
    const size_t at = text.find("\r\nX-Sieve: Rookery Sieve ");
    ck_assert_msg(at < text.find("\r\n\r\n"), "%s", text.c_str());
    ck_assert_msg(text.find("X-Sieve", at + 4) == std::string::npos, "%s", text.c_str());
}
END_TEST

START_TEST(replies_keep_the_order_and_the_meaning)
{
    Murder m;
    Server& be1 = m.add("be1");
    Server& be2 = m.add("be2");
    be1.directory.put("user.alice", "");
    be2.directory.put("user.bob", "");
    be1.store.refuse = Error{Code::over_quota, "full"};
    m.front.directory.put("user.alice", "be1");
    m.front.directory.put("user.bob", "be2");
    m.front.directory.put("user.ghost", "be2");  // the list is wrong about this one
    auto replies =
        m.front.talk(kEnvelope + "RCPT TO:<ghost>\r\nRCPT TO:<alice>\r\nRCPT TO:<bob>\r\n" +
                     kMessage + "QUIT\r\n");
    assert_codes(replies, "220 250 250 250 250 250 354 451 452 250 221");
    ck_assert_int_eq(m.front.directory.caught_up, 1);
}
END_TEST

START_TEST(a_mailbox_that_moved_is_followed_once)
{
    Murder m;
    m.add("be1");
    Server& be2 = m.add("be2");
    be2.directory.put("user.alice", "");
    m.front.directory.put("user.alice", "be1");
    m.front.directory.on_catch_up = [&] {
        m.front.directory.put("user.alice", "be2");
        return success();
    };
    auto replies = m.front.talk(kEnvelope + "RCPT TO:<alice>\r\n" + kMessage + "QUIT\r\n");
    assert_codes(replies, "220 250 250 250 354 250 221");
    ck_assert_uint_eq(be2.store.messages["user.alice"].size(), 1);
}
END_TEST

START_TEST(a_dead_server_is_trouble_for_its_own_only)
{
    Murder m;
    Server& be1 = m.add("be1");
    be1.directory.put("user.alice", "");
    m.front.directory.put("user.alice", "be1");
    m.front.directory.put("user.bob", "127.0.0.1:1");
    auto replies =
        m.front.talk(kEnvelope + "RCPT TO:<bob>\r\nRCPT TO:<alice>\r\n" + kMessage + "QUIT\r\n");
    assert_codes(replies, "220 250 250 250 250 354 451 250 221");
    ck_assert(replies[6].starts_with("451 4.4.3 "));
}
END_TEST

START_TEST(a_dotted_text_comes_out_as_it_went_in)
{
    for (const char* text : {"", ".", ".\r\n", "a\r\n.b\r\n..\r\n", "no end", "\r\n.\r\n"}) {
        stream::MemoryEnds ends;
        stream::Stream s(stream::memory_layer(ends));
        delivery::put_dotted(s, text);
        ASSERT_OK(s.flush());
        std::string got;
        bool done = false;
        {
            stream::MemoryEnds back{ends.output, {}, 65536, false, false};
            std::string line;
            stream::Stream r(stream::memory_layer(back));
            while (r.has_input()) {
                auto next = r.read_line(1000);
                if (!next) break;
                if (*next == ".") {
                    done = true;
                    break;
                }
                cat_to(got, next->starts_with('.') ? next->substr(1) : *next, "\r\n");
            }
        }
        ck_assert(done);
        std::string want = text;
        if (!want.empty() && !want.ends_with("\r\n")) want += "\r\n";
        ASSERT_EQ_TEXT(got, want);
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/lmtp/engine");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 30);
    tcase_add_test(c, a_message_for_three_is_staged_once_and_answered_thrice);
    tcase_add_test(c, each_message_has_an_id_of_its_own);
    tcase_add_test(c, x_sieve_is_added_where_the_mailbox_is);
    tcase_add_test(c, the_order_of_commands);
    tcase_add_test(c, nobody_delivers_without_authentication);
    tcase_add_test(c, limits);
    tcase_add_loop_test(c, a_command_line_has_its_time_as_a_whole, 0, std::ssize(kHalves));
    tcase_add_test(c, a_full_disk_and_other_troubles_are_temporary);
    tcase_add_loop_test(c, no_state_of_this_server_is_permanent, 0,
                        static_cast<int>(std::size(kCodes)));
    tcase_add_loop_test(c, what_is_refused_for_ever, 0, static_cast<int>(kRefusals.size()));
    tcase_add_test(c, a_full_mailbox_is_told_at_once);
    tcase_add_test(c, any_number_of_header_lines_is_taken);
    tcase_add_test(c, only_what_is_in_the_store_counts_as_delivered);
    tcase_add_test(c, a_stale_list_never_says_unknown);
    tcase_add_test(c, shared_mailboxes_need_the_right_to_post);
    tcase_add_test(c, a_folder_that_is_like_the_one_that_is_not_there);
    tcase_add_test(c, mail_for_postmaster_has_a_reader);
    tcase_add_test(c, a_user_without_an_inbox);
    tcase_add_test(c, each_server_gets_its_recipients_once);
    tcase_add_test(c, replies_keep_the_order_and_the_meaning);
    tcase_add_test(c, a_mailbox_that_moved_is_followed_once);
    tcase_add_test(c, a_dead_server_is_trouble_for_its_own_only);
    tcase_add_test(c, a_dotted_text_comes_out_as_it_went_in);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
