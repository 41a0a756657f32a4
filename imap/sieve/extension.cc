#include "imap/sieve/extension.h"

namespace rookery::sieve {

bool is_constant(std::string_view text, const Program& program)
{
    return !program.has_variables || text.find("${") == std::string_view::npos;
}

}  // namespace rookery::sieve
