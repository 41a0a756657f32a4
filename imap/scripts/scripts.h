// A user's Sieve scripts as files: <sievedir>/<letter>/<user>/<name>.script, and the link defaultbc
// to the active one's <name>.bc (Cyrus' layout; the compiled form is made by whoever runs it).
// A domain's users are below <sievedir>/domain/<letter>/<domain>; scripts of no user are in
// `global` beside them.
//
// Each change is durable when it returns, and after a crash there is the old or the new one. What
// is read to be changed is read under lock(): whoever changes one user's scripts while others may
// holds it, and whoever froze the user's INBOX waits for it once before the scripts are copied.
// remove_all and become take it themselves.
//
// Codes: bad_name, not_found, exists, denied (the active one), over_quota (too many), limit (too
// big), busy (the lock), io, no_space, corrupt (no plain file). One thread.
#ifndef ROOKERY_IMAP_SCRIPTS_SCRIPTS_H
#define ROOKERY_IMAP_SCRIPTS_SCRIPTS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "imap/scripts/scripts_lock.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::scripts {

class Scripts {
 public:
    static constexpr size_t kMaxScript = 4u << 20;
    static constexpr size_t kMaxName = 200;  // bytes: a file's name has room for 255

    struct Script {
        std::string name;  // without ".script"
        int64_t changed = 0;
        std::string content;
        bool operator==(const Script& o) const { return name == o.name && content == o.content; }
    };

    static Result<Scripts> of(const config::Config& config, std::string_view userid);
    // Those of no user, which all users of the domain may include; "": the default domain.
    static Result<Scripts> global(const config::Config& config, std::string_view domain);

    Result<ScriptsLock> lock() const { return ScriptsLock::take(lock_folder_, {&path_, 1}); }

    // --- reading
    // In the order of their names.
    Result<std::vector<Script>> list() const;
    Result<std::string> read(const std::string& name) const;
    // Only what is a plain file: no link that an administrator made to another place.
    Result<std::vector<std::string>> plain_names() const;
    Result<std::string> read_plain(const std::string& name) const;
    Result<bool> has(const std::string& name) const;
    // The name of the active one, or "".
    Result<std::string> find_active() const;
    // The same for who does not mind that it cannot be read: "".
    std::string active() const { return find_active().value_or(""); }
    const std::string& folder() const { return path_; }
    // over_quota, limit: sieve_maxscripts and sieve_maxscriptsize do not allow a script of that
    // name and size now.
    Status has_space(const std::string& name, uint64_t size) const;

    // --- changes
    Status write(const std::string& name, std::string_view content);
    Status remove(const std::string& name);
    // not_found, exists. The active one stays it.
    Status rename(const std::string& from, const std::string& to);
    Status activate(const std::string& name);  // "": none
    Status remove_all();
    // The whole folder is another user's from now on; no error if there is none.
    Status become(const Scripts& other);

    // --- names
    // May a user call a script so (RFC 5804 1.6)? bad_name.
    static Status check_name(std::string_view name);
    // "x" for "x.script" and "x.bc"; bad_name for what is no file name.
    static Result<std::string> name_of(std::string_view filename);
    static bool is_source(std::string_view filename) { return filename.ends_with(".script"); }

 private:
    Scripts(const config::Config& config, std::string path);
    std::string source(const std::string& name) const;
    std::string compiled(const std::string& name) const;
    // True for a plain file, or for what links lead to.
    enum class Links { followed, left_out };
    Result<std::vector<std::string>> names(Links links) const;
    Status remove_files();

    std::string path_;
    std::string lock_folder_;
    uint64_t max_scripts_;
    uint64_t max_size_;
};

}  // namespace rookery::scripts

#endif
