// What mupdate(8) reads of imapd.conf before it serves, and what it would end for.
//
// Pure. Codes: config.
#ifndef ROOKERY_IMAP_MUPDATE_START_OPTIONS_H
#define ROOKERY_IMAP_MUPDATE_START_OPTIONS_H

#include "imap/mupdate/master/rules.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::mupdate {

Result<Policy> policy_of(const config::Config& config);
// mupdate_workers_start and those beside it, which bound each other.
Status check_workers(const config::Config& config);

}  // namespace rookery::mupdate

#endif
