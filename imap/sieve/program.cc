#include "imap/sieve/program.h"

namespace rookery::sieve {

const Value* Node::tag(std::string_view name) const
{
    for (const auto& use : tags)
        if (use.tag->name == name) return &use.value;
    return nullptr;
}

}  // namespace rookery::sieve
