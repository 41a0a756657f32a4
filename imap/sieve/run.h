// run(): what a script wants to be done with a message. Does nothing itself.
//
// An error ends the script and nothing of it is to be done but an implicit keep, which is the
// caller's (RFC 5228 2.10.6). Codes: limit (limits.h), syntax (an error that only the run can find:
// conflicting actions, an address in a variable, `error` of ihave), and whatever the environment
// returns. A program is not changed, so that several threads may run it, each with its own
// environment.
#ifndef ROOKERY_IMAP_SIEVE_RUN_H
#define ROOKERY_IMAP_SIEVE_RUN_H

#include "imap/sieve/actions.h"
#include "imap/sieve/environment.h"
#include "imap/sieve/program.h"
#include "lib/base/result.h"

namespace rookery::sieve {

Result<Actions> run(const Program& program, Environment& environment);

}  // namespace rookery::sieve

#endif
