// A password against what SCRAM keeps of it (RFC 5802 3), as libsasl2's sasldb holds that:
// "SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey", the last three in base64.
//
// So that who sends the password itself (PLAIN, LOGIN, USER and PASS, AUTHINFO) gets in where only
// hashes are kept. The keys are compared in constant time. Not of the form, a hash that OpenSSL
// does not know, more than kMaxIterations: no match. Stateless.
#ifndef ROOKERY_LIB_AUTH_HASHED_PASSWORD_H
#define ROOKERY_LIB_AUTH_HASHED_PASSWORD_H

#include <string_view>

namespace rookery::auth {

inline constexpr unsigned kMaxIterations = 1'000'000;

bool matches_hashed(std::string_view stored, std::string_view password);

}  // namespace rookery::auth

#endif
