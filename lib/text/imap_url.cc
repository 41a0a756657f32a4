// ["/"] [enc-mailbox [";UIDVALIDITY=" n] "/"] ";UID=" n ["/;SECTION=" section] ["/;PARTIAL=" range]
#include "lib/text/imap_url.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/utf8.h"

namespace rookery::text {
namespace {

// bchar (RFC 5092 11), a "%" begins an encoded byte.
bool is_bchar(char c)
{
    const bool alnum = (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
    return alnum || std::string_view("-._~!$'()*+,&=:@/%").find(c) != std::string_view::npos;
}

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = to_lower(c);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> decoded(std::string_view text)
{
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (!is_bchar(text[i])) return std::nullopt;
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (text.size() - i < 3) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    if (out.find('\0') != out.npos || !is_utf8(out)) return std::nullopt;
    return out;
}

// What is left of a URL.
struct Rest {
    std::string_view text;

    bool accept(std::string_view word)
    {
        if (!equal_nocase(text.substr(0, word.size()), word)) return false;
        text.remove_prefix(word.size());
        return true;
    }
    std::string_view up_to(char end)
    {
        const std::string_view taken = text.substr(0, std::min(text.find(end), text.size()));
        text.remove_prefix(taken.size());
        return taken;
    }
    std::optional<uint32_t> number()
    {
        size_t size = 0;
        while (size < text.size() && text[size] >= '0' && text[size] <= '9') ++size;
        const auto value = to_number<uint32_t>(text.substr(0, size));
        text.remove_prefix(size);
        return value ? std::optional(*value) : std::nullopt;
    }
    std::optional<uint32_t> nz_number()
    {
        const auto value = number();
        return value && *value > 0 ? value : std::nullopt;
    }
};

// [enc-mailbox [uidvalidity] "/"], up to ";UID="
bool take_mailbox(Rest& rest, ImapUrl& url)
{
    std::string_view name = rest.up_to(';');
    if (name.empty()) return !url.from_root;
    if (rest.accept(";UIDVALIDITY=")) {
        url.uidvalidity = rest.nz_number();
        if (!url.uidvalidity || !rest.accept("/")) return false;
    } else if (name.ends_with('/')) {
        name.remove_suffix(1);
    } else {
        return false;
    }
    // What has a server ("//") or a scheme.
    const size_t colon = name.substr(0, name.find('/')).find(':');
    if (name.starts_with('/') || (!url.from_root && colon != name.npos)) return false;
    auto mailbox = decoded(name);
    if (!mailbox || mailbox->empty()) return false;
    url.mailbox = *std::move(mailbox);
    return true;
}

// ";SECTION=" enc-section, which ends before "/;PARTIAL="
bool take_section(Rest& rest, ImapUrl& url)
{
    const std::string_view section = rest.text.substr(0, rest.text.find("/;"));
    rest.text.remove_prefix(section.size());
    auto text = decoded(section);
    if (!text || text->empty()) return false;
    url.section = *std::move(text);
    return true;
}

bool take_partial(Rest& rest, ImapUrl& url)
{
    ImapUrl::Range range;
    const auto offset = rest.number();
    if (!offset) return false;
    range.offset = *offset;
    if (rest.accept(".")) {
        range.count = rest.nz_number();
        if (!range.count) return false;
    }
    url.partial = range;
    return true;
}

}  // namespace

std::optional<ImapUrl> parse_imap_url(std::string_view text)
{
    ImapUrl url;
    Rest rest{text};
    url.from_root = rest.accept("/");
    if (!take_mailbox(rest, url) || !rest.accept(";UID=")) return std::nullopt;
    const auto uid = rest.nz_number();
    if (!uid) return std::nullopt;
    url.uid = *uid;
    if (rest.accept("/;SECTION=") && !take_section(rest, url)) return std::nullopt;
    if (rest.accept("/;PARTIAL=") && !take_partial(rest, url)) return std::nullopt;
    if (!rest.text.empty()) return std::nullopt;
    return url;
}

}  // namespace rookery::text
