// TLS between a server thread and a client over a socket pair.
#include "lib/auth/tls_context.h"

#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "lib/stream/outbox_layer.h"
#include "lib/stream/stream.h"
#include "lib/stream/tls_layer.h"
#include "tests/unit/lib/auth/certificates.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using auth::TlsContext;
using auth::TlsOptions;
using stream::Layer;
using stream::Stream;

struct Files {
    test::TempDir dir;
    test::Authority ca{"Test CA"};
    test::Authority other{"Other CA"};

    Files()
    {
        ca.write(dir.file("ca.pem"));
        other.write(dir.file("other.pem"));
        ca.issue("be1", "DNS:be1.example.org,IP:127.0.0.1", dir.file("cert"), dir.file("key"));
        ca.issue("fe1", "", dir.file("client"), dir.file("client.key"));
    }
    TlsOptions server() const
    {
        TlsOptions o;
        o.certificate_file = dir.file("cert");
        o.key_file = dir.file("key");
        return o;
    }
    TlsOptions client() const
    {
        TlsOptions o;
        o.ca_file = dir.file("ca.pem");
        return o;
    }
};

struct Outcome {
    Status server = success();
    Status client = success();
    std::optional<stream::TlsInfo> server_saw;
    std::string echoed;
};

// Handshake and one line each way.
Outcome meet(TlsContext& server, TlsContext& client, const std::string& hostname)
{
    int ends[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    Outcome out;
    std::thread serving([&] {
        Stream s{Fd(ends[0])};
        s.set_timeout(Seconds(10));
        out.server = s.push_layer([&](std::unique_ptr<Layer> below) {
            return server.accept(std::move(below), Deadline::after(Seconds(10)));
        });
        if (!out.server) return;
        out.server_saw = stream::tls_info(*s.top());
        auto line = s.read_line(70000);
        if (line) s.put(*line, "\r\n");
        if (s.ok()) s.close();
    });
    {
        Stream c{Fd(ends[1])};
        c.set_timeout(Seconds(10));
        out.client = c.push_layer([&](std::unique_ptr<Layer> below) {
            return client.connect(std::move(below), hostname, Deadline::after(Seconds(10)));
        });
        if (out.client) {
            c.put(std::string(60000, 'h'), "\r\n");
            if (c.flush()) out.echoed = c.read_line(70000).value_or("");
        }
    }
    serving.join();
    return out;
}

START_TEST(a_line_goes_through_and_back)
{
    Files f;
    auto server = TlsContext::server(f.server());
    auto client = TlsContext::client(f.client());
    ASSERT_OK(server);
    ASSERT_OK(client);
    for (const char* name : {"be1.example.org", "127.0.0.1"}) {
        Outcome o = meet(**server, **client, name);
        ASSERT_OK(o.server);
        ASSERT_OK(o.client);
        ck_assert(o.echoed == std::string(60000, 'h'));
        ck_assert_int_ge(o.server_saw->bits, 128);
        ASSERT_EQ_TEXT(o.server_saw->peer_common_name, "");
    }
}
END_TEST

START_TEST(the_server_must_be_who_it_should_be)
{
    Files f;
    auto server = TlsContext::server(f.server());
    auto client = TlsContext::client(f.client());
    ASSERT_OK(server);
    Outcome wrong_name = meet(**server, **client, "be2.example.org");
    ASSERT_CODE(wrong_name.client, Code::denied);
    TlsOptions distrusts;
    distrusts.ca_file = f.dir.file("other.pem");
    auto stranger = TlsContext::client(distrusts);
    ASSERT_CODE(meet(**server, **stranger, "be1.example.org").client, Code::denied);
    // Without a CA there is nothing to verify against.
    auto trusting = TlsContext::client(TlsOptions{});
    ASSERT_OK(meet(**server, **trusting, "be2.example.org").client);
}
END_TEST

START_TEST(client_certificates_are_named_if_they_are_ours)
{
    Files f;
    TlsOptions so = f.server();
    so.ca_file = f.dir.file("ca.pem");
    auto server = TlsContext::server(so);
    TlsOptions co = f.client();
    co.certificate_file = f.dir.file("client");
    co.key_file = f.dir.file("client.key");
    auto client = TlsContext::client(co);
    Outcome o = meet(**server, **client, "be1.example.org");
    ASSERT_OK(o.server);
    ASSERT_EQ_TEXT(o.server_saw->peer_common_name, "fe1");

    so.client_certificates = TlsOptions::ClientCertificates::required;
    auto strict = TlsContext::server(so);
    ASSERT_OK(meet(**strict, **client, "be1.example.org").server);
    auto without = TlsContext::client(f.client());
    ck_assert(!meet(**strict, **without, "be1.example.org").server);

    // A certificate of another CA is not accepted; the chain file does not vouch for it either.
    f.other.issue("evil", "", f.dir.file("evil"), f.dir.file("evil.key"));
    co.certificate_file = f.dir.file("evil");
    co.key_file = f.dir.file("evil.key");
    so.client_certificates = TlsOptions::ClientCertificates::optional;
    so.chain_file = f.dir.file("other.pem");
    auto chained = TlsContext::server(so);
    ASSERT_OK(chained);
    auto evil = TlsContext::client(co);
    Outcome e = meet(**chained, **evil, "be1.example.org");
    ck_assert(!e.server || e.server_saw->peer_common_name.empty());
}
END_TEST

START_TEST(old_versions_are_not_spoken)
{
    Files f;
    TlsOptions so = f.server();
    so.versions = {"tls1_0", "tls1_1", "tls1_3"};
    auto server = TlsContext::server(so);
    ASSERT_OK(server);
    TlsOptions co = f.client();
    co.versions = {"tls1_2"};
    auto client = TlsContext::client(co);
    ck_assert(!meet(**server, **client, "be1.example.org").client);
    so.versions = {"tls1_2", "tls1_3"};
    auto both = TlsContext::server(so);
    ASSERT_EQ_TEXT(meet(**both, **client, "be1.example.org").server_saw->protocol, "TLSv1.2");
}
END_TEST

START_TEST(a_wrong_configuration_says_what_is_wrong)
{
    Files f;
    TlsOptions o = f.server();
    o.key_file = f.dir.file("client.key");
    ASSERT_CODE(TlsContext::server(o), Code::config);
    o = f.server();
    o.certificate_file = f.dir.file("absent");
    ASSERT_CODE(TlsContext::server(o), Code::config);
    o = f.server();
    o.ciphers = "nonsense";
    ASSERT_CODE(TlsContext::server(o), Code::config);
    o = f.client();
    o.ca_file = f.dir.file("absent");
    ASSERT_CODE(TlsContext::client(o), Code::config);
}
END_TEST

START_TEST(a_handshake_goes_on_with_what_has_come)
{
    Files f;
    auto server = TlsContext::server(f.server());
    ASSERT_OK(server);
    int ends[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    auto bottom = std::make_unique<stream::OutboxLayer>(Fd(ends[0]));
    Stream s(std::move(bottom));
    s.set_timeout(Milliseconds(0));
    ASSERT_OK(s.push_layer(
        [&](std::unique_ptr<Layer> below) { return (*server)->begin_accept(std::move(below)); }));
    auto begun = stream::tls_handshake(*s.top());
    ASSERT_OK(begun);
    ck_assert(!*begun);
    std::thread client([&] {
        auto context = TlsContext::client(f.client());
        Stream c{Fd(ends[1])};
        auto shaken = c.push_layer([&](std::unique_ptr<Layer> below) {
            return (*context)->connect(std::move(below), "be1.example.org",
                                       Deadline::after(Seconds(10)));
        });
        if (!shaken) return;
        c.put("hello\r\n");
        (void)c.flush().ok();
        (void)c.peek().ok();
    });
    bool complete = false;
    while (!complete) {
        pollfd waiting{s.fd(), POLLIN, 0};
        ck_assert_int_eq(::poll(&waiting, 1, 10'000), 1);
        auto more = stream::tls_handshake(*s.top());
        ASSERT_OK(more);
        complete = *more;
    }
    ck_assert(*s.wait_input(Deadline::after(Seconds(10))));
    ASSERT_EQ_TEXT(*s.read_line(10), "hello");
    s.close();
    client.join();
}
END_TEST

START_TEST(a_client_that_does_not_speak_tls_is_an_error_in_time)
{
    Files f;
    auto server = TlsContext::server(f.server());
    int ends[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    Fd silent(ends[1]);
    Stream s{Fd(ends[0])};
    ASSERT_CODE(s.push_layer([&](std::unique_ptr<Layer> below) {
        return (*server)->accept(std::move(below), Deadline::after(Milliseconds(50)));
    }),
                Code::timeout);

    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    Fd rude(ends[1]);
    ASSERT_OK(write_all(rude.get(), "a1 LOGIN bob secret and more\r\n"));
    Stream t{Fd(ends[0])};
    ASSERT_CODE(t.push_layer([&](std::unique_ptr<Layer> below) {
        return (*server)->accept(std::move(below), Deadline::after(Seconds(5)));
    }),
                Code::io);
}
END_TEST

START_TEST(a_record_without_data_is_not_input)
{
    Files f;
    auto server = TlsContext::server(f.server());
    auto client = TlsContext::client(f.client());
    int ends[2];
    ck_assert_int_eq(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    Stream s{Fd(ends[0])};
    std::thread serving([&] {
        auto done = s.push_layer([&](std::unique_ptr<Layer> below) {
            return (*server)->accept(std::move(below), Deadline::after(Seconds(10)));
        });
        ck_assert(done.ok());
    });
    Stream c{Fd(ends[1])};
    ASSERT_OK(c.push_layer([&](std::unique_ptr<Layer> below) {
        return (*client)->connect(std::move(below), "127.0.0.1", Deadline::after(Seconds(10)));
    }));
    serving.join();
    // The server's session ticket makes the descriptor readable; there is nothing to read.
    auto ready = c.wait_input(Deadline::after(Milliseconds(50)));
    ASSERT_OK(ready);
    ck_assert(!*ready);
    s.put("hello\r\n");
    ASSERT_OK(s.flush());
    ck_assert(*c.wait_input(Deadline::after(Seconds(10))));
    ASSERT_EQ_TEXT(*c.read_line(10), "hello");
    s.close();
    char byte;
    ck_assert(*c.wait_input(Deadline::after(Seconds(10))));
    ck_assert_uint_eq(*c.read_some({&byte, 1}), 0);
}
END_TEST

START_TEST(a_replaced_certificate_is_noticed)
{
    Files f;
    std::string before = TlsContext::fingerprint(f.server());
    ASSERT_EQ_TEXT(TlsContext::fingerprint(f.server()), before);
    ASSERT_OK(replace_file(f.dir.file("cert"), "new"));
    ck_assert(TlsContext::fingerprint(f.server()) != before);
}
END_TEST

START_TEST(one_context_serves_all_connections_to_servers)
{
    Files f;
    auto config = config::Config::from_text(
        cat("configdirectory: ", f.dir.path(), "\nservername: fe1.example.org\n",
            "tls_client_ca_file: ", f.dir.file("ca.pem"), "\nbe2_client_cert: ",
            f.dir.file("client"), "\nbe2_client_key: ", f.dir.file("client.key"), "\n"),
        "imap");
    ASSERT_OK(config);
    auto server = TlsContext::server(f.server());
    auto first = TlsContext::shared_client(*config, "be1");
    ASSERT_OK(server);
    ASSERT_OK(first);
    ck_assert(first->get() == TlsContext::shared_client(*config, "be3")->get());
    ck_assert(first->get() != TlsContext::shared_client(*config, "be2")->get());
    ASSERT_OK(meet(**server, **first, "be1.example.org").client);
    // Whom it trusts is what the file says now.
    f.other.write(f.dir.file("ca.pem"));
    auto second = TlsContext::shared_client(*config, "be1");
    ASSERT_OK(second);
    ASSERT_CODE(meet(**server, **second, "be1.example.org").client, Code::denied);
}
END_TEST

START_TEST(what_another_server_must_have)
{
    struct {
        const char* configured;
        std::optional<std::string> own;
        bool starttls, required;
    } rows[] = {
        {"", {}, true, false},
        {"tls_client_ca_file: /ca\n", {}, true, true},
        {"tls_client_ca_dir: /ca\n", {}, true, true},
        {"tls_client_cert: /cert\n", {}, true, false},
        {"tls_required: yes\n", {}, true, true},
        {"tls_required: yes\nbackend_tls: opportunistic\n", {}, true, false},
        {"tls_required: yes\nbackend_tls: never\n", {}, false, false},
        {"tls_client_ca_file: /ca\nbackend_tls: never\n", {}, false, false},
        {"tls_client_ca_file: /ca\nbackend_tls: opportunistic\n", {}, true, false},
        {"tls_client_ca_file: /ca\nbackend_tls: verify\n", {}, true, true},
        {"tls_client_ca_file: /ca\n", "opportunistic", true, false},
        {"tls_client_ca_file: /ca\n", "never", false, false},
        {"tls_client_ca_file: /ca\nbackend_tls: never\n", "Verify", true, true},
        {"tls_client_ca_file: /ca\nbackend_tls: never\n", "auto", true, true},
    };
    for (const auto& row : rows) {
        auto config = config::Config::from_text(cat("configdirectory: /c\n", row.configured), "x");
        ASSERT_OK(config);
        auto made = auth::peer_tls(*config, row.own);
        ASSERT_OK(made);
        ck_assert_msg(made->starttls == row.starttls && made->required == row.required, "%s",
                      row.configured);
        ck_assert(made->required == !made->because.empty());
    }
    auto plain = config::Config::from_text("configdirectory: /c\nbackend_tls: verify\n", "x");
    ASSERT_OK(plain);
    ASSERT_CODE(auth::peer_tls(*plain), Code::config);
    ASSERT_CODE(auth::peer_tls(*plain, "verify"), Code::config);
    ASSERT_CODE(auth::peer_tls(*plain, "yes"), Code::config);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("lib/auth/tls_context");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 30);
    tcase_add_test(c, a_line_goes_through_and_back);
    tcase_add_test(c, the_server_must_be_who_it_should_be);
    tcase_add_test(c, client_certificates_are_named_if_they_are_ours);
    tcase_add_test(c, old_versions_are_not_spoken);
    tcase_add_test(c, what_another_server_must_have);
    tcase_add_test(c, a_wrong_configuration_says_what_is_wrong);
    tcase_add_test(c, a_handshake_goes_on_with_what_has_come);
    tcase_add_test(c, a_client_that_does_not_speak_tls_is_an_error_in_time);
    tcase_add_test(c, a_record_without_data_is_not_input);
    tcase_add_test(c, a_replaced_certificate_is_noticed);
    tcase_add_test(c, one_context_serves_all_connections_to_servers);
    suite_add_tcase(s, c);
    return s;
}
const rookery::test::Registered registered(make);

}  // namespace
