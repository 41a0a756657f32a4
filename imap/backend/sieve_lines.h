// Lines of a ManageSieve server's answers (RFC 5804 1.2, 4): data, with the literals in it, and the
// word that ends an answer. Codes: limit, and those of the stream. One thread.
#ifndef ROOKERY_IMAP_BACKEND_SIEVE_LINES_H
#define ROOKERY_IMAP_BACKEND_SIEVE_LINES_H

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::backend {

// A line, with the literals in it as they are, of at most max bytes; without its CRLF.
Result<std::string> read_sieve_line(stream::Stream& stream, size_t max);
// Does the line begin with that word?
bool is_sieve_word(std::string_view line, std::string_view word);

}  // namespace rookery::backend

#endif
