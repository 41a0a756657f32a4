// When certificates end, for whoever watches a server. Pure but for reading the file; any thread.
#ifndef ROOKERY_LIB_AUTH_CERTIFICATE_H
#define ROOKERY_LIB_AUTH_CERTIFICATE_H

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace rookery::auth {

// Of the first certificate of a PEM file: the seconds until it ends, negative when it has. Codes:
// io, corrupt (there is none in it).
Result<int64_t> certificate_lifetime(const std::string& path);

}  // namespace rookery::auth

#endif
