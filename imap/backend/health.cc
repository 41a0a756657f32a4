// The circuit breakers of this node's servers.
#include "imap/backend/health.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "imap/backend/health_format.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::backend {
namespace {

uint64_t now_ms()
{
    auto since = monotonic_now().time_since_epoch();
    return static_cast<uint64_t>(std::chrono::duration_cast<Milliseconds>(since).count());
}

// A time in the future, but not further than it can be: the clock restarts with the machine.
bool is_ahead(uint64_t when, uint64_t now, Milliseconds furthest)
{
    return when > now && when - now <= static_cast<uint64_t>(furthest.count());
}

// In open_until: it refused at once when it was last tried.
constexpr uint64_t kRefuses = 1;

// FNV-1a.
size_t hash(std::string_view s)
{
    uint64_t h = 14695981039346656037u;
    for (char c : s) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211u;
    return static_cast<size_t>(h);
}

bool is_named(const HealthEntry& e, std::string_view name)
{
    return ::memcmp(e.name, name.data(), name.size()) == 0 &&
           (name.size() == kHealthName || e.name[name.size()] == '\0');
}

class FileLock {
 public:
    explicit FileLock(int fd) : fd_(fd)
    {
        struct flock lock {};
        lock.l_type = F_WRLCK;
        lock.l_whence = SEEK_SET;
        held_ = ::fcntl(fd_, F_SETLKW, &lock) == 0;
    }
    ~FileLock()
    {
        struct flock lock {};
        lock.l_type = F_UNLCK;
        lock.l_whence = SEEK_SET;
        if (held_) (void)::fcntl(fd_, F_SETLK, &lock);
    }
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

 private:
    int fd_;
    bool held_;
};

HealthHeader wanted_header()
{
    HealthHeader h{};
    ::memcpy(h.magic, kHealthMagic, sizeof h.magic);
    h.entries = kHealthEntries;
    h.entry_size = sizeof(HealthEntry);
    return h;
}

constexpr size_t kFileSize = sizeof(HealthHeader) + kHealthEntries * sizeof(HealthEntry);

// Gives a new file its size and header. false: it is another version's.
Result<bool> prepare_file(int fd)
{
    FileLock lock(fd);
    struct stat st {};
    if (::fstat(fd, &st) != 0) return errno_error("fstat");
    HealthHeader want = wanted_header();
    if (st.st_size == 0) {
        if (::ftruncate(fd, static_cast<off_t>(kFileSize)) != 0) return errno_error("ftruncate");
        if (::pwrite(fd, &want, sizeof want, 0) != static_cast<ssize_t>(sizeof want))
            return errno_error("write");
        return true;
    }
    HealthHeader have{};
    return static_cast<size_t>(st.st_size) == kFileSize &&
           ::pread(fd, &have, sizeof have, 0) == static_cast<ssize_t>(sizeof have) &&
           ::memcmp(&have, &want, sizeof have) == 0;
}

}  // namespace

Health::Options Health::options(const config::Config& config)
{
    Options o;
    o.failures = static_cast<uint32_t>(config.backend_failures());
    o.retry = config.backend_retry();
    o.probe_timeout = config.client_timeout() + Seconds(5);
    return o;
}

std::string Health::path(const config::Config& config)
{
    return config.configdirectory().empty() ? std::string()
                                            : cat(config.configdirectory(), "/backends.health");
}

Health::Health(const std::string& path, Options options) : options_(options)
{
    if (path.empty()) return;
    auto mapped = map_file(path);
    if (!mapped)
        log::warning("backend health is not kept", {{"file", path}, {"reason", mapped.error()}});
}

Health::~Health()
{
    if (mapped_ != nullptr) ::munmap(mapped_, mapped_size_);
}

Status Health::map_file(const std::string& path)
{
    TRY_ASSIGN(Fd fd, open_file(path, O_RDWR | O_CREAT));
    TRY_ASSIGN(bool ours, prepare_file(fd.get()));
    if (!ours) {
        // Others may have the old one mapped, so it is replaced, not cut.
        if (::unlink(path.c_str()) != 0) return errno_error(cat("unlink ", path));
        TRY_ASSIGN(fd, open_file(path, O_RDWR | O_CREAT));
        TRY_ASSIGN(ours, prepare_file(fd.get()));
        if (!ours) return Error{Code::corrupt, "not a health table"};
    }
    void* at = ::mmap(nullptr, kFileSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (at == MAP_FAILED) return errno_error("mmap");
    mapped_ = at;
    mapped_size_ = kFileSize;
    entries_ = reinterpret_cast<HealthEntry*>(static_cast<char*>(at) + sizeof(HealthHeader));
    return success();
}

HealthEntry* Health::entry(std::string_view server, std::string_view service)
{
    if (entries_ == nullptr) return nullptr;
    std::string name = cat(service, ' ', server);
    if (name.size() > kHealthName) return nullptr;
    size_t start = hash(name);
    for (size_t i = 0; i < kHealthEntries; i++) {
        HealthEntry& e = entries_[(start + i) % kHealthEntries];
        uint32_t state = 0;
        if (e.state.compare_exchange_strong(state, 1)) {
            ::memcpy(e.name, name.data(), name.size());
            e.state.store(2, std::memory_order_release);
            return &e;
        }
        if (state == 2 && is_named(e, name)) return &e;
    }
    return nullptr;
}

Status Health::allow(std::string_view server, std::string_view service)
{
    HealthEntry* e = entry(server, service);
    if (e == nullptr || e->failures.load() < options_.failures) return success();
    Error closed{Code::unavailable, cat("server ", server, " did not answer a moment ago")};
    uint64_t now = now_ms();
    if (e->open_until.load() == kRefuses) return success();
    if (is_ahead(e->open_until.load(), now, options_.retry)) return closed;
    // Whoever gets its own time in is the probe.
    uint64_t probe = e->probe_until.load();
    if (is_ahead(probe, now, options_.probe_timeout)) return closed;
    uint64_t mine = now + static_cast<uint64_t>(options_.probe_timeout.count());
    if (!e->probe_until.compare_exchange_strong(probe, mine)) return closed;
    return success();
}

void Health::report(std::string_view server, std::string_view service, bool reached)
{
    HealthEntry* e = entry(server, service);
    if (e == nullptr) return;
    if (reached) {
        if (e->failures.exchange(0) >= options_.failures)
            log::notice("server is back", {{"server", server}, {"service", service}});
        e->open_until.store(0);
        e->probe_until.store(0);
        return;
    }
    failed(*e, server, service, now_ms() + static_cast<uint64_t>(options_.retry.count()));
}

void Health::refused(std::string_view server, std::string_view service)
{
    if (HealthEntry* e = entry(server, service)) failed(*e, server, service, kRefuses);
}

void Health::failed(HealthEntry& e, std::string_view server, std::string_view service,
                    uint64_t open_until)
{
    e.open_until.store(open_until);
    e.probe_until.store(0);
    uint32_t before = e.failures.load();
    while (before < options_.failures && !e.failures.compare_exchange_weak(before, before + 1)) {
    }
    if (before + 1 == options_.failures)
        log::warning("server is unavailable", {{"server", server}, {"service", service}});
}

void Health::announce(std::string_view server, std::string_view service, Announced announced)
{
    HealthEntry* e = entry(server, service);
    // Most say what they said before: the page stays clean.
    if (e != nullptr && e->announced.load() != announced) e->announced.store(announced);
}

Announced Health::missing(std::string_view service,
                          const std::function<bool(const std::string& server)>& counts)
{
    Announced missing = 0;
    const std::string prefix = cat(service, ' ');
    for (size_t i = 0; entries_ != nullptr && i < kHealthEntries; i++) {
        const HealthEntry& e = entries_[i];
        if (e.state.load(std::memory_order_acquire) != 2) continue;
        const Announced more = missing_in(e.announced.load()) & ~missing;
        const std::string_view name(e.name, ::strnlen(e.name, kHealthName));
        if (more == 0 || !name.starts_with(prefix)) continue;
        if (counts(std::string(name.substr(prefix.size())))) missing |= more;
    }
    return missing;
}

bool Health::is_open(std::string_view server, std::string_view service)
{
    HealthEntry* e = entry(server, service);
    return e != nullptr && e->failures.load() >= options_.failures;
}

}  // namespace rookery::backend
