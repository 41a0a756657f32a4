#include "imap/sieve/run.h"

#include "imap/sieve/interpreter.h"

namespace rookery::sieve {

Result<Actions> run(const Program& program, Environment& environment)
{
    return Interpreter(environment, program.limits).run(program);
}

}  // namespace rookery::sieve
