// From lines to options: service overrides, doubles, defaults, overflow.
#include "lib/config/config.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/cyrus_options.h"
#include "lib/config/option_names.h"

namespace rookery::config {
namespace {

constexpr std::string_view kConfigDirectory = "{configdirectory}";

std::string host_name()
{
    char buf[256] = {};
    if (::gethostname(buf, sizeof buf - 1) != 0) return "localhost";
    return buf;
}

}  // namespace

// Where options are set: for all services, and for this one.
struct Config::Origin {
    const Line* general = nullptr;
    const Line* own = nullptr;
};

std::string default_path()
{
    const char* named = ::getenv("ROOKERY_IMAPD_CONF");
    if (named != nullptr && *named != '\0') return named;
    return ROOKERY_SYSCONFDIR "/imapd.conf";
}

void Config::expand(std::string& text) const
{
    auto directory = find_option("configdirectory");
    const std::string& with = values_[*directory].text;
    for (size_t at = text.find(kConfigDirectory); at != text.npos;
         at = text.find(kConfigDirectory, at + with.size()))
        text.replace(at, kConfigDirectory.size(), with);
}

// Whose option each line is. Where a file has an option by both of its names, the present one
// counts.
Status Config::collect(const std::vector<Line>& lines, Origins& found)
{
    const std::string prefix = to_lower(service_) + "_";
    for (const Line& line : lines) {
        std::string_view name = line.name;
        const bool own = !find_option(name) && name.starts_with(prefix) &&
                         is_known_option(name.substr(prefix.size()));
        if (own) name.remove_prefix(prefix.size());
        const std::string_view now = present_name(name);
        if (now != name) outdated_.push_back(cat(line.name, " (", now, ')'));
        Origin& origin = found[std::string(now)];
        const Line*& slot = own ? origin.own : origin.general;
        if (slot != nullptr && slot->name == line.name)
            return line_error(line.file, line.number,
                              cat("option ", line.name, " is given twice, first in ", slot->file,
                                  ':', slot->number));
        if (slot == nullptr || now == name) slot = &line;
    }
    return success();
}

Status Config::apply(const std::vector<Line>& lines)
{
    Origins found;
    TRY(collect(lines, found));
    for (const auto& [name, origin] : found) {
        auto index = find_option(name);
        for (const Line* line : {origin.general, origin.own}) {
            if (line == nullptr) continue;
            if (!index) {
                overflow_[name] = line->value;
                if (line == origin.general && !fits_a_family(name) &&
                    service_prefix(name) == 0 && !is_stock_line(name, line->value))
                    unknown_.push_back(name);
                continue;
            }
            auto value = parse_value(option_table()[*index], line->value);
            if (!value)
                return line_error(line->file, line->number,
                                  cat("option ", line->name, ": ", value.error().text));
            value->is_set = true;
            values_[*index] = *std::move(value);
        }
    }
    return success();
}

Status Config::finish()
{
    if (configdirectory().empty()) return Error{Code::config, "option configdirectory is not set"};
    if (configdirectory().front() != '/')
        return Error{Code::config, "option configdirectory: an absolute path is expected"};
    auto table = option_table();
    for (size_t i = 0; i < table.size(); i++)
        if (table[i].type == Type::path) expand(values_[i].text);
    Value& name = values_[*find_option("servername")];
    if (name.text.empty()) name.text = host_name();
    return success();
}

Result<Config> Config::build(const std::vector<Line>& lines, std::string_view service)
{
    Config config;
    config.service_ = service;
    for (const OptionSpec& spec : option_table()) {
        Value value;
        if (spec.has_default) {
            auto parsed = parse_value(spec, spec.fallback);
            if (!parsed) panic(cat("default of ", spec.name, ": ", parsed.error().text));
            value = *std::move(parsed);
        }
        config.values_.push_back(std::move(value));
    }
    TRY(config.apply(lines));
    TRY(config.finish());
    return config;
}

Result<Config> Config::load(const std::string& path, std::string_view service)
{
    TRY_ASSIGN(auto lines, parse_file(path));
    auto config = build(lines, service);
    if (!config) {
        if (!config.error().text.starts_with("option ")) return config;
        return Error{Code::config, cat(path, ": ", config.error().text)};
    }
    config->path_ = path;
    return config;
}

Result<Config> Config::from_text(std::string_view text, std::string_view service)
{
    TRY_ASSIGN(auto lines, parse_text(text, "text"));
    return build(lines, service);
}

std::optional<std::string> Config::overflow(std::string_view name) const
{
    auto found = overflow_.find(to_lower(name));
    if (found == overflow_.end()) return std::nullopt;
    return found->second;
}

std::optional<std::string> Config::text(std::string_view name) const
{
    std::string lower = to_lower(name);
    auto index = find_option(lower);
    if (!index) return overflow(lower);
    const Value& value = values_[*index];
    if (!value.is_set && !option_table()[*index].has_default && value.text.empty())
        return std::nullopt;
    return value.text;
}

bool Config::is_set(std::string_view name) const
{
    std::string lower = to_lower(name);
    auto index = find_option(lower);
    return index ? values_[*index].is_set : overflow_.contains(lower);
}

std::vector<std::pair<std::string, std::string>> Config::with_prefix(std::string_view prefix) const
{
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& [name, value] : overflow_) {
        if (!name.starts_with(prefix) || name.size() == prefix.size()) continue;
        std::string path = value;
        expand(path);
        out.emplace_back(name.substr(prefix.size()), path);
    }
    return out;
}

std::vector<std::pair<std::string, std::string>> Config::partitions() const
{
    return with_prefix("partition-");
}

std::vector<std::pair<std::string, std::string>> Config::metapartitions() const
{
    return with_prefix("metapartition-");
}

}  // namespace rookery::config
