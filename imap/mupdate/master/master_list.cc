// Validation and writing. Loading and checkpoints are in master_list_checkpoint.cc.
#include "imap/mupdate/master/master_list.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "imap/model/location.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::mupdate {

namespace {

constexpr size_t kMaxBatch = 4096;
constexpr size_t kMaxQueue = 100000;
constexpr size_t kMaxFailures = 4096;
constexpr size_t kReserveBytes = 1 << 20;
constexpr Seconds kTick{1};
constexpr Seconds kReportInterval{3600};

Status check_arguments(Verb verb, const std::vector<std::string>& arguments)
{
    TRY(model::MailboxName::from_internal(arguments[0]));
    if (arguments.size() > 1) TRY(model::parse_location(arguments[1]));
    if (verb == Verb::activate) TRY(model::Acl::parse(arguments[2]));
    return success();
}

void log_refusal(Verb verb, const std::vector<std::string>& arguments, const Caller& caller,
                 const std::string& why)
{
    log::warning("refused a change of the mailbox list",
                 {{"command", row_of(verb).word},
                  {"mailbox", arguments[0]},
                  {"location", arguments.size() > 1 ? arguments[1] : std::string()},
                  {"by", caller.identity},
                  {"reason", why}});
}

std::string_view or_dash(std::string_view text)
{
    return text.empty() ? "-" : text;
}

void describe(const ListEntry& entry, const std::string& name, std::vector<StatusLine>& lines)
{
    const Extra& extra = entry.extras();
    if (extra.lease_end) {
        auto left = std::chrono::duration_cast<Seconds>(*extra.lease_end - monotonic_now());
        lines.push_back({"reservation", cat(std::max<int64_t>(left.count(), 0), ' ',
                                            or_dash(entry.location), ' ', name)});
    }
    if (extra.move) {
        // Until the other server is active, the entry names the one that lets go.
        const bool arrived = server_of(entry.location) != server_of(extra.move->from_location);
        const std::string_view to = arrived ? entry.location.view() : extra.move->other_server;
        lines.push_back({"move", cat(extra.move->opened, ' ', or_dash(extra.move->from_location),
                                     ' ', or_dash(to), ' ', name)});
    }
    for (const Claim& claim : extra.claims)
        lines.push_back(
            {"conflict", cat(claim.since, ' ', or_dash(entry.location), ' ',
                             or_dash(claim.location), ' ', or_dash(claim.identity), ' ', name)});
}

}  // namespace

MasterList::MasterList(std::unique_ptr<mboxlist::Directory> store, PublishedList& published,
                       Options options, Fd lock)
    : store_(std::move(store)),
      published_(published),
      options_(std::move(options)),
      lock_(std::move(lock))
{
}

MasterList::~MasterList()
{
    stop();
}

Result<std::unique_ptr<MasterList>> MasterList::open(std::unique_ptr<mboxlist::Directory> store,
                                                     PublishedList& published, Options options)
{
    TRY_ASSIGN(Fd lock, lock_log_directory(options.directory));
    std::unique_ptr<MasterList> list(
        new MasterList(std::move(store), published, std::move(options), std::move(lock)));
    TRY(list->load());
    return list;
}

Status MasterList::start()
{
    make_reserve();
    TRY(keeper_.start([this] { run_keeper(); }));
    return checkpointer_.start([this] { run_checkpoints(); });
}

void MasterList::stop()
{
    {
        auto state = state_.lock();
        state->stopping = true;
        state.notify_all();
    }
    keeper_.join();
    checkpointer_.join();
}

bool MasterList::must_restart()
{
    return state_.lock()->broken;
}

Verdict MasterList::decide(Verb verb, const ListEntry* entry,
                           const std::vector<std::string>& arguments, const Caller& caller) const
{
    const Question q{entry, caller, options_.policy, monotonic_now(),
                     verb == Verb::remove && recovery_->additions_only()};
    if (verb == Verb::activate) return decide_activate(q, arguments[1], arguments[2]);
    if (verb == Verb::reserve) return decide_reserve(q, arguments[1]);
    if (verb == Verb::deactivate) return decide_deactivate(q, arguments[1]);
    if (verb == Verb::resolve) return decide_resolve(q, arguments[1]);
    return decide_delete(q, arguments.size() > 1 ? arguments[1] : std::string_view());
}

MasterList::Answer MasterList::enqueue(State& state, const std::string& key, Verdict verdict,
                                       bool is_delete)
{
    Op op{{key, std::move(verdict.after)}, verdict.visible, is_delete, state.next_ticket++};
    state.queued_view.insert_or_assign(key, std::make_pair(op.ticket, op.change.after));
    Answer answer{verdict.ok, std::move(verdict.text), op.ticket, verdict.code};
    state.queue.push_back(std::move(op));
    return answer;
}

MasterList::Answer MasterList::submit(Verb verb, const std::vector<std::string>& arguments,
                                      Caller& caller)
{
    if (Status good = check_arguments(verb, arguments); !good) {
        if (verb == Verb::remove && good.is(Code::bad_name))
            return {false, "mailbox doesn't exist", 0, Code::not_found};
        log_refusal(verb, arguments, caller, good.error().text);
        return {false, good.error().text, 0, good.error().code};
    }
    Answer answer = validate(verb, arguments, caller);
    if (!answer.ok) log_refusal(verb, arguments, caller, answer.text);
    return answer;
}

MasterList::Answer MasterList::validate(Verb verb, const std::vector<std::string>& arguments,
                                        Caller& caller)
{
    const std::string key = model::key_of_internal(arguments[0]);
    const bool is_delete = verb == Verb::remove;
    auto state = state_.lock();
    if (state->stopping || state->broken) return {false, "shutting down", 0, Code::unavailable};
    if (state->full && !is_delete)
        return {false, "no space left for changes of the mailbox list", 0, Code::no_space};
    if (state->queue.size() >= kMaxQueue) return {false, "too many changes at once", 0, Code::busy};
    Verdict verdict;
    auto queued = state->queued_view.find(key);
    if (queued != state->queued_view.end()) {
        const auto& entry = queued->second.second;
        verdict = decide(verb, entry ? &*entry : nullptr, arguments, caller);
    } else {
        verdict = published_.look_at(
            key, [&](const ListEntry* entry) { return decide(verb, entry, arguments, caller); });
    }
    if (is_delete && verdict.ok && caller.listed_server) ++caller.deletes;
    if (!verdict.changes) return {verdict.ok, std::move(verdict.text), 0, verdict.code};
    return enqueue(*state, key, std::move(verdict), is_delete);
}

std::vector<StatusLine> MasterList::status()
{
    std::vector<std::string> keys;
    {
        auto state = state_.lock();
        keys.assign(state->special.begin(), state->special.end());
    }
    std::vector<StatusLine> lines = {
        {"conflicts", options_.policy.last_claim_wins ? "last" : "first"}};
    for (const std::string& key : keys)
        if (auto entry = published_.find(key)) describe(*entry, name_of_key(key), lines);
    for (StatusLine& line : recovery_->status()) lines.push_back(std::move(line));
    return lines;
}

// Whoever waits first writes for all: no other thread has to be woken for it. Those that come
// meanwhile are the next batch, and one of them writes that.
Status MasterList::wait(uint64_t ticket)
{
    for (;;) {
        {
            auto state = state_.lock();
            state.wait(
                [&] { return state->done_ticket >= ticket || state->ended || may_write(*state); });
            if (state->done_ticket >= ticket) {
                for (const Failed& failed : state->failed)
                    if (failed.ticket == ticket) return failed.error;
                return success();
            }
            if (state->ended) return Error{Code::closed, "shutting down"};
        }
        write_queued();
    }
}

bool MasterList::may_write(const State& state)
{
    return !state.writing && !state.queue.empty();
}

// One batch of what is queued, unless somebody writes.
void MasterList::write_queued()
{
    std::vector<Op> batch;
    {
        auto state = state_.lock();
        if (!may_write(*state) || state->ended) return;
        state->writing = true;
        const size_t n = std::min(kMaxBatch, state->queue.size());
        std::move(state->queue.begin(), state->queue.begin() + static_cast<long>(n),
                  std::back_inserter(batch));
        state->queue.erase(state->queue.begin(), state->queue.begin() + static_cast<long>(n));
    }
    write_batch(std::move(batch));
}

void MasterList::rotate()
{
    {
        auto state = state_.lock();
        state.wait([&] { return !state->writing; });
        state->writing = true;
        state->rotate_wanted = false;
    }
    Status rotated = journal_->rotate();
    if (!rotated) log::error("cannot begin a new change log", {{"error", rotated.error()}});
    auto state = state_.lock();
    if (rotated) state->rotated_at = journal_->position().serial;
    ++state->rotations;
    state->writing = false;
    state.notify_all();
}

// What nobody waits for, new log files, leases, and the end.
void MasterList::run_keeper()
{
    for (;;) {
        bool stopping = false;
        bool new_file = false;
        {
            auto state = state_.lock();
            state.wait_until(monotonic_now() + kTick, [&] {
                return state->stopping || state->rotate_wanted || state->broken;
            });
            stopping = state->stopping || state->broken;
            new_file = state->rotate_wanted && !state->broken;
        }
        if (new_file) rotate();
        write_queued();
        if (stopping && is_settled()) break;
        housekeeping();
    }
    auto state = state_.lock();
    state->ended = true;
    state.notify_all();
}

// Nothing is queued any more, and nobody writes.
bool MasterList::is_settled()
{
    auto state = state_.lock();
    state.wait([&] { return !state->writing; });
    return state->queue.empty() || state->broken;
}

// On a full disk, removals get the space that was kept for them; the rest is refused.
Status MasterList::append(std::vector<Op>& batch, std::vector<Op>& refused)
{
    const MonotonicTime now = monotonic_now();
    std::vector<std::string> bodies;
    for (const Op& op : batch) bodies.push_back(encode_change(op.change, now));
    Status done = journal_->append(bodies);
    if (!done.is(Code::no_space) || journal_->broken()) return done;
    log::error("no space for the change log", {{"directory", options_.directory}});
    state_.lock()->full = true;
    std::vector<Op> deletes;
    bodies.clear();
    for (Op& op : batch) {
        if (!op.is_delete) {
            refused.push_back(std::move(op));
            continue;
        }
        bodies.push_back(encode_change(op.change, now));
        deletes.push_back(std::move(op));
    }
    batch = std::move(deletes);
    if (batch.empty()) return success();
    ::unlink(cat(options_.directory, "/reserve").c_str());
    return journal_->append(bodies);
}

void MasterList::write_batch(std::vector<Op> batch)
{
    std::vector<Op> refused;
    const uint64_t before = journal_->position().serial;
    Status done = append(batch, refused);
    if (done) {
        finish(batch, before + 1, refused, nullptr);
        return;
    }
    log::error("cannot write the change log",
               {{"directory", options_.directory}, {"error", done.error()}});
    if (journal_->broken()) state_.lock()->broken = true;
    std::move(batch.begin(), batch.end(), std::back_inserter(refused));
    batch.clear();
    finish(batch, before + 1, refused, &done.error());
}

void MasterList::fail(State& state, const Op& op, const Error& error)
{
    state.failed.push_back({op.ticket, error});
    if (state.failed.size() > kMaxFailures) state.failed.pop_front();
}

void MasterList::finish(std::vector<Op>& batch, uint64_t first_serial, std::vector<Op>& refused,
                        const Error* error)
{
    const Error no_space{Code::no_space, "no space left for changes of the mailbox list"};
    std::vector<PublishedList::Published> published;
    uint64_t last_ticket = 0;
    for (const Op& op : batch) {
        published.push_back({op.change, first_serial + published.size(), op.visible});
        last_ticket = std::max(last_ticket, op.ticket);
    }
    if (!published.empty()) published_.publish(published);
    auto state = state_.lock();
    for (const Op& op : batch) {
        auto queued = state->queued_view.find(op.change.key);
        if (queued != state->queued_view.end() && queued->second.first == op.ticket)
            state->queued_view.erase(queued);
        state->dirty.insert(op.change.key);
        if (op.change.after && op.change.after->extra)
            state->special.insert(op.change.key);
        else
            state->special.erase(op.change.key);
    }
    state->logged_since_checkpoint += batch.size();
    if (!refused.empty()) {
        // What was queued behind rests on what was refused: all of it goes.
        for (Op& op : state->queue) refused.push_back(std::move(op));
        state->queue.clear();
        state->queued_view.clear();
        for (const Op& op : refused) {
            fail(*state, op, error != nullptr ? *error : no_space);
            last_ticket = std::max(last_ticket, op.ticket);
        }
    }
    state->done_ticket = std::max(state->done_ticket, last_ticket);
    state->writing = false;
    state.notify_all();
}

bool MasterList::make_reserve() const
{
    const std::string path = cat(options_.directory, "/reserve");
    if (::access(path.c_str(), F_OK) == 0) return true;
    auto fd = open_file(path, O_WRONLY | O_CREAT);
    if (fd && write_all(fd->get(), std::string(kReserveBytes, '\0')) && sync_fd(fd->get()))
        return true;
    ::unlink(path.c_str());
    return false;
}

void MasterList::housekeeping()
{
    if (monotonic_now() < next_housekeeping_) return;
    next_housekeeping_ = monotonic_now() + kTick;
    if (state_.lock()->full && make_reserve()) {
        log::notice("there is space for the change log again");
        state_.lock()->full = false;
    }
    expire_leases();
    report_moves();
}

void MasterList::expire_leases()
{
    auto state = state_.lock();
    const MonotonicTime now = monotonic_now();
    for (const std::string& key : state->special) {
        if (state->queued_view.contains(key)) continue;
        std::string was_at;
        auto ended = published_.look_at(key, [&](const ListEntry* entry) {
            if (entry == nullptr) return std::optional<Verdict>();
            was_at = entry->location;
            return decide_lease_end(*entry, now);
        });
        const bool goes = ended && !ended->after;
        if (!ended || (state->full && !goes)) continue;
        log::notice("a reservation has ended",
                    {{"mailbox", name_of_key(key)},
                     {"location", was_at},
                     {"goes to", goes ? std::string() : ended->after->location.string()}});
        enqueue(*state, key, *std::move(ended), goes);
    }
}

void MasterList::report_moves()
{
    if (monotonic_now() < next_report_) return;
    next_report_ = monotonic_now() + kReportInterval;
    const int64_t oldest = wall_seconds() - options_.policy.move_warn.count();
    auto state = state_.lock();
    for (const std::string& key : state->special) {
        published_.look_at(key, [&](const ListEntry* entry) {
            if (entry == nullptr || entry->active) return;
            const auto& move = entry->extras().move;
            if (!move || move->opened > oldest) return;
            log::warning("a move has been open for long", {{"mailbox", name_of_key(key)},
                                                           {"from", move->from_location},
                                                           {"since", move->opened}});
        });
    }
}

}  // namespace rookery::mupdate
