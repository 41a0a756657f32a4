#include "imap/admin/cyradm/shell.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "imap/admin/tool.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"
#include "lib/text/mutf7.h"

namespace rookery::cyradm {
namespace {

constexpr std::string_view kNoServer = "no connection to server";
constexpr size_t kNarrow = 80;

bool is_name_of(const CommandRow& row, std::string_view word)
{
    const auto names = split_words(row.names);
    return std::find(names.begin(), names.end(), word) != names.end();
}

std::string_view full_name(const CommandRow& row)
{
    return split_words(row.names).front();
}

// The option that the word, without its dashes, is or begins. Null: none, or more than one.
const Option* option_of(const CommandRow& row, std::string_view word)
{
    const Option* found = nullptr;
    for (const Option& option : row.options) {
        if (option.name == word) return &option;
        if (word.empty() || !option.name.starts_with(word)) continue;
        if (found != nullptr) return nullptr;
        found = &option;
    }
    return found;
}

Error usage_of(const CommandRow& row)
{
    return Error{Code::syntax,
                 cat("usage: ", full_name(row), row.usage.empty() ? "" : " ", row.usage)};
}

Result<Call> call_of(Shell& shell, const CommandRow& row, std::vector<std::string> words)
{
    Call call{shell, {}, {}};
    bool only_arguments = false;
    for (size_t n = 1; n < words.size(); ++n) {
        std::string_view word = words[n];
        if (only_arguments || word.size() < 2 || word.front() != '-') {
            call.arguments.push_back(std::move(words[n]));
            continue;
        }
        word.remove_prefix(word.starts_with("--") ? 2 : 1);
        if (word.empty()) {
            only_arguments = true;
            continue;
        }
        const Option* option = option_of(row, word);
        if (option == nullptr || (option->takes_value && n + 1 == words.size()))
            return usage_of(row);
        call.options.emplace_back(option->name, option->takes_value ? words[++n] : std::string());
    }
    if (call.arguments.size() < row.least || call.arguments.size() > row.most) return usage_of(row);
    return call;
}

size_t terminal_width()
{
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kNarrow;
    return size.ws_col;
}

}  // namespace

// ------------------------------------------------------------------ a line

bool Call::has(std::string_view option) const
{
    return std::any_of(options.begin(), options.end(),
                       [&](const auto& given) { return given.first == option; });
}

std::optional<std::string> Call::value(std::string_view option) const
{
    for (const auto& [name, given] : options)
        if (name == option) return given;
    return std::nullopt;
}

Client& Call::client() const
{
    return *shell.client();
}

const CommandRow* find_command(std::string_view name)
{
    for (const CommandRow& row : commands())
        if (is_name_of(row, name)) return &row;
    return nullptr;
}

Result<std::vector<std::string>> words_of(std::string_view line)
{
    std::vector<std::string> words;
    std::optional<std::string> word;
    char quote = '\0';
    for (size_t n = 0; n < line.size(); ++n) {
        const char c = line[n];
        if (quote != '\0') {
            if (c == quote)
                quote = '\0';
            else if (c == '\\' && quote == '"' && n + 1 < line.size())
                word->push_back(line[++n]);
            else
                word->push_back(c);
            continue;
        }
        if (c == '#' && !word) break;
        if (c == ' ' || c == '\t' || c == '\r') {
            if (word) words.push_back(*std::exchange(word, std::nullopt));
            continue;
        }
        if (!word) word.emplace();
        if (c == '"' || c == '\'')
            quote = c;
        else
            word->push_back(c == '\\' && n + 1 < line.size() ? line[++n] : c);
    }
    if (quote != '\0') return Error{Code::syntax, "a quote is not closed"};
    if (word) words.push_back(*std::move(word));
    return words;
}

// ------------------------------------------------------------------ the shell

Status Shell::connect(const std::string& server)
{
    TRY_ASSIGN(client_, Client::connect(config_, access_, server));
    return success();
}

std::string Shell::prompt() const
{
    return cat(client_ ? client_->server() : "cyradm", "> ");
}

bool Shell::run(std::string_view line)
{
    auto words = words_of(line);
    if (!words) {
        admin::print(cat(words.error().text, "\n"));
        return false;
    }
    if (words->empty()) return true;
    const std::string typed = words->front();
    const CommandRow* row = find_command(typed);
    if (row == nullptr) {
        admin::print(cat(typed, ": no such command; help lists them\n"));
        return false;
    }
    const Status done = dispatch(*row, *std::move(words));
    if (done) return true;
    const std::string& text = done.error().text;
    admin::print(text.starts_with("usage: ") ? cat(text, "\n")
                                             : cat(full_name(*row), ": ", text, "\n"));
    if (done.is(Code::closed) || done.is(Code::timeout)) disconnect();
    return false;
}

Status Shell::dispatch(const CommandRow& row, std::vector<std::string> words)
{
    TRY_ASSIGN(Call call, call_of(*this, row, std::move(words)));
    if (row.needs_server && !client_) return Error{Code::unavailable, std::string(kNoServer)};
    return row.run(call);
}

std::vector<std::string> Shell::completions(std::string_view line)
{
    std::vector<std::string> found;
    const size_t begin = line.find_last_of(" \t") + 1;
    const std::string word(line.substr(begin));
    if (begin == 0 || line.substr(0, begin) == "help ") {
        for (const CommandRow& row : commands())
            for (std::string_view name : split_words(row.names))
                if (name.starts_with(word)) found.emplace_back(name);
        std::sort(found.begin(), found.end());
        return found;
    }
    if (!client_) return found;
    if (is_pattern(word)) return found;
    auto names = list(*client_, cat("LIST \"\" ", string_argument(word + "%")));
    if (!names) return found;
    for (Listed& one : *names) found.push_back(std::move(one.name));
    return found;
}

// ------------------------------------------------------------------ for the commands

Result<std::vector<Listed>> list(Client& client, std::string_view command)
{
    std::vector<Listed> found;
    TRY_ASSIGN(const std::string text,
               client.ask(command, [&](std::string_view word, std::string_view rest) -> Status {
                   if (word != "LIST" && word != "LSUB") return success();
                   TRY_ASSIGN(auto one, text::parse_mailbox_list(rest));
                   found.push_back({std::move(one.name), std::string(one.flags)});
                   return success();
               }));
    std::sort(found.begin(), found.end(),
              [](const Listed& a, const Listed& b) { return a.name < b.name; });
    return found;
}

bool is_pattern(std::string_view name)
{
    return name.find_first_of("*%") != std::string_view::npos;
}

Result<std::vector<std::string>> names_of(Client& client, const std::string& pattern)
{
    if (!is_pattern(pattern)) return std::vector<std::string>{pattern};
    TRY_ASSIGN(auto found, list(client, cat("LIST \"\" ", mailbox_argument(pattern))));
    std::vector<std::string> names;
    for (Listed& one : found) names.push_back(std::move(one.name));
    return names;
}

Status plain(Call& call, std::string_view command)
{
    auto done = call.client().ask(command);
    return done ? success() : Status(done.error());
}

Status for_each(Call& call, std::string_view doing,
                const std::function<Status(const std::string& name)>& run)
{
    const std::string pattern = call.arguments[0];
    TRY_ASSIGN(const auto names, names_of(call.client(), pattern));
    if (!is_pattern(pattern)) return run(names.front());
    std::optional<Error> failed;
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
        admin::print(cat(doing, ' ', *name, "..."));
        const Status done = run(*name);
        admin::print(done ? "OK.\n" : cat(done.error().text, "\n"));
        if (!done) failed = done.error();
    }
    if (failed) return Error{failed->code, "not all of them"};
    return success();
}

std::string mailbox_argument(const std::string& name)
{
    const bool is_ascii =
        std::all_of(name.begin(), name.end(), [](char c) { return (c & 0x80) == 0; });
    if (is_ascii) return string_argument(name);
    const auto encoded = text::utf8_to_mutf7(name);
    return string_argument(encoded ? *encoded : name);
}

std::string string_argument(std::string_view value)
{
    std::string out;
    text::put_string(out, value, text::LiteralForm::plus);
    return out;
}

void print_columns(const std::vector<std::string>& cells)
{
    size_t width = 0;
    for (const std::string& cell : cells) width = std::max(width, cell.size() + 2);
    if (cells.empty()) return;
    const size_t columns = std::max<size_t>(1, terminal_width() / width);
    const size_t rows = (cells.size() + columns - 1) / columns;
    std::string out;
    for (size_t row = 0; row < rows; ++row) {
        for (size_t n = row; n < cells.size(); n += rows) {
            out += cells[n];
            out.append(width - cells[n].size(), ' ');
        }
        out += '\n';
    }
    admin::print(out);
}

}  // namespace rookery::cyradm
