#include "lib/text/threading.h"

#include <algorithm>
#include <optional>

#include "lib/base/strings.h"
#include "lib/text/charset.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::text {
namespace {

constexpr size_t kMaxId = 998;  // bytes, a line

bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Runs of space are one space.
std::string with_single_spaces(std::string_view s)
{
    std::string out;
    out.reserve(s.size());
    for (char c : s) {
        if (!is_space(c))
            out.push_back(c);
        else if (!out.empty() && out.back() != ' ')
            out.push_back(' ');
    }
    return out;
}

// Behind a subj-blob at the beginning; s itself if there is none.
std::string_view behind_blob(std::string_view s)
{
    if (!s.starts_with('[')) return s;
    const size_t end = s.find_first_of("[]", 1);
    if (end == std::string_view::npos || s[end] == '[') return s;
    s.remove_prefix(end + 1);
    while (s.starts_with(' ')) s.remove_prefix(1);
    return s;
}

// Behind a subj-refwd at the beginning, "Re [x]:"; none if there is none.
std::optional<std::string_view> behind_refwd(std::string_view s)
{
    size_t size = 0;
    if (starts_with_nocase(s, "re"))
        size = 2;
    else if (starts_with_nocase(s, "fwd"))
        size = 3;
    else if (starts_with_nocase(s, "fw"))
        size = 2;
    if (size == 0) return std::nullopt;
    s.remove_prefix(size);
    while (s.starts_with(' ')) s.remove_prefix(1);
    s = behind_blob(s);
    if (!s.starts_with(':')) return std::nullopt;
    return s.substr(1);
}

// subj-trailer: "(fwd)" and spaces.
std::string_view without_trailers(std::string_view s, bool& is_reply)
{
    constexpr std::string_view kForwarded = "(fwd)";
    for (;;) {
        while (s.ends_with(' ')) s.remove_suffix(1);
        if (s.size() < kForwarded.size() ||
            !equal_nocase(s.substr(s.size() - kForwarded.size()), kForwarded))
            return s;
        s.remove_suffix(kForwarded.size());
        is_reply = true;
    }
}

// subj-leader, and blobs that something stands behind. Any number of blobs may stand in front of
// "Re:"; they are looked at once, so that many of them do not cost the square.
std::string_view without_leaders(std::string_view s, bool& is_reply)
{
    for (;;) {
        while (s.starts_with(' ')) s.remove_prefix(1);
        std::string_view behind = s;
        for (std::string_view next = behind_blob(s); next.size() != behind.size();
             next = behind_blob(next))
            behind = next;
        if (const auto rest = behind_refwd(behind)) {
            is_reply = true;
            s = *rest;
            continue;
        }
        if (!behind.empty() || s.empty()) return behind;
        // Only blobs: the last of them is the subject.
        const size_t last = s.rfind('[');
        return s.substr(last);
    }
}

std::vector<Address> addresses_in(std::string_view header, std::string_view name)
{
    std::vector<Address> list;
    HeaderCursor cursor(header);
    while (auto field = cursor.next()) {
        if (!equal_nocase(field->name, name)) continue;
        add_addresses(list, field->value);
        if (!list.empty()) break;  // the first is enough
    }
    return list;
}

}  // namespace

BaseSubject base_subject(std::string_view value)
{
    constexpr std::string_view kForward = "[fwd:";
    BaseSubject base;
    const std::string decoded = with_single_spaces(decode_words(value));
    std::string_view s = decoded;
    for (;;) {
        s = without_trailers(s, base.is_reply);
        s = without_leaders(s, base.is_reply);
        if (!starts_with_nocase(s, kForward) || !s.ends_with(']')) break;
        s.remove_prefix(kForward.size());
        s.remove_suffix(1);
        base.is_reply = true;
    }
    base.text = s;
    return base;
}

std::vector<std::string> message_ids(std::string_view value, size_t max)
{
    std::vector<std::string> ids;
    for (size_t begin = value.find('<'); begin != value.npos; begin = value.find('<', begin)) {
        std::string id;
        bool quoted = false;
        bool has_at = false;
        size_t at = begin + 1;
        for (; at < value.size() && (quoted || value[at] != '>'); at++) {
            const char c = value[at];
            if (c == '"')
                quoted = !quoted;
            else if (c == '\\' && quoted && at + 1 < value.size())
                id.push_back(value[++at]);
            else if (c == '<' && !quoted)
                break;
            else if (!is_space(c))
                id.push_back(c);
            has_at = has_at || (c == '@' && !quoted);
        }
        const bool closed = at < value.size() && value[at] == '>';
        if (closed && has_at && id.size() <= kMaxId) ids.push_back(std::move(id));
        begin = at;
    }
    if (ids.size() > max) ids.erase(ids.begin(), ids.end() - static_cast<ptrdiff_t>(max));
    return ids;
}

std::string display_name(std::string_view header, std::string_view name)
{
    const auto list = addresses_in(header, name);
    if (list.empty()) return "";
    const Address& first = list.front();
    if (!first.host) return decode_words(first.mailbox.value_or(""));  // a group
    const std::string words = first.name ? decode_words(*first.name) : "";
    if (!words.empty()) return words;
    return cat(to_utf8("", first.mailbox.value_or("")), '@', to_utf8("", *first.host));
}

std::string first_mailbox(std::string_view header, std::string_view name)
{
    const auto list = addresses_in(header, name);
    return list.empty() ? "" : to_utf8("", list.front().mailbox.value_or(""));
}

}  // namespace rookery::text
