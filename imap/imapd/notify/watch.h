// Watch: the mailboxes other than the selected one of which NOTIFY wants to be told (RFC 5465), and
// what the client knows of each.
//
// Events (mboxlist/events.h) say what to look at; what is told is the difference between what the
// client knows and what is there, so a lost or doubled event tells nothing wrong, and nothing piles
// up: of a mailbox there is one answer, however often it has changed. An event costs a look at the
// one mailbox, or name, that it is about. Where some may have been lost, all are looked at, which
// has its pauses (look.h), so that what comes without end costs what comes, not that times all.
// Mailboxes of other servers are watched there, by the same command on this session's connections;
// their lines go on to the client. Names are told from this server's own list, whatever it holds,
// but that a mailbox has got another name is known where it is. A server that is lost is asked
// again when it is back, for the STATUS of all of its mailboxes. What a server is to watch it is
// told in one command, so if that is much it is not asked again at once.
// Bounds: kMaxWatched mailboxes, kMaxLooked entries of the list for a look at it, kMaxNotes entries
// of metadata; who goes over them has NOTIFY NONE. Lines are put into the client's stream,
// unflushed. Codes: limit (of begin), those of the client's stream. One thread.
#ifndef ROOKERY_IMAP_IMAPD_NOTIFY_WATCH_H
#define ROOKERY_IMAP_IMAPD_NOTIFY_WATCH_H

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "imap/backend/backend.h"
#include "imap/backend/reply_reader.h"
#include "imap/imapd/notify/look.h"
#include "imap/imapd/notify/notify_parse.h"
#include "imap/imapd/session.h"
#include "imap/mboxlist/events.h"
#include "lib/base/clock.h"
#include "lib/net/wakeups.h"

namespace rookery::imapd {

class Watch {
 public:
    static constexpr size_t kMaxWatched = 10'000;
    static constexpr size_t kMaxLooked = 100'000;
    static constexpr size_t kMaxNotes = 100'000;
    // Of events that come while others are looked at. What is left is due() at once, and the client
    // is heard between.
    static constexpr int kRounds = 8;

    // The session outlives it.
    Watch(ImapSession& session, NotifyRequest request);
    ~Watch();

    // Looks everything up; before: what the client knows by now, if there is something; it tells
    // what has changed until then. Tells STATUS if that was asked for, and which mailboxes it may
    // not be told of. limit: too much.
    Status begin(Watch* before);
    // What has happened since. Also asks servers that have to be asked.
    Status tell();
    // What this session itself has done to this name and those below it: the client knows.
    Status know(const model::MailboxName& name);

    // This session itself has subscribed to that mailbox, or does no longer.
    Status know_subscription(const model::MailboxName& name, bool now);

    // --- other servers
    Result<bool> on_line(backend::Backend& from, backend::ReplyReader& replies,
                         const backend::Reply& reply);
    // The server of a mailbox that is about to be selected learns what of it is to be told.
    void before_select(backend::Backend& backend);
    // ENABLE has changed what servers are to tell.
    void ask_again();

    // False after NOTIFY NONE, or where it became too much.
    bool goes_on() const { return !request_.none; }
    // Descriptors that wake, and when to call tell() without one.
    void add_descriptors(std::vector<int>& fds) const;
    Deadline due() const;

 private:
    struct State {
        uint32_t messages = 0;
        uint32_t uidnext = 0;
        uint32_t uidvalidity = 0;
        uint32_t unseen = 0;
        uint64_t modseq = 0;
        bool operator==(const State&) const = default;
    };
    using Notes = std::map<std::string, uint64_t>;  // entry and hash of its value
    struct Known {
        model::MailboxName name;
        std::string uniqueid;
        std::string server;  // "" = here
        unsigned events = 0;
        bool readable = false;
        bool no_access = false;      // the client was told so
        uint64_t look = 0;           // that has found it in the list
        std::optional<State> told;   // what the client was told last
        std::optional<State> seen;   // what is behind: the session's own changes
        Notes notes;
    };
    struct Group {
        NotifyGroup::Kind kind;
        unsigned events = 0;
        std::set<model::MailboxName> names;
    };
    struct Gone {
        Known known;
        bool hidden = false;  // it is there, and the user may not see it any more
    };

    // --- which mailboxes (watch.cc)
    void resolve_groups();
    const std::set<model::MailboxName>& names_of(const Group& group) const;
    bool matches(const Group& group, const model::MailboxName& name) const;
    unsigned events_of(const model::MailboxName& name) const;
    unsigned events_of_all() const;
    bool wants_subscriptions() const;
    Status read_subscriptions();
    Status enumerate(const std::function<Status(const model::MailboxEntry&)>& each);
    bool is_watchable(const model::MailboxEntry& entry) const;
    Status add(const model::MailboxEntry& entry);
    void insert(Known known);
    void wait_for_names();
    void forget(const std::string& key);
    Status overflow();
    void stop();
    static uint64_t new_number();

    // --- what is told of one (watch.cc)
    bool is_here(const model::MailboxEntry& entry) const;
    std::string server_of(const model::MailboxEntry& entry) const;  // "" = here
    bool is_selected(const model::MailboxName& name);
    std::optional<State> state_of(const model::MailboxEntry& entry);
    std::string external(const model::MailboxName& name) const;
    void put_status(const Known& known, const State& state, bool asked);
    void put_no_access(Known& known);
    bool differs(const Known& known, const State& a, const State& b) const;
    Status look_at_messages(Known& known, bool own, bool sweep);
    Notes notes_of(const model::MailboxEntry& entry, Notes* of_server);
    void put_changed(std::string_view external, const Notes& before, const Notes& now);
    Status look_at_notes(Known& known, bool own);
    void look_at_server(bool own);
    // now: is it subscribed to.
    Status look_at_subscription(const model::MailboxName& name, bool now, bool own);
    Status look_at_subscriptions(const std::map<std::string, bool>& changed);
    Status look_at_all_names();
    Status look_at_all_mailboxes();
    void read_events();
    Status take_events();
    Status take_rest();
    Status take_event(mboxlist::Event::Kind kind, const std::string& what, bool own);

    // --- names (watch_names.cc)
    Status look_at_names(const std::set<std::string>& keys, bool own);
    Status look_at_list();
    bool is_another(const Known& known, const model::MailboxEntry& entry) const;
    bool is_as_known(const Known& known, const model::MailboxEntry& entry) const;
    std::vector<std::string> changed_meanwhile();
    std::vector<std::string> relatives(const std::vector<Gone>& gone,
                                       const std::vector<model::MailboxEntry>& come) const;
    Status appear(const model::MailboxEntry& entry, bool own);
    // others: keys of names that changed with it.
    Status compare(const std::string& key, bool own, std::vector<Gone>& gone,
                   std::vector<model::MailboxEntry>& come, std::vector<std::string>& others);
    void put_come(const model::MailboxName& name, const model::MailboxName* old,
                  const std::map<std::string, model::MailboxName>& renamed,
                  std::string_view attributes = {});
    void put_list(const model::MailboxName& name, std::string_view attributes, bool exists,
                  std::string_view more = {});
    bool has_children(const std::string& external) const;
    void put_parents(const std::set<std::string>& changed);
    void rename_known(const model::MailboxName& from, const model::MailboxName& to);

    // --- other servers (watch_servers.cc)
    struct Asking {
        Deadline again = Deadline::after(Milliseconds(0));
        bool lost = false;
        bool waits = false;  // put off until then: what has come meanwhile it does not tell
    };
    struct Request {
        std::string text;
        size_t names = 0;
    };
    std::string inbox_server() const;  // "" = here, or of no interest
    void count_server(const Known& known, int more);
    std::set<std::string> wanted_servers();
    Request request_for(const std::string& server, bool status);
    enum class Asked : unsigned char { by_client, later };
    Status ask_servers(Asked why);
    Status read_servers();
    Status read_server(backend::Backend& backend);
    bool is_status_of_selected(const backend::Reply& reply);
    Status catch_up_with(const std::set<std::string>& keys);
    Deadline next_sweep() const;

    ImapSession& s_;
    NotifyRequest request_;
    std::vector<Group> groups_;
    std::set<model::MailboxName> subscribed_;
    std::optional<net::WakeupSocket> socket_;
    std::vector<std::string> events_;  // datagrams that were not looked at yet
    bool is_deaf_ = false;  // of some mailbox no event will come: it is looked at now and then
    Deadline sweep_ = Deadline::never();
    Look all_names_;
    Look all_mailboxes_;
    uint64_t looks_ = 0;  // at all names
    std::map<std::string, Known> known_;  // by the name's key
    std::unordered_map<std::string, std::string> by_topic_;
    std::string inbox_topic_;  // if it keeps what the server's metadata is
    size_t notes_ = 0;
    Notes server_notes_;
    uint64_t asked_;  // of Backend::watched(): another number for each request
    std::map<std::string, size_t> servers_known_;  // of known_: how many there are to be told of
    std::map<std::string, Asking> servers_;
    bool is_asking_ = false;
};

}  // namespace rookery::imapd

#endif
