// Actions: what a script wants to be done with a message, as plain data. Nothing was done yet.
//
// The implicit keep is resolved: a Keep stands in the list or not. What would put a message twice
// into one mailbox or send it twice to one address is one action. Header edits (RFC 5293) stand
// beside the list; an action concerns the message as the first `edits` of them have left it.
// Values; no sharing.
#ifndef ROOKERY_IMAP_SIEVE_ACTIONS_H
#define ROOKERY_IMAP_SIEVE_ACTIONS_H

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace rookery::sieve {

// A mailbox to put a message into, and how.
struct Target {
    std::string mailbox;             // UTF-8, as the user writes it
    std::vector<std::string> flags;  // RFC 5232
    bool create = false;             // RFC 5490: make it if it is not there
    std::string special_use;         // RFC 8579: the mailbox with it comes first; or ""
    std::string mailbox_id;          // RFC 9042: the mailbox with it comes first; or ""
};

struct Keep {
    std::vector<std::string> flags;
};
struct FileInto {
    Target to;
};
struct Redirect {
    std::string address;
    std::string list;  // RFC 6134: the name of an external list instead of an address
};
struct Discard {};
struct Reject {
    std::string reason;
    bool refuse = false;  // ereject: at the SMTP level if that is possible at all (RFC 5429)
};
struct Vacation {
    std::string to;  // the envelope sender
    uint64_t seconds = 0;
    std::string handle;  // answers with one are told apart from those with others
    std::string subject;
    std::string from;
    bool is_mime = false;
    std::string reason;
    std::optional<Target> fcc;  // RFC 8580
};
struct Notify {
    std::string method;
    std::string from;
    std::string message;
    unsigned importance = 2;
    std::vector<std::string> options;
    std::optional<Target> fcc;
};

struct Action {
    std::variant<Keep, FileInto, Redirect, Discard, Reject, Vacation, Notify> what;
    size_t edits = 0;
};

struct HeaderEdit {
    bool is_deletion = false;
    std::string name;
    std::string value;  // of an addition
    bool last = false;  // an addition behind all others
    size_t index = 0;   // of a deletion: the field's number among those of the name, from 1
};

// What `duplicate` asked for (RFC 7352): to be stored once everything else has succeeded.
struct DuplicateMark {
    std::string handle;
    std::string id;
    uint64_t seconds = 0;
    bool last = false;  // the time begins again with each duplicate
};

struct Actions {
    std::vector<Action> list;
    std::vector<HeaderEdit> edits;
    std::vector<DuplicateMark> duplicates;
};

// One action a line, for people and tests, line ends within it as \n: fileinto "a" :flags "\\Seen".
std::string to_text(const Actions& actions);

}  // namespace rookery::sieve

#endif
