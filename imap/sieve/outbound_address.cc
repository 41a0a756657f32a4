#include "imap/sieve/outbound_address.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::sieve {
namespace {

constexpr size_t kMaxAddress = 998;  // a line of mail

bool is_atom_char(char c)
{
    const auto u = static_cast<unsigned char>(c);
    return u > 0x20 && u != 0x7f && std::string_view("()<>[]:;@\\,\"").find(c) == std::string::npos;
}

bool is_dot_atom(std::string_view s)
{
    return !s.empty() && s.front() != '.' && s.back() != '.' &&
           s.find("..") == std::string_view::npos && std::all_of(s.begin(), s.end(), is_atom_char);
}

bool is_domain(std::string_view s)
{
    if (s.size() > 2 && s.front() == '[' && s.back() == ']')
        return std::all_of(s.begin() + 1, s.end() - 1, is_atom_char) ||
               starts_with_nocase(s, "[IPv6:");
    return is_dot_atom(s);
}

}  // namespace

Result<std::string> outbound_address(std::string_view text)
{
    const Error bad{Code::syntax, cat("\"", text, "\" is not an address")};
    const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (has_control || text.size() > kMaxAddress) return bad;
    const auto parsed = text::parse_addresses(text);
    if (parsed.size() != 1 || !parsed[0].mailbox || !parsed[0].host || parsed[0].route) return bad;
    const std::string& local = *parsed[0].mailbox;
    const std::string& domain = *parsed[0].host;
    if (local.empty() || domain == text::kNoDomain || !is_domain(domain)) return bad;
    const std::string plain = cat(local, '@', domain);
    if (!is_dot_atom(local)) {
        // A quoted local part: only as it was written.
        std::string quoted = "\"";
        for (char c : local) {
            if (c == '"' || c == '\\') quoted.push_back('\\');
            quoted.push_back(c);
        }
        quoted.append(cat("\"@", domain));
        if (text.find(quoted) == std::string_view::npos) return bad;
        return quoted;
    }
    // What parse_addresses left out was no part of an address.
    const std::string_view rest = trim(text);
    if (rest != plain && !rest.ends_with(cat('<', plain, '>'))) return bad;
    return plain;
}

}  // namespace rookery::sieve
