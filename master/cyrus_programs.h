// Programs that the cyrus.conf of a Cyrus site names and this machine may not have.
//
// Such a file starts us unchanged: an entry whose program is one of Cyrus' own and is not installed
// here is left out, with a warning if something is missed by it. Any other program that cannot be
// found is an error of the file.
#ifndef ROOKERY_MASTER_CYRUS_PROGRAMS_H
#define ROOKERY_MASTER_CYRUS_PROGRAMS_H

#include "master/conf.h"
#include "master/spawn.h"

namespace rookery::master {

// Takes those entries out of conf and says so in conf.warnings.
void leave_out_cyrus_programs(Conf& conf, const ProgramPath& programs);

}  // namespace rookery::master

#endif
