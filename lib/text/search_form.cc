#include "lib/text/search_form.h"

#include <utility>

#include "lib/text/casemap.h"
#include "lib/text/utf8.h"

namespace rookery::text {
namespace {

constexpr char32_t kSharpS = 0xdf;
constexpr char32_t kCapitalSharpS = 0x1e9e;

bool is_mark(char32_t c)
{
    return c >= 0x300 && c <= 0x36f;
}

// A mark is none, though Unicode has one for the iota below a letter.
char32_t capital(char32_t c)
{
    return is_mark(c) ? c : titlecase(c);
}

bool is_space(char32_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

}  // namespace

// More is equal here than by RFC 5051: a ligature's letters are in capitals too, and so is the one
// letter that has a small form, but that none as its capital.
void SearchFormer::add(std::string_view utf8, std::string& out)
{
    for (size_t pos = 0; pos < utf8.size();) {
        const auto byte = static_cast<unsigned char>(utf8[pos]);
        if (byte > ' ' && byte < 0x80) {  // as nearly all are
            after_space_ = false;
            out.push_back(byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 32) : utf8[pos]);
            pos++;
            continue;
        }
        char32_t c = next_code_point(utf8, pos);
        if (c == kInvalid) c = kReplacement;
        if (c == kCapitalSharpS) c = kSharpS;
        const char32_t title = capital(c);
        const auto parts = decomposition(title);
        if (parts.empty()) add(title, out);
        for (const char32_t part : parts) add(capital(part), out);
    }
}

void SearchFormer::add(char32_t c, std::string& out)
{
    if (form_.skips_diacritics && is_mark(c)) return;
    const bool space = form_.spaces != SearchForm::Spaces::keep && is_space(c);
    const bool follows = std::exchange(after_space_, space);
    if (space) {
        if (form_.spaces == SearchForm::Spaces::merge && !follows) out.push_back(' ');
        return;
    }
    append_utf8(out, c);
}

std::string search_form(std::string_view utf8, const SearchForm& form)
{
    std::string out;
    out.reserve(utf8.size());
    SearchFormer(form).add(utf8, out);
    return out;
}

}  // namespace rookery::text
