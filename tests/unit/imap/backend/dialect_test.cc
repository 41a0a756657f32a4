#include "imap/backend/dialect.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "lib/text/base64.h"
#include "tests/unit/unit.h"

using namespace rookery;
using backend::Dialect;
using Step = Dialect::AuthStep;
using stream::MemoryEnds;
using stream::Stream;

namespace {

// One side of a conversation with a peer that has said everything already.
struct Peer {
    MemoryEnds ends;
    Stream stream;
    explicit Peer(const std::string& says)
        : ends{.input = says, .output = {}}, stream(stream::memory_layer(ends))
    {
    }
};

bool has(const std::vector<std::string>& caps, const char* name)
{
    return std::find(caps.begin(), caps.end(), name) != caps.end();
}

START_TEST(imap_banner_and_capabilities)
{
    Peer p("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] be1 server ready\r\n"
           "* CAPABILITY IMAP4rev1 starttls\r\nC01 OK Completed\r\n"
           "S01 OK Begin TLS negotiation now\r\n* 3 EXISTS\r\nN01 OK\r\n");
    const Dialect& d = backend::imap_dialect();
    std::string banner;
    std::vector<std::string> caps;
    ASSERT_OK(d.read_banner(p.stream, banner, caps));
    ck_assert(has(caps, "AUTH=PLAIN") && has(caps, "SASL-IR"));
    ASSERT_OK(d.ask_capabilities(p.stream, caps));
    ck_assert(has(caps, "STARTTLS") && !has(caps, "AUTH=PLAIN"));
    ASSERT_OK(d.start_tls(p.stream));
    ASSERT_OK(d.ping(p.stream));
    ASSERT_EQ_TEXT(p.ends.output, "C01 CAPABILITY\r\nS01 STARTTLS\r\nN01 NOOP\r\n");
}
END_TEST

START_TEST(imap_login)
{
    Peer p("+ \r\n+ aGVsbG8=\r\n* OK some line\r\nA01 OK [CAPABILITY IDLE UIDPLUS] in\r\nA01 NO "
           "bad\r\n"
           "A01 BAD worse\r\n+ !!\r\n");
    const Dialect& d = backend::imap_dialect();
    std::string initial("\0u\0p", 4);
    ASSERT_OK(d.begin_auth(p.stream, "PLAIN", &initial));
    auto a = *d.next_auth(p.stream);
    ck_assert(a.kind == Step::Kind::challenge && a.data.empty());
    ASSERT_OK(d.answer_auth(p.stream, "x"));
    ASSERT_EQ_TEXT((*d.next_auth(p.stream)).data, "hello");
    auto done = *d.next_auth(p.stream);
    ck_assert(done.kind == Step::Kind::success);
    ck_assert(has(done.capabilities, "UIDPLUS"));
    ck_assert((*d.next_auth(p.stream)).kind == Step::Kind::failure);
    ASSERT_EQ_TEXT((*d.next_auth(p.stream)).data, "BAD worse");
    ASSERT_CODE(d.next_auth(p.stream), Code::syntax);
    std::string empty;
    ASSERT_OK(d.begin_auth(p.stream, "EXTERNAL", &empty));
    ASSERT_OK(d.begin_auth(p.stream, "X", nullptr));
    ASSERT_OK(d.cancel_auth(p.stream));
    ASSERT_EQ_TEXT(p.ends.output, "A01 AUTHENTICATE PLAIN AHUAcA==\r\neA==\r\n"
                                  "A01 AUTHENTICATE EXTERNAL =\r\nA01 AUTHENTICATE X\r\n*\r\n");
}
END_TEST

START_TEST(imap_refusals)
{
    const Dialect& d = backend::imap_dialect();
    std::string banner;
    std::vector<std::string> caps;
    Peer bye("* BYE shutting down\r\n");
    ASSERT_CODE(d.read_banner(bye.stream, banner, caps), Code::unavailable);
    Peer web("HTTP/1.1 400 Bad Request\r\n");
    ASSERT_CODE(d.read_banner(web.stream, banner, caps), Code::syntax);
    Peer endless(std::string(100000, 'x'));
    ASSERT_CODE(d.read_banner(endless.stream, banner, caps), Code::limit);
    Peer flood([] {
        std::string s;
        for (int i = 0; i < 1000; i++) s += "* X y\r\n";
        return s;
    }());
    ASSERT_CODE(d.ask_capabilities(flood.stream, caps), Code::limit);
    Peer gone("");
    ASSERT_CODE(d.read_banner(gone.stream, banner, caps), Code::closed);
}
END_TEST

START_TEST(lmtp_conversation)
{
    Peer p("220-be1 LMTP\r\n220 ready\r\n250-be1\r\n250-8BITMIME\r\n250-SIZE 1000\r\n"
           "250-AUTH PLAIN digest-md5\r\n250 IGNOREQUOTA\r\n220 go\r\n334 \r\n334 aGVsbG8=\r\n"
           "235 in\r\n535 no\r\n250 ok\r\n");
    const Dialect& d = backend::lmtp_dialect();
    std::string banner;
    std::vector<std::string> caps;
    ASSERT_OK(d.read_banner(p.stream, banner, caps));
    ASSERT_OK(d.ask_capabilities(p.stream, caps));
    for (const char* c :
         {"8BITMIME", "SIZE", "SIZE=1000", "AUTH", "AUTH=PLAIN", "AUTH=DIGEST-MD5", "IGNOREQUOTA"})
        ck_assert_msg(has(caps, c), "%s", c);
    ck_assert(!has(caps, "BE1"));
    ASSERT_OK(d.start_tls(p.stream));
    std::string initial("\0user\0pass", 10);
    ASSERT_OK(d.begin_auth(p.stream, "PLAIN", &initial));
    ck_assert((*d.next_auth(p.stream)).data.empty());
    ASSERT_EQ_TEXT((*d.next_auth(p.stream)).data, "hello");
    ck_assert((*d.next_auth(p.stream)).kind == Step::Kind::success);
    ck_assert((*d.next_auth(p.stream)).kind == Step::Kind::failure);
    ASSERT_OK(d.ping(p.stream));
    ASSERT_EQ_TEXT(p.ends.output, cat("LHLO lmtpproxyd\r\nSTARTTLS\r\nAUTH PLAIN ",
                                      text::base64_encode(initial), "\r\nNOOP\r\n"));
    Peer busy("421 too many\r\n");
    ASSERT_CODE(d.read_banner(busy.stream, banner, caps), Code::unavailable);
    Peer liar("250-a\r\n251 b\r\n");
    ASSERT_CODE(d.ask_capabilities(liar.stream, caps), Code::syntax);
}
END_TEST

START_TEST(mupdate_conversation)
{
    Peer p("* AUTH \"PLAIN\" \"DIGEST-MD5\"\r\n* STARTTLS\r\n* PARTIAL-UPDATE\r\n"
           "* OK MUPDATE \"m\" \"Cyrus IMAP\" \"3.6.1\" \"(master)\"\r\n"
           "S01 OK Begin TLS negotiation now\r\n* AUTH\r\n* OK MUPDATE \"m\" \"x\" \"y\" "
           "\"(master)\"\r\n"
           "\r\naGVsbG8=\r\nA01 OK \"Authenticated\"\r\nA01 NO \"authentication failure\"\r\n"
           "N01 OK \"Noop done\"\r\n");
    const Dialect& d = backend::mupdate_dialect();
    std::string banner;
    std::vector<std::string> caps;
    ASSERT_OK(d.read_banner(p.stream, banner, caps));
    ck_assert(has(caps, "AUTH=PLAIN") && has(caps, "AUTH=DIGEST-MD5") && has(caps, "STARTTLS"));
    ck_assert(banner.find("(master)") != std::string::npos);
    ASSERT_OK(d.start_tls(p.stream));
    ASSERT_OK(d.ask_capabilities(p.stream, caps));
    ck_assert(has(caps, "AUTH") && !has(caps, "AUTH=PLAIN"));
    std::string initial("\0user\0pass", 10);
    ASSERT_OK(d.begin_auth(p.stream, "PLAIN", &initial));
    auto empty = *d.next_auth(p.stream);
    ck_assert(empty.kind == Step::Kind::challenge && empty.data.empty());
    ASSERT_EQ_TEXT((*d.next_auth(p.stream)).data, "hello");
    ck_assert((*d.next_auth(p.stream)).kind == Step::Kind::success);
    ck_assert((*d.next_auth(p.stream)).kind == Step::Kind::failure);
    ASSERT_OK(d.ping(p.stream));
    ASSERT_EQ_TEXT(p.ends.output, "S01 STARTTLS\r\nA01 AUTHENTICATE \"PLAIN\" {16+}\r\n"
                                  "AHVzZXIAcGFzcw==\r\nN01 NOOP\r\n");
    Peer busy("* BYE \"Server Unable\"\r\n");
    ASSERT_CODE(d.read_banner(busy.stream, banner, caps), Code::unavailable);
}
END_TEST

START_TEST(sieve_conversation)
{
    Peer p(
        "\"IMPLEMENTATION\" \"Cyrus timsieved (Murder) 3.6.1\"\r\n\"SASL\" \"PLAIN digest-md5\"\r\n"
        "\"SIEVE\" {8}\r\nfileinto\r\n\"STARTTLS\"\r\nOK\r\n"
        "OK \"Begin TLS negotiation now\"\r\n\"SASL\" \"\"\r\nOK\r\n"
        "{8}\r\naGVsbG8=\r\n\"\"\r\nOK (SASL \"aGVsbG8=\") \"in\"\r\nOK (SASL {8}\r\naGVsbG8=)\r\n"
        "OK\r\nNO\r\nNO (TRYLATER) \"later\"\r\nBYE \"renewed\"\r\nOK \"Done\"\r\n"
        "NO \"no TLS\"\r\n");
    const Dialect& d = backend::sieve_dialect();
    std::string banner;
    std::vector<std::string> caps;
    ASSERT_OK(d.read_banner(p.stream, banner, caps));
    for (const char* c :
         {"IMPLEMENTATION", "SASL", "AUTH=PLAIN", "AUTH=DIGEST-MD5", "SIEVE", "STARTTLS"})
        ck_assert_msg(has(caps, c), "%s", c);
    ASSERT_OK(d.start_tls(p.stream));
    ASSERT_OK(d.ask_capabilities(p.stream, caps));
    ck_assert(has(caps, "SASL") && !has(caps, "AUTH=PLAIN") && !has(caps, "STARTTLS"));
    std::string initial("\0user\0pass", 10);
    ASSERT_OK(d.begin_auth(p.stream, "PLAIN", &initial));
    ASSERT_EQ_TEXT((*d.next_auth(p.stream)).data, "hello");
    auto empty = *d.next_auth(p.stream);
    ck_assert(empty.kind == Step::Kind::challenge && empty.data.empty());
    for (int i = 0; i < 2; ++i) {
        auto with_data = *d.next_auth(p.stream);
        ck_assert(with_data.kind == Step::Kind::success);
        ASSERT_EQ_TEXT(with_data.data, "hello");
    }
    ck_assert((*d.next_auth(p.stream)).kind == Step::Kind::success);
    ck_assert((*d.next_auth(p.stream)).kind == Step::Kind::failure);
    ASSERT_EQ_TEXT((*d.next_auth(p.stream)).data, "(TRYLATER) \"later\"");
    ASSERT_CODE(d.next_auth(p.stream), Code::closed);
    ASSERT_OK(d.ping(p.stream));
    ASSERT_CODE(d.start_tls(p.stream), Code::unsupported);
    ASSERT_OK(d.answer_auth(p.stream, "ab"));
    ASSERT_OK(d.cancel_auth(p.stream));
    ASSERT_EQ_TEXT(p.ends.output,
                   "STARTTLS\r\nCAPABILITY\r\nAUTHENTICATE \"PLAIN\" {16+}\r\n"
                   "AHVzZXIAcGFzcw==\r\nNOOP\r\nSTARTTLS\r\n{4+}\r\nYWI=\r\n\"*\"\r\n");
    for (const char* refusal : {"BYE \"x\"\r\n", "NO\r\n"}) {
        Peer busy(refusal);
        ASSERT_CODE(d.read_banner(busy.stream, banner, caps), Code::unavailable);
    }
    Peer web("HTTP/1.1 400 Bad Request\r\n");
    ASSERT_CODE(d.read_banner(web.stream, banner, caps), Code::syntax);
    Peer large("\"SIEVE\" {99999999}\r\n");
    ASSERT_CODE(d.read_banner(large.stream, banner, caps), Code::limit);
    Peer flood([] {
        std::string text;
        for (int i = 0; i < 1000; i++) text += "\"X\" \"y\"\r\n";
        return text;
    }());
    ASSERT_CODE(d.read_banner(flood.stream, banner, caps), Code::limit);
}
END_TEST

START_TEST(pop3_conversation)
{
    Peer p(
        "+OK be1 Cyrus POP3 3.6.1 server ready <1@be1>\r\n+OK List follows\r\nSASL PLAIN "
        "digest-md5\r\nSTLS\r\nEXPIRE NEVER\r\nX-REUSE\r\n.\r\n+OK Begin TLS\r\n-ERR no CAPA\r\n"
        "+ \r\n+ aGVsbG8=\r\n+\r\n+OK Mailbox locked and ready SESSIONID=<x>\r\n+OK\r\n"
        "-ERR [AUTH] wrong\r\n-ERR\r\n+OK\r\n-ERR no TLS\r\n+OK bye\r\n-ERR [SYS/TEMP] some\r\n");
    const Dialect& d = backend::pop3_dialect();
    std::string banner;
    std::vector<std::string> caps;
    ASSERT_OK(d.read_banner(p.stream, banner, caps));
    ck_assert(caps.empty());
    ASSERT_OK(d.ask_capabilities(p.stream, caps));
    for (const char* c :
         {"SASL", "AUTH=PLAIN", "AUTH=DIGEST-MD5", "STLS", "STARTTLS", "EXPIRE", "X-REUSE"})
        ck_assert_msg(has(caps, c), "%s", c);
    ck_assert(!has(caps, "NEVER"));
    ASSERT_OK(d.start_tls(p.stream));
    ASSERT_OK(d.ask_capabilities(p.stream, caps));
    ck_assert(caps.empty());
    std::string initial("\0user\0pass", 10);
    ASSERT_OK(d.begin_auth(p.stream, "PLAIN", &initial));
    ASSERT_OK(d.begin_auth(p.stream, "PLAIN", nullptr));
    ck_assert((*d.next_auth(p.stream)).data.empty());
    ASSERT_EQ_TEXT((*d.next_auth(p.stream)).data, "hello");
    auto empty = *d.next_auth(p.stream);
    ck_assert(empty.kind == Step::Kind::challenge && empty.data.empty());
    for (const char* text : {"Mailbox locked and ready SESSIONID=<x>", ""}) {
        auto in = *d.next_auth(p.stream);
        ck_assert(in.kind == Step::Kind::success && in.data.empty());
        ASSERT_EQ_TEXT(in.text, text);
    }
    for (const char* text : {"[AUTH] wrong", ""}) {
        auto refused = *d.next_auth(p.stream);
        ck_assert(refused.kind == Step::Kind::failure);
        ASSERT_EQ_TEXT(refused.data, text);
    }
    ASSERT_OK(d.ping(p.stream));
    ASSERT_CODE(d.start_tls(p.stream), Code::unsupported);
    const auto left = d.unauthenticate(p.stream, "T1", "", caps);
    ASSERT_OK(left);
    ASSERT_EQ_TEXT(*left, "+OK bye");
    const auto stays = d.unauthenticate(p.stream, "T2", "", caps);
    ASSERT_CODE(stays, Code::denied);
    ASSERT_EQ_TEXT(stays.error().text, "-ERR [SYS/TEMP] some");
    ASSERT_EQ_TEXT(p.ends.output,
                   cat("CAPA\r\nSTLS\r\nCAPA\r\nAUTH PLAIN ", text::base64_encode(initial),
                       "\r\nAUTH PLAIN\r\nNOOP\r\nSTLS\r\nX-REUSE\r\nX-REUSE\r\n"));
}
END_TEST

START_TEST(nntp_conversation)
{
    Peer p("200 be1 Cyrus NNTP 3.6.1 server ready, posting allowed\r\n101 follows\r\nVERSION 2\r\n"
           "SASL PLAIN scram-sha-1\r\nSTARTTLS\r\nAUTHINFO USER SASL\r\nCOMPRESS DEFLATE\r\n.\r\n"
           "382 go on\r\n500 what\r\n383 =\r\n383 aGVsbG8=\r\n283 aGVsbG8=\r\n283 =\r\n281 in\r\n"
           "481 wrong\r\n111 20260101000000\r\n580 no TLS\r\n206 active\r\n");
    const Dialect& d = backend::nntp_dialect();
    std::string banner;
    std::vector<std::string> caps;
    ASSERT_OK(d.read_banner(p.stream, banner, caps));
    ASSERT_OK(d.ask_capabilities(p.stream, caps));
    for (const char* c : {"SASL", "AUTH=PLAIN", "AUTH=SCRAM-SHA-1", "STARTTLS", "AUTHINFO=USER",
                          "COMPRESS=DEFLATE"})
        ck_assert_msg(has(caps, c), "%s", c);
    ASSERT_OK(d.start_tls(p.stream));
    ASSERT_OK(d.ask_capabilities(p.stream, caps));
    ck_assert(caps.empty());
    const std::string initial("\0user\0pass", 10), nothing;
    ASSERT_OK(d.begin_auth(p.stream, "PLAIN", &initial));
    ASSERT_OK(d.begin_auth(p.stream, "EXTERNAL", &nothing));
    ASSERT_OK(d.answer_auth(p.stream, ""));
    for (const char* text : {"", "hello"}) {
        const auto challenge = *d.next_auth(p.stream);
        ck_assert(challenge.kind == Step::Kind::challenge);
        ASSERT_EQ_TEXT(challenge.data, text);
    }
    for (const char* text : {"hello", "", ""}) {
        const auto in = *d.next_auth(p.stream);
        ck_assert(in.kind == Step::Kind::success);
        ASSERT_EQ_TEXT(in.data, text);
    }
    ck_assert((*d.next_auth(p.stream)).kind == Step::Kind::failure);
    ASSERT_OK(d.ping(p.stream));
    ASSERT_CODE(d.start_tls(p.stream), Code::unsupported);
    ASSERT_OK(d.start_compress(p.stream));
    ASSERT_EQ_TEXT(p.ends.output,
                   cat("CAPABILITIES\r\nSTARTTLS\r\nCAPABILITIES\r\nAUTHINFO SASL PLAIN ",
                       text::base64_encode(initial),
                       "\r\nAUTHINFO SASL EXTERNAL =\r\n=\r\nDATE\r\nSTARTTLS\r\n"
                       "COMPRESS DEFLATE\r\n"));
    for (const char* line : {"hello", "99 x", "20x", "+OK POP3"}) {
        Peer other(cat(line, "\r\n"));
        ASSERT_CODE(d.read_banner(other.stream, banner, caps), Code::syntax);
    }
    Peer down("400 go away\r\n");
    ASSERT_CODE(d.read_banner(down.stream, banner, caps), Code::unavailable);
}
END_TEST

// What a server says of the maildrop is no word about the login, and is kept.
START_TEST(pop3_refusals)
{
    const Dialect& d = backend::pop3_dialect();
    struct {
        const char* line;
        Code code;
        bool is_servers_own;
    } rows[] = {
        {"-ERR [IN-USE] locked", Code::busy, true},
        {"-ERR [LOGIN-DELAY] wait", Code::busy, true},
        {"-ERR [SYS/TEMP] later", Code::moved, true},
        {"-ERR [SYS/PERM] never", Code::moved, true},
        {"+OKAY", Code::syntax, false},
        {"+aGVsbG8=", Code::syntax, false},
        {"-ERROR", Code::syntax, false},
        {"* OK IMAP", Code::syntax, false},
        {"", Code::syntax, false},
        {"+ !!", Code::syntax, false},
    };
    for (const auto& row : rows) {
        Peer p(cat(row.line, "\r\n"));
        const auto step = d.next_auth(p.stream);
        ASSERT_CODE(step, row.code);
        if (row.is_servers_own) ASSERT_EQ_TEXT(step.error().text, row.line);
    }
    std::string banner;
    std::vector<std::string> caps;
    Peer busy("-ERR [SYS/TEMP] too many\r\n");
    ASSERT_CODE(d.read_banner(busy.stream, banner, caps), Code::unavailable);
    Peer web("HTTP/1.1 400 Bad Request\r\n");
    ASSERT_CODE(d.read_banner(web.stream, banner, caps), Code::syntax);
    Peer flood([] {
        std::string text = "+OK\r\n";
        for (int i = 0; i < 1000; ++i) text += "X\r\n";
        return text;
    }());
    ASSERT_CODE(d.ask_capabilities(flood.stream, caps), Code::limit);
    Peer two("");
    ASSERT_CODE(d.login_command(two.stream, "fred", "x\r\nDELE 1"), Code::syntax);
    ASSERT_EQ_TEXT(two.ends.output, "");
}
END_TEST

START_TEST(csync_conversation)
{
    Peer p("* SASL PLAIN\r\n* STARTTLS\r\n* OK be1 Cyrus sync server\r\n+ \r\nOK in\r\nNO out\r\n"
           "OKAY\r\n");
    const Dialect& d = backend::csync_dialect();
    std::string banner;
    std::vector<std::string> caps;
    ASSERT_OK(d.read_banner(p.stream, banner, caps));
    ck_assert(has(caps, "AUTH=PLAIN") && has(caps, "STARTTLS"));
    ck_assert((*d.next_auth(p.stream)).kind == Step::Kind::challenge);
    ck_assert((*d.next_auth(p.stream)).kind == Step::Kind::success);
    ck_assert((*d.next_auth(p.stream)).kind == Step::Kind::failure);
    ASSERT_CODE(d.next_auth(p.stream), Code::syntax);
    Peer refused("* BYE too many\r\n");
    ASSERT_CODE(d.read_banner(refused.stream, banner, caps), Code::unavailable);
}
END_TEST

START_TEST(smtp_says_ehlo)
{
    Peer p("220 mx ESMTP\r\n250-mx\r\n250 AUTH PLAIN\r\n");
    const Dialect& d = backend::smtp_dialect();
    std::string banner;
    std::vector<std::string> caps;
    ASSERT_OK(d.read_banner(p.stream, banner, caps));
    ASSERT_OK(d.ask_capabilities(p.stream, caps));
    ck_assert(has(caps, "AUTH=PLAIN"));
    ck_assert(p.ends.output.starts_with("EHLO "));
}
END_TEST

// Nothing of it is told by a protocol's name elsewhere.
START_TEST(what_a_protocol_has)
{
    struct {
        const Dialect& dialect;
        const char* tls_port;
        size_t max_auth_line;
        bool asks_after_login;
        bool heeds_proxy_compress;
        const char* compress;  // as it is sent; nullptr: there is none
        const char* login;
        const char* login_answers;  // yes, and no
        const char* reuse;          // the capability; "": no connection is handed on
        bool capabilities_stay;
        // To COMPRESS: yes, no, and what is no answer.
        const char* compress_answers = "Z01 OK begin\r\nZ01 NO not now\r\nSSH-2.0-x\r\n";
    } rows[] = {
        {backend::imap_dialect(), "imaps", 0, true, true, "Z01 COMPRESS DEFLATE\r\n",
         "L01 LOGIN \"fred\" \"a\\\"b\"\r\n", "* CAPABILITY X\r\nL01 OK in\r\nL01 NO wrong\r\n",
         "UNAUTHENTICATE", false},
        {backend::lmtp_dialect(), "", 512, false, false, nullptr, nullptr, nullptr, "", false},
        {backend::mupdate_dialect(), "", 0, false, false, "Z01 COMPRESS \"DEFLATE\"\r\n", nullptr,
         nullptr, "", false},
        {backend::pop3_dialect(), "pop3s", 255, true, false, nullptr, "USER fred\r\nPASS a\"b\r\n",
         "+OK\r\n+OK in\r\n+OK\r\n-ERR [AUTH] wrong\r\n", "X-REUSE", true},
        {backend::nntp_dialect(), "nntps", 512, true, false, "COMPRESS DEFLATE\r\n",
         "AUTHINFO USER fred\r\nAUTHINFO PASS a\"b\r\n",
         "381 now\r\n281 in\r\n381 now\r\n481 wrong\r\n", "", false,
         "206 active\r\n403 not now\r\nSSH-2.0-x\r\n"},
        {backend::sieve_dialect(), "", 0, false, false, nullptr, nullptr, nullptr, "", false},
    };
    for (const auto& row : rows) {
        const Dialect& d = row.dialect;
        ASSERT_EQ_TEXT(d.implicit_tls_port, row.tls_port);
        ck_assert(d.max_auth_line == row.max_auth_line);
        ck_assert(d.asks_after_login == row.asks_after_login);
        ck_assert(d.heeds_proxy_compress == row.heeds_proxy_compress);
        ck_assert((d.start_compress != nullptr) == (row.compress != nullptr));
        ck_assert((d.login_command != nullptr) == (row.login != nullptr));
        ASSERT_EQ_TEXT(d.unauthenticate_capability, row.reuse);
        ck_assert((d.unauthenticate != nullptr) == !d.unauthenticate_capability.empty());
        ck_assert(d.capabilities_stay == row.capabilities_stay);
        if (row.compress != nullptr) {
            Peer p(row.compress_answers);
            ASSERT_OK(d.start_compress(p.stream));
            ASSERT_EQ_TEXT(p.ends.output, row.compress);
            ASSERT_CODE(d.start_compress(p.stream), Code::unsupported);
            ck_assert(!d.start_compress(p.stream));
        }
        if (row.login != nullptr) {
            Peer p(row.login_answers);
            ASSERT_OK(d.login_command(p.stream, "fred", "a\"b"));
            ASSERT_EQ_TEXT(p.ends.output, row.login);
            ASSERT_CODE(d.login_command(p.stream, "fred", "x"), Code::denied);
        }
    }
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/backend/dialect");
    TCase* c = tcase_create("all");
    tcase_add_test(c, what_a_protocol_has);
    tcase_add_test(c, imap_banner_and_capabilities);
    tcase_add_test(c, imap_login);
    tcase_add_test(c, imap_refusals);
    tcase_add_test(c, lmtp_conversation);
    tcase_add_test(c, mupdate_conversation);
    tcase_add_test(c, sieve_conversation);
    tcase_add_test(c, pop3_conversation);
    tcase_add_test(c, nntp_conversation);
    tcase_add_test(c, pop3_refusals);
    tcase_add_test(c, csync_conversation);
    tcase_add_test(c, smtp_says_ehlo);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
