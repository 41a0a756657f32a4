#include "lib/base/log_session.h"

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::log {
namespace {

thread_local std::string session_id;

}  // namespace

void set_session(std::string_view id)
{
    session_id = id;
}

const std::string& session()
{
    return session_id;
}

// server-process-time-number, and -2 and so on of a connection's later users.
bool is_session_id(std::string_view text)
{
    constexpr size_t kMaxId = 120;
    constexpr size_t kNumbers = 3;
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto fits = [&](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '.';
    };
    if (text.size() > kMaxId || !std::all_of(text.begin(), text.end(), fits)) return false;
    const auto parts = split(text, '-');
    if (parts.size() <= kNumbers || parts.front().empty()) return false;
    return std::all_of(parts.end() - kNumbers, parts.end(), [&](std::string_view part) {
        return !part.empty() && std::all_of(part.begin(), part.end(), is_digit);
    });
}

std::string_view session_named_in(std::string_view text)
{
    constexpr std::string_view kBegin = "SESSIONID=<";
    const size_t begin = text.find(kBegin);
    if (begin == std::string_view::npos) return {};
    text.remove_prefix(begin + kBegin.size());
    const size_t end = text.find('>');
    return end == std::string_view::npos ? std::string_view() : text.substr(0, end);
}

}  // namespace rookery::log
