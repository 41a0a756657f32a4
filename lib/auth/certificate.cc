#include "lib/auth/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <memory>

#include "lib/base/strings.h"

namespace rookery::auth {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Result<Bio> open_pem(const std::string& path)
{
    Bio file(BIO_new_file(path.c_str(), "r"), BIO_free_all);
    if (!file) return errno_error(path);
    return file;
}

// The next one; null at the end.
Certificate next_certificate(BIO* file)
{
    Certificate next(PEM_read_bio_X509_AUX(file, nullptr, no_passphrase, nullptr), X509_free);
    if (!next) ERR_clear_error();
    return next;
}

Key first_key(BIO* file, bool& asked)
{
    Key key(PEM_read_bio_PrivateKey(file, nullptr, no_passphrase, &asked), EVP_PKEY_free);
    if (!key) ERR_clear_error();
    return key;
}

Error no_certificate(const std::string& path)
{
    return Error{Code::corrupt, cat(path, ": there is no certificate in it")};
}

}  // namespace

Result<int64_t> certificate_lifetime(const std::string& path)
{
    TRY_ASSIGN(const Bio file, open_pem(path));
    const Certificate certificate = next_certificate(file.get());
    int days = 0;
    int seconds = 0;
    if (!certificate ||
        ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) != 1)
        return no_certificate(path);
    return int64_t{days} * 86400 + seconds;
}

Result<Authorities> authorities_in(const std::string& path)
{
    TRY_ASSIGN(const Bio file, open_pem(path));
    Authorities found;
    size_t count = 0;
    for (Certificate one = next_certificate(file.get()); one; one = next_certificate(file.get())) {
        ++count;
        found.has_authority = found.has_authority || X509_check_ca(one.get()) != 0;
        found.has_root = found.has_root || (X509_get_extension_flags(one.get()) & EXFLAG_SS) != 0;
    }
    if (count == 0) return no_certificate(path);
    return found;
}

Result<KeyKind> key_in(const std::string& path)
{
    TRY_ASSIGN(const Bio file, open_pem(path));
    bool asked = false;
    if (first_key(file.get(), asked)) return KeyKind::open;
    return asked ? KeyKind::with_passphrase : KeyKind::none;
}

Result<std::optional<size_t>> certificate_for(const std::string& certificates,
                                              const std::string& key)
{
    TRY_ASSIGN(const Bio key_file, open_pem(key));
    TRY_ASSIGN(const Bio file, open_pem(certificates));
    bool asked = false;
    const Key ours = first_key(key_file.get(), asked);
    std::optional<size_t> found;
    size_t index = 0;
    for (Certificate one = next_certificate(file.get()); one && ours && !found;
         one = next_certificate(file.get())) {
        if (X509_check_private_key(one.get(), ours.get()) == 1) found = index;
        ++index;
    }
    ERR_clear_error();
    return found;
}

int no_passphrase(char*, int, int, void* asked)
{
    if (asked != nullptr) *static_cast<bool*>(asked) = true;
    return -1;
}

}  // namespace rookery::auth
