// The command line of every program: one table of options, and what follows from it.
//
// Letters as POSIX 12.2 has them (-fq, -C file, -Cfile), words as getopt_long(3) takes them
// (--config file, --config=file, shortened while one fits); options and operands in any order, "--"
// ends the options. --help and --version are every program's: each prints and ends it with 0. What
// is wrong ends it with 64 (EX_USAGE), and says what and how it should be. One thread, for main.
#ifndef ROOKERY_LIB_BASE_COMMAND_LINE_H
#define ROOKERY_LIB_BASE_COMMAND_LINE_H

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/result.h"

namespace rookery {

struct Option {
    char letter = 0;  // 0: none
    std::string_view word;
    std::string_view value;    // what stands behind it; "": nothing does
    std::string_view meaning;  // one line; "": taken for the sake of scripts, and not told
};

// A subcommand, or one way to use it; its options are those whose --word stands in the synopsis.
struct Subcommand {
    std::string_view name;
    std::string_view synopsis;  // behind the name
};

struct Program {
    std::string_view name;     // if argv[0] does not say
    std::string_view purpose;  // a sentence without its full stop
    std::span<const Option> options;
    std::string_view operands;  // behind the options
    size_t least = 0;           // operands
    size_t most = 0;
    std::span<const Subcommand> subcommands = {};  // the first operand, if there are any
};

constexpr size_t kAnyNumber = SIZE_MAX;

class CommandLine {
 public:
    // For a program that starts: what is asked for is printed, what is wrong ends it.
    CommandLine(const Program& program, int argc, char* const* argv);
    // Code::syntax: what is wrong, for people. "help" and "version" are options like others here.
    static Result<CommandLine> read(const Program& program, int argc, char* const* argv);

    // An option is named by its letter or its word.
    bool has(std::string_view option) const { return count(option) > 0; }
    size_t count(std::string_view option) const;
    // The last one's value; or this, if it is not given.
    std::string value(std::string_view option, std::string_view otherwise = {}) const;
    std::optional<std::string> given(std::string_view option) const;
    std::vector<std::string> values(std::string_view option) const;
    const std::vector<std::string>& operands() const { return operands_; }
    // By which name the program was called, without folders.
    const std::string& program() const { return name_; }

    // "usage: ...", as many lines as there are ways.
    std::string usage() const;
    std::string help() const;
    // The line has no sense, which only the program knows: says why, if there is a reason to give,
    // then the usage; ends the process with 64.
    [[noreturn]] void refuse(std::string_view reason = {}) const;

 private:
    explicit CommandLine(const Program& program) : program_(&program) {}
    Status take_all(int argc, char* const* argv);
    Status take_word(std::string_view text, int argc, char* const* argv, int& at);
    Status take_letters(std::string_view letters, int argc, char* const* argv, int& at);
    Result<const Option*> find_word(std::string_view word) const;
    bool is_asked_for_help() const { return has("help") || has("version"); }
    Status fits() const;
    std::string options_in_brackets() const;
    bool has_subcommand(std::string_view name) const;
    bool is_of_subcommands(const Option& option) const;
    const std::string* first_command() const;

    const Program* program_;
    std::string name_;
    std::vector<std::pair<const Option*, std::string>> given_;
    std::vector<std::string> operands_;
};

}  // namespace rookery

#endif
