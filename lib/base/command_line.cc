#include "config.h"

#include "lib/base/command_line.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/only_check.h"
#include "lib/base/strings.h"

namespace rookery {
namespace {

constexpr std::string_view kOnlyCheckWord = kOnlyCheck.substr(2);
constexpr std::array kOfAll = {Option{0, kOnlyCheckWord, "", ""},
                               Option{0, "help", "", "tell this, and end"},
                               Option{0, "version", "", "tell the version, and end"}};

bool is_named(const Option& option, std::string_view name)
{
    return option.word == name || (name.size() == 1 && option.letter == name[0]);
}

// "-C, --config file"
std::string names_of(const Option& option)
{
    std::string text;
    if (option.letter != 0) cat_to(text, '-', option.letter);
    if (!option.word.empty()) cat_to(text, text.empty() ? "" : ", ", "--", option.word);
    if (!option.value.empty()) cat_to(text, ' ', option.value);
    return text;
}

// True if the synopsis has this option, as a whole word.
bool names_option(std::string_view synopsis, const Option& option)
{
    const std::string wanted =
        option.word.empty() ? cat('-', option.letter) : cat("--", option.word);
    for (size_t at = 0; (at = synopsis.find(wanted, at)) != std::string_view::npos; at++) {
        const size_t end = at + wanted.size();
        if (at > 0 && synopsis[at - 1] != ' ' && synopsis[at - 1] != '[') continue;
        if (end == synopsis.size() || synopsis[end] == ' ' || synopsis[end] == ']') return true;
    }
    return false;
}

// The words behind the front, in lines of at most 80 columns where they allow it; what is in
// brackets stays together.
std::string wrapped(std::string_view front, std::string_view text)
{
    constexpr size_t kWidth = 80;
    std::string lines(front);
    size_t column = front.size(), depth = 0, begin = 0;
    for (size_t i = 0; i <= text.size(); i++) {
        const char c = i < text.size() ? text[i] : ' ';
        if (c == '[') depth++;
        if (c == ']' && depth > 0) depth--;
        if (i < text.size() && (c != ' ' || depth > 0)) continue;
        const std::string_view word = text.substr(begin, i - begin);
        begin = i + 1;
        if (word.empty()) continue;
        if (column + 1 + word.size() > kWidth) {
            cat_to(lines, '\n', std::string(front.size(), ' '));
            column = front.size();
        }
        cat_to(lines, ' ', word);
        column += 1 + word.size();
    }
    return lines + '\n';
}

[[noreturn]] void print_and_end(int fd, std::string_view text, int code)
{
    // There is nobody to tell that it is closed.
    (void)write_all(fd, text);
    ::exit(code);
}

}  // namespace

std::string_view bare_name(std::string_view path)
{
    constexpr std::string_view kPrefix = ROOKERY_CLASH_PREFIX;
    path.remove_prefix(path.rfind('/') + 1);
    if (path.starts_with(kPrefix)) path.remove_prefix(kPrefix.size());
    return path;
}

CommandLine::CommandLine(const Program& program, int argc, char* const* argv) : program_(&program)
{
    const Status taken = take_all(argc, argv);
    const bool only_check = has(kOnlyCheckWord);
    if (only_check && !taken) refuse(taken.error().text);
    if (only_check) print_and_end(STDOUT_FILENO, {}, 0);
    if (has("help")) print_and_end(STDOUT_FILENO, help(), 0);
    if (has("version"))
        print_and_end(STDOUT_FILENO, cat(name_, " (Rookery) " PACKAGE_VERSION "\n"), 0);
    if (!taken) refuse(taken.error().text);
}

Result<CommandLine> CommandLine::read(const Program& program, int argc, char* const* argv)
{
    CommandLine line(program);
    TRY(line.take_all(argc, argv));
    return line;
}

Status CommandLine::take_all(int argc, char* const* argv)
{
    std::string_view path = argc > 0 && argv[0] != nullptr ? argv[0] : "";
    path = path.substr(path.rfind('/') + 1);
    name_ = path.empty() ? program_->name : path;
    bool is_over = false;
    for (int at = 1; at < argc; at++) {
        const std::string_view text = argv[at];
        if (is_over || text.size() < 2 || text[0] != '-') {
            operands_.emplace_back(text);
        } else if (text == "--") {
            is_over = true;
        } else if (text[1] == '-') {
            TRY(take_word(text.substr(2), argc, argv, at));
        } else {
            TRY(take_letters(text.substr(1), argc, argv, at));
        }
    }
    return is_asked_for_help() ? success() : fits();
}

Result<const Option*> CommandLine::find_word(std::string_view word) const
{
    const Option* found = nullptr;
    for (const std::span<const Option> options :
         {program_->options, std::span<const Option>(kOfAll)}) {
        for (const Option& option : options) {
            if (option.word.empty() || !option.word.starts_with(word)) continue;
            if (option.word == word) return &option;
            if (found != nullptr) return Error{Code::syntax, cat("--", word, " can be several")};
            found = &option;
        }
    }
    if (found == nullptr) return Error{Code::syntax, cat("there is no option --", word)};
    return found;
}

Status CommandLine::take_word(std::string_view text, int argc, char* const* argv, int& at)
{
    const size_t equals = text.find('=');
    TRY_ASSIGN(const Option* option, find_word(text.substr(0, equals)));
    std::string value;
    if (option->value.empty()) {
        if (equals != std::string_view::npos)
            return Error{Code::syntax, cat("--", option->word, " takes no value")};
    } else if (equals != std::string_view::npos) {
        value = text.substr(equals + 1);
    } else if (at + 1 < argc) {
        value = argv[++at];
    } else {
        return Error{Code::syntax, cat("--", option->word, " needs a value: ", option->value)};
    }
    given_.emplace_back(option, std::move(value));
    return success();
}

Status CommandLine::take_letters(std::string_view letters, int argc, char* const* argv, int& at)
{
    for (size_t i = 0; i < letters.size(); i++) {
        const auto& options = program_->options;
        const auto option = std::find_if(options.begin(), options.end(),
                                         [&](const Option& o) { return o.letter == letters[i]; });
        if (option == options.end())
            return Error{Code::syntax, cat("there is no option -", letters[i])};
        if (option->value.empty()) {
            given_.emplace_back(&*option, std::string());
            continue;
        }
        std::string value(letters.substr(i + 1));
        if (value.empty()) {
            if (at + 1 >= argc)
                return Error{Code::syntax, cat("-", letters[i], " needs a value: ", option->value)};
            value = argv[++at];
        }
        given_.emplace_back(&*option, std::move(value));
        break;
    }
    return success();
}

const std::string* CommandLine::first_command() const
{
    return program_->subcommands.empty() || operands_.empty() ? nullptr : &operands_.front();
}

bool CommandLine::has_subcommand(std::string_view name) const
{
    return std::any_of(program_->subcommands.begin(), program_->subcommands.end(),
                       [&](const Subcommand& s) { return s.name == name; });
}

bool CommandLine::is_of_subcommands(const Option& option) const
{
    return std::any_of(program_->subcommands.begin(), program_->subcommands.end(),
                       [&](const Subcommand& s) { return names_option(s.synopsis, option); });
}

// What the table says of the whole: how many operands, which options with which subcommand.
Status CommandLine::fits() const
{
    if (program_->subcommands.empty()) {
        if (operands_.size() < program_->least) return Error{Code::syntax, "an operand is missing"};
        if (operands_.size() > program_->most)
            return Error{Code::syntax,
                         cat("there is nothing to do with \"", operands_[program_->most], '"')};
        return success();
    }
    const std::string* command = first_command();
    if (command == nullptr) return Error{Code::syntax, "a subcommand is missing"};
    if (!has_subcommand(*command))
        return Error{Code::syntax, cat("there is no subcommand ", *command)};
    for (const auto& [option, value] : given_) {
        if (!is_of_subcommands(*option)) continue;
        const auto takes_it = [&, one = option](const Subcommand& s) {
            return s.name == *command && names_option(s.synopsis, *one);
        };
        if (std::none_of(program_->subcommands.begin(), program_->subcommands.end(), takes_it))
            return Error{Code::syntax, cat(*command, " has no option ",
                                           option->word.empty() ? cat('-', option->letter)
                                                                : cat("--", option->word))};
    }
    return success();
}

size_t CommandLine::count(std::string_view option) const
{
    return static_cast<size_t>(std::count_if(given_.begin(), given_.end(), [&](const auto& given) {
        return is_named(*given.first, option);
    }));
}

std::optional<std::string> CommandLine::given(std::string_view option) const
{
    for (auto given = given_.rbegin(); given != given_.rend(); ++given)
        if (is_named(*given->first, option)) return given->second;
    return std::nullopt;
}

std::string CommandLine::value(std::string_view option, std::string_view otherwise) const
{
    return given(option).value_or(std::string(otherwise));
}

std::vector<std::string> CommandLine::values(std::string_view option) const
{
    std::vector<std::string> all;
    for (const auto& [one, value] : given_)
        if (is_named(*one, option)) all.push_back(value);
    return all;
}

// " [-fqu] [-C file] [--word]"
std::string CommandLine::options_in_brackets() const
{
    std::string flags, others;
    for (const Option& option : program_->options) {
        if (option.meaning.empty()) continue;
        if (option.letter != 0 && option.value.empty()) {
            flags += option.letter;
            continue;
        }
        const std::string name =
            option.letter != 0 ? cat('-', option.letter) : cat("--", option.word);
        cat_to(others, " [", name, option.value.empty() ? "" : " ", option.value, ']');
    }
    return cat(flags.empty() ? "" : cat(" [-", flags, ']'), others);
}

std::string CommandLine::usage() const
{
    constexpr std::string_view kBegin = "usage: ";
    const auto line = [&](std::string_view begin, std::string_view rest) {
        return wrapped(cat(begin, name_), rest);
    };
    if (program_->subcommands.empty())
        return line(kBegin, cat(options_in_brackets(), program_->operands.empty() ? "" : " ",
                                program_->operands));
    const std::string* wanted = first_command();
    const bool is_known = wanted != nullptr && has_subcommand(*wanted);
    std::string text;
    for (const Subcommand& s : program_->subcommands) {
        if (is_known && s.name != *wanted) continue;
        text += line(text.empty() ? kBegin : std::string(kBegin.size(), ' '),
                     cat("[option ...] ", s.name, s.synopsis.empty() ? "" : " ", s.synopsis));
    }
    return text;
}

std::string CommandLine::help() const
{
    std::string text = cat(name_, ": ", program_->purpose, ".\n\n", usage(), '\n');
    size_t width = 0;
    const auto each = [&](const auto& take) {
        for (const std::span<const Option> options :
             {program_->options, std::span<const Option>(kOfAll)})
            for (const Option& option : options)
                if (!option.meaning.empty()) take(option);
    };
    each([&](const Option& option) { width = std::max(width, names_of(option).size()); });
    each([&](const Option& option) {
        const std::string names = names_of(option);
        cat_to(text, "  ", names, std::string(width - names.size() + 2, ' '), option.meaning, '\n');
    });
    return text;
}

void CommandLine::refuse(std::string_view reason) const
{
    const std::string why = reason.empty() ? std::string() : cat(name_, ": ", reason, '\n');
    print_and_end(STDERR_FILENO, why + usage(), log::kExUsage);
}

}  // namespace rookery
