#include "lib/service/counters.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "lib/base/strings.h"
#include "lib/service/counters_format.h"

namespace rookery::service {
namespace {

constexpr size_t kFileBytes = sizeof(CountersHeader) + kCountersRows * sizeof(CountersRow);
constexpr int kNameTries = 1000;

static_assert(kCountersSum == counters::kKinds);
static_assert(kCountersBuckets + counters::kBuckets <= sizeof(CountersRow::values) / 8);

CountersRow* current = nullptr;

CountersHeader wanted_header()
{
    CountersHeader h{};
    ::memcpy(h.magic, kCountersMagic, sizeof h.magic);
    h.version = kCountersVersion;
    h.row_size = sizeof(CountersRow);
    h.rows = kCountersRows;
    return h;
}

// Gives a new file its size and header. Who comes at the same time writes the same.
Status prepare(int fd, const std::string& path)
{
    struct stat st {};
    if (::fstat(fd, &st) != 0) return errno_error(path);
    const CountersHeader want = wanted_header();
    if (st.st_size == 0) {
        if (::ftruncate(fd, static_cast<off_t>(kFileBytes)) != 0) return errno_error(path);
        if (::pwrite(fd, &want, sizeof want, 0) != static_cast<ssize_t>(sizeof want))
            return errno_error(path);
        return success();
    }
    CountersHeader have{};
    if (::pread(fd, &have, sizeof have, 0) == static_cast<ssize_t>(sizeof have) &&
        ::memcmp(&have, &want, sizeof have) == 0 && static_cast<size_t>(st.st_size) == kFileBytes)
        return success();
    return Error{Code::corrupt, cat(path, ": another version of the format; stop master and remove "
                                          "the file")};
}

CountersRow* rows_of(void* map)
{
    return reinterpret_cast<CountersRow*>(static_cast<char*>(map) + sizeof(CountersHeader));
}

std::string name_of(const CountersRow& row)
{
    return std::string(row.service, ::strnlen(row.service, sizeof row.service));
}

// True once the row is named; a process that died while it wrote the name leaves it unused.
bool is_named(const CountersRow& row)
{
    for (int n = 0; row.state.load() == 1 && n < kNameTries; n++) ::sched_yield();
    return row.state.load() == 2;
}

}  // namespace

Result<Counters> Counters::open(const std::string& directory)
{
    TRY(make_directories(directory));
    const std::string path = cat(directory, "/counters");
    TRY_ASSIGN(Fd fd, open_file(path, O_RDWR | O_CREAT, 0600));
    TRY(prepare(fd.get(), path));
    void* map = ::mmap(nullptr, kFileBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (map == MAP_FAILED) return errno_error(path);
    return Counters(std::move(fd), map);
}

Counters::Counters(Counters&& other) noexcept
    : fd_(std::move(other.fd_)), map_(std::exchange(other.map_, nullptr))
{
}

Counters::~Counters()
{
    if (map_ != nullptr) ::munmap(map_, kFileBytes);
}

CountersRow* Counters::row(std::string_view service)
{
    const std::string_view name = service.substr(0, sizeof(CountersRow::service) - 1);
    for (size_t i = 0; i < kCountersRows; i++) {
        CountersRow& row = rows_of(map_)[i];
        uint32_t free = 0;
        if (row.state.compare_exchange_strong(free, 1)) {
            ::memcpy(row.service, name.data(), name.size());
            row.state.store(2);
            return &row;
        }
        if (is_named(row) && name_of(row) == name) return &row;
    }
    return nullptr;
}

std::vector<Counters::Line> Counters::lines() const
{
    std::vector<Line> out;
    for (size_t i = 0; i < kCountersRows; i++) {
        const CountersRow& row = rows_of(map_)[i];
        if (row.state.load() != 2) continue;
        Line line{.service = name_of(row), .values = {}};
        for (size_t n = 0; n < counters::kKinds; n++)
            line.values[n] = row.values[n].load(std::memory_order_relaxed);
        line.microseconds = row.values[kCountersSum].load(std::memory_order_relaxed);
        for (size_t n = 0; n < counters::kBuckets; n++)
            line.took[n] = row.values[kCountersBuckets + n].load(std::memory_order_relaxed);
        out.push_back(std::move(line));
    }
    return out;
}

namespace counters {

void use(CountersRow* row)
{
    current = row;
}

void add(Kind kind, uint64_t n)
{
    if (current == nullptr) return;
    current->values[static_cast<size_t>(kind)].fetch_add(n, std::memory_order_relaxed);
}

Timed::~Timed()
{
    if (current == nullptr || !counts_) return;
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(monotonic_now() - since_).count();
    size_t n = 0;
    while (n < kBounds.size() && took > int64_t{kBounds[n]} * 1000) ++n;
    current->values[kCountersBuckets + n].fetch_add(1, std::memory_order_relaxed);
    current->values[kCountersSum].fetch_add(static_cast<uint64_t>(took), std::memory_order_relaxed);
}

}  // namespace counters

}  // namespace rookery::service
