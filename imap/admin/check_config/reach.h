// Whether the user who runs this can use a file, and what is to be done where he cannot: with the
// file itself, or with the folder above it that keeps him out.
#ifndef ROOKERY_IMAP_ADMIN_CHECK_CONFIG_REACH_H
#define ROOKERY_IMAP_ADMIN_CHECK_CONFIG_REACH_H

#include <optional>
#include <string>

namespace rookery::admin::check_config {

struct Refusal {
    std::string text;   // "path: Permission denied"
    std::string write;  // for the folder that keeps him out; "" = it is the file itself
};

// mode: access(2)'s. Nothing: it can be used.
std::optional<Refusal> refusal_of(const std::string& path, int mode);

}  // namespace rookery::admin::check_config

#endif
