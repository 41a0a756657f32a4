// The extensions, each in a file of its own; imap/sieve/extension_table.h says which capability is
// which. Constant data; any thread.
#ifndef ROOKERY_IMAP_SIEVE_EXT_ROWS_H
#define ROOKERY_IMAP_SIEVE_EXT_ROWS_H

#include "imap/sieve/extension.h"

namespace rookery::sieve::ext {

extern const Extension ascii_numeric;
extern const Extension base;
extern const Extension envelope;
extern const Extension fileinto;
extern const Extension unicode_casemap;

}  // namespace rookery::sieve::ext

#endif
