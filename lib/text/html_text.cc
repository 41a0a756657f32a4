// One pass over the bytes. Between tags text is copied and "&...;" read; a tag is passed over up to
// its '>', quoted attribute values as a whole. Behind the begin tag of an element whose content is
// no text everything up to its end tag goes.
#include "lib/text/html_text.h"

#include <algorithm>
#include <array>
#include <optional>

#include "lib/base/strings.h"
#include "lib/text/utf8.h"

namespace rookery::text {
namespace {

constexpr size_t kMaxName = 16;       // of elements that matter, and of references
constexpr size_t kMaxReference = 12;  // behind '&'

// Their content is no text, up to the end tag.
constexpr std::array<std::string_view, 7> kWithoutText = {"iframe", "noscript", "object", "script",
                                                          "style",  "svg",      "title"};
// They stand within a line: nothing parts what is before them from what is behind.
constexpr std::array<std::string_view, 21> kInline = {
    "a",   "abbr", "b",    "big",   "code", "em",     "font", "i",  "ins",    "kbd", "label",
    "mark", "q",    "s",    "small", "span", "strike", "strong", "sub", "sup", "u"};

struct Reference {
    std::string_view name;
    char32_t character;
};
constexpr std::array kReferences = {
    Reference{"amp", '&'},       Reference{"lt", '<'},         Reference{"gt", '>'},
    Reference{"quot", '"'},      Reference{"apos", '\''},      Reference{"nbsp", ' '},
    Reference{"auml", 0xe4},     Reference{"ouml", 0xf6},      Reference{"uuml", 0xfc},
    Reference{"Auml", 0xc4},     Reference{"Ouml", 0xd6},      Reference{"Uuml", 0xdc},
    Reference{"szlig", 0xdf},    Reference{"aacute", 0xe1},    Reference{"agrave", 0xe0},
    Reference{"acirc", 0xe2},    Reference{"aring", 0xe5},     Reference{"aelig", 0xe6},
    Reference{"atilde", 0xe3},   Reference{"ccedil", 0xe7},    Reference{"eacute", 0xe9},
    Reference{"egrave", 0xe8},   Reference{"ecirc", 0xea},     Reference{"euml", 0xeb},
    Reference{"iacute", 0xed},   Reference{"igrave", 0xec},    Reference{"icirc", 0xee},
    Reference{"iuml", 0xef},     Reference{"ntilde", 0xf1},    Reference{"oacute", 0xf3},
    Reference{"ograve", 0xf2},   Reference{"ocirc", 0xf4},     Reference{"otilde", 0xf5},
    Reference{"oslash", 0xf8},   Reference{"uacute", 0xfa},    Reference{"ugrave", 0xf9},
    Reference{"ucirc", 0xfb},    Reference{"Aring", 0xc5},     Reference{"AElig", 0xc6},
    Reference{"Eacute", 0xc9},   Reference{"Oslash", 0xd8},    Reference{"copy", 0xa9},
    Reference{"reg", 0xae},      Reference{"deg", 0xb0},       Reference{"euro", 0x20ac},
    Reference{"pound", 0xa3},    Reference{"sect", 0xa7},      Reference{"middot", 0xb7},
    Reference{"laquo", 0xab},    Reference{"raquo", 0xbb},     Reference{"ndash", 0x2013},
    Reference{"mdash", 0x2014},  Reference{"lsquo", 0x2018},   Reference{"rsquo", 0x2019},
    Reference{"sbquo", 0x201a},  Reference{"ldquo", 0x201c},   Reference{"rdquo", 0x201d},
    Reference{"bdquo", 0x201e},  Reference{"bull", 0x2022},    Reference{"hellip", 0x2026},
    Reference{"trade", 0x2122},  Reference{"shy", 0xad},       Reference{"zwnj", 0x200c},
    Reference{"zwj", 0x200d},    Reference{"ensp", ' '},       Reference{"emsp", ' '},
    Reference{"thinsp", ' '}};

bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// "#233", "#xE9" or a name, without '&' and ';'.
std::optional<char32_t> character_of(std::string_view reference)
{
    if (reference.starts_with('#')) {
        reference.remove_prefix(1);
        const bool hex = reference.starts_with('x') || reference.starts_with('X');
        if (hex) reference.remove_prefix(1);
        char32_t value = 0;
        for (char c : reference) {
            const char lower = to_lower(c);
            char32_t digit = 16;
            if (lower >= '0' && lower <= '9') digit = static_cast<char32_t>(lower - '0');
            if (lower >= 'a' && lower <= 'f') digit = static_cast<char32_t>(lower - 'a' + 10);
            if (digit >= (hex ? 16u : 10u)) return std::nullopt;
            value = std::min<char32_t>(value * (hex ? 16 : 10) + digit, 0x110000);
        }
        if (reference.empty()) return std::nullopt;
        return value < 0x20 ? ' ' : value;
    }
    for (const Reference& known : kReferences)
        if (known.name == reference) return known.character;
    return std::nullopt;
}

class Stripper {
 public:
    Stripper(std::string_view html, Quotes quotes, size_t max)
        : html_(html), quotes_(quotes), max_(max)
    {
    }

    std::string run()
    {
        while (at_ < html_.size() && out_.size() < max_) {
            const char c = html_[at_];
            if (c == '<' && is_markup())
                markup();
            else if (c == '&')
                reference();
            else
                plain();
        }
        return std::move(out_);
    }

 private:
    bool is_markup() const
    {
        const char next = at_ + 1 < html_.size() ? html_[at_ + 1] : '\0';
        return is_name_char(next) || next == '/' || next == '!' || next == '?';
    }

    bool is_hidden() const { return quotes_ == Quotes::left_out && quote_depth_ > 0; }

    void put(std::string_view text)
    {
        if (!is_hidden()) out_.append(text);
    }

    void plain()
    {
        const size_t end = std::min(html_.find_first_of("<&", at_ + 1), html_.size());
        put(html_.substr(at_, end - at_));
        at_ = end;
    }

    void reference()
    {
        const std::string_view ahead = html_.substr(at_ + 1, kMaxReference);
        const size_t end = ahead.find(';');
        const auto character =
            end != ahead.npos ? character_of(ahead.substr(0, end)) : std::optional<char32_t>();
        if (!character) return plain();
        std::string utf8;
        append_utf8(utf8, *character);
        put(utf8);
        at_ += end + 2;
    }

    void markup()
    {
        if (html_.substr(at_).starts_with("<!--")) {
            const size_t end = html_.find("-->", at_ + 4);
            at_ = end == html_.npos ? html_.size() : end + 3;
            return;
        }
        size_t pos = at_ + 1;
        const bool ends = html_[pos] == '/';
        if (ends) pos++;
        std::string name;
        while (pos < html_.size() && is_name_char(html_[pos])) {
            if (name.size() <= kMaxName) name.push_back(to_lower(html_[pos]));
            pos++;
        }
        at_ = end_of_tag(pos);
        tag(name, ends);
    }

    size_t end_of_tag(size_t pos) const
    {
        char quote = '\0';
        for (; pos < html_.size(); ++pos) {
            const char c = html_[pos];
            if (quote != '\0') {
                if (c == quote) quote = '\0';
            } else if (c == '>') {
                return pos + 1;
            } else if ((c == '"' || c == '\'') && html_[pos - 1] == '=') {
                quote = c;
            }
        }
        return pos;
    }

    void tag(const std::string& name, bool ends)
    {
        if (name == "blockquote") {
            if (!ends)
                quote_depth_++;
            else if (quote_depth_ > 0)
                quote_depth_--;
        }
        if (!std::binary_search(kInline.begin(), kInline.end(), std::string_view(name))) put("\n");
        if (!ends &&
            std::binary_search(kWithoutText.begin(), kWithoutText.end(), std::string_view(name)))
            skip_to_end_of(name);
    }

    void skip_to_end_of(std::string_view name)
    {
        for (size_t at = html_.find("</", at_); at != html_.npos; at = html_.find("</", at + 2)) {
            if (!equal_nocase(html_.substr(at + 2, name.size()), name)) continue;
            at_ = end_of_tag(at + 2 + name.size());
            return;
        }
        at_ = html_.size();
    }

    std::string_view html_;
    Quotes quotes_;
    size_t max_;
    size_t at_ = 0;
    size_t quote_depth_ = 0;
    std::string out_;
};

static_assert(std::is_sorted(kWithoutText.begin(), kWithoutText.end()));
static_assert(std::is_sorted(kInline.begin(), kInline.end()));

}  // namespace

std::string html_text(std::string_view html, Quotes quotes, size_t max)
{
    return Stripper(html, quotes, max).run();
}

}  // namespace rookery::text
