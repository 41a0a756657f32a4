// What the running boot of this machine is called: the same for all processes until the next start.
//
// A store that is not durable may be torn by loss of power, and tdb cannot notice that. Its owner
// keeps this text beside the data; another text at start means: do not trust what is there.
// Codes: unsupported where the system does not tell; then nothing that was kept is to be trusted.
#ifndef ROOKERY_LIB_DB_BOOT_IDENTITY_H
#define ROOKERY_LIB_DB_BOOT_IDENTITY_H

#include <string>

#include "lib/base/result.h"

namespace rookery::db {

Result<std::string> boot_identity();

}  // namespace rookery::db

#endif
