// The pid file: "%lu\n", locked with fcntl for as long as master runs.
//
// A second master on the same file gets Code::busy. The lock belongs to the process: take it after
// the last fork of daemonising. The file is emptied, not removed, at the end: removing it would let
// two masters lock different files of the same name.
#ifndef ROOKERY_MASTER_PIDFILE_H
#define ROOKERY_MASTER_PIDFILE_H

#include <string>

#include "lib/base/fd.h"

namespace rookery::master {

class PidFile {
 public:
    static Result<PidFile> lock(const std::string& path);
    PidFile(PidFile&&) = default;
    PidFile& operator=(PidFile&&) = default;
    // Empties it.
    void clear();

 private:
    explicit PidFile(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

}  // namespace rookery::master

#endif
