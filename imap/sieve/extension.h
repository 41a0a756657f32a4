// What an extension is: the commands, tests, tags, match types and comparators that a script gets
// by `require`. RFC 5228 itself is one, the one that needs none.
//
// All of it is constant data. A tag's parameter and a command's arguments are described here and
// checked by compile(); what is special to one command its `check` looks at. Any thread.
#ifndef ROOKERY_IMAP_SIEVE_EXTENSION_H
#define ROOKERY_IMAP_SIEVE_EXTENSION_H

#include <span>
#include <string>
#include <string_view>

#include "imap/sieve/program.h"
#include "lib/base/result.h"

namespace rookery::sieve {

class Interpreter;

// How a command goes on.
enum class Flow : unsigned char {
    next,
    stop,        // the script is over
    leave,       // back to the script that included this one
    leave_loop,  // behind the foreverypart
};

// What compile() itself has to know of a command.
enum class Role : unsigned char {
    plain,
    require,
    if_,
    elsif,
    else_,
    ihave,
    loop,
    in_loop,
    leave_loop
};

enum Takes : unsigned {
    takes_match = 1,         // match type and comparator
    takes_address_part = 2,  // :all, :localpart, :domain, and those of subaddress
    takes_test = 4,
    takes_tests = 8,
    takes_block = 16,
    first_is_optional = 32,  // its first argument may be left out
    last_is_optional = 64,
    takes_list = 128,  // :list too (RFC 6134 2.1)
};

// A command or a test.
struct Command {
    std::string_view name;
    std::span<const Kind> arguments = {};
    std::span<const Tag> tags = {};
    unsigned takes = 0;
    Role role = Role::plain;
    // Whether constant arguments make sense; Code::syntax with the reason. Strings that hold
    // variables are known only when the script runs: is_constant().
    Status (*check)(const Node& node, const Program& program) = nullptr;
    Result<Flow> (*run)(Interpreter& in, const Node& node) = nullptr;   // of a command
    Result<bool> (*test)(Interpreter& in, const Node& node) = nullptr;  // of a test
};

// A tag for commands of other extensions.
struct AddedTag {
    std::span<const std::string_view> commands;
    Tag tag;
};

struct MatchType {
    std::string_view name;  // without its colon
    MatchKind kind;
    bool has_relation = false;
};

struct Comparator {
    enum class Kind { octet, ascii_casemap, ascii_numeric, unicode_casemap };
    std::string_view name;
    Kind kind;
    bool has_substrings;  // may be used with :contains and :matches
};

struct Extension {
    std::span<const Command> commands = {};
    std::span<const Command> tests = {};
    std::span<const AddedTag> tags = {};
    std::span<const MatchType> match_types = {};
    std::span<const Comparator> comparators = {};
    std::span<const Tag> address_parts = {};
};

// True if the string has no variable in it that is known only when the script runs.
bool is_constant(std::string_view text, const Program& program);

}  // namespace rookery::sieve

#endif
