// Authentication of clients by libsasl2.
#include "lib/auth/sasl_server.h"

#include <sasl/sasl.h>
#include <sasl/saslutil.h>

#include <algorithm>
#include <array>

#include "lib/auth/hashed_password.h"
#include "lib/auth/identity.h"
#include "lib/auth/sasl_library.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"

namespace rookery::auth {
namespace {

constexpr unsigned kMaxSaslBuffer = 4096;  // of the security layer, in either direction
constexpr unsigned kMaxChallenge = 400;    // of APOP: a greeting has 512 bytes at most

// Whoever authenticated may name whom he wants to be: SessionKit::identify decides.
extern "C" int rookery_sasl_proxy(sasl_conn_t*, void*, const char*, unsigned, const char*, unsigned,
                                  const char*, unsigned, struct propctx*)
{
    return SASL_OK;
}

// What SCRAM keeps, as libsasl2's own plugin asks for it.
constexpr const char* kHashedPassword = "*authPassword";
constexpr const char* kHashStored = "authPassword";  // the name to store it by

// Whether what was looked up of the user has a hash that the password matches.
bool matches_looked_up(propctx* properties, std::string_view password)
{
    std::array<const char*, 2> names = {kHashedPassword, nullptr};
    std::array<propval, 2> found{};
    if (properties == nullptr || ::prop_getnames(properties, names.data(), found.data()) < 1 ||
        found[0].values == nullptr)
        return false;
    for (const char** value = found[0].values; *value != nullptr; ++value)
        if (matches_hashed(*value, password)) return true;
    return false;
}

// A mechanism asks this before libsasl2's own ways, which know nothing of hashes.
extern "C" int rookery_sasl_checkpass(sasl_conn_t*, void*, const char*, const char* password,
                                      unsigned size, struct propctx* properties)
{
    if (password == nullptr) return SASL_BADPARAM;
    return matches_looked_up(properties, {password, size}) ? SASL_OK : SASL_NOVERIFY;
}

// Those of all servers, and room for one of a connection's own.
using Callbacks = std::array<sasl_callback_t, 6>;

Callbacks server_callbacks(const config::Config& config)
{
    return {getopt_callback(config),
            log_callback(),
            make_callback(SASL_CB_PROXY_POLICY, rookery_sasl_proxy, nullptr),
            make_callback(SASL_CB_SERVER_USERDB_CHECKPASS, rookery_sasl_checkpass, nullptr),
            end_of_callbacks(),
            end_of_callbacks()};
}

// libsasl2 keeps the pointer to the callbacks of the library.
Callbacks& library_callbacks()
{
    static Callbacks callbacks;
    return callbacks;
}

std::string property(sasl_conn_t* connection, int number)
{
    const void* value = nullptr;
    if (::sasl_getprop(connection, number, &value) != SASL_OK || value == nullptr) return {};
    return static_cast<const char*>(value);
}

// sasl_pwcheck_method: passwords are looked up (libsasl2's default) and not given to a daemon.
bool asks_auxprop(const config::Config& config)
{
    const auto& methods = config.sasl_pwcheck_method();
    return methods.empty() ||
           std::find(methods.begin(), methods.end(), "auxprop") != methods.end();
}

using ConnectionPtr = std::unique_ptr<sasl_conn_t, ConnectionDeleter>;

const char* text_or_null(const std::string& text)
{
    return text.empty() ? nullptr : text.c_str();
}

// What libsasl2 is told of a connection; it copies all of it but the callbacks.
struct Parties {
    std::string service;
    std::string realm;
    std::string remote;
    std::string local;
};

Result<ConnectionPtr> new_connection(const config::Config& config, const Parties& parties,
                                     const sasl_callback_t* callbacks)
{
    std::string host = host_of(config.servername());
    sasl_conn_t* made = nullptr;
    int result =
        ::sasl_server_new(parties.service.c_str(), text_or_null(host), text_or_null(parties.realm),
                          text_or_null(parties.local), text_or_null(parties.remote), callbacks,
                          SASL_SUCCESS_DATA, &made);
    if (result != SASL_OK) return sasl_error("sasl_server_new", result, nullptr);
    return ConnectionPtr(made);
}

}  // namespace

struct SaslServer::Connection {
    const config::Config& config;
    std::string service;
    std::string remote;
    std::string local;
    Callbacks callbacks;
    int external_bits = 0;
    std::string external_name;
    bool plaintext = false;
    std::string mechanism;
    std::string authid;
    std::string authzid;
    std::string detail;
    ConnectionPtr sasl;
    bool is_used = false;
    std::string claimed = {};  // by whom, where libsasl2 does not say

    // A new exchange needs a new sasl_conn_t after one that failed. Gives one for an exchange.
    Status use();
    Status renew();
    Status apply();
    // Of who sends the password itself the hash is looked up too.
    Status ask_for_hash();
    Result<Step> judge(int result, const char* out, unsigned size);
    Status check_credentials(std::string_view message);
};

namespace {

// The name without its detail, which is kept in context.
extern "C" int rookery_sasl_canon(sasl_conn_t*, void* context, const char* in, unsigned in_size,
                                  unsigned, const char*, char* out, unsigned out_max,
                                  unsigned* out_size)
{
    const NameAndDetail split = split_detail(std::string_view(in, in_size));
    if (split.name.size() >= out_max) return SASL_BUFOVER;
    if (!split.detail.empty()) *static_cast<std::string*>(context) = split.detail;
    std::copy(split.name.begin(), split.name.end(), out);
    out[split.name.size()] = '\0';
    *out_size = static_cast<unsigned>(split.name.size());
    return SASL_OK;
}

// libsasl2 calls an empty name or password a failure of the system, or of the protocol.
Error no_credentials()
{
    return {Code::denied, "an empty user name or password"};
}

}  // namespace

// PLAIN: [authzid] NUL authid NUL password
Status SaslServer::Connection::check_credentials(std::string_view message)
{
    if (mechanism != "PLAIN") return success();
    const auto parts = split(message, '\0');
    if (parts.size() == 3) claimed = std::string(parts[1]);
    if (parts.size() != 3 || (!parts[1].empty() && !parts[2].empty())) return success();
    TRY(renew());
    return no_credentials();
}

Status SaslServer::Connection::use()
{
    if (is_used) TRY(renew());
    is_used = true;
    return success();
}

Status SaslServer::Connection::renew()
{
    is_used = false;
    mechanism.clear();
    authid.clear();
    claimed.clear();
    authzid.clear();
    detail.clear();
    Parties parties{service, {}, remote, local};
    TRY_ASSIGN(sasl, new_connection(config, parties, callbacks.data()));
    return apply();
}

Status SaslServer::Connection::apply()
{
    sasl_security_properties_t wanted{};
    wanted.min_ssf = static_cast<sasl_ssf_t>(config.sasl_minimum_layer());
    wanted.max_ssf = static_cast<sasl_ssf_t>(config.sasl_maximum_layer());
    wanted.maxbufsize = kMaxSaslBuffer;
    if (!plaintext) wanted.security_flags |= SASL_SEC_NOPLAINTEXT;
    if (!config.allowanonymouslogin()) wanted.security_flags |= SASL_SEC_NOANONYMOUS;
    int result = ::sasl_setprop(sasl.get(), SASL_SEC_PROPS, &wanted);
    sasl_ssf_t bits = static_cast<sasl_ssf_t>(external_bits);
    if (result == SASL_OK && external_bits > 0)
        result = ::sasl_setprop(sasl.get(), SASL_SSF_EXTERNAL, &bits);
    if (result == SASL_OK && !external_name.empty())
        result = ::sasl_setprop(sasl.get(), SASL_AUTH_EXTERNAL, external_name.c_str());
    if (result != SASL_OK) return sasl_error("sasl_setprop", result, sasl.get());
    return success();
}

// Only where nobody else may know the user: one without an entry is refused by the look-up.
Status SaslServer::Connection::ask_for_hash()
{
    if (!asks_auxprop(config) || config.sasl_pwcheck_method().size() > 1) return success();
    // In this order: a store that has no such property may fail at it and give nothing after it.
    std::array<const char*, 3> names = {SASL_AUX_PASSWORD, kHashedPassword, nullptr};
    const int result = ::sasl_auxprop_request(sasl.get(), names.data());
    return result == SASL_OK ? success() : sasl_error("look-up", result, sasl.get());
}

Result<SaslServer::Step> SaslServer::Connection::judge(int result, const char* out, unsigned size)
{
    Step step;
    if (out != nullptr) {
        step.data.assign(out, size);
        step.has_data = true;
    }
    if (result == SASL_CONTINUE) return step;
    if (result == SASL_OK) {
        step.done = true;
        authid = property(sasl.get(), SASL_AUTHUSER);
        authzid = property(sasl.get(), SASL_USERNAME);
        return step;
    }
    Error error = sasl_error("authentication", result, sasl.get());
    std::string tried = property(sasl.get(), SASL_AUTHUSER);
    if (tried.empty()) tried = std::move(claimed);
    TRY(renew());
    authid = std::move(tried);
    return error;
}

SaslServer::SaslServer(std::unique_ptr<Connection> connection) : connection_(std::move(connection))
{
}
SaslServer::SaslServer(SaslServer&&) noexcept = default;
SaslServer& SaslServer::operator=(SaslServer&&) noexcept = default;
SaslServer::~SaslServer() = default;

Status SaslServer::init_library(const config::Config& config, std::string_view app_name)
{
    set_sasl_mutexes();
    library_callbacks() = server_callbacks(config);
    // libsasl2 keeps the pointer to the name, for ever.
    static std::string name;
    name = app_name;
    int result = ::sasl_server_init(library_callbacks().data(), name.c_str());
    if (result != SASL_OK) return Error{Code::config, sasl_error("libsasl2", result, nullptr).text};
    return success();
}

Result<SaslServer> SaslServer::make(const config::Config& config, std::string_view service,
                                    const std::string& remote, const std::string& local)
{
    std::unique_ptr<Connection> made(new Connection{config,
                                                    std::string(service),
                                                    remote,
                                                    local,
                                                    server_callbacks(config),
                                                    0,
                                                    {},
                                                    false,
                                                    {},
                                                    {},
                                                    {},
                                                    {},
                                                    nullptr});
    made->plaintext = config.allowplaintext();
    TRY(made->renew());
    return SaslServer(std::move(made));
}

Status SaslServer::set_external(int bits, const std::string& name)
{
    connection_->external_bits = bits;
    connection_->external_name = name;
    return connection_->apply();
}

Status SaslServer::set_plaintext_allowed(bool allowed)
{
    connection_->plaintext = allowed;
    return connection_->apply();
}

std::vector<std::string> SaslServer::mechanisms()
{
    const char* list = nullptr;
    unsigned size = 0;
    int result =
        ::sasl_listmech(connection_->sasl.get(), nullptr, "", " ", "", &list, &size, nullptr);
    std::vector<std::string> names;
    if (result != SASL_OK || list == nullptr) return names;
    for (std::string_view name : split(std::string_view(list, size), ' ', false))
        names.push_back(to_upper(name));
    return names;
}

Result<SaslServer::Step> SaslServer::start(std::string_view mechanism,
                                           const std::optional<std::string>& initial)
{
    TRY(connection_->use());
    std::string name = to_upper(mechanism);
    auto offered = mechanisms();
    if (std::find(offered.begin(), offered.end(), name) == offered.end())
        return Error{Code::unsupported, cat("no mechanism ", name)};
    connection_->mechanism = name;
    if (name == "PLAIN" || name == "LOGIN") TRY(connection_->ask_for_hash());
    if (initial) TRY(connection_->check_credentials(*initial));
    const char* out = nullptr;
    unsigned size = 0;
    int result = ::sasl_server_start(
        connection_->sasl.get(), name.c_str(), initial ? initial->c_str() : nullptr,
        initial ? static_cast<unsigned>(initial->size()) : 0, &out, &size);
    return connection_->judge(result, out, size);
}

Result<SaslServer::Step> SaslServer::step(std::string_view data)
{
    if (connection_->mechanism.empty()) return Error{Code::syntax, "no exchange has begun"};
    TRY(connection_->check_credentials(data));
    const char* out = nullptr;
    unsigned size = 0;
    std::string ended(data);  // some mechanisms want a NUL behind it
    int result = ::sasl_server_step(connection_->sasl.get(), ended.c_str(),
                                    static_cast<unsigned>(ended.size()), &out, &size);
    return connection_->judge(result, out, size);
}

const std::string& SaslServer::mechanism() const
{
    return connection_->mechanism;
}

const std::string& SaslServer::authid() const
{
    return connection_->authid;
}

const std::string& SaslServer::authzid() const
{
    return connection_->authzid;
}

int SaslServer::ssf() const
{
    return negotiated_ssf(connection_->sasl.get());
}

Status SaslServer::push_layer(stream::Stream& stream)
{
    return push_sasl_layer(stream, connection_->sasl.get());
}

Status SaslServer::check_password(const std::string& user, const std::string& password)
{
    TRY(connection_->use());
    if (user.empty() || password.empty()) return no_credentials();
    TRY(connection_->ask_for_hash());
    int result =
        ::sasl_checkpass(connection_->sasl.get(), user.c_str(), static_cast<unsigned>(user.size()),
                         password.c_str(), static_cast<unsigned>(password.size()));
    // The user is looked up in the check itself here, and not before it.
    if (result == SASL_OK ||
        matches_looked_up(::sasl_auxprop_getctx(connection_->sasl.get()), password)) {
        connection_->authid = property(connection_->sasl.get(), SASL_AUTHUSER);
        connection_->authzid = connection_->authid;
        return success();
    }
    return sasl_error("password", result, connection_->sasl.get());
}

std::optional<std::string> SaslServer::apop_challenge()
{
    // Without a challenge it says whether it can.
    if (::sasl_checkapop(connection_->sasl.get(), nullptr, 0, nullptr, 0) != SASL_OK)
        return std::nullopt;
    if (!asks_auxprop(connection_->config)) return std::nullopt;
    std::array<char, kMaxChallenge> text{};
    const int size = ::sasl_mkchal(connection_->sasl.get(), text.data(), text.size(), 1);
    if (size <= 0) return std::nullopt;
    return std::string(text.data(), static_cast<size_t>(size));
}

Status SaslServer::check_apop(const std::string& challenge, const std::string& user,
                              const std::string& digest)
{
    TRY(connection_->use());
    if (user.empty() || digest.empty()) return no_credentials();
    const std::string response = cat(user, ' ', digest);
    const int result = ::sasl_checkapop(connection_->sasl.get(), challenge.c_str(),
                                        static_cast<unsigned>(challenge.size()), response.c_str(),
                                        static_cast<unsigned>(response.size()));
    if (result != SASL_OK) return sasl_error("APOP", result, connection_->sasl.get());
    connection_->authid = property(connection_->sasl.get(), SASL_AUTHUSER);
    connection_->authzid = connection_->authid;
    return success();
}

Status SaslServer::take_detail()
{
    Callbacks& callbacks = connection_->callbacks;
    callbacks[4] = make_callback(SASL_CB_CANON_USER, rookery_sasl_canon, &connection_->detail);
    callbacks[5] = end_of_callbacks();
    return connection_->renew();
}

const std::string& SaslServer::detail() const
{
    return connection_->detail;
}

namespace {

// flags: of sasl_setpass; password: null with SASL_SET_DISABLE.
Status set_password_by(const sasl_callback_t* callbacks, const config::Config& config,
                       const std::string& user, const std::string& realm,
                       const std::string* password, unsigned flags)
{
    Parties parties{"imap", realm, {}, {}};
    TRY_ASSIGN(ConnectionPtr sasl, new_connection(config, parties, callbacks));
    int result = ::sasl_setpass(sasl.get(), user.c_str(), password ? password->c_str() : nullptr,
                                password ? static_cast<unsigned>(password->size()) : 0, nullptr, 0,
                                flags);
    if (result == SASL_OK) return success();
    if (result == SASL_NOUSER) return Error{Code::not_found, "no such user"};
    return sasl_error("set password", result, sasl.get());
}

// An option of libsasl2 that is on or off, as libsasl2 reads it.
bool is_option_on(const config::Config& config, std::string_view option)
{
    const std::string value = to_lower(config.overflow(cat("sasl_", option)).value_or(""));
    return value.starts_with('1') || value.starts_with('y') || value.starts_with("on") ||
           value.starts_with('t');
}

// One form of what a user logs in with; also if there is none.
Status remove_form(const sasl_callback_t* callbacks, const config::Config& config,
                   const std::string& user, const std::string& realm, const char* form)
{
    const Parties parties{"imap", realm, {}, {}};
    TRY_ASSIGN(ConnectionPtr sasl, new_connection(config, parties, callbacks));
    propctx* properties = ::prop_new(0);
    if (properties == nullptr) return sasl_error("remove password", SASL_NOMEM, sasl.get());
    // A property without a value is one to be removed.
    std::array<const char*, 2> names = {form, nullptr};
    int result = ::prop_request(properties, names.data());
    if (result == SASL_OK) result = ::sasl_auxprop_store(sasl.get(), properties, user.c_str());
    ::prop_dispose(&properties);
    if (result == SASL_OK || result == SASL_NOUSER) return success();
    Error why = sasl_error("remove password", result, sasl.get());
    why.text = cat("the new password is set, but the old one may still be good: ", why.text);
    return why;
}

}  // namespace

Status set_password(const config::Config& config, const std::string& user, const std::string& realm,
                    const std::optional<std::string>& password, Kept kept)
{
    const auto plain = server_callbacks(config);
    auto hashing = plain;
    hashing[0] = hashing_getopt_callback(config);
    if (!password)
        return set_password_by(hashing.data(), config, user, realm, nullptr, SASL_SET_DISABLE);
    // The new form first, so that the user can log in at every moment. The other one, if it
    // stayed, would let the old password in; of the same form the new has taken the place.
    if (kept == Kept::as_it_is) {
        TRY(set_password_by(plain.data(), config, user, realm, &*password, SASL_SET_CREATE));
        if (is_option_on(config, "scram_secret_generate")) return success();  // both are new
        return remove_form(plain.data(), config, user, realm, kHashStored);
    }
    TRY(set_password_by(hashing.data(), config, user, realm, &*password,
                        SASL_SET_CREATE | SASL_SET_NOPLAIN));
    return remove_form(hashing.data(), config, user, realm, SASL_AUX_PASSWORD_PROP);
}

std::string host_of(std::string_view server)
{
    if (server.starts_with('[')) {
        size_t end = server.find(']');
        return std::string(server.substr(1, end == std::string_view::npos ? end : end - 1));
    }
    size_t colon = server.find(':');
    bool is_v6 = colon != std::string_view::npos && server.find(':', colon + 1) != colon &&
                 server.find(':', colon + 1) != std::string_view::npos;
    return std::string(is_v6 ? server : server.substr(0, colon));
}

}  // namespace rookery::auth
