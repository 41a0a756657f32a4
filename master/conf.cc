// The grammar of cyrus.conf, one line at a time.
#include "master/conf.h"

#include <map>
#include <set>

#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/config/option_spec.h"
#include "lib/service/listen.h"
#include "master/cron.h"

namespace rookery::master {
namespace {

constexpr size_t kMaxFile = 1 << 20;
constexpr size_t kMaxLine = 4095;
constexpr size_t kMaxArguments = 64;
constexpr unsigned kMaxNumber = 1'000'000;

enum class Section { none, start, services, events, daemon };

std::optional<Section> section_of(std::string_view name)
{
    if (equal_nocase(name, "START")) return Section::start;
    if (equal_nocase(name, "SERVICES")) return Section::services;
    if (equal_nocase(name, "EVENTS")) return Section::events;
    if (equal_nocase(name, "DAEMON")) return Section::daemon;
    return std::nullopt;
}

bool is_alnum(char c)
{
    c = to_lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Takes letters and digits off the front of text.
std::string_view take_word(std::string_view& text)
{
    size_t n = 0;
    while (n < text.size() && is_alnum(text[n])) n++;
    std::string_view word = text.substr(0, n);
    text.remove_prefix(n);
    return word;
}

using Values = std::map<std::string, std::string, std::less<>>;

class Parser {
 public:
    // faults: takes what is wrong with a line, and the rest is read; null: that ends it.
    explicit Parser(const std::string& name, std::vector<Error>* faults = nullptr) : faults_(faults)
    {
        conf_.path = name;
    }
    Status text(std::string_view whole);
    Result<Conf> finish();
    Conf so_far() { return std::move(conf_); }

 private:
    Error error(std::string_view reason) const
    {
        return Error{Code::config, cat(conf_.path, ':', line_, ": ", reason)};
    }
    Status line(std::string_view text);
    Status open_section(std::string_view text);
    Status entry(std::string_view text);
    Result<Values> values(std::string_view text, bool& closes);
    Status add(const std::string& name, Values values);
    Status add_service(const std::string& name, Values& values);
    Status datagrams(const ServiceEntry& service, Values& values);
    Status add_event(const std::string& name, Values& values);
    Status add_daemon(const std::string& name, Values& values);
    Result<Argv> command(Values& values);
    Result<unsigned> number(Values& values, std::string_view key);
    Result<bool> flag(Values& values, std::string_view key);

    Status go_on(Status read);

    Conf conf_;
    std::vector<Error>* faults_;
    unsigned line_ = 0;
    unsigned section_line_ = 0;
    Section section_ = Section::none;
    std::set<std::string, std::less<>> service_names_;
};

Status Parser::text(std::string_view whole)
{
    for (std::string_view raw : split(whole, '\n')) {
        line_++;
        if (raw.size() > kMaxLine) return error("the line is too long");
        if (raw.find('\0') != raw.npos) return error("NUL byte");
        TRY(go_on(line(trim(raw.substr(0, raw.find('#'))))));
    }
    return success();
}

// Outside of a section nothing tells where the next one begins.
Status Parser::go_on(Status read)
{
    if (read || faults_ == nullptr || section_ == Section::none) return read;
    faults_->push_back(std::move(read).error());
    return success();
}

Result<Conf> Parser::finish()
{
    if (section_ != Section::none) {
        line_ = section_line_;
        return error("this section has no closing \"}\"");
    }
    return std::move(conf_);
}

Status Parser::line(std::string_view text)
{
    if (text.empty()) return success();
    if (section_ == Section::none) return open_section(text);
    if (std::string_view rest = text; !take_word(rest).empty() && trim(rest).starts_with('{')) {
        // The section before it has no end of its own.
        TRY(go_on(
            error(cat("\"}\" is missing in front of ", text.substr(0, text.find_first_of(" \t{")),
                      ": the section of line ", section_line_, " goes on here"))));
        return open_section(text);
    }
    if (text == "}") {
        section_ = Section::none;
        return success();
    }
    return entry(text);
}

Status Parser::open_section(std::string_view text)
{
    std::string_view name = take_word(text);
    if (name.empty()) return error("a section is expected, such as SERVICES {");
    text = trim(text);
    if (!text.starts_with('{')) return error(cat("\"{\" is expected after ", name));
    const auto section = section_of(name);
    if (!section)
        return error(cat(name, " is none of the sections START, SERVICES, EVENTS and DAEMON"));
    section_ = *section;
    section_line_ = line_;
    text = trim(text.substr(1));
    return text.empty() ? success() : line(text);
}

Status Parser::entry(std::string_view text)
{
    std::string name(take_word(text));
    if (name.empty() || (!text.empty() && text.front() != ' ' && text.front() != '\t'))
        return error("the name of an entry has letters and digits only");
    bool closes = false;
    TRY_ASSIGN(Values found, values(text, closes));
    TRY(add(name, std::move(found)));
    if (closes) section_ = Section::none;
    return success();
}

// key=value and key="quoted value"; a "}" instead of a key ends the section.
Result<Values> Parser::values(std::string_view text, bool& closes)
{
    Values found;
    for (text = trim(text); !text.empty(); text = trim(text)) {
        if (text.front() == '}') {
            closes = true;
            return found;
        }
        std::string key(take_word(text));
        if (key.empty() || !text.starts_with('=')) return error("\"key=value\" is expected");
        text.remove_prefix(1);
        std::string value;
        if (text.starts_with('"')) {
            size_t end = text.find('"', 1);
            if (end == text.npos) return error(cat("the value of ", key, " has no closing quote"));
            value = text.substr(1, end - 1);
            text.remove_prefix(end + 1);
        } else {
            size_t end = text.find_first_of(" \t");
            value = text.substr(0, end);
            text.remove_prefix(end == text.npos ? text.size() : end);
        }
        if (!found.emplace(key, value).second) return error(cat(key, " is given twice"));
    }
    return found;
}

Result<Argv> Parser::command(Values& values)
{
    auto node = values.extract("cmd");
    if (node.empty()) return error("cmd is missing");
    Argv argv;
    for (std::string_view word : split_words(node.mapped())) argv.emplace_back(word);
    if (argv.empty()) return error("cmd is empty");
    if (argv.size() > kMaxArguments) return error("cmd has too many arguments");
    return argv;
}

Result<unsigned> Parser::number(Values& values, std::string_view key)
{
    auto found = values.find(key);
    if (found == values.end()) return 0U;
    auto n = to_number<unsigned>(found->second, kMaxNumber);
    if (!n) return error(cat(key, "=", found->second, ": ", n.error().text));
    values.erase(found);
    return *n;
}

Result<bool> Parser::flag(Values& values, std::string_view key)
{
    auto found = values.find(key);
    if (found == values.end()) return false;
    auto on = config::parse_switch(found->second);
    if (!on) return error(cat(key, "=", found->second, ": ", on.error().text));
    values.erase(found);
    return *on;
}

Status Parser::add(const std::string& name, Values values)
{
    switch (section_) {
        case Section::start: {
            TRY_ASSIGN(Argv argv, command(values));
            conf_.start.push_back({name, line_, std::move(argv)});
            break;
        }
        case Section::services: TRY(add_service(name, values)); break;
        case Section::events: TRY(add_event(name, values)); break;
        case Section::daemon: TRY(add_daemon(name, values)); break;
        case Section::none: break;
    }
    for (const auto& [key, value] : values)
        conf_.warnings.push_back(
            cat(conf_.path, ':', line_, ": ", name, ": \"", key, "\" is not known"));
    return success();
}

Status Parser::add_service(const std::string& name, Values& values)
{
    ServiceEntry e;
    e.name = name;
    e.line = line_;
    if (!service_names_.insert(name).second)
        return error(cat("there are two services of the name ", name));
    TRY_ASSIGN(e.argv, command(values));
    auto listen = values.extract("listen");
    if (listen.empty() || listen.mapped().empty()) return error(cat(name, ": listen is missing"));
    e.listen = listen.mapped();
    if (auto target = service::parse_listen(e.listen); target.is(Code::syntax))
        return error(cat(name, ": ", target.error().text));
    auto proto = values.extract("proto");
    if (!proto.empty()) e.proto = proto.mapped();
    if (e.proto == "udp" || e.proto == "udp4" || e.proto == "udp6") return datagrams(e, values);
    if (e.proto != "tcp" && e.proto != "tcp4" && e.proto != "tcp6")
        return error(cat(name, ": proto is tcp, tcp4 or tcp6"));
    TRY_ASSIGN(e.prefork, number(values, "prefork"));
    if (auto found = values.find("maxchild"); found != values.end() && found->second == "-1")
        values.erase(found);
    TRY_ASSIGN(e.max_children, number(values, "maxchild"));
    TRY_ASSIGN(e.max_fds, number(values, "maxfds"));
    TRY_ASSIGN(e.fork_rate, number(values, "maxforkrate"));
    TRY_ASSIGN(e.babysit, flag(values, "babysit"));
    if (e.babysit && e.prefork == 0) e.prefork = 1;
    if (e.babysit && e.fork_rate == 0) e.fork_rate = 10;
    conf_.services.push_back(std::move(e));
    return success();
}

// Cyrus has one service of this kind, and nobody here would send it anything. An entry for another
// program is a mistake, and master may not take away what somebody counts on without a word.
Status Parser::datagrams(const ServiceEntry& service, Values& values)
{
    std::string_view program = service.argv.front();
    program = program.substr(program.rfind('/') + 1);
    if (program != "notifyd") return error(cat(service.name, ": no service here takes datagrams"));
    conf_.warnings.push_back(cat(conf_.path, ':', line_, ": ", service.name,
                                 " is left out: notifications are not sent"));
    values.clear();
    return success();
}

Status Parser::add_event(const std::string& name, Values& values)
{
    EventEntry e;
    e.name = name;
    e.line = line_;
    TRY_ASSIGN(e.argv, command(values));
    bool has_period = values.contains("period");
    TRY_ASSIGN(unsigned minutes, number(values, "period"));
    e.period = minutes * 60;
    if (auto node = values.extract("at"); !node.empty()) {
        auto at = to_number<unsigned>(node.mapped(), 2359);
        if (!at || node.mapped().size() > 4 || *at % 100 > 59)
            return error(cat(name, ": at=hhmm is expected, not ", node.mapped()));
        e.at = *at / 100 * 60 + *at % 100;
        if (!has_period) e.period = 24 * 3600;
    }
    if (auto node = values.extract("cron"); !node.empty()) {
        if (e.at || has_period) return error(cat(name, ": cron goes without at and period"));
        auto cron = Cron::parse(node.mapped());
        if (!cron) return error(cat(name, ": cron: ", cron.error().text));
        e.cron = node.mapped();
    }
    conf_.events.push_back(std::move(e));
    return success();
}

Status Parser::add_daemon(const std::string& name, Values& values)
{
    DaemonEntry e;
    e.name = name;
    e.line = line_;
    for (const DaemonEntry& other : conf_.daemons)
        if (other.name == name) return error(cat("there are two daemons of the name ", name));
    TRY_ASSIGN(e.argv, command(values));
    TRY_ASSIGN(e.max_fds, number(values, "maxfds"));
    TRY_ASSIGN(e.wait, flag(values, "wait"));
    values.erase("maxforkrate");  // a daemon that dies is held back in any case
    conf_.daemons.push_back(std::move(e));
    return success();
}

}  // namespace

Result<Conf> parse_conf_text(std::string_view text, const std::string& name)
{
    Parser parser(name);
    TRY(parser.text(text));
    return parser.finish();
}

Result<Conf> parse_conf(const std::string& path)
{
    auto text = read_file(path, kMaxFile);
    if (!text) return Error{Code::config, text.error().text};
    return parse_conf_text(*text, path);
}

Result<Conf> parse_conf(const std::string& path, std::vector<Error>& faults)
{
    auto text = read_file(path, kMaxFile);
    if (!text) return Error{Code::config, text.error().text};
    Parser parser(path, &faults);
    if (Status read = parser.text(*text); !read) faults.push_back(std::move(read).error());
    auto conf = parser.finish();
    if (conf) return conf;
    faults.push_back(std::move(conf).error());
    return parser.so_far();
}

}  // namespace rookery::master
