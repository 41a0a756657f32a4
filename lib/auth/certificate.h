// What is in PEM files of certificates and keys, for whoever watches a server or looks at its
// configuration. Pure but for reading the file; any thread.
#ifndef ROOKERY_LIB_AUTH_CERTIFICATE_H
#define ROOKERY_LIB_AUTH_CERTIFICATE_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "lib/base/result.h"

namespace rookery::auth {

// Of the first certificate of a PEM file: the seconds until it ends, negative when it has. Codes:
// io, corrupt (there is none in it).
Result<int64_t> certificate_lifetime(const std::string& path);

// The certificates of a file by what others are verified with. Codes: io, corrupt (there is none).
struct Authorities {
    bool has_authority = false;  // that may sign others
    bool has_root = false;       // that signed itself: where a chain may end
};
Result<Authorities> authorities_in(const std::string& path);

// The first key of a file.
enum class KeyKind : unsigned char {
    none,
    open,
    with_passphrase,
};
// Code io.
Result<KeyKind> key_in(const std::string& path);
// Which certificate of the one file is for the first key of the other, counted from 0; nothing: it
// is for none of them. Code io.
Result<std::optional<size_t>> certificate_for(const std::string& certificates,
                                              const std::string& key);

// For OpenSSL (pem_password_cb): nobody is there to type a passphrase. asked: a bool that is set,
// or null.
int no_passphrase(char* into, int size, int writing, void* asked);

}  // namespace rookery::auth

#endif
