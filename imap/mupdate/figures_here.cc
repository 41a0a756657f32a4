// The figures of this server.
#include "config.h"

#include "imap/mupdate/figures_here.h"

#include <sys/statvfs.h>

#include <algorithm>

#include "lib/auth/certificate.h"
#include "lib/service/scoreboard.h"

namespace rookery::mupdate {
namespace {

constexpr int64_t kDay = 86400;

void add_disk(const std::string& path, std::optional<int64_t>& least)
{
    struct statvfs fs {};
    if (::statvfs(path.c_str(), &fs) != 0 || fs.f_blocks == 0) return;
    const auto percent = static_cast<int64_t>(100.0 * static_cast<double>(fs.f_bavail) /
                                              static_cast<double>(fs.f_blocks));
    least = std::min(least.value_or(percent), percent);
}

}  // namespace

ServerFigures figures_here(const config::Config& config)
{
    ServerFigures figures;
    figures.version = PACKAGE_VERSION;
    figures.server = config.servername();
    add_disk(config.configdirectory(), figures.free_percent);
    for (const auto& [name, path] : config.partitions()) add_disk(path, figures.free_percent);
    if (const auto seconds = auth::certificate_lifetime(config.tls_server_cert()))
        figures.certificate_days = std::max<int64_t>(*seconds, 0) / kDay;
    if (const auto board = service::Scoreboard::open(config.proc_path()))
        figures.sessions = static_cast<int64_t>(board->sessions());
    return figures;
}

}  // namespace rookery::mupdate
