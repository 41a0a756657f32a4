// Health: which servers are not worth a try just now, and what they announced when they last were
// heard, shared by all processes of this node.
//
// A table in a mapped file, <configdirectory>/backends.health (doc/formats/health.md): fixed
// entries, changed by atomic operations only, so that a process that dies holds nothing. After
// backend_failures failures in a row a server's circuit opens: allow() says unavailable at once.
// When backend_retry has passed one process is let through as a probe; its report closes the
// circuit or keeps it open. A server that refuses connections at once keeps nobody waiting: its
// circuit counts as open for those who ask about it, and stops nobody. A table that cannot be
// opened, or is full, means that everything is allowed.
// Codes: unavailable. Open after fork; one thread, or with a lock around it.
#ifndef ROOKERY_IMAP_BACKEND_HEALTH_H
#define ROOKERY_IMAP_BACKEND_HEALTH_H

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "imap/backend/announced.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::backend {

struct HealthEntry;

class Health {
 public:
    struct Options {
        uint32_t failures = 3;              // in a row, before the circuit opens
        Milliseconds retry{5000};           // how long it stays open before a probe
        Milliseconds probe_timeout{15000};  // a probe that does not report is forgotten
    };
    static Options options(const config::Config& config);

    // Never fails: without a file it allows everything. path "" = no file.
    Health(const std::string& path, Options options);
    ~Health();
    Health(const Health&) = delete;
    Health& operator=(const Health&) = delete;

    // May a connection be tried? unavailable: the circuit is open.
    Status allow(std::string_view server, std::string_view service);
    void report(std::string_view server, std::string_view service, bool reached);
    // It was not reached, and said so at once: that costs nobody any time, so it is asked again at
    // once, by everybody.
    void refused(std::string_view server, std::string_view service);
    // For murder status: true if the circuit of server is open.
    bool is_open(std::string_view server, std::string_view service);
    // What the server announced at this login; it counts until the next.
    void announce(std::string_view server, std::string_view service, Announced announced);
    // What one or more servers of this service, as far as they were heard, do not announce. A
    // server of which `counts` says no is passed over; it is asked only where it matters.
    Announced missing(std::string_view service,
                      const std::function<bool(const std::string& server)>& counts);
    bool usable() const { return entries_ != nullptr; }

    static std::string path(const config::Config& config);

 private:
    void failed(HealthEntry& e, std::string_view server, std::string_view service,
                uint64_t open_until);
    Status map_file(const std::string& path);
    // The server's entry, made if there is room; null if not.
    HealthEntry* entry(std::string_view server, std::string_view service);

    Options options_;
    void* mapped_ = nullptr;
    size_t mapped_size_ = 0;
    HealthEntry* entries_ = nullptr;
};

}  // namespace rookery::backend

#endif
