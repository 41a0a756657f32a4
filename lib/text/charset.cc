#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "lib/text/charset.h"

#ifdef HAVE_ICONV
#include <errno.h>
#include <iconv.h>
#endif

#include <algorithm>
#include <array>
#include <vector>

#include "lib/base/strings.h"
#include "lib/text/charset_names.h"
#include "lib/text/utf8.h"

namespace rookery::text {
namespace {

constexpr size_t kMaxCharsetName = 64;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names)
{
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view n) { return equal_nocase(n, name); });
}

bool is_ascii_name(std::string_view name)
{
    return is_one_of(name, {"us-ascii", "ascii", "ansi_x3.4-1968", ""});
}

bool is_utf8_name(std::string_view name)
{
    return is_one_of(name, {"utf-8", "utf8", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8",
                            "x-unicode20utf8"});
}

bool is_latin1_name(std::string_view name)
{
    return is_one_of(name, {"iso-8859-1", "iso8859-1", "latin1"});
}

void append_latin1(std::string& out, std::string_view bytes)
{
    for (char c : bytes) append_utf8(out, static_cast<unsigned char>(c));
}

// The bytes at the end that may be the beginning of a character.
size_t unfinished(std::string_view s)
{
    for (size_t n = 1; n <= 3 && n <= s.size(); n++) {
        const auto b = static_cast<unsigned char>(s[s.size() - n]);
        if ((b & 0xc0) == 0x80) continue;
        const size_t needs = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc0 ? 2 : 1;
        return needs > n ? n : 0;
    }
    return 0;
}

}  // namespace

#ifdef HAVE_ICONV
namespace {

const iconv_t kNone = reinterpret_cast<iconv_t>(-1);

iconv_t open_charset(std::string_view name)
{
    // "//" would be glibc's way to ask for more than a charset.
    if (name.size() > kMaxCharsetName || name.find('/') != std::string_view::npos) return kNone;
    for (const std::string& one : {superset_of(name), std::string(name), alias_of(name)})
        if (!one.empty())
            if (const iconv_t handle = ::iconv_open("UTF-8", one.c_str()); handle != kNone)
                return handle;
    return kNone;
}

}  // namespace

struct CharsetConverter::Iconv {
    explicit Iconv(std::string_view name) : handle(open_charset(name)) {}
    ~Iconv()
    {
        if (is_open()) ::iconv_close(handle);
    }
    Iconv(const Iconv&) = delete;
    Iconv& operator=(const Iconv&) = delete;
    bool is_open() const { return handle != kNone; }
    // Appends the letter that waits for what may be put on it, and begins anew.
    void reset(std::string& out) const
    {
        std::array<char, 64> room;
        char* to = room.data();
        size_t space = room.size();
        ::iconv(handle, nullptr, nullptr, &to, &space);
        out.append(room.data(), room.size() - space);
    }
    iconv_t handle;
};
#else
struct CharsetConverter::Iconv {
    explicit Iconv(std::string_view) {}
    bool is_open() const { return false; }
    void reset(std::string&) const {}
};
#endif

bool is_known_charset(std::string_view name)
{
    if (is_ascii_name(name) || is_utf8_name(name) || is_latin1_name(name)) return true;
#ifdef HAVE_ICONV
    const iconv_t handle = open_charset(name);
    if (handle == kNone) return false;
    ::iconv_close(handle);
    return true;
#else
    return false;
#endif
}

CharsetConverter::CharsetConverter(std::string_view charset) : kind_(Kind::ascii)
{
    if (is_utf8_name(charset)) {
        kind_ = Kind::utf8;
    } else if (is_latin1_name(charset)) {
        kind_ = Kind::latin1;
    } else if (!is_ascii_name(charset)) {
        iconv_ = std::make_unique<Iconv>(charset);
        if (iconv_->is_open()) kind_ = Kind::iconv;
    }
}

CharsetConverter::~CharsetConverter() = default;

// Text without a charset that is not UTF-8 after all is shown as Latin-1, byte by byte.
void CharsetConverter::feed_utf8(std::string_view bytes, std::string& out, bool last)
{
    held_.append(bytes);
    std::string_view s = held_;
    if (!last) s.remove_suffix(unfinished(s));
    for (size_t pos = 0; pos < s.size();) {
        const size_t begin = pos;
        const char32_t c = next_code_point(s, pos);
        if (c != kInvalid)
            out.append(s.substr(begin, pos - begin));
        else if (kind_ == Kind::utf8)
            append_utf8(out, kReplacement);
        else
            append_latin1(out, s.substr(begin, 1));
    }
    held_.erase(0, s.size());
}

void CharsetConverter::feed_iconv(std::string_view bytes, std::string& out, bool last)
{
#ifdef HAVE_ICONV
    held_.append(bytes);
    std::vector<char> room(8192);
    char* from = held_.data();
    size_t left = held_.size();
    while (left > 0) {
        char* to = room.data();
        size_t space = room.size();
        const size_t done = ::iconv(iconv_->handle, &from, &left, &to, &space);
        const int error = errno;
        out.append(room.data(), room.size() - space);
        if (done != static_cast<size_t>(-1) || error == E2BIG) continue;
        if (error == EINVAL && !last) break;
        append_utf8(out, kReplacement);
        from++;
        left--;
    }
    held_.erase(0, held_.size() - left);
#else
    (void)bytes;
    (void)out;
    (void)last;
#endif
}

void CharsetConverter::feed(std::string_view bytes, std::string& out)
{
    switch (kind_) {
        case Kind::ascii:
        case Kind::utf8: feed_utf8(bytes, out, false); return;
        case Kind::latin1: append_latin1(out, bytes); return;
        case Kind::iconv: feed_iconv(bytes, out, false); return;
    }
}

void CharsetConverter::end_word(std::string& out)
{
    if (kind_ == Kind::iconv && held_.empty()) iconv_->reset(out);
}

void CharsetConverter::finish(std::string& out)
{
    if (kind_ == Kind::ascii || kind_ == Kind::utf8) feed_utf8({}, out, true);
    if (kind_ == Kind::iconv) feed_iconv({}, out, true);
    end_word(out);
}

std::string to_utf8(std::string_view charset, std::string_view bytes)
{
    std::string out;
    CharsetConverter converter(charset);
    converter.feed(bytes, out);
    converter.finish(out);
    return out;
}

}  // namespace rookery::text
