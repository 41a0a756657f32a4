// The commands of POP3 as data (RFC 1939, 2449, 2595, 5034, 6856), and a client's line as one of
// them. A server reads by this table, and a frontend frames by it what it passes on.
//
// X-REUSE is ours (doc/rules.md 5.3): between servers of a murder, a QUIT after whose +OK the
// connection is in AUTHORIZATION again.
//
// Lines are at most kMaxLine bytes with their CRLF (RFC 2449 4), but for AUTH, whose initial
// response may be session::kMaxSaslLine long. Pure functions; any thread.
#ifndef ROOKERY_IMAP_POP3_VERBS_H
#define ROOKERY_IMAP_POP3_VERBS_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::pop3 {

inline constexpr size_t kMaxLine = 255;

enum class When : unsigned char { authorization, transaction, always };

enum class Arguments : unsigned char {
    none,
    text,             // the rest of the line, at least one byte: names and passwords have spaces
    two_words,        // APOP
    sasl,             // AUTH: a mechanism, and an initial response; none: which there are
    optional_text,    // LANG
    number,           // of a message
    optional_number,  // LIST, UIDL
    two_numbers,      // TOP: a message, and lines, which may be 0
};

enum class Answer : unsigned char {
    line,
    lines,         // after +OK, to the line with a single dot
    lines_of_all,  // without an argument; one line with one
};

// Where it is done when the maildrop is on another server.
enum class At : unsigned char {
    client,    // by the server that the client talks to
    maildrop,  // passed on
    both,      // QUIT and X-REUSE: end both sessions
};

struct Verb {
    std::string_view name;  // upper case
    When when;
    Arguments arguments;
    Answer answer;
    At at;
};

// In the order of their names.
std::span<const Verb> verbs();
// Null: there is no such command.
const Verb* find_verb(std::string_view name);

// What a client said. The views are of its line.
struct Command {
    const Verb* verb = nullptr;  // null: no command of ours
    std::string_view name;       // as it was written
    std::array<std::string_view, 2> words;
    size_t count = 0;                 // of words
    std::array<uint32_t, 2> numbers;  // of Arguments::number and its kin

    bool has_many_lines() const;  // of its answer, where that is +OK
    bool has_numbers() const;     // its words are numbers
};

// line: without its CRLF. syntax: the arguments are not what the verb takes, or there is a NUL or
// a bare CR in it, so that another server might read it as something else; limit: it is too long.
// The text is for the client. A line without a command of ours is no error here.
Result<Command> parse(std::string_view line);

}  // namespace rookery::pop3

#endif
