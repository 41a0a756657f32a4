#include "imap/session/user_deny.h"

#include <fnmatch.h>

#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::session {
namespace {

// A list of patterns, of which the last that fits counts; "!" in front: not denied.
bool denies(std::string_view patterns, const std::string& service)
{
    bool denied = false;
    for (std::string_view piece : split(patterns, ',', false)) {
        const bool negated = piece.starts_with('!');
        const std::string pattern(negated ? piece.substr(1) : piece);
        if (::fnmatch(pattern.c_str(), service.c_str(), 0) == 0) denied = !negated;
    }
    return denied;
}

std::string printable(std::string_view text)
{
    std::string out(text.substr(0, kMaxDenialText));
    std::erase_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    return out.empty() ? std::string(kDenialText) : out;
}

}  // namespace

std::string with_tabs(std::string_view line)
{
    constexpr std::string_view kEscapedTab = "\xff\x89";
    std::string out(line);
    for (size_t at = 0; (at = out.find(kEscapedTab, at)) != out.npos;) out.replace(at++, 2, "\t");
    return out;
}

std::optional<std::string> find_denial(std::string_view file, std::string_view userid,
                                       std::string_view service)
{
    const std::string key = cat(userid, '\t');
    for (std::string_view line : split(file, '\n', false)) {
        if (!line.starts_with(key)) continue;
        const std::string value = with_tabs(line.substr(key.size()));
        // Version 1 has no message.
        const auto fields = split(value, '\t');
        if (fields.size() < 2 || (fields[0] != "1" && fields[0] != "2")) return std::nullopt;
        if (!denies(fields[1], std::string(service))) return std::nullopt;
        return printable(fields.size() > 2 ? fields[2] : std::string_view());
    }
    return std::nullopt;
}

Result<std::optional<std::string>> read_denial(const std::string& path, std::string_view userid,
                                               std::string_view service)
{
    auto text = read_file(path, kMaxUserDenyFile);
    if (text.is(Code::not_found)) return std::optional<std::string>();
    if (!text) return std::move(text).error();
    return find_denial(*text, userid, service);
}

}  // namespace rookery::session
