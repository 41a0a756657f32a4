#include "imap/pop3/verbs.h"

#include <algorithm>

#include "imap/session/login.h"
#include "lib/base/strings.h"

namespace rookery::pop3 {
namespace {

constexpr Verb kVerbs[] = {
    {"APOP", When::authorization, Arguments::two_words, Answer::line, At::client},
    {"AUTH", When::authorization, Arguments::sasl, Answer::lines_of_all, At::client},
    {"CAPA", When::always, Arguments::none, Answer::lines, At::client},
    {"DELE", When::transaction, Arguments::number, Answer::line, At::maildrop},
    {"LANG", When::always, Arguments::optional_text, Answer::lines_of_all, At::client},
    {"LIST", When::transaction, Arguments::optional_number, Answer::lines_of_all, At::maildrop},
    {"NOOP", When::transaction, Arguments::none, Answer::line, At::client},
    {"PASS", When::authorization, Arguments::text, Answer::line, At::client},
    {"QUIT", When::always, Arguments::none, Answer::line, At::both},
    {"RETR", When::transaction, Arguments::number, Answer::lines, At::maildrop},
    {"RSET", When::transaction, Arguments::none, Answer::line, At::maildrop},
    {"STAT", When::transaction, Arguments::none, Answer::line, At::maildrop},
    {"STLS", When::authorization, Arguments::none, Answer::line, At::client},
    {"TOP", When::transaction, Arguments::two_numbers, Answer::lines, At::maildrop},
    {"UIDL", When::transaction, Arguments::optional_number, Answer::lines_of_all, At::maildrop},
    {"USER", When::authorization, Arguments::text, Answer::line, At::client},
    {"UTF8", When::authorization, Arguments::none, Answer::line, At::client},
    {"X-REUSE", When::transaction, Arguments::none, Answer::line, At::both},
    {"X-SESSION", When::authorization, Arguments::text, Answer::line, At::client},
};

struct Counts {
    size_t least;
    size_t most;
    bool are_numbers;
};

Counts counts_of(Arguments arguments)
{
    switch (arguments) {
        case Arguments::none: return {0, 0, false};
        case Arguments::text: return {1, 1, false};
        case Arguments::two_words: return {2, 2, false};
        case Arguments::sasl: return {0, 2, false};
        case Arguments::optional_text: return {0, 1, false};
        case Arguments::number: return {1, 1, true};
        case Arguments::optional_number: return {0, 1, true};
        case Arguments::two_numbers: break;
    }
    return {2, 2, true};
}

// Words between single or many spaces; text is one word to the end of the line.
Status split(std::string_view rest, Arguments arguments, Command& command)
{
    const Counts counts = counts_of(arguments);
    if (arguments == Arguments::text) {
        if (!rest.empty()) command.words[command.count++] = rest;
    } else {
        for (const std::string_view word : split_words(rest)) {
            if (command.count == counts.most) return Error{Code::syntax, "Too many arguments"};
            command.words[command.count++] = word;
        }
    }
    if (command.count < counts.least) return Error{Code::syntax, "Arguments are missing"};
    if (!counts.are_numbers) return success();
    for (size_t i = 0; i < command.count; ++i) {
        const auto number = to_number<uint32_t>(command.words[i]);
        if (!number) return Error{Code::syntax, "That is no number"};
        command.numbers[i] = *number;
    }
    return success();
}

}  // namespace

std::span<const Verb> verbs()
{
    return kVerbs;
}

const Verb* find_verb(std::string_view name)
{
    const auto* found = std::find_if(std::begin(kVerbs), std::end(kVerbs),
                                     [&](const Verb& v) { return equal_nocase(v.name, name); });
    return found == std::end(kVerbs) ? nullptr : found;
}

bool Command::has_many_lines() const
{
    switch (verb->answer) {
        case Answer::line: return false;
        case Answer::lines: return true;
        case Answer::lines_of_all: break;
    }
    return count == 0;
}

bool Command::has_numbers() const
{
    return counts_of(verb->arguments).are_numbers;
}

Result<Command> parse(std::string_view line)
{
    Command command;
    command.numbers = {};
    const size_t space = line.find(' ');
    command.name = line.substr(0, space);
    command.verb = find_verb(command.name);
    const bool is_sasl = command.verb != nullptr && command.verb->arguments == Arguments::sasl;
    if (line.size() + 2 > (is_sasl ? session::kMaxSaslLine : kMaxLine))
        return Error{Code::limit, "The line is too long"};
    if (line.find_first_of(std::string_view("\r\0", 2)) != line.npos)
        return Error{Code::syntax, "There is a bare CR or a NUL in the line"};
    if (command.verb == nullptr) return command;
    const std::string_view rest = space == line.npos ? std::string_view() : line.substr(space + 1);
    TRY(split(rest, command.verb->arguments, command));
    return command;
}

}  // namespace rookery::pop3
