// ScriptCache: compiled Sieve scripts of a worker, kept while their files are the same.
//
// A file is the same by path, device, inode, size and time of change to the nanosecond; the link to
// the active script is followed each time. What does not compile is kept too. Scripts are replaced
// by renaming (imap/scripts), so what is read is whole. A script that was made where more was
// allowed goes on running: only Scripts::kMaxScript bounds it.
// Borrows the configuration. Codes: syntax (it does not compile, "name:line:column: what"), and
// those of files. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_SCRIPT_CACHE_H
#define ROOKERY_IMAP_DELIVERY_SCRIPT_CACHE_H

#include <sys/types.h>

#include <cstddef>
#include <ctime>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "imap/sieve/environment.h"
#include "imap/sieve/program.h"
#include "lib/base/result.h"

namespace rookery::config {
class Config;
}

namespace rookery::delivery {

class ScriptCache {
 public:
    static constexpr size_t kMaxBytes = 1u << 20;  // of scripts' text; the least recently used go
    static constexpr size_t kMinCharge = 1024;     // what a script counts at least

    using Program = std::shared_ptr<const sieve::Program>;
    struct Found {
        Program program;   // null: there is no script
        std::string name;  // of the active one, also if it is not there; "": none is active
    };

    explicit ScriptCache(const config::Config& config) : config_(config) {}
    ScriptCache(const ScriptCache&) = delete;
    ScriptCache& operator=(const ScriptCache&) = delete;

    // The user's active script.
    Result<Found> active(const std::string& userid);
    // Of include (RFC 6609 3.2): the user's own, or one for all of the user's domain ("": of no
    // user). not_found.
    Result<Program> included(const std::string& userid, sieve::Location location,
                             const std::string& name);
    size_t bytes() const { return bytes_; }

 private:
    struct FileId {
        dev_t device = 0;
        ino_t inode = 0;
        off_t size = 0;
        timespec changed{};
        bool operator==(const FileId& o) const;
    };
    struct Entry {
        std::string path;
        FileId file;
        Result<Program> program;
        size_t charge = 0;
    };

    Result<Program> load(const std::string& folder, const std::string& name);
    void keep(Entry entry);
    void forget(const std::string& path);

    const config::Config& config_;
    std::list<Entry> entries_;  // the one that was used last is the first
    std::unordered_map<std::string, std::list<Entry>::iterator> by_path_;
    size_t bytes_ = 0;
};

}  // namespace rookery::delivery

#endif
