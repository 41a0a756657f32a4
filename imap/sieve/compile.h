// compile(): a Sieve script's text to a Program, or to the list of what is wrong with it.
//
// Everything that RFC 5228 and the extensions say of a script without running it is checked here:
// grammar, `require`, arguments and tags, places of commands, comparators, constant addresses and
// numbers. With ihave (RFC 5463) what is unknown is left for the run to fail on.
// Never fails otherwise; limits as in limits.h. Pure; any thread.
#ifndef ROOKERY_IMAP_SIEVE_COMPILE_H
#define ROOKERY_IMAP_SIEVE_COMPILE_H

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "imap/sieve/limits.h"
#include "imap/sieve/program.h"
#include "imap/sieve/script_error.h"

namespace rookery::sieve {

struct Compiled {
    std::unique_ptr<const Program> program;  // null if there are errors
    std::vector<ScriptError> errors;         // at most Limits::errors
};

Compiled compile(std::string_view script, const Limits& limits = {});

}  // namespace rookery::sieve

#endif
