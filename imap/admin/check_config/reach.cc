#include "imap/admin/check_config/reach.h"

#include <unistd.h>

#include <cerrno>

#include "lib/base/result.h"
#include "lib/base/strings.h"

namespace rookery::admin::check_config {
namespace {

// The first folder above path that may not be entered; "" = all may.
std::string closed_folder(const std::string& path)
{
    for (size_t end = path.find('/', 1); end != path.npos; end = path.find('/', end + 1)) {
        std::string folder = path.substr(0, end);
        if (::access(folder.c_str(), X_OK) != 0) return errno == EACCES ? folder : std::string();
    }
    return {};
}

}  // namespace

std::optional<Refusal> refusal_of(const std::string& path, int mode)
{
    if (::access(path.c_str(), mode) == 0) return std::nullopt;
    Refusal refusal{errno_error(path).text, {}};
    const std::string folder = errno == EACCES ? closed_folder(path) : std::string();
    if (folder.empty()) return refusal;
    cat_to(refusal.text, ", by its folder ", folder);
    refusal.write = cat("chgrp ", folder, " to the daemons' group, and chmod 750 ", folder);
    return refusal;
}

}  // namespace rookery::admin::check_config
