// The master's start from disk, and the checkpoint thread.
//
// On disk: the mailbox list store, with the mark "mupdate" = "epoch serial" of the change up to
// which it surely goes; <directory>/state, the same position with the entries that have an Extra,
// which the store has no room for; the change log behind both. A checkpoint ends a log file,
// commits what has changed, writes the mark, then the state file, then removes the older log files.
// Every log record holds the whole new state of its name, so replaying more than needed does no
// harm.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include <zlib.h>

#include "imap/model/location.h"
#include "imap/mupdate/bytes.h"
#include "imap/mupdate/master/master_list.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::mupdate {

namespace {

constexpr std::string_view kStateMagic = "RKMUPSTA";
constexpr uint32_t kStateVersion = 1;
constexpr size_t kMaxStateFile = size_t{1} << 30;
constexpr size_t kCommitBatch = 1000;  // doc/rules.md 3.2
constexpr std::string_view kMark = "mupdate";
constexpr std::string_view kLineMark = "mupdate-line";

uint32_t crc_of(std::string_view bytes)
{
    const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
    return static_cast<uint32_t>(::crc32(0L, data, static_cast<uInt>(bytes.size())));
}

Result<uint64_t> random_epoch()
{
    TRY_ASSIGN(Fd fd, open_file("/dev/urandom", O_RDONLY));
    uint64_t epoch = 0;
    while (epoch == 0)
        if (::read(fd.get(), &epoch, sizeof epoch) != static_cast<ssize_t>(sizeof epoch))
            return errno_error("read /dev/urandom");
    return epoch;
}

Result<mboxlist::Change> to_store(const std::string& key, const std::optional<ListEntry>& entry)
{
    TRY_ASSIGN(model::MailboxName name, model::MailboxName::from_key(key));
    if (!entry) return mboxlist::Change::erase(std::move(name));
    TRY_ASSIGN(model::WireLocation location, model::parse_location(entry->location));
    TRY_ASSIGN(model::Acl acl, model::Acl::parse(entry->acl));
    // A location without '!' (RFC 3656 allows it) is a server.
    if (location.server.empty()) location.server = std::exchange(location.partition, {});
    using model::EntryState;
    return mboxlist::Change::put({std::move(name),
                                  entry->active ? EntryState::active : EntryState::reserved,
                                  std::move(location.server),
                                  std::move(location.partition),
                                  std::move(acl),
                                  {},
                                  0,
                                  entry->serial,
                                  model::Pending::none});
}

std::string mark_text(const Position& at)
{
    return cat(at.epoch, ' ', at.serial);
}

}  // namespace

Status MasterList::load_store(PublishedList::Entries& entries)
{
    return store_->scan("", [&](const model::MailboxEntry& from) {
        if (from.is_local() || from.state == model::EntryState::deleted)
            return mboxlist::Next::go_on();
        ListEntry entry;
        entry.active = from.state != model::EntryState::reserved;
        entry.location = model::to_string(model::WireLocation{from.server, from.partition});
        entry.acl = from.acl.to_string();
        entry.serial = from.serial;
        entries.put(from.name.key(), std::move(entry));
        return mboxlist::Next::go_on();
    });
}

Status MasterList::load_state(PublishedList::Entries& entries, Position& position)
{
    const std::string path = cat(options_.directory, "/state");
    auto bytes = read_file(path, kMaxStateFile);
    if (bytes.is(Code::not_found)) return success();
    if (!bytes) return bytes.error();
    const Error bad{Code::corrupt, cat(path, " fails its check")};
    if (bytes->size() < kStateMagic.size() + 8 || !bytes->starts_with(kStateMagic)) return bad;
    const std::string_view content = std::string_view(*bytes).substr(0, bytes->size() - 4);
    Reader check(std::string_view(*bytes).substr(content.size()));
    Reader in(content.substr(kStateMagic.size()));
    if (in.number<uint32_t>() > kStateVersion)
        return Error{Code::unsupported, cat(path, " was written by a newer version")};
    if (check.number<uint32_t>() != crc_of(content)) return bad;
    position.epoch = in.number<uint64_t>();
    position.serial = in.number<uint64_t>();
    uint32_t count = in.number<uint32_t>();
    const MonotonicTime now = monotonic_now();
    for (uint32_t i = 0; i < count && in.ok(); ++i) {
        TRY_ASSIGN(Change change, decode_change(in.counted(), now));
        if (change.after) entries.put(change.key, *std::move(change.after));
    }
    return in.ok() ? success() : Status(bad);
}

// A store that is older than the state file is not the one that was checkpointed.
Status MasterList::check_mark(const Position& state)
{
    if (state.serial == 0) return success();
    auto mark = store_->mark(kMark);
    uint64_t serial = 0;
    if (mark) {
        size_t space = mark->find(' ');
        if (space != std::string::npos)
            serial = to_number<uint64_t>(std::string_view(*mark).substr(space + 1)).value_or(0);
    }
    if (serial >= state.serial) return success();
    return Error{Code::corrupt,
                 cat("the mailbox list ends at change ", serial, ", but ", options_.directory,
                     "/state says ", state.serial,
                     ": it was removed or restored. Put back the "
                     "list that belongs to it, or remove ",
                     options_.directory, "/state and log.* and let the backends push theirs")};
}

Status MasterList::load()
{
    TRY_ASSIGN(recovery_, Recovery::open(cat(options_.directory, "/recovery")));
    PublishedList::Entries entries;
    Position position;
    TRY(load_store(entries));
    TRY(load_state(entries, position));
    TRY(check_mark(position));
    const MonotonicTime now = monotonic_now();
    auto state = state_.lock();
    Line line;
    if (auto mark = store_->mark(kLineMark)) line.before = Line::parse(*mark);
    std::vector<std::pair<uint64_t, std::string>> changed;
    Replay replay;
    replay.line = [&](uint64_t epoch, Position parent) {
        if (parent.epoch != epoch) line.note_end(parent);
    };
    replay.record = [&](uint64_t serial, std::string_view body) -> Status {
        TRY_ASSIGN(Change change, decode_change(body, now));
        state->dirty.insert(change.key);
        changed.emplace_back(serial, change.key);
        if (!change.after) {
            entries.erase(change.key);
            return success();
        }
        change.after->serial = serial;
        entries.put(change.key, *std::move(change.after));
        return success();
    };
    TRY_ASSIGN(Position last, replay_logs(options_.directory, position.serial, replay));
    if (last.epoch == 0) last.epoch = position.epoch;
    for (const auto& [key, entry] : entries.map())
        if (entry.extra) state->special.insert(key.string());
    state->logged_since_checkpoint = state->dirty.size();
    log::info("the mailbox list is loaded", {{"entries", entries.map().size()},
                                             {"serial", last.serial},
                                             {"replayed", state->dirty.size()}});
    published_.load(std::move(entries), last.serial, position.serial, std::move(changed));
    TRY(begin_log(last, line));
    published_.set_line(std::move(line));
    return success();
}

Status MasterList::begin_log(Position last, Line& line)
{
    TRY_ASSIGN(uint64_t epoch, random_epoch());
    line.begin(epoch, last);
    // An epoch without a change leaves no log file, for the next one's has the same name: where it
    // stood in the line is kept here.
    const mboxlist::Mark mark{std::string(kLineMark), line.to_text()};
    TRY(store_->commit_marked({}, {&mark, 1}));
    TRY_ASSIGN(Journal journal, Journal::start(options_.directory, epoch, last));
    journal_ = std::move(journal);
    epoch_ = epoch;
    return success();
}

void MasterList::run_checkpoints()
{
    for (;;) {
        bool last = false;
        bool needed = false;
        uint64_t asked = 0;
        {
            auto state = state_.lock();
            state.wait_until(monotonic_now() + options_.checkpoint_interval, [&] {
                return state->ended || state->catch_ups > state->caught_up ||
                       state->logged_since_checkpoint >= options_.checkpoint_changes;
            });
            last = state->ended;
            asked = state->catch_ups;
            needed = !state->dirty.empty() && !state->broken;
        }
        const Status done = needed ? checkpoint() : success();
        {
            auto state = state_.lock();
            state->caught_up = asked;
            state->catch_up_ok = done.ok();
            state.notify_all();
        }
        if (needed) {
            if (!done) {
                log::error("cannot checkpoint the mailbox list", {{"error", done.error()}});
                auto state = state_.lock();
                state.wait_until(monotonic_now() + Seconds(1), [&] { return state->stopping; });
            }
        }
        if (auto saved = recovery_->save(); !saved)
            log::error("cannot write where the backends stood", {{"error", saved.error()}});
        if (last) return;
    }
}

Status MasterList::catch_up(Milliseconds wait)
{
    auto state = state_.lock();
    const uint64_t mine = ++state->catch_ups;
    state.notify_all();
    if (!state.wait_until(monotonic_now() + wait,
                          [&] { return state->caught_up >= mine || state->broken; }))
        return Error{Code::timeout, "the mailbox list is not written yet"};
    if (state->broken || !state->catch_up_ok)
        return Error{Code::io, "the mailbox list cannot be written"};
    return success();
}

Status MasterList::checkpoint()
{
    std::set<std::string> keys;
    Position at;
    {
        auto state = state_.lock();
        // At the end this thread alone uses the log, and the file stays.
        if (!state->ended) {
            const uint64_t seen = state->rotations;
            state->rotate_wanted = true;
            state.notify_all();
            state.wait([&] { return state->rotations != seen || state->ended; });
        }
        if (state->ended) state->rotated_at = journal_->position().serial;
        at = {epoch_, state->rotated_at};
        keys.swap(state->dirty);
        state->logged_since_checkpoint = 0;
    }
    Status done = commit_keys(keys, at);
    if (done) done = write_state(at);
    if (!done) {
        auto state = state_.lock();
        state->dirty.merge(keys);
        return done;
    }
    return journal_->remove_through(at.serial);
}

Status MasterList::commit_keys(const std::set<std::string>& keys, Position at)
{
    std::vector<mboxlist::Change> batch;
    for (const std::string& key : keys) {
        auto change = to_store(key, published_.find(key));
        if (!change) {
            log::error("a name cannot be stored",
                       {{"mailbox", name_of_key(key)}, {"error", change.error()}});
            continue;
        }
        batch.push_back(*std::move(change));
        if (batch.size() < kCommitBatch) continue;
        TRY(store_->commit(batch));
        batch.clear();
    }
    const mboxlist::Mark marks[] = {{std::string(kMark), mark_text(at)},
                                    {std::string(kLineMark), published_.line().to_text()}};
    return store_->commit_marked(batch, marks);
}

Status MasterList::write_state(Position at)
{
    std::string out(kStateMagic);
    put_number(out, kStateVersion);
    put_number(out, at.epoch);
    put_number(out, at.serial);
    std::string entries;
    uint32_t count = 0;
    {
        auto state = state_.lock();
        const MonotonicTime now = monotonic_now();
        for (const std::string& key : state->special) {
            auto entry = published_.find(key);
            if (!entry || !entry->extra) continue;
            put_counted(entries, encode_change({key, std::move(entry)}, now));
            ++count;
        }
    }
    put_number(out, count);
    out.append(entries);
    put_number(out, crc_of(out));
    return replace_file(cat(options_.directory, "/state"), out);
}

}  // namespace rookery::mupdate
