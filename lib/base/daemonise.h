// Into the background: the parent waits until the child says how its start went, and ends with that
// exit code. For mains, before the first thread.
#ifndef ROOKERY_LIB_BASE_DAEMONISE_H
#define ROOKERY_LIB_BASE_DAEMONISE_H

#include <string>

#include "lib/base/fd.h"

namespace rookery {

class Daemonise {
 public:
    // Forks; only the child returns, in a session of its own. io.
    static Result<Daemonise> begin();
    // Not asked for: done() does nothing, failed() neither.
    Daemonise() = default;

    // The start is over: the parent ends with this code. Standard streams go to log_file, or to
    // /dev/null when there is none. io.
    Status done(const std::string& log_file, int code = 0);
    // The parent ends with this code.
    void failed(int code);

 private:
    explicit Daemonise(Fd fd) : to_parent_(std::move(fd)) {}
    Fd to_parent_;
};

// Standard output and error to the end of a file.
Status send_output_to(const std::string& path);

}  // namespace rookery

#endif
