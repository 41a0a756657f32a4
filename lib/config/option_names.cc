#include "lib/config/option_names.h"

#include <array>
#include <vector>

#include "lib/base/spelling.h"
#include "lib/base/strings.h"
#include "lib/config/cyrus_options.h"
#include "lib/config/option_spec.h"

namespace rookery::config {
namespace {

using std::string_view;

constexpr std::array<string_view, 4> kPrefixes = {"partition-", "metapartition-", "sasl_", "sync_"};
constexpr std::array<string_view, 6> kSuffixes = {"_password", "_mechs",       "_address",
                                                  "_tls",      "_client_cert", "_client_key"};

// Names that are one word for a reader.
std::vector<string_view> all_names()
{
    std::vector<string_view> names;
    for (const OptionSpec& spec : option_table()) names.push_back(spec.name);
    for (const OldName& one : old_names()) names.push_back(one.old);
    for (const CyrusOptions& group : cyrus_options())
        for (string_view name : split_words(group.names))
            if (name.back() != '-' && name.back() != '*') names.push_back(name);
    return names;
}

// "parttion-default": the family by what is in front of the dash.
std::string nearest_by_prefix(string_view name)
{
    const size_t dash = name.find('-');
    if (dash == name.npos) return {};
    for (string_view prefix : kPrefixes)
        if (prefix.back() == '-' && is_near(name.substr(0, dash + 1), prefix))
            return cat(prefix, name.substr(dash + 1));
    return {};
}

// "be1_pasword": the family by what is behind a server's name.
std::string nearest_by_suffix(string_view name)
{
    for (size_t i = name.find('_'); i != name.npos; i = name.find('_', i + 1))
        for (string_view suffix : kSuffixes)
            if (i > 0 && is_near(name.substr(i), suffix)) return cat(name.substr(0, i), suffix);
    return {};
}

std::string nearest_of_service(string_view name, const std::vector<string_view>& names)
{
    for (size_t i = name.find('_'); i != name.npos; i = name.find('_', i + 1)) {
        const string_view found = nearest(name.substr(i + 1), names);
        if (i > 0 && !found.empty()) return cat(name.substr(0, i + 1), found);
    }
    return {};
}

}  // namespace

string_view present_name(string_view name)
{
    for (const OldName& one : old_names())
        if (one.old == name) return one.name;
    return name;
}

std::optional<size_t> find_option(string_view name)
{
    auto table = option_table();
    name = present_name(name);
    for (size_t i = 0; i < table.size(); i++)
        if (table[i].name == name) return i;
    return std::nullopt;
}

bool fits_a_family(string_view name)
{
    for (string_view prefix : kPrefixes)
        if (name.starts_with(prefix)) return true;
    for (string_view suffix : kSuffixes)
        if (name.ends_with(suffix) && name.size() > suffix.size()) return true;
    return false;
}

bool is_known_option(string_view name)
{
    return find_option(name).has_value() || fits_a_family(name);
}

size_t service_prefix(string_view name)
{
    for (size_t i = name.find('_'); i != name.npos; i = name.find('_', i + 1))
        if (i > 0 && is_known_option(name.substr(i + 1))) return i + 1;
    return 0;
}

std::string nearest_option(string_view name)
{
    const std::vector<string_view> names = all_names();
    if (const string_view found = nearest(name, names); !found.empty())
        return std::string(present_name(found));
    for (auto by : {nearest_by_prefix, nearest_by_suffix})
        if (std::string found = by(name); !found.empty()) return found;
    return nearest_of_service(name, names);
}

}  // namespace rookery::config
