// What the CAPABILITY response lists for a session in its present state (doc/protocols/cyrus.md 4).
#ifndef ROOKERY_IMAP_IMAPD_CAPABILITIES_H
#define ROOKERY_IMAP_IMAPD_CAPABILITIES_H

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/imapd/session.h"

namespace rookery::imapd {

// One of them, and when it is there; what it means is elsewhere.
struct Capability {
    enum class Told : unsigned char { always, before_login, after_login };
    // Whose is it: are there rows of the command table that name it (CommandTraits::capability)?
    enum class Owner : unsigned char { protocol, commands };

    std::string_view name;  // with '=' at its end: in front of each of values
    Told told = Told::after_login;
    Owner owner = Owner::protocol;
    // A frontend does it by itself, from the list and with the commands of RFC 3501. What is told
    // after the login, without a condition, and is none of these is there if the backends have it
    // (announced.h).
    bool by_itself = false;
    bool (*is_there)(const ImapSession&) = nullptr;                    // null: always
    std::vector<std::string> (*values)(const ImapSession&) = nullptr;  // null: the name alone
    void (*enable)(ImapSession&) = nullptr;                            // null: not by ENABLE
    bool is_a_switch = false;  // without it its commands are not known either
    // What backends have to have for it, and are told to enable; empty: the same.
    std::string_view there = {};

    constexpr std::string_view name_there() const { return there.empty() ? name : there; }
};
std::span<const Capability> capability_table();
const Capability* find_capability(std::string_view name);  // in any case; null: there is none

// "IMAP4rev1 LITERAL+ ...", without what suppress_capabilities names and what other servers lack
// that hold mailboxes and were heard. Before the login it is what a client can do then; with_later
// adds what it can do afterwards, for clients like cyradm that ask once and before.
std::string capability_list(ImapSession& session, bool with_later = false);
// Is it in that list?
bool is_announced(ImapSession& session, const Capability& row);
// May this session's client go back to the not-authenticated state (RFC 8437)? Only servers of the
// murder and admins, and not with a layer that would have to come off: SASL, compression.
bool may_unauthenticate(const ImapSession& session);
// May it copy mailboxes from and to this server as a whole (doc/protocols/sync.md)?
bool may_sync(const ImapSession& session);
// Does the configuration take away the capability that this command is of, and it with it?
bool is_switched_off(const ImapSession& session, const CommandSpec& spec);
// The largest message that APPEND takes, in bytes (RFC 7889).
uint64_t append_limit(const config::Config& config);

}  // namespace rookery::imapd

#endif
