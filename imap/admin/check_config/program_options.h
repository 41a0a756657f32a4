// Whether a program of ours takes the options that cyrus.conf gives it: the program itself is asked
// (lib/base/only_check.h), which has the table of them. It gets kPatience for it. One
// thread.
#ifndef ROOKERY_IMAP_ADMIN_CHECK_CONFIG_PROGRAM_OPTIONS_H
#define ROOKERY_IMAP_ADMIN_CHECK_CONFIG_PROGRAM_OPTIONS_H

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"

namespace rookery::admin::check_config {

constexpr Milliseconds kPatience{5000};

struct RefusedOptions {
    std::string reason;
    std::string usage;  // in one line
};
// argv: the words of cmd=. None: it takes them, or says nothing that could be understood.
std::optional<RefusedOptions> refused_options(const std::string& path,
                                              const std::vector<std::string>& argv);

}  // namespace rookery::admin::check_config

#endif
