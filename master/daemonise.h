// -d: the parent waits until the child says how its start went, and ends with that exit code.
#ifndef ROOKERY_MASTER_DAEMONISE_H
#define ROOKERY_MASTER_DAEMONISE_H

#include <string>

#include "lib/base/fd.h"

namespace rookery::master {

class Daemonise {
 public:
    // Forks; only the child returns, in a session of its own. io.
    static Result<Daemonise> begin();
    // Not asked for: done() does nothing but what log_file needs.
    Daemonise() = default;

    // The pid file is locked: the parent ends with code 0. Standard streams go to log_file, or to
    // /dev/null when there is none.
    Status done(const std::string& log_file);
    // The parent ends with this code.
    void failed(int code);

 private:
    explicit Daemonise(Fd fd) : to_parent_(std::move(fd)) {}
    Fd to_parent_;
};

// Standard output and error to the end of a file.
Status send_output_to(const std::string& path);

}  // namespace rookery::master

#endif
