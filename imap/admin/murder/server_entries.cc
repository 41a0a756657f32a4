#include "imap/admin/murder/server_entries.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "imap/backend/reply_reader.h"
#include "lib/base/strings.h"

namespace rookery::admin::murder {
namespace {

constexpr std::string_view kSpace = "/shared/vendor/cmu/cyrus-imapd/freespace/total";
constexpr std::string_view kSessions = "/shared/vendor/rookery/sessions";
constexpr std::string_view kQueue = "/shared/vendor/rookery/queue";
constexpr size_t kMaxLine = 4096;

// What is made of digits and ';' behind the entry's name, as a string or a literal.
std::string value_of(std::string_view line, std::string_view entry)
{
    const size_t at = line.find(cat(entry, ' '));
    if (at == std::string_view::npos) return {};
    std::string_view value = line.substr(at + entry.size() + 1);
    if (value.starts_with('{')) value.remove_prefix(std::min(value.find('\n'), value.size()));
    const auto is_frame = [](char c) { return c == '"' || c == '\n'; };
    while (!value.empty() && is_frame(value.front())) value.remove_prefix(1);
    return std::string(value.substr(0, value.find_first_not_of("0123456789;")));
}

std::optional<int64_t> number_of(std::string_view text)
{
    const auto n = to_uint64(text, INT64_MAX);
    return n ? std::optional(static_cast<int64_t>(*n)) : std::nullopt;
}

// "free;total", in kilobytes.
std::optional<int64_t> percent_of(const std::string& value)
{
    const size_t semicolon = std::min(value.find(';'), value.size());
    const auto free = number_of(value.substr(0, semicolon));
    const auto total = number_of(value.substr(std::min(semicolon + 1, value.size())));
    if (!free || !total || *total == 0 || *free > *total) return std::nullopt;
    return static_cast<int64_t>(100.0 * static_cast<double>(*free) / static_cast<double>(*total));
}

}  // namespace

ServerEntries ask_entries(backend::Backend& there)
{
    ServerEntries told;
    if (!there.has_capability("METADATA")) return told;
    const bool is_ours = there.has_capability("X-ROOKERY-SYNC");
    const std::string tag = there.next_tag();
    there.stream().put(tag, " GETMETADATA \"\" (", kSpace,
                       is_ours ? cat(" ", kSessions, " ", kQueue) : std::string(), ")\r\n");
    if (!there.stream().flush()) return told;
    backend::ReplyReader reader(there.stream());
    for (;;) {
        const auto reply = reader.next();
        if (!reply) return told;
        if (reply->kind == backend::Reply::Kind::tagged && reply->tag == tag) return told;
        if (reply->kind != backend::Reply::Kind::untagged || reply->word != "METADATA") continue;
        const auto line = reader.read_whole(*reply, kMaxLine);
        if (!line) continue;
        auto keep = [](std::optional<int64_t>& to, std::optional<int64_t> value) {
            if (value) to = value;
        };
        keep(told.free_percent, percent_of(value_of(*line, kSpace)));
        keep(told.sessions, number_of(value_of(*line, kSessions)));
        keep(told.queue, number_of(value_of(*line, kQueue)));
    }
}

}  // namespace rookery::admin::murder
