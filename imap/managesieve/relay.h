// Relay: a user's commands at the server that has the scripts.
//
// A command is one that was read as a whole and is written anew; an answer is passed on when it is
// here as a whole. So both servers and the client agree where each begins and ends, nothing is sent
// behind a command that did not end, and a server that dies within an answer costs that command
// only.
//
// Codes of relay(): unavailable, timeout, closed, moved and those of the pool's gate (nothing was
// answered); syntax, limit (it is no answer). Then the connection is dropped. One thread.
#ifndef ROOKERY_IMAP_MANAGESIEVE_RELAY_H
#define ROOKERY_IMAP_MANAGESIEVE_RELAY_H

#include <string>
#include <string_view>

#include "imap/backend/backend_pool.h"
#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::managesieve {

inline constexpr size_t kMaxAnswer = (4u << 20) + 262144;  // the largest script, and its answer

// The whole answer to one command: lines with their literals, to the one with OK, NO or BYE.
Result<std::string> read_answer(stream::Stream& server, size_t max);
// command: with its CRLF. BYE is Code::closed.
Result<std::string> relay(backend::BackendPool& backends, const std::string& server,
                          std::string_view command);

}  // namespace rookery::managesieve

#endif
