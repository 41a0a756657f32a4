// Program: a Sieve script that was found correct, ready to be run any number of times.
//
// A tree of nodes. Each knows the row that it is an instance of, its tags, and its positional
// arguments. Owns all of its text; what it points to besides are tables in the program's own data.
// Made by compile(). Never changes after that, so any number of threads may run it.
#ifndef ROOKERY_IMAP_SIEVE_PROGRAM_H
#define ROOKERY_IMAP_SIEVE_PROGRAM_H

#include <bitset>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/sieve/limits.h"
#include "imap/sieve/script_error.h"

namespace rookery::sieve {

struct Command;
struct Comparator;

// What an argument or the parameter of a tag is.
enum class Kind : unsigned char {
    none,
    number,
    string,
    strings,  // a list or one
};

struct Tag {
    std::string_view name;  // lower case, without its colon
    Kind parameter = Kind::none;
    std::string_view group = {};  // of several tags of a group a script may use one
    bool required = false;        // one of this group must be there
    std::string_view needs = {};  // a tag without which this one makes no sense
};

// The rows of the table of extensions, by their place there.
inline constexpr size_t kMaxExtensions = 64;
using Capabilities = std::bitset<kMaxExtensions>;

struct Value {
    uint64_t number = 0;
    std::vector<std::string> strings;
};

struct TagUse {
    const Tag* tag = nullptr;
    Value value;
};

enum class MatchKind { is, contains, matches, count, value, list, regex };
enum class Relation { gt, ge, lt, le, eq, ne };

struct Match {
    MatchKind kind = MatchKind::is;
    Relation relation = Relation::eq;
    const Comparator* comparator = nullptr;
};

struct Node {
    const Command* command = nullptr;  // null: what ihave let pass, which ends the run
    Position at;
    std::string problem;          // of such a node
    std::optional<size_t> asked;  // the row that ihave must have been asked for before (RFC 5463 4)
    Match match;                  // of tests that compare
    std::vector<TagUse> tags;
    std::vector<Value> arguments;
    std::vector<Node> tests;
    std::vector<Node> block;

    // The tag of that name, without its colon, or null.
    const Value* tag(std::string_view name) const;
    bool has(std::string_view name) const { return tag(name) != nullptr; }
};

struct Program {
    std::vector<Node> block;
    Capabilities capabilities;
    bool has_variables = false;  // "${x}" means something
    Limits limits;
};

}  // namespace rookery::sieve

#endif
