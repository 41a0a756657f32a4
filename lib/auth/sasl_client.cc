// Logging in to another server by libsasl2.
#include "lib/auth/sasl_client.h"

#include <sasl/sasl.h>
#include <stddef.h>
#include <string.h>

#include <array>

#include "lib/auth/sasl_library.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"

namespace rookery::auth {
namespace {

constexpr unsigned kMaxSaslBuffer = 4096;

extern "C" int rookery_sasl_simple(void* context, int id, const char** result, unsigned* length)
{
    const auto& who = *static_cast<const Credentials*>(context);
    const std::string& text = id == SASL_CB_USER ? who.authzid : who.authname;
    if (result == nullptr) return SASL_BADPARAM;
    *result = text.c_str();
    if (length != nullptr) *length = static_cast<unsigned>(text.size());
    return SASL_OK;
}

extern "C" int rookery_sasl_realm(void* context, int, const char** available, const char** result)
{
    const auto& who = *static_cast<const Credentials*>(context);
    if (result == nullptr) return SASL_BADPARAM;
    *result = !who.realm.empty()                                ? who.realm.c_str()
              : available != nullptr && available[0] != nullptr ? available[0]
                                                                : "";
    return SASL_OK;
}

std::array<sasl_callback_t, 3>& library_callbacks()
{
    static std::array<sasl_callback_t, 3> callbacks;
    return callbacks;
}

}  // namespace

struct SaslClient::Connection {
    Credentials who;
    std::vector<max_align_t> secret;  // a sasl_secret_t with the password behind it
    std::array<sasl_callback_t, 7> callbacks;
    std::unique_ptr<sasl_conn_t, ConnectionDeleter> sasl;

    void keep_password();
    const sasl_secret_t* password() const
    {
        return static_cast<const sasl_secret_t*>(static_cast<const void*>(secret.data()));
    }
};

namespace {

extern "C" int rookery_sasl_secret(sasl_conn_t*, void* context, int, sasl_secret_t** result)
{
    if (result == nullptr) return SASL_BADPARAM;
    *result = static_cast<sasl_secret_t*>(context);
    return SASL_OK;
}

}  // namespace

// sasl_secret_t is a length and the bytes behind it.
void SaslClient::Connection::keep_password()
{
    size_t bytes = sizeof(sasl_secret_t) + who.password.size() + 1;
    secret.assign(bytes / sizeof(max_align_t) + 1, max_align_t{});
    auto* s = static_cast<sasl_secret_t*>(static_cast<void*>(secret.data()));
    s->len = who.password.size();
    ::memcpy(static_cast<char*>(static_cast<void*>(secret.data())) + offsetof(sasl_secret_t, data),
             who.password.c_str(), who.password.size() + 1);
}

SaslClient::SaslClient(std::unique_ptr<Connection> connection) : connection_(std::move(connection))
{
}
SaslClient::SaslClient(SaslClient&&) noexcept = default;
SaslClient& SaslClient::operator=(SaslClient&&) noexcept = default;
SaslClient::~SaslClient() = default;

Status SaslClient::init_library(const config::Config& config)
{
    set_sasl_mutexes();
    library_callbacks() = {getopt_callback(config), log_callback(), end_of_callbacks()};
    int result = ::sasl_client_init(library_callbacks().data());
    if (result != SASL_OK) return Error{Code::config, sasl_error("libsasl2", result, nullptr).text};
    return success();
}

Result<SaslClient> SaslClient::make(const config::Config& config, std::string_view service,
                                    const std::string& host, const std::string& remote,
                                    const std::string& local, Credentials credentials)
{
    auto made = std::make_unique<Connection>();
    Connection& c = *made;
    c.who = std::move(credentials);
    c.keep_password();
    c.callbacks = {getopt_callback(config),
                   log_callback(),
                   make_callback(SASL_CB_USER, rookery_sasl_simple, &c.who),
                   make_callback(SASL_CB_AUTHNAME, rookery_sasl_simple, &c.who),
                   make_callback(SASL_CB_PASS, rookery_sasl_secret, c.secret.data()),
                   make_callback(SASL_CB_GETREALM, rookery_sasl_realm, &c.who),
                   end_of_callbacks()};
    sasl_conn_t* sasl = nullptr;
    int result = ::sasl_client_new(
        std::string(service).c_str(), host.c_str(), local.empty() ? nullptr : local.c_str(),
        remote.empty() ? nullptr : remote.c_str(), c.callbacks.data(),
        // An authzid needs a mechanism that can carry one.
        c.who.authzid.empty() ? SASL_SUCCESS_DATA : SASL_SUCCESS_DATA | SASL_NEED_PROXY, &sasl);
    if (result != SASL_OK) return sasl_error("sasl_client_new", result, nullptr);
    c.sasl.reset(sasl);
    SaslClient client(std::move(made));
    TRY(client.set_strength(0, static_cast<int>(config.sasl_maximum_layer())));
    return client;
}

Status SaslClient::set_strength(int min, int max)
{
    sasl_security_properties_t wanted{};
    wanted.min_ssf = static_cast<sasl_ssf_t>(min);
    wanted.max_ssf = static_cast<sasl_ssf_t>(max);
    wanted.maxbufsize = kMaxSaslBuffer;
    sasl_conn_t* sasl = connection_->sasl.get();
    int result = ::sasl_setprop(sasl, SASL_SEC_PROPS, &wanted);
    if (result != SASL_OK) return sasl_error("sasl_setprop", result, sasl);
    return success();
}

Status SaslClient::set_external(int bits, const std::string& name)
{
    sasl_ssf_t ssf = static_cast<sasl_ssf_t>(bits);
    sasl_conn_t* sasl = connection_->sasl.get();
    int result = ::sasl_setprop(sasl, SASL_SSF_EXTERNAL, &ssf);
    if (result == SASL_OK && !name.empty())
        result = ::sasl_setprop(sasl, SASL_AUTH_EXTERNAL, name.c_str());
    if (result != SASL_OK) return sasl_error("sasl_setprop", result, sasl);
    return success();
}

Result<SaslClient::Start> SaslClient::start(const std::vector<std::string>& mechanisms)
{
    std::string offered;
    for (const std::string& name : mechanisms) cat_to(offered, offered.empty() ? "" : " ", name);
    if (offered.empty()) return Error{Code::unsupported, "the server offers no mechanism"};
    const char* out = nullptr;
    const char* chosen = nullptr;
    unsigned size = 0;
    int result = ::sasl_client_start(connection_->sasl.get(), offered.c_str(), nullptr, &out, &size,
                                     &chosen);
    if (result != SASL_OK && result != SASL_CONTINUE)
        return sasl_error("sasl", result, connection_->sasl.get());
    Start start;
    start.mechanism = chosen != nullptr ? chosen : "";
    if (out != nullptr) start.initial = std::string(out, size);
    start.done = result == SASL_OK;
    return start;
}

Result<SaslClient::Step> SaslClient::step(std::string_view challenge)
{
    const char* out = nullptr;
    unsigned size = 0;
    std::string ended(challenge);
    int result = ::sasl_client_step(connection_->sasl.get(), ended.c_str(),
                                    static_cast<unsigned>(ended.size()), nullptr, &out, &size);
    if (result != SASL_OK && result != SASL_CONTINUE)
        return sasl_error("sasl", result, connection_->sasl.get());
    Step step;
    step.done = result == SASL_OK;
    if (out != nullptr) step.data.assign(out, size);
    return step;
}

int SaslClient::ssf() const
{
    return negotiated_ssf(connection_->sasl.get());
}

Status SaslClient::push_layer(stream::Stream& stream)
{
    return push_sasl_layer(stream, connection_->sasl.get());
}

}  // namespace rookery::auth
