// The grammar of Sieve: a script as a tree of commands, before anything is known of their meaning
// (RFC 5228 8.2).
//
// After an error it goes on behind the next ';' or block, so that one run tells more than one.
// Limits: script_size, nesting, list_size, errors. Values; no sharing.
#ifndef ROOKERY_IMAP_SIEVE_PARSER_H
#define ROOKERY_IMAP_SIEVE_PARSER_H

#include <string>
#include <string_view>
#include <vector>

#include "imap/sieve/limits.h"
#include "imap/sieve/script_error.h"

namespace rookery::sieve::tree {

struct Argument {
    enum class Kind { number, tag, string, string_list };
    Kind kind = Kind::number;
    uint64_t number = 0;
    std::vector<std::string> strings;  // one for a tag and a string
    Position at;
    std::vector<Position> places;  // of the strings of a list
};

// A command or a test.
struct Command {
    std::string name;  // lower case
    Position at;
    std::vector<Argument> arguments;
    bool has_test_list = false;
    std::vector<Command> tests;
    bool has_block = false;
    std::vector<Command> block;
};

std::vector<Command> parse(std::string_view script, const Limits& limits, ScriptErrors& errors);

}  // namespace rookery::sieve::tree

#endif
