// ImapSession: the state of one client connection of imapd or proxyd, and what a command may use.
//
// The engine owns it. References point at what the daemon's main wired together and outlive it.
// store is null in proxyd; only the router asks.
#ifndef ROOKERY_IMAP_IMAPD_SESSION_H
#define ROOKERY_IMAP_IMAPD_SESSION_H

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "imap/backend/backend_pool.h"
#include "imap/cluster/operations.h"
#include "imap/imapd/command_reader.h"
#include "imap/imapd/command_spec.h"
#include "imap/imapd/namespace/metadata_parse.h"
#include "imap/imapd/selected/fetch_parse.h"
#include "imap/imapd/selected/search_updates.h"
#include "imap/imapd/selected/select_parse.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "imap/mboxlist/access_options.h"
#include "imap/mboxlist/directory.h"
#include "imap/model/namespace.h"
#include "imap/model/sequence_set.h"
#include "imap/session/session_kit.h"
#include "imap/sync/services.h"
#include "lib/auth/identity.h"
#include "lib/config/config.h"
#include "lib/stream/stream.h"

namespace rookery::backend {
struct Reply;
class ReplyReader;
}  // namespace rookery::backend

namespace rookery::imapd {

class Watch;  // notify/watch.h

inline constexpr session::Protocol kProtocol{.sasl_service = "imap",
                                             .product = "Cyrus IMAP",
                                             .proxyservers_act = true,
                                             .for_servers = false};

enum class State : unsigned { not_authenticated = 1, authenticated = 2, selected = 4, logout = 8 };

struct NoSelection {};
struct LocalSelection {
    std::unique_ptr<mailbox::Mailbox> mailbox;
    model::Rights rights;
    bool read_only = false;
    // What the client's last FLAGS and PERMANENTFLAGS lines said.
    std::vector<std::string> told_keywords;
    model::Rights told_rights;
    model::SequenceSet saved;  // UIDs, what the last search saved: "$" (RFC 5182)
    SearchUpdates updates = {};
    // Somebody is renaming or removing it right now: what comes of it is told later.
    bool in_change = false;
    bool gone = false;  // it is no mailbox's view any more
};
// What the client knew of a mailbox when its server said that it has moved (relay/moved.h).
struct MovedView {
    uint32_t uidvalidity = 0;
    uint32_t uidnext = 0;
    uint64_t highestmodseq = 0;
    uint32_t exists = 0;
    bool condstore = false;   // enabled there, by whatever command
    model::SequenceSet uids;  // in the order of the message numbers
    // UIDs of what the last search has saved; none: that is not known.
    std::optional<model::SequenceSet> saved = std::nullopt;
};
// A search whose results are followed (RFC 5267), and the tag by which its server knows it.
struct FollowedSearch {
    std::string tag;
    std::string at_server;
};
struct RemoteSelection {
    backend::Backend* backend = nullptr;  // owned by the pool
    model::MailboxName name;
    std::string external;  // as the client wrote it
    bool read_only = false;
    // What the client was told at SELECT, and whether nothing happened since that would show if
    // another connection took over (doc/rules.md 5.5).
    std::string arguments;  // of SELECT, behind the name
    uint32_t uidvalidity = 0;
    uint32_t exists = 0;
    uint32_t uidnext = 0;
    uint64_t highestmodseq = 0;
    bool replaceable = true;
    bool saved = false;  // a search there has saved its result: another connection has none
    std::vector<FollowedSearch> followed = {};  // the same of these
    bool modseq_told = false;  // that server knows of CONDSTORE, and has told HIGHESTMODSEQ
    // Untagged lines that wait for a command that may carry EXPUNGE, in order.
    std::string held;
    model::SequenceSet told_uids = {};  // of a MovedView that is on its way
    std::optional<model::SequenceSet> told_saved = std::nullopt;  // the same
    std::optional<MovedView> moved = std::nullopt;  // the mailbox is at another server now
};
using Selection = std::variant<NoSelection, LocalSelection, RemoteSelection>;

// What ENABLE has changed in how this session speaks, modseqs apart.
struct Modes {
    bool uid_only = false;  // RFC 9586: no message numbers, in either direction
    bool utf8 = false;      // RFC 6855, 9051: names of mailboxes are UTF-8 in quoted strings
    bool rev2 = false;      // RFC 9051
    // Messages are told as RFC 9051 has it: without RECENT, each change of flags with its UID.
    bool rev2_messages = false;
};

// What NOTIFY has said of the selected mailbox (RFC 5465 6.1), whichever that is.
struct SelectedEvents {
    bool messages = true;          // that they come and go; false: the view stays as it is
    bool flags = true;             // that they change
    bool at_once = false;          // between commands too
    bool expunge_at_once = false;  // the same, where message numbers change
    std::shared_ptr<const FetchRequest> fetch = nullptr;  // of each that comes
    std::string fetch_text = {};  // the same as the client wrote it, with its parentheses
    // UIDs of messages that this session itself has put there: it knows them.
    std::vector<uint32_t> own = {};
};

// All that a connection knows of the user who is logged in, if anybody is: a login begins with a
// new one, and UNAUTHENTICATE leaves a new one (become and forget_user in user.h).
struct User {
    State state = State::not_authenticated;
    std::optional<auth::Identity> identity = std::nullopt;
    std::optional<model::Namespace> names = std::nullopt;  // set at login
    Selection selection = NoSelection{};
    // While a SELECT runs: what it leaves, unless the command turns out to be wrong.
    Selection aside = NoSelection{};
    std::vector<std::string> enabled = {};  // ENABLE
    bool condstore_enabled = false;         // RFC 7162 3.1
    bool qresync_enabled = false;           // RFC 7162 3.2.3; the other then too
    Modes modes = {};
    bool wants_referrals = false;  // RLIST, RLSUB or LIST (REMOTE)
    std::string farewell = {};     // what the server of the selected mailbox said at last
    // --- NOTIFY (RFC 5465). watch: all but the selected mailbox; null: the command was never used.
    std::shared_ptr<Watch> watch = nullptr;
    SelectedEvents events = {};
    // What a server says that nobody asked for, seen first: true, it was dealt with.
    std::function<Result<bool>(backend::Backend&, backend::ReplyReader&, const backend::Reply&)>
        on_unasked = nullptr;
    // A mailbox is about to be selected at that server.
    std::function<void(backend::Backend&)> before_select = nullptr;
    // In IDLE: the selected mailbox's server says all that it knows by now.
    std::function<void()> ask_in_idle = nullptr;

    // VANISHED instead of EXPUNGE
    bool wants_vanished() const { return qresync_enabled || modes.uid_only; }
};

// How a command ended; the engine writes the tagged line.
struct Completion {
    enum class Kind {
        ok,
        no,
        bad,
        relayed,     // the tagged line has been written already
        disconnect,  // the connection ends (BYE was written if one was due)
    } kind = Kind::ok;
    std::string text;  // "[CODE arg] Completed"
    static Completion ok(std::string text = "Completed") { return {Kind::ok, std::move(text)}; }
    static Completion no(std::string text) { return {Kind::no, std::move(text)}; }
    static Completion bad(std::string text) { return {Kind::bad, std::move(text)}; }
    static Completion relayed() { return {Kind::relayed, {}}; }
    static Completion disconnect() { return {Kind::disconnect, {}}; }
    // The one table Code -> response (session_errors.cc). syntax and limit: BAD, else NO.
    static Completion from(const Error& error);
    static Completion from(Result<Completion> done);
};
// "OK", "NO", "BAD".
std::string_view kind_word(Completion::Kind kind);
// Writes the line that a failure is worth: what an administrator or another server must mend.
// Completion::from does.
void log_failure(const Error& error);

// A client that has said ID ("event" "back-fill") catches up with old mail and is in no hurry.
struct BackFill {
    bool is_said = false;
    std::set<std::string> told = {};  // servers whose connection has been told so
};

struct ImapSession {
    const config::Config& config;
    session::SessionKit& kit;  // greeting, TLS, SASL, limits, shutdown file, scoreboard
    mboxlist::Directory& directory;
    mailbox::MailboxStore* store;    // null in proxyd
    mailbox::Quotas* quotas;         // null in proxyd
    backend::BackendPool* backends;  // null where no murder is configured
    stream::Stream& client;
    CommandReader reader;

    User user = {};
    bool compressed = false;  // COMPRESS
    // While true untagged EXPUNGE must not be sent (FETCH, STORE, SEARCH are running).
    bool may_expunge() const { return expunge_allowed; }
    bool expunge_allowed = true;
    sync::SyncService* sync = nullptr;          // null in proxyd
    sync::MoveService* moves = nullptr;         // null in proxyd
    cluster::Operations* operations = nullptr;  // changes of the namespace; null in proxyd
    const model::AccessOptions access = mboxlist::access_options(config);
    BackFill back_fill = {};  // it may be said before the login

    LocalSelection* local() { return std::get_if<LocalSelection>(&user.selection); }
    RemoteSelection* remote() { return std::get_if<RemoteSelection>(&user.selection); }
    // Nothing is selected any more, here or at another server, and nobody is told otherwise.
    void forget_selection();
    // Nothing has happened for a while: gives back the memory that only a busy session needs.
    void rest();
    // What is selected at that server's connection, set aside or not; null: nothing.
    RemoteSelection* remote_at(const backend::Backend& backend);

    // --- SELECT and EXAMINE. A NO of any kind leaves what was selected (leave_selection.h), as OK
    // does; BAD changes nothing (RFC 3501 6.3.1).
    void set_aside();
    void take_back();
};

// One command being run.
struct Command {
    std::string tag;
    std::string name;                   // upper case; "UID FETCH" for UID commands
    const CommandSpec* spec = nullptr;  // its row; never null when it runs
    bool by_uid = false;
    std::string external;  // by_mailbox: the name as the client wrote it
    std::optional<model::MailboxName> mailbox;
    std::optional<model::MailboxEntry> entry;  // by_mailbox and found: its list entry
    std::optional<MetadataOptions> options;    // by_mailbox_or_server: those before the name
    std::vector<std::string> names = {};       // the same: as the client wrote them, if several
    SelectParameters select = {};              // to_select
    std::string server;                        // the last one that was told to run it
};

// Where message numbers may not be used any more (RFC 9586 3).
inline constexpr std::string_view kUidRequired =
    "[UIDREQUIRED] Message numbers are not allowed once UIDONLY is enabled";
// The answer of commands that put messages into a mailbox, when they cannot: a client may create it
// and try again (RFC 3501 6.3.11).
Completion no_target(const Error& error);
// Of the mailbox that this command names first, whichever the command is.
Completion no_mailbox(const Command& command, const Error& error);

// OK for a change of the namespace; says so when other servers will see it later.
Completion namespace_changed(const ImapSession& session);

}  // namespace rookery::imapd

#endif
