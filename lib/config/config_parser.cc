// The syntax of imapd.conf.
#include "lib/config/config_parser.h"

#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::config {
namespace {

constexpr size_t kMaxFile = 1 << 20;
constexpr size_t kMaxLines = 20'000;
constexpr int kMaxDepth = 8;
constexpr size_t kMaxFaults = 1000;

bool is_name_char(char c)
{
    c = to_lower(c);
    // A dot: that of a server's whole name.
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

class Parser {
 public:
    // What is wrong with a line ends it, or goes to the faults and the rest is read.
    enum class Faults { end, go_on };
    explicit Parser(Faults faults) : faults_(faults) {}
    Status lines(std::string_view text, const std::string& name, int depth);
    Reading found() { return std::move(found_); }

 private:
    // A line and those that are joined to it, as they stand.
    struct Raw {
        std::string file;
        unsigned number = 0;
        std::string text;
        std::vector<std::string> joined;
    };
    Status take(Raw& raw, int depth);
    Status one(Raw& raw, int depth);
    Status include(const Raw& raw, std::string_view value, int depth);

    Faults faults_;
    Reading found_;
};

// Joins continued lines, drops comments and blank lines.
Status Parser::lines(std::string_view text, const std::string& name, int depth)
{
    Raw whole{name, 0, {}, {}};
    unsigned number = 0;
    bool continued = false;
    for (std::string_view raw : split(text, '\n')) {
        number++;
        if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
        if (continued) {
            whole.joined.emplace_back(raw);
        } else {
            std::string_view bare = trim(raw);
            if (bare.empty() || bare.front() == '#') continue;
            whole = {name, number, {}, {}};
        }
        continued = !raw.empty() && raw.back() == '\\';
        if (continued) raw.remove_suffix(1);
        whole.text.append(raw);
        if (continued) continue;
        TRY(take(whole, depth));
    }
    if (continued) TRY(take(whole, depth));
    return success();
}

Status Parser::take(Raw& raw, int depth)
{
    Status taken = one(raw, depth);
    if (taken || faults_ == Faults::end || found_.faults.size() >= kMaxFaults) return taken;
    found_.faults.push_back(std::move(taken).error());
    return success();
}

Status Parser::one(Raw& raw, int depth)
{
    const std::string_view line = trim(raw.text);
    const auto wrong = [&](std::string_view reason) {
        return line_error(raw.file, raw.number, reason);
    };
    size_t colon = line.find(':');
    if (colon == line.npos) return wrong("\"name: value\" is expected");
    std::string_view name = trim(line.substr(0, colon));
    std::string_view value = trim(line.substr(colon + 1));
    if (name.empty()) return wrong("no option name before \":\"");
    if (value.empty()) return wrong(cat("option ", name, " has no value"));
    if (value.find('\0') != value.npos) return wrong("NUL byte in a value");
    if (equal_nocase(name, "@include")) return include(raw, value, depth);
    for (char c : name)
        if (!is_name_char(c)) return wrong(cat("bad character in the option name \"", name, '"'));
    if (found_.lines.size() >= kMaxLines) return wrong("too many lines");
    found_.lines.push_back(
        {raw.file, raw.number, to_lower(name), std::string(value), std::move(raw.joined)});
    return success();
}

Status Parser::include(const Raw& raw, std::string_view value, int depth)
{
    if (depth + 1 >= kMaxDepth) return line_error(raw.file, raw.number, "includes are too deep");
    std::string path(value);
    if (path.front() != '/') path = cat(directory_of(raw.file), '/', path);
    found_.includes.push_back({raw.file, raw.number, path});
    auto text = read_file(path, kMaxFile);
    if (!text) return line_error(raw.file, raw.number, text.error().text);
    return lines(*text, path, depth + 1);
}

}  // namespace

Error line_error(const std::string& file, unsigned number, std::string_view reason)
{
    return Error{Code::config, cat(file, ':', number, ": ", reason)};
}

namespace {

Result<Reading> parse(Parser parser, const std::string& path)
{
    auto text = read_file(path, kMaxFile);
    if (!text) return Error{Code::config, text.error().text};
    TRY(parser.lines(*text, path, 0));
    return parser.found();
}

}  // namespace

Result<std::vector<Line>> parse_file(const std::string& path)
{
    TRY_ASSIGN(Reading all, parse(Parser(Parser::Faults::end), path));
    return std::move(all.lines);
}

Result<Reading> read_past_faults(const std::string& path)
{
    return parse(Parser(Parser::Faults::go_on), path);
}

Result<std::vector<Line>> parse_text(std::string_view text, const std::string& name)
{
    Parser parser(Parser::Faults::end);
    TRY(parser.lines(text, name, 0));
    return parser.found().lines;
}

}  // namespace rookery::config
