// CommandSpec: what is known of one IMAP command, a row of command_table.cc.
//
// In which states it is legal, how it is routed, what runs it here and what relays it to another
// server, and in what it differs from others: handlers and the engine read that from command.spec,
// and no name of a command is tested anywhere else (tests/lint/commands.sh). Values; cannot fail.
#ifndef ROOKERY_IMAP_IMAPD_COMMAND_SPEC_H
#define ROOKERY_IMAP_IMAPD_COMMAND_SPEC_H

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::backend {
class Backend;
}

namespace rookery::imapd {

struct Command;
struct Completion;
struct ImapSession;

enum class Route : unsigned char {
    here,                  // always answered by this process
    by_mailbox,            // where the mailbox named first is; a missing mailbox is an error
    by_mailbox_or_server,  // the same; "" is this server (RFC 5464)
    to_select,             // by_mailbox, when the whole line is read; leaves what was selected
    by_new_name,           // CREATE: the name must not exist; where its parent is, or a new place
    by_tree,               // where the mailbox named first is, and everything below it
    by_selection,          // where the selected mailbox is
    by_inbox,              // at the server of the user's INBOX (SUBSCRIBE, LSUB)
};

// In what it differs from others with the same handler.
enum class Variant : unsigned char {
    none,
    read_only,  // EXAMINE
    adds,       // SUBSCRIBE; SETACL, which has rights behind the identifier; XLIST: what the
                // mailboxes are for
    removes,    // UNSUBSCRIBE; DELETEACL; CLOSE: what is marked as deleted
    moves,      // MOVE: what was copied goes
};

// What its message numbers mean.
enum class Numbers : unsigned char {
    none,
    uids,   // it is a UID command
    taken,  // the client's, so nothing may have gone that it has not been told of
    held,   // the same; and no untagged EXPUNGE while it runs (RFC 3501 7.4.1)
};

// May a client that follows referrals be sent to the mailbox's server with it (RFC 2193)? Only with
// commands that say all that the other server must know.
enum class Referral : unsigned char {
    never,
    always,
    as_configured,  // proxyd_allow_status_referral
    admins,
    admins_without_more,  // with no argument behind the name
};

struct CommandTraits {
    std::string_view capability = {};  // the one that says that it is there (capabilities.h)
    Variant variant = Variant::none;
    Numbers numbers = Numbers::none;
    Referral referral = Referral::never;
    // Puts messages into the mailbox it names: a client may create that and try again.
    bool puts = false;
    // A client asks with it what is new; the server of the selected mailbox is asked too.
    bool polls = false;
    // Changes nothing: a lost connection is replaced unseen (doc/rules.md 5.5), if the server has
    // said nothing of the mailbox but this response.
    bool only_reads = false;
    std::string_view response = {};
    // How many arguments may stand behind the mailbox's name, or behind the command of a route that
    // reads none; kAny where the command itself knows that before it looks anything up.
    static constexpr size_t kAny = SIZE_MAX;
    size_t more = kAny;
    // What it does to the list is noted in the log of a frontend too.
    bool changes_names = false;
    // It lasts as long as the client wants: IDLE.
    bool waits = false;
    // Its options may stand before the name (RFC 5464 5).
    bool options_first = false;
    // A server's own, between nodes: others are refused before it is routed or looked up, so that
    // the answer says nothing about the name.
    bool for_nodes = false;
};

// An error of theirs is answered as Completion::from has it.
using Run = Result<Completion> (*)(ImapSession&, Command&);
using Relay = Result<Completion> (*)(ImapSession&, Command&, backend::Backend&);

struct CommandSpec {
    std::string_view name;
    unsigned states;  // bits of State
    Route route;
    Run run;      // here, on this server
    Relay relay;  // null: never leaves this server
    CommandTraits traits = {};

    bool by_uid() const { return traits.numbers == Numbers::uids; }
    bool takes_numbers() const { return traits.numbers == Numbers::taken || holds_expunge(); }
    bool holds_expunge() const { return traits.numbers == Numbers::held; }
};

}  // namespace rookery::imapd

#endif
