// Logging in to another server by libsasl2.
#include "lib/auth/sasl_client.h"

#include <sasl/sasl.h>
#include <stddef.h>
#include <string.h>

#include <algorithm>
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

// The library's connection is made when a mechanism needs it: it asks for the name of this host,
// and nothing of that is needed for PLAIN.
struct SaslClient::Connection {
    const config::Config& config;
    std::string service;
    std::string host;
    std::string remote;
    std::string local;
    Credentials who;
    int min_ssf = 0;
    int max_ssf = 0;
    int external_bits = 0;
    std::string external_name{};
    std::string picked{};
    std::vector<max_align_t> secret{};  // a sasl_secret_t with the password behind it
    std::array<sasl_callback_t, 7> callbacks{};
    std::unique_ptr<sasl_conn_t, ConnectionDeleter> sasl{};  // null: not needed

    void keep_password();
    Status open();
    bool plain_is_all(const std::vector<std::string>& mechanisms) const;
    Result<Start> plain() const;
    Error too_weak() const;
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

SaslClient SaslClient::make(const config::Config& config, std::string_view service,
                            const std::string& host, const std::string& remote,
                            const std::string& local, Credentials credentials)
{
    return SaslClient(std::make_unique<Connection>(
        Connection{.config = config,
                   .service = std::string(service),
                   .host = host,
                   .remote = remote,
                   .local = local,
                   .who = std::move(credentials),
                   .min_ssf = static_cast<int>(config.sasl_minimum_layer()),
                   .max_ssf = static_cast<int>(config.sasl_maximum_layer())}));
}

Status SaslClient::Connection::open()
{
    keep_password();
    callbacks = {getopt_callback(config),
                 log_callback(),
                 make_callback(SASL_CB_USER, rookery_sasl_simple, &who),
                 make_callback(SASL_CB_AUTHNAME, rookery_sasl_simple, &who),
                 make_callback(SASL_CB_PASS, rookery_sasl_secret, secret.data()),
                 make_callback(SASL_CB_GETREALM, rookery_sasl_realm, &who),
                 end_of_callbacks()};
    sasl_conn_t* made = nullptr;
    int result = ::sasl_client_new(
        service.c_str(), host.c_str(), local.empty() ? nullptr : local.c_str(),
        remote.empty() ? nullptr : remote.c_str(), callbacks.data(),
        // An authzid needs a mechanism that can carry one.
        who.authzid.empty() ? SASL_SUCCESS_DATA : SASL_SUCCESS_DATA | SASL_NEED_PROXY, &made);
    if (result != SASL_OK) return sasl_error("sasl_client_new", result, nullptr);
    sasl.reset(made);
    sasl_security_properties_t wanted{};
    wanted.min_ssf = static_cast<sasl_ssf_t>(min_ssf);
    wanted.max_ssf = static_cast<sasl_ssf_t>(max_ssf);
    wanted.maxbufsize = kMaxSaslBuffer;
    result = ::sasl_setprop(made, SASL_SEC_PROPS, &wanted);
    auto ssf = static_cast<sasl_ssf_t>(external_bits);
    if (result == SASL_OK && ssf > 0) result = ::sasl_setprop(made, SASL_SSF_EXTERNAL, &ssf);
    if (result == SASL_OK && !external_name.empty())
        result = ::sasl_setprop(made, SASL_AUTH_EXTERNAL, external_name.c_str());
    if (result != SASL_OK) return sasl_error("sasl_setprop", result, made);
    return success();
}

// LOGIN says no more than PLAIN, in a form that nobody specified.
bool SaslClient::Connection::plain_is_all(const std::vector<std::string>& mechanisms) const
{
    return min_ssf <= external_bits &&
           std::find(mechanisms.begin(), mechanisms.end(), "PLAIN") != mechanisms.end() &&
           std::all_of(mechanisms.begin(), mechanisms.end(), [](const std::string& name) {
               return equal_nocase(name, "PLAIN") || equal_nocase(name, "LOGIN");
           });
}

// RFC 4616 section 2.
Result<SaslClient::Start> SaslClient::Connection::plain() const
{
    for (const std::string* part : {&who.authzid, &who.authname, &who.password})
        if (part->find('\0') != std::string::npos)
            return Error{Code::syntax, "PLAIN cannot carry a NUL"};
    return Start{"PLAIN", cat(who.authzid, '\0', who.authname, '\0', who.password), true};
}

Error SaslClient::Connection::too_weak() const
{
    return Error{Code::unsupported, cat("no mechanism in common gives the protection of ", min_ssf,
                                        " bits that is asked for, and TLS gives ", external_bits)};
}

void SaslClient::set_strength(int min, int max)
{
    connection_->min_ssf = min;
    connection_->max_ssf = max;
}

void SaslClient::set_external(int bits, const std::string& name)
{
    connection_->external_bits = bits;
    connection_->external_name = name;
}

Result<SaslClient::Start> SaslClient::start(const std::vector<std::string>& mechanisms)
{
    std::string offered;
    for (const std::string& name : mechanisms) cat_to(offered, offered.empty() ? "" : " ", name);
    if (offered.empty()) return Error{Code::unsupported, "the server offers no mechanism"};
    if (connection_->plain_is_all(mechanisms)) {
        connection_->picked = "PLAIN";
        return connection_->plain();
    }
    TRY(connection_->open());
    const char* out = nullptr;
    const char* chosen = nullptr;
    unsigned size = 0;
    int result = ::sasl_client_start(connection_->sasl.get(), offered.c_str(), nullptr, &out, &size,
                                     &chosen);
    if (result == SASL_NOMECH && connection_->min_ssf > connection_->external_bits)
        return connection_->too_weak();
    if (chosen != nullptr) connection_->picked = chosen;
    if (result != SASL_OK && result != SASL_CONTINUE)
        return sasl_error("sasl", result, connection_->sasl.get());
    Start start;
    start.mechanism = connection_->picked;
    if (out != nullptr) start.initial = std::string(out, size);
    start.done = result == SASL_OK;
    return start;
}

Result<SaslClient::Step> SaslClient::step(std::string_view challenge)
{
    if (!connection_->sasl) return Error{Code::syntax, "PLAIN answers no challenge"};
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

const std::string& SaslClient::mechanism() const
{
    return connection_->picked;
}

int SaslClient::ssf() const
{
    return connection_->sasl ? negotiated_ssf(connection_->sasl.get()) : 0;
}

Status SaslClient::push_layer(stream::Stream& stream)
{
    return push_sasl_layer(stream, connection_->sasl.get());
}

}  // namespace rookery::auth
