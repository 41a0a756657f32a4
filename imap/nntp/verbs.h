// The commands of NNTP as data (RFC 3977, 2980, 4642, 4643, 4644, 6048, 8054), and a client's line
// as one of them. A server reads by this table, and a frontend frames by it what it passes on.
//
// Lines are at most kMaxLine bytes with their CRLF (RFC 3977 3.1), but for AUTHINFO SASL, whose
// initial response may be session::kMaxSaslLine long. Pure functions; any thread.
#ifndef ROOKERY_IMAP_NNTP_VERBS_H
#define ROOKERY_IMAP_NNTP_VERBS_H

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::nntp {

inline constexpr size_t kMaxLine = 512;

// Whose command it is: of both, of who reads and posts, or of a server that feeds (-r, -f).
enum class Side : unsigned char { any, reader, feeder };
// Who may say it: anybody, or who has logged in or needs not.
enum class Needs : unsigned char { nobody, user };
// Where it is done when the group is on another server.
enum class At : unsigned char {
    client,   // by the server that the client talks to
    group,    // passed on to the server of the current group
    article,  // the same, but with a Message-ID wherever that is
};

struct Verb {
    std::string_view name;     // upper case
    std::string_view keyword;  // the second word, where there is one of several; upper case
    Side side;
    Needs needs;
    size_t least;  // arguments, behind the keyword
    size_t most;
    int lines;  // after this code come lines, to the one with a single dot; 0: never
    At at;
};

// In the order of their names; the first row of a name is what it is without a keyword, if that is
// anything.
std::span<const Verb> verbs();

// What a client said. The views are of its line.
struct Command {
    const Verb* verb = nullptr;  // null: no command of ours
    std::vector<std::string_view> words;

    // Its first word names an article by Message-ID.
    bool has_message_id() const { return !words.empty() && words[0].starts_with('<'); }
};

// line: without its CRLF. syntax: the arguments are not what the verb takes, or there is a NUL or
// a bare CR in it, so that another server might read it as something else; limit: it is too long.
// The text is for the client. A line without a command of ours is no error here.
Result<Command> parse(std::string_view line);
// The command as it is sent on, without CRLF.
std::string to_line(const Command& command);

// "<" and ">", with 3 to 250 bytes in all, none of them space, control or another bracket
// (RFC 3977 3.6).
bool is_message_id(std::string_view word);

}  // namespace rookery::nntp

#endif
