// The MUPDATE grammar (RFC 3656 as Cyrus speaks it): commands and responses in, strings out.
//
// Parsers look at what has arrived so far and say whether it is a whole command or response, more
// is needed, or it is wrong; nothing is kept between calls, so a connection may be read in any
// pieces.
// Arguments are quoted strings or literals, {n} or {n+}; the first of AUTHENTICATE and COMPRESS may
// be an atom. What is written is always a {n+} literal (data) or a quoted string (texts).
// Limits: a tag kMaxTag, the text outside literals kMaxLine, one string kMaxString, kMaxArguments
// of them, the whole kMaxCommand bytes. Pure functions; any thread.
#ifndef ROOKERY_IMAP_MUPDATE_WIRE_H
#define ROOKERY_IMAP_MUPDATE_WIRE_H

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mupdate/server/verbs.h"

namespace rookery::mupdate {

inline constexpr size_t kMaxTag = 128;
inline constexpr size_t kMaxLine = 8192;
inline constexpr size_t kMaxString = 131072;
inline constexpr size_t kMaxArguments = 31;
inline constexpr size_t kMaxCommand = 524288;

struct Command {
    std::string tag;
    Verb verb = Verb::unknown;
    std::vector<std::string> arguments;
};

struct Parsed {
    enum class Kind : unsigned char {
        incomplete,  // nothing was taken; call again when there is more
        go_ahead,    // the same, and the peer waits for "+ go ahead" for the literal whose header
                     // ends at position
        command,     // a whole command, position bytes long
        bad,         // position bytes to drop; reply says why, under tag ("*" if there was none)
        fatal,       // the same, and the stream cannot be followed any further
    };
    Kind kind = Kind::incomplete;
    size_t position = 0;
    Command command;
    std::string_view reply;  // bad, fatal: the text, not quoted; constant
};
Parsed parse_command(std::string_view input);

// What a server says.
struct Response {
    enum class Kind : unsigned char {
        ok,
        no,
        bad,
        bye,
        mailbox,
        reserve,
        remove,
        position,  // ours: epoch, serial, what follows
        servers,   // ours: the states of servers, as text
        status,    // ours: key, value
        other
    };
    std::string tag;
    Kind kind = Kind::other;
    std::vector<std::string> arguments;  // of those in front of it
    std::string text;                    // of ok, no, bad, bye: quoted, literal or bare
};
struct ParsedResponse {
    enum class Kind : unsigned char { incomplete, response, broken };
    Kind kind = Kind::incomplete;
    size_t position = 0;
    Response response;
};
ParsedResponse parse_response(std::string_view input);

// tag SP word SP "text" CRLF
void put_reply(std::string& out, std::string_view tag, std::string_view word,
               std::string_view text);
// Data lines of LIST, FIND and UPDATE.
void put_mailbox(std::string& out, std::string_view tag, std::string_view name,
                 std::string_view location, std::string_view acl);
void put_reserve(std::string& out, std::string_view tag, std::string_view name,
                 std::string_view location);
void put_delete(std::string& out, std::string_view tag, std::string_view name);
// Any other data line: tag SP word *(SP string) CRLF
void put_data(std::string& out, std::string_view tag, std::string_view word,
              std::initializer_list<std::string_view> values);

}  // namespace rookery::mupdate

#endif
