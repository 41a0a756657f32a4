#include "imap/submission/queue.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "imap/submission/entry_id.h"
#include "imap/submission/mapped_file.h"
#include "imap/submission/sendmail.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::submission {
namespace {

constexpr size_t kMaxState = 4096;

Status unlink_file(const std::string& path)
{
    if (::unlink(path.c_str()) == 0 || errno == ENOENT) return success();
    return errno_error(cat("unlink ", path));
}

bool exists(const std::string& path)
{
    return ::access(path.c_str(), F_OK) == 0;
}

std::string addresses(const std::vector<std::string>& all)
{
    std::string out;
    for (const std::string& one : all) cat_to(out, out.empty() ? "" : ",", one);
    return out;
}

// Somebody else wrote it: it is never dropped.
bool is_precious(Kind kind)
{
    return kind == Kind::redirect || kind == Kind::article;
}

// Whoever gets it twice has it twice.
bool goes_once(Kind kind)
{
    return !is_precious(kind) && kind != Kind::feed;
}

}  // namespace

int64_t retry_after(unsigned tries)
{
    int64_t wait = kFirstRetry;
    for (unsigned i = 1; i < tries && wait < kLongestRetry; i++) wait *= 2;
    return std::min(wait, kLongestRetry);
}

std::string_view tried_word(Tried tried)
{
    constexpr std::array<std::string_view, 8> kWords = {"sent", "later",   "returned", "dropped",
                                                        "held", "damaged", "busy",     "gone"};
    return kWords[static_cast<size_t>(tried)];
}

struct Queue::Held {
    Fd lock;
    MappedFile file;
    std::string id;
    Head head{};
    std::string_view message() const { return file.bytes().substr(head.bytes); }
};

Result<Queue> Queue::open(const config::Config& config)
{
    std::string directory = queue_directory(config);
    return open(directory, [program = config.sendmail(), directory](const Outgoing& mail,
                                                                    std::string_view message) {
        return run_sendmail({program, mail.from, mail.to, message, directory});
    });
}

Result<Queue> Queue::open(const std::string& directory, Carry carry)
{
    if (!exists(directory)) {
        TRY(make_directories(directory));
        TRY(sync_directory(directory_of(directory)));
    }
    return Queue(directory, std::move(carry));
}

std::string Queue::path(std::string_view id, std::string_view suffix) const
{
    return cat(directory_, '/', id, suffix);
}

Result<std::vector<std::string>> Queue::put(std::span<const Outgoing> mails,
                                            std::span<const std::string_view> text, int64_t now)
{
    if (mails.empty()) return std::vector<std::string>();
    if (mails.size() > kMaxMails) return Error{Code::limit, "too many mails at once"};
    for (const Outgoing& mail : mails) TRY(check_outgoing(mail));
    const std::string batch = new_batch();
    std::vector<std::string> ids;
    for (size_t i = 1; i <= mails.size(); i++) ids.push_back(entry_id(batch, i));
    // Its lock is kept: who sweeps leaves alone what is being made.
    auto file = write_new(batch, mails, text, now);
    Status done = file ? publish(batch, ids) : Status(file.error());
    if (done) return ids;
    take_back(batch, ids);
    return std::move(done).error();
}

Result<Fd> Queue::write_new(const std::string& batch, std::span<const Outgoing> mails,
                            std::span<const std::string_view> text, int64_t now) const
{
    Head head;
    head.arrived = now;
    head.mails.assign(mails.begin(), mails.end());
    for (const std::string_view piece : text) head.size += piece.size();
    head.crc = crc_of(text);
    const std::string envelopes = to_text(head);
    if (envelopes.size() > kMaxHead) return Error{Code::limit, "too many recipients"};
    const std::string name = path(batch, kNewSuffix);
    TRY_ASSIGN(Fd fd, open_file(name, O_WRONLY | O_CREAT | O_EXCL));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return errno_error(cat("flock ", name));
    TRY(write_all(fd.get(), envelopes));
    for (const std::string_view piece : text) TRY(write_all(fd.get(), piece));
    TRY(sync_fd(fd.get()));
    return fd;
}

// One mail is there by its name. Of several none is before the name of the unfinished is gone.
Status Queue::publish(const std::string& batch, const std::vector<std::string>& ids) const
{
    const std::string fresh = path(batch, kNewSuffix);
    if (ids.size() == 1) {
        const std::string name = path(ids.front(), kMailSuffix);
        if (::rename(fresh.c_str(), name.c_str()) != 0) return errno_error(cat("rename ", name));
        return sync_directory(directory_);
    }
    for (const std::string& id : ids)
        if (::link(fresh.c_str(), path(id, kMailSuffix).c_str()) != 0)
            return errno_error(cat("link ", fresh));
    TRY(sync_directory(directory_));
    if (::unlink(fresh.c_str()) != 0) return errno_error(cat("unlink ", fresh));
    return sync_directory(directory_);
}

// What cannot be taken back is not sent while the unfinished one is there: it goes last.
void Queue::take_back(const std::string& batch, const std::vector<std::string>& ids) const
{
    for (const std::string& id : ids)
        if (auto gone = unlink_file(path(id, kMailSuffix)); !gone) {
            log::error("mail that was not promised may be sent", {{"reason", gone.error()}});
            return;
        }
    (void)unlink_file(path(batch, kNewSuffix));
}

Result<Queue::Held> Queue::hold(const std::string& id, Wait wait) const
{
    TRY_ASSIGN(const EntryId parsed, parse_entry_id(id));
    const std::string name = path(id, kMailSuffix);
    TRY_ASSIGN(Fd fd, open_file(name, O_RDONLY));
    int locked = -1;
    do locked = ::flock(fd.get(), wait == Wait::yes ? LOCK_EX : LOCK_EX | LOCK_NB);
    while (locked != 0 && errno == EINTR);
    if (locked != 0 && errno == EWOULDBLOCK) return Error{Code::busy, "another process has it"};
    if (locked != 0) return errno_error(cat("flock ", name));
    // Who had the lock before may have been done with it.
    if (!exists(name)) return Error{Code::not_found, "it is gone"};
    if (exists(path(parsed.batch, kNewSuffix))) return Error{Code::not_found, "not finished"};
    TRY_ASSIGN(MappedFile file, MappedFile::of(fd.get()));
    return Held{std::move(fd), std::move(file), id};
}

TryState Queue::state_of(const std::string& id, int64_t arrived) const
{
    auto text = read_file(path(id, kStateSuffix), kMaxState);
    if (text) {
        if (auto state = parse_try_state(*text)) return *state;
    }
    TryState fresh;
    fresh.next = arrived + kOwnTry;
    return fresh;
}

Status Queue::keep_state(const std::string& id, const TryState& state) const
{
    auto kept = replace_file(path(id, kStateSuffix), to_text(state));
    // Then it is only tried sooner.
    if (!kept) log::warning("state of a mail is not kept", {{"id", id}, {"reason", kept.error()}});
    return kept;
}

// The mail is done with, whatever became of it.
Status Queue::finish(const std::string& id) const
{
    TRY(unlink_file(path(id, kMailSuffix)));
    (void)unlink_file(path(id, kStateSuffix));
    return sync_directory(directory_);
}

Status Queue::cancel(const std::string& id)
{
    TRY_ASSIGN(const Held held, hold(id, Wait::yes));
    return finish(held.id);
}

Status Queue::remove(const std::string& id)
{
    TRY(parse_entry_id(id));
    if (exists(path(id, kDamagedSuffix))) return unlink_file(path(id, kDamagedSuffix));
    TRY_ASSIGN(const Held held, hold(id, Wait::no));
    return finish(held.id);
}

void Queue::send_now(const std::string& id)
{
    (void)try_entry(id, When::now, nullptr);
}

Queue::Trial::Trial(std::unique_ptr<Held> held, Entry entry)
    : held_(std::move(held)), entry_(std::move(entry))
{
}
Queue::Trial::Trial(Trial&& other) noexcept = default;
Queue::Trial& Queue::Trial::operator=(Trial&& other) noexcept = default;
Queue::Trial::~Trial() = default;

const std::string& Queue::Trial::id() const
{
    return entry_.id;
}

const Outgoing& Queue::Trial::mail() const
{
    return entry_.mail;
}

std::string_view Queue::Trial::message() const
{
    return held_->message();
}

std::optional<Queue::Trial> Queue::begin(const std::string& id, When when,
                                         const GiveBack& give_back, Tried& instead,
                                         int64_t now) const
{
    const auto over = [&](Tried tried) {
        instead = tried;
        return std::nullopt;
    };
    auto held = hold(id, Wait::no);
    if (!held) {
        if (held.is(Code::busy)) return over(Tried::busy);
        if (held.is(Code::not_found)) return over(Tried::gone);
        log::error("mail cannot be read", {{"id", id}, {"reason", held.error()}});
        return over(Tried::later);
    }
    auto head = parse_head(held->file.bytes());
    if (head) held->head = *head;
    auto entry = head ? read_entry(id, *std::move(head), held->file.bytes().size())
                      : Result<Entry>(head.error());
    if (!entry) return over(set_aside(id, entry.error()));
    if (when == When::due && entry->is_held) return over(Tried::held);
    if (when == When::due && entry->state.next > now) return over(Tried::later);
    if (when == When::now) entry->state.failed = 0;
    if (entry->state.failed != 0) return over(give_up(*held, *entry, give_back, now));
    if (const auto tried = not_sent(*held, *entry, now)) return over(*tried);
    return Trial(std::make_unique<Held>(*std::move(held)), *std::move(entry));
}

Tried Queue::end(Trial& trial, const Sent& sent, const GiveBack& give_back, int64_t now) const
{
    const Tried tried = note(sent, trial.entry_, now);
    if (tried != Tried::later || trial.entry_.state.failed == 0) return tried;
    return give_up(*trial.held_, trial.entry_, give_back, now);
}

Tried Queue::try_entry(const std::string& id, When when, const GiveBack& give_back, int64_t now)
{
    Tried instead = Tried::later;
    auto trial = begin(id, when, give_back, instead, now);
    if (!trial) return instead;
    const Sent sent = carry_(trial->mail(), trial->message());
    return end(*trial, sent, give_back, now);
}

std::optional<Queue::Trial> Queue::begin_try(const std::string& id, When when, Tried& instead,
                                             int64_t now)
{
    return begin(id, when, nullptr, instead, now);
}

Tried Queue::end_try(Trial trial, const Sent& sent, int64_t now)
{
    return end(trial, sent, nullptr, now);
}

Result<Entry> Queue::read_entry(const std::string& id, Head head, uint64_t file_size) const
{
    TRY_ASSIGN(const EntryId parsed, parse_entry_id(id));
    if (parsed.number > head.mails.size()) return Error{Code::corrupt, "it has no envelope"};
    if (file_size - head.bytes != head.size)
        return Error{Code::corrupt, "its message has another size"};
    Entry entry;
    entry.id = id;
    entry.mail = std::move(head.mails[parsed.number - 1]);
    entry.arrived = head.arrived;
    entry.size = head.size;
    entry.state = state_of(id, head.arrived);
    entry.is_held = entry.state.next == kNever;
    return entry;
}

// A newer version's is left for it.
Tried Queue::set_aside(const std::string& id, const Error& why) const
{
    if (why.code == Code::unsupported) return Tried::later;
    if (::rename(path(id, kMailSuffix).c_str(), path(id, kDamagedSuffix).c_str()) != 0)
        return Tried::later;
    (void)unlink_file(path(id, kStateSuffix));
    log::error("mail is damaged and set aside", {{"id", id}, {"reason", why}});
    return Tried::damaged;
}

// One that cannot be removed is at least not sent each minute.
void Queue::sent_mail_goes(Entry& entry, int64_t now) const
{
    const auto gone = finish(entry.id);
    if (gone) return;
    log::error("mail that was sent stays", {{"id", entry.id}, {"reason", gone.error()}});
    entry.state.next = now + kLongestRetry;
    entry.state.reason = cat("it was sent, but cannot be removed: ", gone.error().text);
    (void)keep_state(entry.id, entry.state);
}

// What this server wrote itself is sent once at most: where a process ended during a try nobody
// knows whether it was.
Tried Queue::drop_begun(const Entry& entry) const
{
    log::warning("mail is dropped: it may have been sent",
                 {{"id", entry.id}, {"kind", kind_word(entry.mail.kind)}});
    return finish(entry.id) ? Tried::dropped : Tried::later;
}

// What becomes of one that is not to be sent.
std::optional<Tried> Queue::not_sent(const Held& held, Entry& entry, int64_t now) const
{
    const std::string_view message = held.message();
    if (crc_of({&message, 1}) != held.head.crc)
        return set_aside(entry.id, Error{Code::corrupt, "its message is not what it was"});
    if (goes_once(entry.mail.kind)) {
        if (entry.state.begun != 0) return drop_begun(entry);
        entry.state.begun = now;
        if (!keep_state(entry.id, entry.state)) return Tried::later;
    }
    return std::nullopt;
}

Tried Queue::note(const Sent& sent, Entry& entry, int64_t now) const
{
    if (sent.outcome == Sent::Outcome::sent) {
        log::notice("mail sent", {{"id", entry.id},
                                  {"kind", kind_word(entry.mail.kind)},
                                  {"owner", entry.mail.owner},
                                  {"to", addresses(entry.mail.to)}});
        sent_mail_goes(entry, now);
        return Tried::sent;
    }
    const bool is_over = sent.outcome == Sent::Outcome::refused || now - entry.arrived >= kLifetime;
    if (sent.outcome == Sent::Outcome::away && !is_over) return Tried::later;
    TryState& state = entry.state;
    state.tries++;
    state.begun = 0;
    state.reason = sent.reason;
    state.failed = is_over ? now : 0;
    state.next = is_over ? now : now + retry_after(state.tries);
    (void)keep_state(entry.id, state);
    log::warning(is_over ? "mail cannot be sent" : "mail is not sent yet",
                 {{"id", entry.id},
                  {"kind", kind_word(entry.mail.kind)},
                  {"owner", entry.mail.owner},
                  {"to", addresses(entry.mail.to)},
                  {"tries", state.tries},
                  {"reason", state.reason}});
    return Tried::later;
}

Tried Queue::give_up(const Held& held, Entry& entry, const GiveBack& give_back, int64_t now) const
{
    const std::string_view kind = kind_word(entry.mail.kind);
    if (!is_precious(entry.mail.kind)) {
        log::warning("mail is dropped", {{"id", entry.id}, {"kind", kind}});
        return finish(entry.id) ? Tried::dropped : Tried::later;
    }
    if (entry.mail.owner.empty()) return hold_back(entry, "nobody gets it back");
    if (!give_back) return Tried::later;
    const auto back = give_back(entry, held.message());
    if (back) {
        log::notice("mail is returned", {{"id", entry.id}, {"owner", entry.mail.owner}});
        return finish(entry.id) ? Tried::returned : Tried::later;
    }
    if (back.is(Code::not_found)) return hold_back(entry, back.error().text);
    log::warning("mail that cannot be sent is not returned yet",
                 {{"id", entry.id}, {"owner", entry.mail.owner}, {"reason", back.error()}});
    entry.state.next = now + retry_after(entry.state.tries++);
    (void)keep_state(entry.id, entry.state);
    return Tried::later;
}

Tried Queue::hold_back(Entry& entry, std::string_view why) const
{
    log::error("mail is held", {{"id", entry.id}, {"owner", entry.mail.owner}, {"reason", why}});
    entry.state.next = kNever;
    (void)keep_state(entry.id, entry.state);
    return Tried::held;
}

}  // namespace rookery::submission
