// Modifiers of `set` and `extracttext` (RFC 5229 4.1, RFC 5435 6): tags of a node, highest
// precedence first. Pure; cannot fail.
#ifndef ROOKERY_IMAP_SIEVE_TEXT_MODIFIERS_H
#define ROOKERY_IMAP_SIEVE_TEXT_MODIFIERS_H

#include <string>

#include "imap/sieve/program.h"

namespace rookery::sieve {

std::string modified(const Node& node, std::string text);

}  // namespace rookery::sieve

#endif
