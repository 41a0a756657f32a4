// Text of kept_fields(): the other names, separated by spaces, and a line end; the fields. Of a
// header that is too large: kTooLarge alone, which is no name.
#include "lib/text/usual_fields.h"

#include <algorithm>
#include <array>

#include "lib/base/strings.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::text {
namespace {

constexpr std::string_view kTooLarge = ":";

// In order. Another list is another version of the cache (doc/formats/cache.md).
constexpr std::array<std::string_view, 58> kUsual = {
    "auto-submitted",
    "bcc",
    "cc",
    "content-description",
    "content-disposition",
    "content-language",
    "content-transfer-encoding",
    "content-type",
    "date",
    "delivered-to",
    "disposition-notification-to",
    "distribution",
    "followup-to",
    "from",
    "importance",
    "in-reply-to",
    "keywords",
    "lines",
    "list-archive",
    "list-help",
    "list-id",
    "list-owner",
    "list-post",
    "list-subscribe",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "mail-followup-to",
    "mail-reply-to",
    "message-id",
    "mime-version",
    "newsgroups",
    "organization",
    "original-recipient",
    "path",
    "precedence",
    "priority",
    "references",
    "reply-to",
    "resent-cc",
    "resent-date",
    "resent-from",
    "resent-message-id",
    "resent-to",
    "return-path",
    "return-receipt-to",
    "sender",
    "subject",
    "supersedes",
    "to",
    "user-agent",
    "x-draft-info",
    "x-label",
    "x-mailer",
    "x-original-to",
    "x-priority",
    "x-spam-flag",
    "x-spam-status",
    "xref",
};
static_assert(std::is_sorted(kUsual.begin(), kUsual.end()));

constexpr size_t kLongest =
    std::max_element(kUsual.begin(), kUsual.end(), [](std::string_view a, std::string_view b) {
        return a.size() < b.size();
    })->size();

}  // namespace

bool is_usual_field(std::string_view name)
{
    if (name.empty() || name.size() > kLongest) return false;
    char lower[kLongest];
    for (size_t i = 0; i < name.size(); i++) lower[i] = to_lower(name[i]);
    return std::binary_search(kUsual.begin(), kUsual.end(), std::string_view(lower, name.size()));
}

std::string more_fields(const std::vector<std::string>& names)
{
    std::vector<std::string> more;
    for (const std::string& name : names)
        if (!is_usual_field(name)) more.push_back(to_lower(name));
    std::sort(more.begin(), more.end());
    more.erase(std::unique(more.begin(), more.end()), more.end());
    std::string out;
    for (const std::string& name : more) cat_to(out, out.empty() ? "" : " ", name);
    return out;
}

std::string kept_fields(std::string_view header, std::string_view more)
{
    std::string out = cat(more, '\n');
    const KeptFields made(out);
    size_t size = 0;
    std::string fields;
    HeaderCursor cursor(header);
    while (auto field = cursor.next()) {
        if (field->name.empty() || !made.keeps(field->name)) continue;
        size += field->raw.size();
        if (size > kMaxKeptFields) return cat(kTooLarge, '\n');
        fields.append(field->raw);
    }
    return out + fields;
}

KeptFields::KeptFields(std::string_view text)
{
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return;
    more_ = text.substr(0, end);
    fields_ = text.substr(end + 1);
    is_there_ = more_ != kTooLarge;
}

bool KeptFields::lists(std::string_view name) const
{
    std::string_view rest = more_;
    while (!rest.empty()) {
        const std::string_view word = rest.substr(0, rest.find(' '));
        if (equal_nocase(word, name)) return true;
        rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    }
    return false;
}

bool KeptFields::keeps(std::string_view name) const
{
    return is_there_ && (is_usual_field(name) || lists(name));
}

bool KeptFields::is_made_with(std::string_view more) const
{
    if (more_ == more || more_ == kTooLarge) return true;
    while (!more.empty()) {
        const std::string_view word = more.substr(0, more.find(' '));
        if (!lists(word)) return false;
        more.remove_prefix(std::min(more.size(), word.size() + 1));
    }
    return true;
}

}  // namespace rookery::text
