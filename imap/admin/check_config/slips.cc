#include "imap/admin/check_config/slips.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "imap/admin/check_config/lines.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/config/cyrus_options.h"
#include "lib/config/option_names.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;

constexpr size_t kMaxFile = 1 << 20;
constexpr string_view kBlank = " \t";

bool is_blank(char c)
{
    return kBlank.find(c) != kBlank.npos;
}

void add(Findings& findings, const config::Line& line, size_t below, std::string text,
         std::string write)
{
    findings.push_back({Severity::error,
                        {line.file, line.number + static_cast<unsigned>(below)},
                        std::move(text),
                        std::move(write)});
}

// "name: value", or what to do where the value is not to be seen.
std::string corrected(const config::Line& line, string_view otherwise)
{
    return is_secret(line.name) ? std::string(otherwise) : cat(line.name, ": ", line.value);
}

// The option that the text sets; "" = none.
std::string option_set_by(string_view text)
{
    const size_t colon = text.find(':');
    if (colon == text.npos || (colon + 1 < text.size() && !is_blank(text[colon + 1]))) return {};
    const std::string name = to_lower(trim(text.substr(0, colon)));
    const bool is_one = config::is_known_option(name) || config::service_prefix(name) > 0 ||
                        config::find_cyrus_option(name) != nullptr;
    return is_one ? name : std::string();
}

string_view without_backslash(string_view text)
{
    if (text.ends_with('\\')) text.remove_suffix(1);
    return text;
}

// Takes what the lines from the one at first on have joined off the value.
void cut_joined(config::Line& line, size_t first)
{
    std::string tail;
    for (size_t i = first; i < line.joined.size(); ++i)
        cat_to(tail, without_backslash(line.joined[i]));
    const string_view end = trim(tail);
    const size_t at = line.value.rfind(end);
    if (at != line.value.npos) line.value = trim(string_view(line.value).substr(0, at));
    line.joined.resize(first);
}

// "serverlist: a \" in front of "admins: cyrus": the second is a line of its own again.
std::optional<config::Line> part_swallowed(config::Line& line, Findings& findings)
{
    for (size_t i = 0; i < line.joined.size(); ++i) {
        const std::string name = option_set_by(line.joined[i]);
        if (name.empty()) continue;
        add(findings, line, i,
            cat(line.name, ": the \\ at the end makes the next line, which sets ", name,
                ", a part of the value"),
            "no \\ at the end of this line");
        config::Line next{line.file, line.number + 1 + static_cast<unsigned>(i), name, {}, {}};
        for (size_t j = i; j < line.joined.size(); ++j)
            cat_to(next.value, without_backslash(line.joined[j]));
        next.value = trim(string_view(next.value).substr(next.value.find(':') + 1));
        next.joined.assign(line.joined.begin() + static_cast<ptrdiff_t>(i) + 1, line.joined.end());
        cut_joined(line, i);
        return next;
    }
    return std::nullopt;
}

// A comment between lines that are joined.
void cut_joined_comments(config::Line& line, Findings& findings)
{
    for (size_t i = 0; i < line.joined.size(); ++i) {
        const string_view text = trim(without_backslash(line.joined[i]));
        if (!text.starts_with('#')) continue;
        add(findings, line, i + 1,
            cat(line.name, ": behind a line that ends with \\ this is no comment: it is a part of "
                           "the value"),
            cat("the comment above the line of ", line.name));
        const size_t at = line.value.find(text);
        if (at != line.value.npos) line.value.erase(at, text.size());
        line.value = trim(line.value);
    }
}

std::string line_of(const std::string& file, size_t number)
{
    auto text = read_file(file, kMaxFile);
    if (!text) return {};
    const auto lines = split(*text, '\n');
    return number <= lines.size() ? std::string(trim(lines[number - 1])) : std::string();
}

// "lmtp_admins: murder \ " in front of "backend".
void join_past_blank(config::Reading& reading, config::Line& line, Findings& findings)
{
    if (!line.value.ends_with('\\')) return;
    const size_t last = line.number + line.joined.size();
    const std::string fault = cat(line.file, ':', last + 1, ": \"name: value\" is expected");
    auto& faults = reading.faults;
    const auto next = std::find_if(faults.begin(), faults.end(),
                                   [&](const Error& error) { return error.text == fault; });
    const bool is_word = line.value.size() == 1 || is_blank(line.value[line.value.size() - 2]);
    if (next == faults.end() && !is_word) return;
    add(findings, line, line.joined.size(),
        cat(line.name, ": a space stands behind the \\ at the end, so that it joins nothing"),
        "nothing behind the \\");
    line.value.pop_back();
    if (next != faults.end()) {
        cat_to(line.value, line_of(line.file, last + 1));
        faults.erase(next);
    }
    line.value = trim(line.value);
}

// Where # may as well be meant, it begins a comment only where it stands apart.
bool is_free_text(string_view name)
{
    return is_secret(name) || name == "plaintextloginalert" || name.starts_with("sasl_");
}

bool begins_comment(const config::Line& line, size_t at)
{
    const string_view value = line.value;
    const bool is_word = at + 1 == value.size() || is_blank(value[at + 1]);
    if (at == 0) return is_word && !is_free_text(line.name);  // not "#shared"
    if (!is_blank(value[at - 1])) return false;
    const bool is_apart = value[at - 1] == '\t' || (at > 1 && is_blank(value[at - 2]));
    return !is_free_text(line.name) || (is_word && is_apart);
}

void cut_comment(config::Line& line, Findings& findings)
{
    const string_view value = line.value;
    size_t at = value.find('#');
    while (at != value.npos && !begins_comment(line, at)) at = value.find('#', at + 1);
    if (at == value.npos) return;
    line.value = trim(value.substr(0, at));
    add(findings, line, 0,
        cat("option ", line.name,
            ": a # behind a value begins no comment: what follows is a part "
            "of the value"),
        line.value.empty() ? "# in front of the line"
                           : corrected(line, "the comment on a line of its own"));
}

void cut_quotes(config::Line& line, Findings& findings)
{
    std::string& value = line.value;
    const char quote = value.empty() ? ' ' : value.front();
    if (value.size() < 2 || (quote != '"' && quote != '\'') || value.back() != quote) return;
    if (line.name == "plaintextloginalert") return;
    const config::OptionSpec* spec = spec_of(line);
    const bool is_list = spec != nullptr && spec->type == config::Type::list;
    if (!is_list && std::count(value.begin(), value.end(), quote) != 2) return;  // of two words
    std::erase(value, quote);
    value = trim(value);
    add(findings, line, 0, cat("option ", line.name, ": quotes are a part of the value"),
        corrected(line, "the password without quotes"));
}

}  // namespace

void put_right(config::Reading& reading, Findings& findings)
{
    for (size_t i = 0; i < reading.lines.size(); ++i) {
        if (auto next = part_swallowed(reading.lines[i], findings))
            reading.lines.insert(reading.lines.begin() + static_cast<ptrdiff_t>(i) + 1,
                                 *std::move(next));
        config::Line& line = reading.lines[i];
        cut_joined_comments(line, findings);
        join_past_blank(reading, line, findings);
        cut_comment(line, findings);
        cut_quotes(line, findings);
    }
    std::erase_if(reading.lines, [](const config::Line& line) { return line.value.empty(); });
}

}  // namespace rookery::admin::check_config
