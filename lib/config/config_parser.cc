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
    // faults: takes what is wrong with a line, and the rest is read; null: that ends it.
    explicit Parser(std::vector<Error>* faults = nullptr) : faults_(faults) {}
    Status lines(std::string_view text, const std::string& name, int depth);
    std::vector<Line> found() { return std::move(found_); }

 private:
    Status take(std::string_view line, const std::string& file, unsigned number, int depth);
    Status one(std::string_view line, const std::string& file, unsigned number, int depth);

    std::vector<Error>* faults_;
    std::vector<Line> found_;
};

// Joins continued lines, drops comments and blank lines.
Status Parser::lines(std::string_view text, const std::string& name, int depth)
{
    std::string joined;
    unsigned number = 0;
    unsigned first = 0;
    bool continued = false;
    for (std::string_view raw : split(text, '\n')) {
        number++;
        if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
        if (!continued) {
            std::string_view bare = trim(raw);
            if (bare.empty() || bare.front() == '#') continue;
            joined.clear();
            first = number;
        }
        continued = !raw.empty() && raw.back() == '\\';
        if (continued) raw.remove_suffix(1);
        joined.append(raw);
        if (continued) continue;
        TRY(take(joined, name, first, depth));
    }
    if (continued) TRY(take(joined, name, first, depth));
    return success();
}

Status Parser::take(std::string_view line, const std::string& file, unsigned number, int depth)
{
    Status taken = one(line, file, number, depth);
    if (taken || faults_ == nullptr || faults_->size() >= kMaxFaults) return taken;
    faults_->push_back(std::move(taken).error());
    return success();
}

Status Parser::one(std::string_view line, const std::string& file, unsigned number, int depth)
{
    line = trim(line);
    size_t colon = line.find(':');
    if (colon == line.npos) return line_error(file, number, "\"name: value\" is expected");
    std::string_view name = trim(line.substr(0, colon));
    std::string_view value = trim(line.substr(colon + 1));
    if (name.empty()) return line_error(file, number, "no option name before \":\"");
    if (value.empty()) return line_error(file, number, cat("option ", name, " has no value"));
    if (value.find('\0') != value.npos) return line_error(file, number, "NUL byte in a value");
    if (equal_nocase(name, "@include")) {
        if (depth + 1 >= kMaxDepth) return line_error(file, number, "includes are too deep");
        std::string path(value);
        if (path.front() != '/') path = cat(directory_of(file), '/', path);
        auto text = read_file(path, kMaxFile);
        if (!text) return line_error(file, number, text.error().text);
        return lines(*text, path, depth + 1);
    }
    for (char c : name)
        if (!is_name_char(c))
            return line_error(file, number, cat("bad character in the option name \"", name, '"'));
    if (found_.size() >= kMaxLines) return line_error(file, number, "too many lines");
    found_.push_back({file, number, to_lower(name), std::string(value)});
    return success();
}

}  // namespace

Error line_error(const std::string& file, unsigned number, std::string_view reason)
{
    return Error{Code::config, cat(file, ':', number, ": ", reason)};
}

namespace {

Result<std::vector<Line>> parse(Parser parser, const std::string& path)
{
    auto text = read_file(path, kMaxFile);
    if (!text) return Error{Code::config, text.error().text};
    TRY(parser.lines(*text, path, 0));
    return parser.found();
}

}  // namespace

Result<std::vector<Line>> parse_file(const std::string& path)
{
    return parse(Parser(), path);
}

Result<std::vector<Line>> parse_file(const std::string& path, std::vector<Error>& faults)
{
    return parse(Parser(&faults), path);
}

Result<std::vector<Line>> parse_text(std::string_view text, const std::string& name)
{
    Parser parser;
    TRY(parser.lines(text, name, 0));
    return parser.found();
}

}  // namespace rookery::config
