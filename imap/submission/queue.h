// Queue: the mail that this server sends, from the moment it was decided to until it is sent
// (doc/formats/submission.md).
//
// put() makes the intent durable, send_now() is the caller's one try, and rookery-submit tries the
// rest again with longer and longer waits. One try is made under the entry's lock, so that two
// processes never send it at once, and the entry goes after the sendmail program has said that it
// took the mail: a crash between the two costs one more, and nothing is lost.
// Articles for other servers of news have a queue of their own of this kind (imap/nntp/feed.h).
// What cannot be sent goes back to its owner by the function that try_entry() is given; the queue
// itself knows no mailboxes. Redirects and articles that nobody can get back are held for an
// administrator.
// A damaged entry is set aside and costs itself alone.
// Borrows nothing. One thread. Codes: syntax and limit (of what is to be sent), not_found, corrupt,
// io, no_space.
#ifndef ROOKERY_IMAP_SUBMISSION_QUEUE_H
#define ROOKERY_IMAP_SUBMISSION_QUEUE_H

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/submission/entry_format.h"
#include "imap/submission/sent.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::submission {

// Who puts an entry has this long for a try of its own before rookery-submit comes.
inline constexpr int64_t kOwnTry = 120;
// The wait after the first failure doubles with each, up to the longest.
inline constexpr int64_t kFirstRetry = 300;
inline constexpr int64_t kLongestRetry = 4 * 3600;
// From then on it cannot be sent.
inline constexpr int64_t kLifetime = 5 * 86400;
// When what is held is due.
inline constexpr int64_t kNever = INT64_MAX;
// What a put() left that was cut short.
inline constexpr int64_t kLeftover = 3600;

// After so many failed tries.
int64_t retry_after(unsigned tries);

// An entry as it stands in the queue.
struct Entry {
    std::string id;
    Outgoing mail;
    int64_t arrived = 0;
    uint64_t size = 0;  // of the message
    TryState state;     // how far it got; next is set also if it was never tried
    bool is_held = false;
    bool is_damaged = false;  // nothing of it is known but the id
};

enum class Tried {
    sent,
    later,     // it failed for now, or is not due
    returned,  // to its owner
    dropped,   // a mail that this server made itself, or a feed; logged
    held,      // for an administrator: it cannot be sent, and nobody gets it back
    damaged,   // set aside
    busy,      // another process has it
    gone,      // another process was done with it
};
std::string_view tried_word(Tried tried);

enum class When { due, now };

class Queue {
 public:
    // Gives the mail that cannot be sent (state says why) back; it is the queue's again if that
    // fails, and held if the failure is not_found. message: with CRLF.
    using GiveBack = std::function<Status(const Entry& entry, std::string_view message)>;

    // How a mail leaves this server.
    using Carry = std::function<Sent(const Outgoing& mail, std::string_view message)>;

    // The mail, in <configdirectory>/submission/, by the sendmail program.
    static Result<Queue> open(const config::Config& config);
    // The folder is made if it is missing, in one that is there.
    static Result<Queue> open(const std::string& directory, Carry carry);

    // Every one of them is durable when this returns, or none is there. text: pieces of one
    // message, one after another, with CRLF. Gives their ids, in order.
    Result<std::vector<std::string>> put(std::span<const Outgoing> mails,
                                         std::span<const std::string_view> text,
                                         int64_t now = wall_seconds());
    // Takes back what was not sent. Waits for another process that is sending it: not_found if it
    // is sent then.
    Status cancel(const std::string& id);
    // One try, whether it is due or not. Never the caller's trouble: what fails stays.
    void send_now(const std::string& id);

    // One try, and what follows from it. Without give_back, what cannot be sent waits for
    // somebody who has one. When::now tries also what could not be sent before.
    Tried try_entry(const std::string& id, When when, const GiveBack& give_back,
                    int64_t now = wall_seconds());
    // The same in two steps, for who has several under way at once: the entry is that trial's until
    // its end; without one, it is not sent now, and what there was instead says why. An entry that
    // cannot be sent at all is given back to nobody.
    class Trial;
    std::optional<Trial> begin_try(const std::string& id, When when, Tried& instead,
                                   int64_t now = wall_seconds());
    Tried end_try(Trial trial, const Sent& sent, int64_t now = wall_seconds());
    // All of them, the oldest first, damaged ones last.
    Result<std::vector<Entry>> list() const;
    // How many there are in the folder, if there is one; nothing is read.
    struct Counts {
        uint64_t mails = 0;
        uint64_t damaged = 0;
    };
    static Counts counts(const config::Config& config);
    static Counts counts(const std::string& directory);
    // Without a trace, damaged or not; busy while it is being sent.
    Status remove(const std::string& id);
    // What crashes left, once it is old enough. Gives the number of removed files.
    uint64_t sweep(int64_t now = wall_seconds());

 private:
    struct Held;  // an entry under its lock
    enum class Wait { no, yes };

    Queue(std::string directory, Carry carry)
        : directory_(std::move(directory)), carry_(std::move(carry))
    {
    }
    std::string path(std::string_view id, std::string_view suffix) const;
    Result<Fd> write_new(const std::string& batch, std::span<const Outgoing> mails,
                         std::span<const std::string_view> text, int64_t now) const;
    Status publish(const std::string& batch, const std::vector<std::string>& ids) const;
    void take_back(const std::string& batch, const std::vector<std::string>& ids) const;
    Result<Held> hold(const std::string& id, Wait wait) const;
    Result<Entry> read_entry(const std::string& id, Head head, uint64_t file_size) const;
    TryState state_of(const std::string& id, int64_t arrived) const;
    Status keep_state(const std::string& id, const TryState& state) const;
    Status finish(const std::string& id) const;
    Tried set_aside(const std::string& id, const Error& why) const;
    void sent_mail_goes(Entry& entry, int64_t now) const;
    Tried drop_begun(const Entry& entry) const;
    std::optional<Tried> not_sent(const Held& held, Entry& entry, int64_t now) const;
    Tried note(const Sent& sent, Entry& entry, int64_t now) const;
    std::optional<Trial> begin(const std::string& id, When when, const GiveBack& give_back,
                               Tried& instead, int64_t now) const;
    Tried end(Trial& trial, const Sent& sent, const GiveBack& give_back, int64_t now) const;
    Tried give_up(const Held& held, Entry& entry, const GiveBack& give_back, int64_t now) const;
    Tried hold_back(Entry& entry, std::string_view why) const;
    Result<Entry> look(const std::string& id) const;
    uint64_t sweep_unfinished(const std::string& batch) const;

    std::string directory_;
    Carry carry_;
};

class Queue::Trial {
 public:
    Trial(Trial&& other) noexcept;
    Trial& operator=(Trial&& other) noexcept;
    ~Trial();

    const std::string& id() const;
    const Outgoing& mail() const;
    // Valid as long as the trial.
    std::string_view message() const;

 private:
    friend class Queue;
    explicit Trial(std::unique_ptr<Held> held, Entry entry);
    std::unique_ptr<Held> held_;
    Entry entry_;
};

}  // namespace rookery::submission

#endif
