// A user's Sieve scripts as files: <sievedir>/<letter>/<user>/<name>.script, and the link defaultbc
// to the active one's <name>.bc (Cyrus' layout; the compiled form is made by whoever runs it).
//
// Codes: bad_name, not_found, io, no_space, limit. One thread.
#ifndef ROOKERY_IMAP_SCRIPTS_SCRIPTS_H
#define ROOKERY_IMAP_SCRIPTS_SCRIPTS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::scripts {

class Scripts {
 public:
    static constexpr size_t kMaxScript = 4u << 20;

    struct Script {
        std::string name;  // without ".script"
        int64_t changed = 0;
        std::string content;
        bool operator==(const Script& o) const { return name == o.name && content == o.content; }
    };

    static Result<Scripts> of(const config::Config& config, std::string_view userid);

    // In the order of their names.
    Result<std::vector<Script>> list() const;
    Result<std::string> read(const std::string& name) const;
    // The name of the active one, or "".
    Result<std::string> find_active() const;
    // The same for who does not mind that it cannot be read: "".
    std::string active() const { return find_active().value_or(""); }
    const std::string& folder() const { return path_; }
    Status write(const std::string& name, std::string_view content);
    Status remove(const std::string& name);
    Status activate(const std::string& name);  // "": none
    Status remove_all();
    // The whole folder is another user's from now on; no error if there is none.
    Status become(const Scripts& other);

    // "x" for "x.script" and "x.bc"; bad_name for what is no file name.
    static Result<std::string> name_of(std::string_view filename);
    static bool is_source(std::string_view filename) { return filename.ends_with(".script"); }

 private:
    explicit Scripts(std::string path) : path_(std::move(path)) {}
    std::string path_;
};

}  // namespace rookery::scripts

#endif
