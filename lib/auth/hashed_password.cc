// A password against what SCRAM keeps of it.
#include "lib/auth/hashed_password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sasl/saslutil.h>

#include <array>
#include <optional>
#include <string>

#include "lib/base/strings.h"

namespace rookery::auth {
namespace {

using Key = std::array<unsigned char, EVP_MAX_MD_SIZE>;
constexpr std::string_view kClientKey = "Client Key";
constexpr size_t kMaxField = 1024;

std::optional<std::string> decode(std::string_view text)
{
    if (text.empty() || text.size() > kMaxField) return std::nullopt;
    std::string bytes(text.size(), '\0');
    unsigned size = 0;
    if (::sasl_decode64(text.data(), static_cast<unsigned>(text.size()), bytes.data(),
                        static_cast<unsigned>(bytes.size()), &size) != SASL_OK)
        return std::nullopt;
    bytes.resize(size);
    return bytes;
}

struct Stored {
    const EVP_MD* hash;
    int iterations;
    std::string salt;
    std::string key;
};

std::optional<Stored> parse(std::string_view text)
{
    constexpr std::string_view kPrefix = "SCRAM-";
    const auto fields = split(text, '$');
    if (fields.size() != 3 || !fields[0].starts_with(kPrefix)) return std::nullopt;
    const std::string hash(fields[0].substr(kPrefix.size()));
    const auto how = split(fields[1], ':');
    const auto keys = split(fields[2], ':');
    if (how.size() != 2 || keys.size() != 2) return std::nullopt;
    const auto iterations = to_number<unsigned>(how[0], kMaxIterations);
    const auto salt = decode(how[1]);
    const auto key = decode(keys[0]);
    const EVP_MD* known = ::EVP_get_digestbyname(hash == "SHA-1" ? "SHA1" : hash.c_str());
    if (!iterations || *iterations == 0 || !salt || !key || known == nullptr ||
        key->size() != static_cast<size_t>(::EVP_MD_get_size(known)))
        return std::nullopt;
    return Stored{known, static_cast<int>(*iterations), *salt, *key};
}

const unsigned char* bytes(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

bool matches_hashed(std::string_view stored, std::string_view password)
{
    const auto wanted = parse(stored);
    if (!wanted) return false;
    Key salted{};
    Key client{};
    Key key{};
    const int size = static_cast<int>(wanted->key.size());
    const bool made =
        ::PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                            bytes(wanted->salt), static_cast<int>(wanted->salt.size()),
                            wanted->iterations, wanted->hash, size, salted.data()) == 1 &&
        ::HMAC(wanted->hash, salted.data(), size, bytes(kClientKey), kClientKey.size(),
               client.data(), nullptr) != nullptr &&
        ::EVP_Digest(client.data(), wanted->key.size(), key.data(), nullptr, wanted->hash,
                     nullptr) == 1;
    const bool same =
        made && ::CRYPTO_memcmp(key.data(), wanted->key.data(), wanted->key.size()) == 0;
    ::OPENSSL_cleanse(salted.data(), salted.size());
    ::OPENSSL_cleanse(client.data(), client.size());
    return same;
}

}  // namespace rookery::auth
