// What a service tells master: descriptor 3, a socket pair.
//
// A message is two native 32-bit numbers, and with `lacking` a text, written at once. The end of
// the stream tells each side that the other is gone, which is how a template learns that master was
// killed.
#ifndef ROOKERY_LIB_SERVICE_STATUS_PIPE_H
#define ROOKERY_LIB_SERVICE_STATUS_PIPE_H

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::service {

inline constexpr int kStatusFd = 3;
inline constexpr int kFirstListenerFd = 4;

enum class Report : int32_t {
    ready = 1,           // a template whose first worker is up
    ready_threaded = 2,  // a process that serves all clients itself
    replace = 3,         // asks for a new template; value: Reason
    busy = 4,            // a worker's message to its template
    idle = 5,
    lacking = 6,  // a service does without TLS; value: the length of the reason behind it
};

enum class Reason : int32_t { age = 1, forks = 2, files = 3, crashes = 4 };
std::string_view reason_text(Reason reason);

struct Message {
    int32_t report;
    int32_t value;
};

struct Received : Message {
    std::string text;
};

struct SocketPair {
    Fd ours;
    Fd theirs;
};
Result<SocketPair> make_socket_pair();

Status send_message(int fd, Report report, int32_t value = 0);
// Cut where it is longer than kMaxText.
inline constexpr size_t kMaxText = 1024;
Status send_lacking(int fd, std::string_view reason);

// Collects messages from a non-blocking descriptor.
class MessageReader {
 public:
    // All whole messages that are there now. Sets ended when the other side is gone.
    std::vector<Received> read(int fd);
    bool ended() const { return ended_; }

 private:
    std::string partial_;
    bool ended_ = false;
};

}  // namespace rookery::service

#endif
