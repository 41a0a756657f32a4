// The mapped board. A slot is written under a sequence number: readers copy it and look again.
#include "lib/service/scoreboard.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "lib/base/atomic_word.h"
#include "lib/base/clock.h"
#include "lib/base/strings.h"
#include "lib/service/process_title.h"
#include "lib/service/scoreboard_format.h"
#include "lib/service/service.h"

namespace rookery::service {
namespace {

constexpr size_t kFileBytes =
    sizeof(ScoreboardHeader) + size_t{kScoreboardSlots} * sizeof(ScoreboardSlot);

// More than may be about to be taken at one time.
constexpr size_t kNeverTaken = 256;

Scoreboard* current = nullptr;

struct flock byte_lock(size_t slot, short type)
{
    struct flock lock {};
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<off_t>(sizeof(ScoreboardHeader) + slot * sizeof(ScoreboardSlot));
    lock.l_len = 1;
    return lock;
}

ScoreboardSlot* slots_of(void* map)
{
    return reinterpret_cast<ScoreboardSlot*>(static_cast<char*>(map) + sizeof(ScoreboardHeader));
}

// Runs change between two steps of the sequence number.
template <class Change>
void write_slot(ScoreboardSlot* slot, Change change)
{
    auto& sequence = atomic_word(slot->sequence);
    sequence.fetch_add(1, std::memory_order_acq_rel);
    std::atomic_thread_fence(std::memory_order_release);
    change(*slot);
    sequence.fetch_add(1, std::memory_order_release);
}

template <size_t N>
void put(char (&field)[N], std::string_view text)
{
    size_t n = text.size() < N ? text.size() : N - 1;
    ::memcpy(field, text.data(), n);
    ::memset(field + n, 0, N - n);
}

template <size_t N>
std::string get(const char (&field)[N])
{
    return std::string(field, ::strnlen(field, N));
}

// A copy that no writer touched meanwhile; after some tries, whatever is there.
ScoreboardSlot copy_slot(ScoreboardSlot* slot)
{
    ScoreboardSlot copy{};
    auto& sequence = atomic_word(slot->sequence);
    for (int tries = 0; tries < 1000; tries++) {
        uint32_t before = sequence.load(std::memory_order_acquire);
        ::memcpy(&copy, slot, sizeof copy);
        std::atomic_thread_fence(std::memory_order_acquire);
        if (before % 2 == 0 && sequence.load(std::memory_order_relaxed) == before) break;
    }
    return copy;
}

Status initialise(int fd, const std::string& path)
{
    struct stat st {};
    if (::fstat(fd, &st) != 0) return errno_error(path);
    if (st.st_size == static_cast<off_t>(kFileBytes)) return success();
    ScoreboardHeader header{};
    ::memcpy(header.magic, kScoreboardMagic, sizeof header.magic);
    header.version = kScoreboardVersion;
    header.slot_size = sizeof(ScoreboardSlot);
    header.slot_count = kScoreboardSlots;
    if (::pwrite(fd, &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header) ||
        ::ftruncate(fd, static_cast<off_t>(kFileBytes)) != 0)
        return errno_error(path);
    return success();
}

// The numbers of the slots that were ever taken. The lowest free one is taken: behind some that
// never were there are none.
template <class Visit>
void each_used(const ScoreboardSlot* slots, const Visit& visit)
{
    size_t never = 0;
    for (size_t i = 0; i < kScoreboardSlots && never < kNeverTaken; i++) {
        never = slots[i].started == 0 ? never + 1 : 0;
        if (never == 0) visit(i);
    }
}

ScoreboardSlot* my_slot()
{
    return current == nullptr ? nullptr : current->mine();
}

}  // namespace

Result<Scoreboard> Scoreboard::open(const std::string& directory)
{
    TRY(make_directories(directory));
    std::string path = cat(directory, "/scoreboard");
    TRY_ASSIGN(Fd fd, open_file(path, O_RDWR | O_CREAT, 0600));
    TRY(initialise(fd.get(), path));
    void* map = ::mmap(nullptr, kFileBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (map == MAP_FAILED) return errno_error(path);
    Scoreboard board(std::move(fd), map, kFileBytes);
    const auto* header = static_cast<const ScoreboardHeader*>(map);
    if (::memcmp(header->magic, kScoreboardMagic, sizeof header->magic) != 0 ||
        header->version != kScoreboardVersion || header->slot_size != sizeof(ScoreboardSlot) ||
        header->slot_count != kScoreboardSlots)
        return Error{Code::corrupt, cat(path, ": another version of the format; stop master and "
                                              "remove the file")};
    return board;
}

Scoreboard::Scoreboard(Fd fd, void* map, size_t bytes)
    : fd_(std::move(fd)), map_(map), bytes_(bytes)
{
}

Scoreboard::Scoreboard(Scoreboard&& other) noexcept
    : fd_(std::move(other.fd_)),
      map_(std::exchange(other.map_, nullptr)),
      bytes_(other.bytes_),
      used_(other.used_),
      mine_(std::exchange(other.mine_, nullptr))
{
}

Scoreboard::~Scoreboard()
{
    if (map_ != nullptr) ::munmap(map_, bytes_);
}

bool Scoreboard::claim(std::string_view service)
{
    ScoreboardSlot* slots = slots_of(map_);
    for (size_t i = 0; i < kScoreboardSlots; i++) {
        struct flock lock = byte_lock(i, F_WRLCK);
        if (::fcntl(fd_.get(), F_SETLK, &lock) != 0) {
            if (errno == EAGAIN || errno == EACCES) continue;
            return false;
        }
        mine_ = &slots[i];
        auto& sequence = atomic_word(mine_->sequence);
        if (sequence.load() % 2 != 0) sequence.fetch_add(1);  // its last owner died while writing
        write_slot(mine_, [&](ScoreboardSlot& s) {
            ::memset(reinterpret_cast<char*>(&s) + sizeof s.sequence, 0,
                     sizeof s - sizeof s.sequence);
            s.pid = static_cast<int32_t>(::getpid());
            s.started = wall_seconds();
            s.state_since = s.started;
            put(s.service, service);
            put(s.state, "idle");
        });
        return true;
    }
    return false;
}

bool Scoreboard::is_held(size_t slot) const
{
    struct flock lock = byte_lock(slot, F_WRLCK);
    return ::fcntl(fd_.get(), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

std::vector<ScoreLine> Scoreboard::lines() const
{
    std::vector<ScoreLine> out;
    ScoreboardSlot* slots = slots_of(map_);
    each_used(slots, [&](size_t i) {
        if (slots[i].pid == 0 || (&slots[i] != mine_ && !is_held(i))) return;
        ScoreboardSlot s = copy_slot(&slots[i]);
        out.push_back({s.pid, s.started, s.state_since, s.clients, get(s.service), get(s.state),
                       get(s.client), get(s.user), get(s.mailbox), get(s.backend)});
    });
    return out;
}

size_t Scoreboard::sessions() const
{
    size_t n = 0;
    const ScoreboardSlot* slots = slots_of(map_);
    for (size_t i = 0; i < kScoreboardSlots; i++) {
        if (slots[i].pid == 0 || slots[i].client[0] == '\0') continue;
        if (&slots[i] == mine_ || is_held(i)) n++;
    }
    return n;
}

unsigned Scoreboard::count(std::string_view service) const
{
    unsigned n = 0;
    ScoreboardSlot* slots = slots_of(map_);
    for (size_t i = 0; i < kScoreboardSlots; i++) {
        if (slots[i].pid == 0 || get(slots[i].service) != service) continue;
        if (&slots[i] == mine_ || is_held(i)) n++;
    }
    return n;
}

scoreboard::Alike Scoreboard::tally(std::string_view user, std::string_view client,
                                    bool only_living) const
{
    scoreboard::Alike n;
    const std::string service = get(mine_->service);
    ScoreboardSlot* slots = slots_of(map_);
    each_used(slots, [&](size_t i) {
        ScoreboardSlot s = copy_slot(&slots[i]);
        if (get(s.service) != service) return;
        const bool is_somebody = s.user[0] != '\0';
        const bool same_user = is_somebody && get(s.user) == user.substr(0, sizeof s.user - 1);
        const bool same_client = get(s.client) == client.substr(0, sizeof s.client - 1);
        if (!same_user && !same_client) return;
        if (only_living && &slots[i] != mine_ && !is_held(i)) return;
        n.user += same_user;
        n.client += same_client && is_somebody;
        n.strangers += same_client && !is_somebody;
    });
    return n;
}

scoreboard::Alike Scoreboard::count_alike(std::string_view user, std::string_view client,
                                          const scoreboard::Alike& enough) const
{
    if (mine_ == nullptr) return {};
    const auto all = tally(user, client, false);
    const bool matters =
        all.user > enough.user || all.client > enough.client || all.strangers > enough.strangers;
    return matters ? tally(user, client, true) : all;
}

namespace scoreboard {
namespace {

// The title says what the line says, less the mailbox: everybody on the machine can read it.
void show_title()
{
    const ScoreboardSlot* slot = my_slot();
    if (slot == nullptr) return;
    std::string title = cat(get(slot->service), ' ', get(slot->state));
    for (const std::string& word : {get(slot->user), get(slot->client)})
        if (!word.empty()) cat_to(title, ' ', word);
    process_title::set(title);
}

template <typename Change>
void change_shown(Change change)
{
    auto* slot = my_slot();
    if (slot == nullptr) return;
    write_slot(slot, change);
    show_title();
}

}  // namespace

std::optional<size_t> sessions()
{
    return current == nullptr ? std::nullopt : std::optional(current->sessions());
}

std::vector<ScoreLine> lines()
{
    return current == nullptr ? std::vector<ScoreLine>() : current->lines();
}

Alike count_alike(std::string_view user, std::string_view client, const Alike& enough)
{
    return current == nullptr ? Alike{} : current->count_alike(user, client, enough);
}

void use(Scoreboard* board)
{
    current = board;
    show_title();
}

void set_client(std::string_view client)
{
    change_shown([&](ScoreboardSlot& s) { put(s.client, client); });
}

void set_user(std::string_view user)
{
    change_shown([&](ScoreboardSlot& s) { put(s.user, user); });
}

void set_mailbox(std::string_view mailbox)
{
    if (auto* slot = my_slot())
        write_slot(slot, [&](ScoreboardSlot& s) { put(s.mailbox, mailbox); });
}

void set_backend(std::string_view server)
{
    if (auto* slot = my_slot())
        write_slot(slot, [&](ScoreboardSlot& s) { put(s.backend, server); });
}

void set_state(std::string_view state)
{
    change_shown([&](ScoreboardSlot& s) {
        put(s.state, state);
        s.state_since = wall_seconds();
    });
}

void count_client()
{
    if (auto* slot = my_slot()) write_slot(slot, [](ScoreboardSlot& s) { s.clients++; });
}

void clear()
{
    change_shown([](ScoreboardSlot& s) {
        put(s.state, "idle");
        put(s.client, "");
        put(s.user, "");
        put(s.mailbox, "");
        put(s.backend, "");
        s.state_since = wall_seconds();
    });
}

}  // namespace scoreboard

}  // namespace rookery::service
