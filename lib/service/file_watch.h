// Notices that files have changed and then stayed the same for two seconds.
//
// A new binary or certificate is often written in several steps; a template that is replaced in the
// middle of them would read half of it.
#ifndef ROOKERY_LIB_SERVICE_FILE_WATCH_H
#define ROOKERY_LIB_SERVICE_FILE_WATCH_H

#include <string>
#include <vector>

#include "lib/base/clock.h"

namespace rookery::service {

class FileWatch {
 public:
    // Files of the empty name are left out.
    explicit FileWatch(std::vector<std::string> paths);
    // True once for each change, when it has been stable for 2 s. Call it about once a second.
    bool changed(MonotonicTime now);
    // True while a change waits to become stable.
    bool unsettled() const { return seen_ != known_; }

 private:
    std::string fingerprint() const;

    std::vector<std::string> paths_;
    std::string known_;
    std::string seen_;
    MonotonicTime seen_at_{};
};

}  // namespace rookery::service

#endif
