// "server!partition" on the mupdate wire.
#include "imap/model/location.h"

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::model {

Result<WireLocation> parse_location(std::string_view text)
{
    for (char c : text)
        if (c <= 0x20 || c > 0x7e) return Error{Code::syntax, "Invalid character in location"};
    if (text.empty()) return Error{Code::syntax, "Empty location"};
    size_t bang = text.find('!');
    if (bang == std::string_view::npos) return WireLocation{{}, std::string(text)};
    if (text.find('!', bang + 1) != std::string_view::npos)
        return Error{Code::syntax, "Location with two '!'"};
    if (bang == 0) return Error{Code::syntax, "Location without a server"};
    return WireLocation{std::string(text.substr(0, bang)), std::string(text.substr(bang + 1))};
}

std::string to_string(const WireLocation& location)
{
    if (location.server.empty()) return location.partition;
    return cat(location.server, '!', location.partition);
}

bool is_server_name(std::string_view text)
{
    return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '!';
    });
}

bool is_partition_name(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
    });
}

}  // namespace rookery::model
