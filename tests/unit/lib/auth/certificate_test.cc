#include "lib/auth/certificate.h"

#include "lib/auth/tls_context.h"
#include "lib/base/fd.h"
#include "tests/unit/lib/auth/certificates.h"
#include "tests/unit/unit.h"

namespace {

using namespace rookery;
using auth::KeyKind;

struct Files {
    test::TempDir dir;
    test::Authority ca{"Test CA"};

    Files()
    {
        ca.write(dir.file("ca"));
        ca.issue("be1", "", dir.file("cert"), dir.file("key"));
        ca.issue("be2", "", dir.file("other"), dir.file("locked"), "secret");
        join("chain", {"ca", "cert"});
        ASSERT_OK(replace_file(dir.file("empty"), ""));
    }
    void join(const std::string& to, const std::vector<std::string>& from) const
    {
        std::string text;
        for (const std::string& one : from) text += *read_file(dir.file(one), 1 << 20);
        ASSERT_OK(replace_file(dir.file(to), text));
    }
};

START_TEST(who_may_sign_others)
{
    const Files files;
    auto ca = auth::authorities_in(files.dir.file("ca"));
    ASSERT_OK(ca);
    ck_assert(ca->has_authority && ca->has_root);
    auto leaf = auth::authorities_in(files.dir.file("cert"));
    ASSERT_OK(leaf);
    ck_assert(!leaf->has_authority && !leaf->has_root);
    ASSERT_CODE(auth::authorities_in(files.dir.file("key")), Code::corrupt);
    ASSERT_CODE(auth::authorities_in(files.dir.file("none")), Code::not_found);
}
END_TEST

START_TEST(what_key_a_file_has)
{
    const Files files;
    ck_assert(*auth::key_in(files.dir.file("key")) == KeyKind::open);
    ck_assert(*auth::key_in(files.dir.file("locked")) == KeyKind::with_passphrase);
    ck_assert(*auth::key_in(files.dir.file("cert")) == KeyKind::none);
    ck_assert(*auth::key_in(files.dir.file("empty")) == KeyKind::none);
    ASSERT_CODE(auth::key_in(files.dir.file("none")), Code::not_found);
}
END_TEST

START_TEST(which_certificate_a_key_is_for)
{
    const Files files;
    auto which = [&](const char* certificates, const char* key) {
        auto found = auth::certificate_for(files.dir.file(certificates), files.dir.file(key));
        ASSERT_OK(found);
        return found->has_value() ? static_cast<int>(**found) : -1;
    };
    ck_assert_int_eq(which("cert", "key"), 0);
    ck_assert_int_eq(which("chain", "key"), 1);
    ck_assert_int_eq(which("ca", "key"), -1);
    ck_assert_int_eq(which("other", "locked"), -1);
}
END_TEST

START_TEST(nobody_is_asked_for_a_passphrase)
{
    const Files files;
    auth::TlsOptions options;
    options.certificate_file = files.dir.file("other");
    options.key_file = files.dir.file("locked");
    const std::string wanted =
        "key " + options.key_file + " has a passphrase, and nobody is there to type it";
    auto server = auth::TlsContext::server(options);
    ASSERT_CODE(server, Code::config);
    ASSERT_EQ_TEXT(server.error().text, wanted);
    auto client = auth::TlsContext::client(options);
    ASSERT_CODE(client, Code::config);
    ASSERT_EQ_TEXT(client.error().text, wanted);
}
END_TEST

Suite* make()
{
    Suite* s = suite_create("certificate");
    TCase* t = tcase_create("certificate");
    tcase_add_test(t, who_may_sign_others);
    tcase_add_test(t, what_key_a_file_has);
    tcase_add_test(t, which_certificate_a_key_is_for);
    tcase_add_test(t, nobody_is_asked_for_a_passphrase);
    suite_add_tcase(s, t);
    return s;
}

const test::Registered suite(make);

}  // namespace
