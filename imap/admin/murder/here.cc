#include "imap/admin/murder/here.h"

#include <dirent.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "imap/backend/server_address.h"
#include "imap/mboxlist/kick.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/mboxlist/partitions.h"
#include "imap/store/quota_roots.h"
#include "imap/submission/queue.h"
#include "lib/auth/certificate.h"
#include "lib/auth/tls_context.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"

namespace rookery::admin::murder {
namespace {

constexpr int64_t kDay = 86400;

Disk disk_of(std::string option, const std::string& path)
{
    Disk disk{.option = std::move(option), .path = path, .fault = std::nullopt};
    struct statvfs fs {};
    if (::statvfs(path.c_str(), &fs) != 0 || ::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
        disk.fault = errno_error(path);
        return disk;
    }
    disk.size = static_cast<uint64_t>(fs.f_blocks) * fs.f_frsize;
    disk.available = static_cast<uint64_t>(fs.f_bavail) * fs.f_frsize;
    return disk;
}

void add_disks(const config::Config& config, std::vector<Fault>& faults)
{
    for (const Disk& disk : disks_here(config)) {
        if (disk.fault) {
            faults.push_back({kCritical, disk.option, disk.fault->text});
            continue;
        }
        const auto least = static_cast<uint64_t>(config.free_space_warning());
        if (disk.size > 0 && disk.available < disk.size / 100 * least)
            faults.push_back({kWarning, disk.option,
                              cat(disk.path, ": nearly full, ", disk.available >> 20, " of ",
                                  disk.size >> 20, " MB are free")});
    }
}

void add_certificates(const config::Config& config, std::vector<Fault>& faults)
{
    auto server = auth::TlsContext::server(config);
    if (!server) faults.push_back({kCritical, "tls_server_cert", server.error().text});
    auto client = auth::TlsContext::client(auth::client_tls_options(config));
    if (!client) faults.push_back({kCritical, "tls_client_cert", client.error().text});
    for (const Certificate& one : certificates_here(config)) {
        if (!one.lifetime) continue;  // the context says it better
        if (*one.lifetime < 0)
            faults.push_back({kCritical, one.option, cat(one.path, ": it has expired")});
        else if (*one.lifetime < config.tls_expiry_warning().count())
            faults.push_back({kWarning, one.option,
                              cat(one.path, ": it expires in ", *one.lifetime / kDay, " days")});
    }
}

// What was damaged is kept beside what was made anew, until somebody has looked at it.
void add_set_aside(const std::string& directory, std::vector<Fault>& faults)
{
    const std::unique_ptr<DIR, int (*)(DIR*)> all(::opendir(directory.c_str()), ::closedir);
    if (!all) return;
    while (const dirent* one = ::readdir(all.get()))
        if (std::string_view(one->d_name).find(".damaged-") != std::string_view::npos)
            faults.push_back({kWarning, one->d_name,
                              cat("it was damaged and set aside in ", directory,
                                  ": look at what is missing, then remove it")});
}

void add_databases(const config::Config& config, std::vector<Fault>& faults)
{
    for (const std::string& fault : mboxlist::partition_faults(config))
        faults.push_back({kWarning, "partitions", fault});
    if (!config.partitions().empty())
        if (Status good = store::QuotaRoots(config).verify(); !good)
            faults.push_back({kCritical, "quota roots", good.error().text});
    add_set_aside(config.configdirectory(), faults);
    if (config.partitions().empty()) return;
    const auto queue = submission::Queue::counts(config);
    if (queue.damaged > 0)
        faults.push_back(
            {kWarning, "mail to be sent", cat(queue.damaged, " mails are damaged: murder queue")});
}

}  // namespace

std::vector<Disk> disks_here(const config::Config& config)
{
    std::vector<Disk> disks = {disk_of("configdirectory", config.configdirectory())};
    for (const auto& [name, path] : config.partitions())
        disks.push_back(disk_of(cat("partition-", name), path));
    return disks;
}

std::vector<Certificate> certificates_here(const config::Config& config)
{
    std::vector<Certificate> certificates;
    auto add = [&](std::string option, const std::string& path) {
        if (path.empty()) return;
        for (const Certificate& one : certificates)
            if (one.path == path) return;
        certificates.push_back({std::move(option), path, auth::certificate_lifetime(path)});
    };
    add("tls_server_cert", config.tls_server_cert());
    add("tls_client_cert", config.tls_client_cert());
    for (const std::string& server : config.serverlist())
        if (auto own = backend::server_option(config, server, "client_cert"))
            add(cat(backend::short_name(server), "_client_cert"), *own);
    add("tls_client_ca_file", config.tls_client_ca_file());
    return certificates;
}

std::vector<Fault> faults_here(const config::Config& config)
{
    std::vector<Fault> faults;
    add_disks(config, faults);
    add_certificates(config, faults);
    add_databases(config, faults);
    return faults;
}

}  // namespace rookery::admin::murder
