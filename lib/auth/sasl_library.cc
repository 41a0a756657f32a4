// What the SASL server and client share.
#include "lib/auth/sasl_library.h"

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "lib/stream/sasl_layer.h"

namespace rookery::auth {
namespace {

extern "C" void* rookery_sasl_mutex_new()
{
    return std::make_unique<std::mutex>().release();
}

extern "C" int rookery_sasl_mutex_lock(void* mutex)
{
    static_cast<std::mutex*>(mutex)->lock();
    return SASL_OK;
}

extern "C" int rookery_sasl_mutex_unlock(void* mutex)
{
    static_cast<std::mutex*>(mutex)->unlock();
    return SASL_OK;
}

extern "C" void rookery_sasl_mutex_free(void* mutex)
{
    std::unique_ptr<std::mutex>(static_cast<std::mutex*>(mutex)).reset();
}

std::string join(const std::vector<std::string>& words)
{
    std::string all;
    for (const std::string& word : words) cat_to(all, all.empty() ? "" : " ", word);
    return all;
}

// The value of imapd.conf's sasl_<option>; none if unset, so that libsasl2's default holds.
std::optional<std::string> option_value(const config::Config& config, std::string_view option)
{
    auto text = [](std::string value) {
        return value.empty() ? std::nullopt : std::optional<std::string>(std::move(value));
    };
    if (option == "mech_list") return text(join(config.sasl_mech_list()));
    if (option == "pwcheck_method") return text(join(config.sasl_pwcheck_method()));
    if (option == "auxprop_plugin") return text(join(config.sasl_auxprop_plugin()));
    if (option == "saslauthd_path") return text(config.sasl_saslauthd_path());
    return config.overflow(cat("sasl_", option));
}

// libsasl2 keeps the pointer that it is given: the answers stay until the process ends.
struct Answers {
    std::mutex mutex;
    std::map<std::string, std::string> values;
};

Answers& answers()
{
    static Answers* const all = std::make_unique<Answers>().release();
    return *all;
}

extern "C" int rookery_sasl_getopt(void* context, const char* plugin, const char* option,
                                   const char** result, unsigned* length)
{
    const auto& config = *static_cast<const config::Config*>(context);
    if (option == nullptr || result == nullptr) return SASL_BADPARAM;
    std::optional<std::string> value;
    std::string name = to_lower(option);
    if (plugin != nullptr) value = config.overflow(cat("sasl_", to_lower(plugin), "_", name));
    if (!value) value = option_value(config, name);
    if (!value) return SASL_FAIL;
    Answers& kept = answers();
    std::lock_guard<std::mutex> lock(kept.mutex);
    // The same option always has the same value, so an earlier answer is never changed.
    auto [at, added] =
        kept.values.emplace(cat(plugin != nullptr ? plugin : "", "\t", name, "\t", *value), *value);
    *result = at->second.c_str();
    if (length != nullptr) *length = static_cast<unsigned>(at->second.size());
    return SASL_OK;
}

extern "C" int rookery_sasl_hashing_getopt(void* context, const char* plugin, const char* option,
                                           const char** result, unsigned* length)
{
    // Of several SCRAM mechanisms a sasldb keeps the last one's only.
    constexpr std::array<std::pair<const char*, const char*>, 2> kOwn = {
        {{"scram_secret_generate", "yes"}, {"mech_list", "SCRAM-SHA-256"}}};
    for (const auto& [name, value] : kOwn) {
        if (option == nullptr || result == nullptr || !equal_nocase(option, name)) continue;
        *result = value;
        if (length != nullptr) *length = static_cast<unsigned>(std::string_view(value).size());
        return SASL_OK;
    }
    return rookery_sasl_getopt(context, plugin, option, result, length);
}

extern "C" int rookery_sasl_log(void*, int level, const char* message)
{
    if (message == nullptr) return SASL_OK;
    if (level == SASL_LOG_ERR)
        log::warning("sasl", {{"message", message}});
    else if (level == SASL_LOG_WARN || level == SASL_LOG_NOTE || level == SASL_LOG_FAIL)
        log::info("sasl", {{"message", message}});
    // SASL_LOG_DEBUG and beyond may hold passwords.
    return SASL_OK;
}

Code code_of(int result)
{
    switch (result) {
        case SASL_BADAUTH:
        case SASL_NOAUTHZ:
        case SASL_NOUSER:
        case SASL_WRONGMECH:
        case SASL_TOOWEAK:
        case SASL_ENCRYPT:
        case SASL_TRANS:
        case SASL_EXPIRED:
        case SASL_DISABLED:
        case SASL_BADVERS:
        case SASL_NOVERIFY: return Code::denied;
        case SASL_NOMECH: return Code::unsupported;
        case SASL_BADPROT:
        case SASL_BADMAC:
        case SASL_BADPARAM: return Code::syntax;
        case SASL_UNAVAIL:
        case SASL_TRYAGAIN: return Code::unavailable;
        case SASL_BUFOVER: return Code::limit;
        default: return Code::io;
    }
}

Result<std::string> encoded(sasl_conn_t* connection, std::string_view plain)
{
    const char* out = nullptr;
    unsigned size = 0;
    int result =
        ::sasl_encode(connection, plain.data(), static_cast<unsigned>(plain.size()), &out, &size);
    if (result != SASL_OK) return sasl_error("encode", result, connection);
    return std::string(out, size);
}

Result<std::string> decoded(sasl_conn_t* connection, std::string_view wire)
{
    const char* out = nullptr;
    unsigned size = 0;
    int result =
        ::sasl_decode(connection, wire.data(), static_cast<unsigned>(wire.size()), &out, &size);
    if (result != SASL_OK) return sasl_error("decode", result, connection);
    return size == 0 ? std::string() : std::string(out, size);
}

}  // namespace

void set_sasl_mutexes()
{
    ::sasl_set_mutex(rookery_sasl_mutex_new, rookery_sasl_mutex_lock, rookery_sasl_mutex_unlock,
                     rookery_sasl_mutex_free);
}

sasl_callback_t getopt_callback(const config::Config& config)
{
    return make_callback(SASL_CB_GETOPT, rookery_sasl_getopt, const_cast<config::Config*>(&config));
}

sasl_callback_t hashing_getopt_callback(const config::Config& config)
{
    return make_callback(SASL_CB_GETOPT, rookery_sasl_hashing_getopt,
                         const_cast<config::Config*>(&config));
}

sasl_callback_t log_callback()
{
    return make_callback(SASL_CB_LOG, rookery_sasl_log, nullptr);
}

sasl_callback_t end_of_callbacks()
{
    return sasl_callback_t{SASL_CB_LIST_END, nullptr, nullptr};
}

Error sasl_error(std::string_view what, int result, sasl_conn_t* connection)
{
    const char* detail = connection != nullptr ? ::sasl_errdetail(connection) : nullptr;
    const char* text = ::sasl_errstring(result, nullptr, nullptr);
    return Error{code_of(result), cat(what, ": ",
                                      detail != nullptr ? detail
                                      : text != nullptr ? text
                                                        : "failed")};
}

void ConnectionDeleter::operator()(sasl_conn_t* connection) const
{
    ::sasl_dispose(&connection);
}

int negotiated_ssf(sasl_conn_t* connection)
{
    const void* value = nullptr;
    if (::sasl_getprop(connection, SASL_SSF, &value) != SASL_OK || value == nullptr) return 0;
    return static_cast<int>(*static_cast<const sasl_ssf_t*>(value));
}

Status push_sasl_layer(stream::Stream& stream, sasl_conn_t* connection)
{
    if (negotiated_ssf(connection) == 0) return success();
    const void* value = nullptr;
    stream::SaslCodec codec;
    if (::sasl_getprop(connection, SASL_MAXOUTBUF, &value) == SASL_OK && value != nullptr &&
        *static_cast<const unsigned*>(value) > 0)
        codec.max_encode = *static_cast<const unsigned*>(value);
    codec.encode = [connection](std::string_view plain) { return encoded(connection, plain); };
    codec.decode = [connection](std::string_view wire) { return decoded(connection, wire); };
    return stream.push_layer(
        [&](std::unique_ptr<stream::Layer> below) -> Result<std::unique_ptr<stream::Layer>> {
            return stream::sasl_layer(std::move(codec), std::move(below));
        });
}

}  // namespace rookery::auth
