// Certificates for tests: a CA and what it signs, made with OpenSSL, written as PEM.
#ifndef ROOKERY_TESTS_UNIT_LIB_AUTH_CERTIFICATES_H
#define ROOKERY_TESTS_UNIT_LIB_AUTH_CERTIFICATES_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include <string>

#include "lib/base/strings.h"
#include "tests/unit/unit.h"

namespace rookery::test {

class Authority {
 public:
    explicit Authority(const std::string& name)
        : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"))
    {
        certificate_ = make(name, key_, "CA:TRUE", "");
    }
    ~Authority()
    {
        X509_free(certificate_);
        EVP_PKEY_free(key_);
    }
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    void write(const std::string& path) const { write_pem(path, certificate_); }
    // subject_alt: "DNS:be1.example.org,IP:127.0.0.1"; passphrase: of the key, "" = none.
    void issue(const std::string& name, const std::string& subject_alt, const std::string& cert,
               const std::string& key_path, const std::string& passphrase = {})
    {
        EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
        X509* x = make(name, key, "CA:FALSE", subject_alt);
        write_pem(cert, x);
        FILE* f = ::fopen(key_path.c_str(), "w");
        ck_assert_ptr_nonnull(f);
        const auto* secret = reinterpret_cast<const unsigned char*>(passphrase.data());
        PEM_write_PrivateKey(f, key, passphrase.empty() ? nullptr : EVP_aes_256_cbc(),
                             passphrase.empty() ? nullptr : secret,
                             static_cast<int>(passphrase.size()), nullptr, nullptr);
        ::fclose(f);
        X509_free(x);
        EVP_PKEY_free(key);
    }

 private:
    static void write_pem(const std::string& path, X509* x)
    {
        FILE* f = ::fopen(path.c_str(), "w");
        ck_assert_ptr_nonnull(f);
        PEM_write_X509(f, x);
        ::fclose(f);
    }
    static void extend(X509* x, int nid, const std::string& value)
    {
        X509_EXTENSION* e = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
        ck_assert_ptr_nonnull(e);
        X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
    }
    X509* make(const std::string& name, EVP_PKEY* key, const std::string& constraints,
               const std::string& subject_alt)
    {
        X509* x = X509_new();
        X509_set_version(x, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial_);
        X509_gmtime_adj(X509_getm_notBefore(x), -3600);
        X509_gmtime_adj(X509_getm_notAfter(x), 86400);
        X509_set_pubkey(x, key);
        X509_NAME* subject = X509_get_subject_name(x);
        const void* text = name.c_str();
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                   static_cast<const unsigned char*>(text), -1, -1, 0);
        X509_set_issuer_name(
            x, certificate_ != nullptr ? X509_get_subject_name(certificate_) : subject);
        extend(x, NID_basic_constraints, constraints);
        if (!subject_alt.empty()) extend(x, NID_subject_alt_name, subject_alt);
        ck_assert_int_gt(X509_sign(x, key_, EVP_sha256()), 0);
        return x;
    }

    EVP_PKEY* key_;
    X509* certificate_ = nullptr;
    long serial_ = 0;
};

}  // namespace rookery::test

#endif
