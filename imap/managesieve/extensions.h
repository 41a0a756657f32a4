// Extensions: which extensions of Sieve users may have, and what an upload is told.
//
// Made once for a process, from sieve_extensions; what that names and nobody knows is logged then.
// Constant afterwards; any thread.
#ifndef ROOKERY_IMAP_MANAGESIEVE_EXTENSIONS_H
#define ROOKERY_IMAP_MANAGESIEVE_EXTENSIONS_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "imap/sieve/limits.h"
#include "lib/config/config.h"

namespace rookery::managesieve {

class Extensions {
 public:
    explicit Extensions(const config::Config& config);

    // The value of the SIEVE capability.
    const std::string& announced() const { return announced_; }
    bool is_announced(std::string_view capability) const;
    uint64_t max_redirects() const { return limits_.redirects; }
    // Why this is no script, a line for each error ("line 3, column 5: ..."); "" if it is one.
    std::string check(std::string_view script) const;

 private:
    sieve::Limits limits_;
    std::vector<bool> allowed_;  // by the rows of sieve::extension_table()
    std::string announced_;
};

}  // namespace rookery::managesieve

#endif
