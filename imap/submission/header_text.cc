#include "imap/submission/header_text.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/base64.h"
#include "lib/text/rfc5322_header.h"
#include "lib/text/utf8.h"

namespace rookery::submission {
namespace {

constexpr size_t kLine = 76;      // where a line is folded if it can be
constexpr size_t kWord = 200;     // longer ones are encoded: no line comes near 998
constexpr size_t kEncoded = 42;   // bytes of one encoded word: 68 characters, and its name's line
constexpr size_t kLongest = 900;  // of a word that cannot be encoded: a line takes 998
constexpr size_t kMaxAddresses = 200;

bool is_printable(char c)
{
    return c >= 0x20 && c < 0x7f;
}

bool needs_encoding(std::string_view text)
{
    if (text.find("=?") != text.npos) return true;
    if (!std::all_of(text.begin(), text.end(), [](char c) { return is_printable(c) || c == '\t'; }))
        return true;
    const auto words = split_words(text);
    return std::any_of(words.begin(), words.end(),
                       [](std::string_view word) { return word.size() > kWord; });
}

// Of a text in UTF-8: how many bytes of it are whole characters and at most max.
size_t whole(std::string_view text, size_t max)
{
    if (text.size() <= max) return text.size();
    size_t n = max;
    while (n > 0 && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) n--;
    return n;
}

std::vector<std::string> encoded_words(std::string_view text)
{
    std::vector<std::string> out;
    while (!text.empty()) {
        const size_t n = std::max<size_t>(whole(text, kEncoded), 1);
        out.push_back(cat("=?UTF-8?B?", text::base64_encode(text.substr(0, n)), "?="));
        text.remove_prefix(n);
    }
    return out;
}

// Words with the spaces between them, folded.
template <class Words>
void fold(std::string& out, size_t column, const Words& words)
{
    bool first = true;
    for (const auto& word : words) {
        if (!first && column + 1 + word.size() > kLine) {
            out += "\r\n";
            column = 0;
        }
        cat_to(out, ' ', word);
        column += 1 + word.size();
        first = false;
    }
    out += "\r\n";
}

std::string to_valid_utf8(std::string_view text)
{
    if (text::is_utf8(text)) return std::string(text);
    std::string out;
    for (const char c : text) text::append_utf8(out, static_cast<unsigned char>(c));
    return out;
}

bool is_atom(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return is_printable(c) &&
               std::string_view(" ()<>[]:;@\\,\"").find(c) == std::string_view::npos;
    });
}

std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        out.push_back(c);
    }
    return out + '"';
}

std::string plain(const text::Address& address)
{
    const std::string& local = *address.mailbox;
    return cat(is_atom(local) ? local : quoted(local), '@', *address.host);
}

bool is_complete(const text::Address& a)
{
    if (!a.mailbox || !a.host || a.mailbox->empty() || *a.host == text::kNoDomain) return false;
    // With quotes it may be twice as long.
    if (2 * a.mailbox->size() + a.host->size() > kLongest) return false;
    const std::string_view domain = *a.host;
    const auto is_bad = [](char c) { return !is_printable(c) || c == '<' || c == '>' || c == ' '; };
    return !domain.empty() && std::none_of(domain.begin(), domain.end(), is_bad) &&
           std::all_of(a.mailbox->begin(), a.mailbox->end(), is_printable);
}

std::vector<text::Address> complete_addresses(std::string_view value)
{
    std::vector<text::Address> out;
    for (auto& address : text::parse_addresses(one_line(value)))
        if (is_complete(address) && out.size() < kMaxAddresses) out.push_back(std::move(address));
    return out;
}

// "name <local@domain>" as words.
std::vector<std::string> words_of(const text::Address& address)
{
    if (!address.name || address.name->empty()) return {plain(address)};
    std::vector<std::string> out;
    const std::string name = to_valid_utf8(*address.name);
    // One that is encoded already stays so.
    if (name.starts_with("=?") && name.ends_with("?=") && text::is_ascii(name)) {
        for (const auto word : split_words(name)) out.emplace_back(word);
    } else if (needs_encoding(name)) {
        out = encoded_words(name);
    } else {
        out.push_back(quoted(name));
    }
    out.push_back(cat('<', plain(address), '>'));
    return out;
}

}  // namespace

std::string one_line(std::string_view text, size_t max)
{
    std::string out;
    for (const char c : text)
        if (c != '\r' && c != '\n' && c != '\0') out.push_back(c);
    out.resize(whole(out, max));
    return out;
}

std::vector<std::string> plain_addresses(std::string_view value)
{
    std::vector<std::string> out;
    for (const auto& address : complete_addresses(value)) out.push_back(plain(address));
    return out;
}

HeaderText& HeaderText::add_text(std::string_view name, std::string_view value)
{
    const std::string text = to_valid_utf8(one_line(value));
    cat_to(text_, name, ':');
    if (needs_encoding(text))
        fold(text_, name.size() + 1, encoded_words(text));
    else
        fold(text_, name.size() + 1, split_words(text));
    return *this;
}

HeaderText& HeaderText::add(std::string_view name, std::string_view value)
{
    std::string text = one_line(value);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return !is_printable(c) && c != '\t'; }, '?');
    auto words = split_words(text);
    for (std::string_view& word : words) word = word.substr(0, kLongest);
    cat_to(text_, name, ':');
    fold(text_, name.size() + 1, words);
    return *this;
}

HeaderText& HeaderText::add_addresses(std::string_view name, std::string_view value)
{
    std::vector<std::string> words;
    for (const auto& address : complete_addresses(value)) {
        if (!words.empty()) words.back() += ',';
        for (std::string& word : words_of(address)) words.push_back(std::move(word));
    }
    if (words.empty()) return *this;
    cat_to(text_, name, ':');
    fold(text_, name.size() + 1, words);
    return *this;
}

}  // namespace rookery::submission
