#include "imap/backend/login_policy.h"

#include "imap/backend/backend.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/strings.h"
#include "tests/support/scripted_peer.h"
#include "tests/unit/imap/backend/configured.h"
#include "tests/unit/unit.h"

using namespace rookery;
using namespace rookery::test;
using backend::Backend;
using backend::LoginPolicy;

namespace {

constexpr const char* kName = "be1.example.org";

Result<LoginPolicy> policy_of(const config::Config& config, const std::string& server,
                              const backend::Dialect& dialect = backend::imap_dialect())
{
    TRY_ASSIGN(auto address, backend::server_address(config, server, dialect.service));
    return backend::login_policy(config, dialect, server, address);
}

START_TEST(the_configuration_says_how_to_log_in)
{
    struct {
        const char* configured;
        const char* server;
        const backend::Dialect& dialect;
        bool starttls;
        bool required;
        const char* mechanisms;
        int min;
        int max;
        bool compress;
    } rows[] = {
        {"", kName, backend::imap_dialect(), true, false, "", 0, 256, false},
        {"backend_tls: never\n", kName, backend::imap_dialect(), false, false, "", 0, 256, false},
        {"tls_required: yes\n", kName, backend::imap_dialect(), true, true, "", 0, 256, false},
        {"tls_required: yes\n", "/run/be1", backend::imap_dialect(), false, false, "", 0, 256,
         false},
        {"tls_required: yes\nbe1_tls: never\n", kName, backend::imap_dialect(), false, false, "", 0,
         256, false},
        {"force_sasl_client_mech: PLAIN\n", kName, backend::lmtp_dialect(), true, false, "PLAIN", 0,
         256, false},
        {"force_sasl_client_mech: PLAIN\nbe1_mechs: GSSAPI\n", kName, backend::lmtp_dialect(), true,
         false, "GSSAPI", 0, 256, false},
        {"sasl_minimum_layer: 56\nsasl_maximum_layer: 128\n", kName, backend::imap_dialect(), true,
         false, "", 56, 128, false},
        {"sasl_minimum_layer: 56\nsasl_maximum_layer: 128\n", "/run/be1", backend::imap_dialect(),
         false, false, "", 0, 128, false},
        {"proxy_compress: yes\n", kName, backend::imap_dialect(), true, false, "", 0, 256, true},
        {"proxy_compress: yes\n", kName, backend::lmtp_dialect(), true, false, "", 0, 256, false},
        {"proxy_compress: yes\n", kName, backend::mupdate_dialect(), true, false, "", 0, 256,
         false},
    };
    int n = 0;
    for (const auto& row : rows) {
        auto policy = policy_of(configured(row.configured), row.server, row.dialect);
        ASSERT_OK(policy);
        ck_assert_msg(policy->tls.starttls == row.starttls, "row %d", n);
        ck_assert_msg(policy->tls.required == row.required, "row %d", n);
        ASSERT_EQ_TEXT(policy->mechanisms, row.mechanisms);
        ck_assert_msg(policy->min_strength == row.min, "row %d", n);
        ck_assert_msg(policy->max_strength == row.max, "row %d", n);
        ck_assert_msg(policy->compress == row.compress, "row %d", n);
        ck_assert(policy->initial_response && !policy->keeps_refused);
        ck_assert(policy->transcript == nullptr);
        n++;
    }
    ASSERT_CODE(policy_of(configured("be1_tls: perhaps\n"), kName), Code::config);
}
END_TEST

// Counts the layers that are to be shown, and how often they end.
struct Onlooker final : backend::LoginTranscript {
    std::unique_ptr<stream::Layer> show(std::unique_ptr<stream::Layer> below) override
    {
        shown++;
        return below;
    }
    void hide() override { hidden++; }
    int shown = 0;
    int hidden = 0;
};

const std::string kGreeting = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] hi\r\n";
const std::string kCompresses = "A01 OK [CAPABILITY COMPRESS=DEFLATE] in\r\n";

START_TEST(a_caller_may_say_how_to_log_in)
{
    struct {
        const char* what;
        void (*change)(LoginPolicy&);
        std::vector<Step> steps;
        bool in;
        const char* refused;  // what the connection says of the login; nullptr: nothing
    } rows[] = {
        {"as it is",
         [](LoginPolicy&) {},
         {send(kGreeting), skip_line(), send("A01 OK [CAPABILITY X] in\r\n")},
         true,
         nullptr},
        {"no initial response",
         [](LoginPolicy& p) { p.initial_response = false; },
         {send(kGreeting), expect("A01 AUTHENTICATE PLAIN"), send("+ \r\n"), skip_line(),
          send("A01 OK [CAPABILITY X] in\r\n")},
         true,
         nullptr},
        {"refused",
         [](LoginPolicy&) {},
         {send(kGreeting), skip_line(), send("A01 NO no\r\n")},
         false,
         nullptr},
        {"refused, and kept",
         [](LoginPolicy& p) { p.keeps_refused = true; },
         {send(kGreeting), skip_line(), send("A01 NO no\r\n")},
         true,
         "by PLAIN: NO no"},
        {"a mechanism that is not there",
         [](LoginPolicy& p) { p.mechanisms = "X"; },
         {send(kGreeting)},
         false,
         nullptr},
        {"more protection than there is",
         [](LoginPolicy& p) { p.min_strength = 1; },
         {send(kGreeting)},
         false,
         nullptr},
        {"TLS where there is none",
         [](LoginPolicy& p) { p.tls.required = true; },
         {send(kGreeting)},
         false,
         nullptr},
        {"not compressed",
         [](LoginPolicy&) {},
         {send(kGreeting), skip_line(), send(kCompresses)},
         true,
         nullptr},
        {"offered, and then refused",
         [](LoginPolicy& p) { p.compress = true; },
         {send(kGreeting), skip_line(), send(kCompresses), expect("Z01 COMPRESS DEFLATE"),
          send("Z01 NO not now\r\n"), expect("X01 NOOP")},
         true,
         nullptr},
        {"nothing to compress for",
         [](LoginPolicy& p) { p.compress = p.keeps_refused = true; },
         {send("* OK [CAPABILITY AUTH=PLAIN SASL-IR COMPRESS=DEFLATE] hi\r\n"), skip_line(),
          send("A01 NO no\r\n")},
         true,
         "by PLAIN: NO no"},
    };
    const config::Config& config = configured();
    for (const auto& row : rows) {
        ScriptedPeer peer(row.steps);
        const std::string server = cat("127.0.0.1:", peer.port());
        auto policy = policy_of(config, server);
        ASSERT_OK(policy);
        row.change(*policy);
        backend::ConnectOptions options;
        options.policy = &*policy;
        auto b = Backend::connect(config, backend::imap_dialect(), server, options);
        ck_assert_msg(b.ok() == row.in, "%s: %s", row.what, b ? "" : b.error().text.c_str());
        if (!b) continue;
        const auto& why = (*b)->login_error();
        ck_assert_msg(why.has_value() == (row.refused != nullptr), "%s", row.what);
        if (why) ck_assert_msg(why->text.find(row.refused) != std::string::npos, "%s", row.what);
        (*b)->stream().put("X01 NOOP\r\n");
        ASSERT_OK((*b)->stream().flush());
        ck_assert_msg(peer.finished_well(), "%s", row.what);
    }
}
END_TEST

START_TEST(somebody_may_look_on)
{
    ScriptedPeer peer({send(kGreeting), skip_line(), send("A01 OK [CAPABILITY X] in\r\n")});
    const std::string server = cat("127.0.0.1:", peer.port());
    const config::Config& config = configured();
    auto policy = policy_of(config, server);
    ASSERT_OK(policy);
    Onlooker onlooker;
    policy->transcript = &onlooker;
    backend::ConnectOptions options;
    options.policy = &*policy;
    ASSERT_OK(Backend::connect(config, backend::imap_dialect(), server, options));
    ck_assert_int_eq(onlooker.shown, 1);
    ck_assert_int_eq(onlooker.hidden, 0);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("imap/backend/login_policy");
    TCase* c = tcase_create("all");
    tcase_set_timeout(c, 30);
    tcase_add_test(c, the_configuration_says_how_to_log_in);
    tcase_add_test(c, a_caller_may_say_how_to_log_in);
    tcase_add_test(c, somebody_may_look_on);
    suite_add_tcase(s, c);
    return s;
}
const test::Registered registered(make);

}  // namespace
