#include "lib/auth/certificate.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <memory>

#include "lib/base/strings.h"

namespace rookery::auth {

Result<int64_t> certificate_lifetime(const std::string& path)
{
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> file(BIO_new_file(path.c_str(), "r"),
                                                             BIO_free_all);
    if (!file) return errno_error(path);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), X509_free);
    int days = 0;
    int seconds = 0;
    if (!certificate ||
        ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) != 1)
        return Error{Code::corrupt, cat(path, ": there is no certificate in it")};
    return int64_t{days} * 86400 + seconds;
}

}  // namespace rookery::auth
