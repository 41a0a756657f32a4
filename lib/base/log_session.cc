#include "lib/base/log_session.h"

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
