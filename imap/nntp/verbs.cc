#include "imap/nntp/verbs.h"

#include <algorithm>

#include "imap/session/login.h"
#include "lib/base/strings.h"

namespace rookery::nntp {
namespace {

constexpr size_t kMaxMessageId = 250;
constexpr size_t kAny = kMaxLine;

using enum Side;
using enum Needs;

constexpr Verb kVerbs[] = {
    {"ARTICLE", "", reader, user, 0, 1, 220, At::article},
    {"AUTHINFO", "PASS", any, nobody, 1, kAny, 0, At::client},
    {"AUTHINFO", "SASL", any, nobody, 1, 2, 0, At::client},
    {"AUTHINFO", "USER", any, nobody, 1, kAny, 0, At::client},
    {"BODY", "", reader, user, 0, 1, 222, At::article},
    {"CAPABILITIES", "", any, nobody, 0, 1, 101, At::client},
    {"CHECK", "", feeder, user, 1, 1, 0, At::client},
    {"COMPRESS", "", any, nobody, 1, 1, 0, At::client},
    {"DATE", "", any, nobody, 0, 0, 0, At::client},
    {"GROUP", "", reader, user, 1, 1, 0, At::client},
    {"HDR", "", reader, user, 1, 2, 225, At::article},
    {"HEAD", "", any, user, 0, 1, 221, At::article},
    {"HELP", "", any, nobody, 0, 0, 100, At::client},
    {"IHAVE", "", feeder, user, 1, 1, 0, At::client},
    {"LAST", "", reader, user, 0, 0, 0, At::group},
    {"LIST", "", any, user, 0, 0, 215, At::client},
    {"LIST", "ACTIVE", any, user, 0, 1, 215, At::client},
    {"LIST", "ACTIVE.TIMES", any, user, 0, 1, 215, At::client},
    {"LIST", "COUNTS", reader, user, 0, 1, 215, At::client},
    {"LIST", "HEADERS", reader, user, 0, 1, 215, At::client},
    {"LIST", "MOTD", reader, user, 0, 0, 215, At::client},
    {"LIST", "NEWSGROUPS", any, user, 0, 1, 215, At::client},
    {"LIST", "OVERVIEW.FMT", reader, user, 0, 0, 215, At::client},
    {"LISTGROUP", "", reader, user, 0, 2, 211, At::client},
    {"MODE", "READER", any, nobody, 0, 0, 0, At::client},
    {"MODE", "STREAM", feeder, nobody, 0, 0, 0, At::client},
    {"NEWGROUPS", "", reader, user, 2, 3, 231, At::client},
    {"NEWNEWS", "", reader, user, 3, 4, 230, At::client},
    {"NEXT", "", reader, user, 0, 0, 0, At::group},
    {"OVER", "", reader, user, 0, 1, 224, At::article},
    {"POST", "", reader, user, 0, 0, 0, At::client},
    {"QUIT", "", any, nobody, 0, 0, 0, At::client},
    {"STARTTLS", "", any, nobody, 0, 0, 0, At::client},
    {"STAT", "", any, user, 0, 1, 0, At::article},
    {"TAKETHIS", "", feeder, user, 1, 1, 0, At::client},
    {"X-SESSION", "", any, nobody, 1, 1, 0, At::client},
    {"XHDR", "", reader, user, 1, 2, 221, At::article},
    {"XOVER", "", reader, user, 0, 1, 224, At::group},
    {"XPAT", "", reader, user, 3, kAny, 221, At::client},
};

bool is_sasl(const Verb* verb)
{
    return verb != nullptr && verb->keyword == "SASL";
}

// The row of these words; name_is_known: there are others of that name.
const Verb* find(std::string_view name, std::string_view keyword, bool& name_is_known)
{
    const Verb* found = nullptr;
    for (const Verb& verb : kVerbs) {
        if (!equal_nocase(verb.name, name)) continue;
        name_is_known = true;
        const bool takes_keyword = !verb.keyword.empty();
        if (takes_keyword ? equal_nocase(verb.keyword, keyword) : found == nullptr) found = &verb;
    }
    return found;
}

}  // namespace

std::span<const Verb> verbs()
{
    return kVerbs;
}

bool is_message_id(std::string_view word)
{
    if (word.size() < 3 || word.size() > kMaxMessageId || !word.starts_with('<') ||
        !word.ends_with('>'))
        return false;
    return std::all_of(word.begin() + 1, word.end() - 1, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte < 0x7f && c != '<' && c != '>';
    });
}

Result<Command> parse(std::string_view line)
{
    Command command;
    command.words = split_words(line);
    const std::string_view name = command.words.empty() ? "" : command.words[0];
    const std::string_view keyword = command.words.size() < 2 ? "" : command.words[1];
    bool name_is_known = false;
    command.verb = find(name, keyword, name_is_known);
    if (line.size() + 2 > (is_sasl(command.verb) ? session::kMaxSaslLine : kMaxLine))
        return Error{Code::limit, "The line is too long"};
    if (line.find_first_of(std::string_view("\r\0", 2)) != line.npos)
        return Error{Code::syntax, "There is a bare CR or a NUL in the line"};
    if (command.verb == nullptr && name_is_known) return Error{Code::syntax, "No such keyword"};
    if (command.verb == nullptr) return command;
    const bool has_keyword = !command.verb->keyword.empty();
    command.words.erase(command.words.begin(), command.words.begin() + (has_keyword ? 2 : 1));
    if (command.words.size() < command.verb->least)
        return Error{Code::syntax, "Arguments are missing"};
    if (command.words.size() > command.verb->most) return Error{Code::syntax, "Too many arguments"};
    return command;
}

std::string to_line(const Command& command)
{
    std::string line(command.verb->name);
    if (!command.verb->keyword.empty()) cat_to(line, ' ', command.verb->keyword);
    for (const std::string_view word : command.words) cat_to(line, ' ', word);
    return line;
}

}  // namespace rookery::nntp
