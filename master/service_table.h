// All SERVICES entries as they run.
#ifndef ROOKERY_MASTER_SERVICE_TABLE_H
#define ROOKERY_MASTER_SERVICE_TABLE_H

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "master/managed_service.h"

namespace rookery::master {

class ServiceTable {
 public:
    explicit ServiceTable(const LaunchContext& context) : context_(context) {}

    // A service that cannot be bound is logged and left out; with fatal it is the Error.
    Status bind(const std::vector<ServiceEntry>& entries, bool fatal);
    void start(MonotonicTime now);
    // Starts what is new, reloads what is there, retires what is gone.
    void reload(const std::vector<ServiceEntry>& entries, MonotonicTime now);
    void terminate();

    bool child_ended(pid_t pid, int status, MonotonicTime now);
    void add_fds(std::vector<pollfd>& fds) const;
    void read_reports(int fd, MonotonicTime now);
    Deadline due() const;
    void tick(MonotonicTime now);

    bool is_settled() const;
    bool has_processes() const;
    // "imaps, pop3s": services that do not serve; and those that serve without TLS.
    std::string names_out() const;
    std::string names_without_tls() const;
    // "imap 123, lmtp 456": who is being waited for.
    std::string living() const;

 private:
    void tell_lacking();

    const LaunchContext& context_;
    std::set<std::string> told_;  // why TLS is not offered: once for all services
    std::vector<std::unique_ptr<ManagedService>> services_;
};

}  // namespace rookery::master

#endif
