#include "imap/sieve/lexer.h"

#include <limits>

#include "lib/base/strings.h"

namespace rookery::sieve {
namespace {

bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

unsigned quantifier(char c)
{
    switch (to_lower(c)) {
        case 'k': return 10;
        case 'm': return 20;
        case 'g': return 30;
        default: return 0;
    }
}

}  // namespace

std::string Token::name() const
{
    switch (kind) {
        case Kind::end: return "the end of the script";
        case Kind::identifier: return cat('\'', text, '\'');
        case Kind::tag: return cat("':", text, '\'');
        case Kind::number: return "a number";
        case Kind::string: return "a string";
        case Kind::punctuation: return cat('\'', text, '\'');
        case Kind::bad: break;
    }
    return text;
}

void Lexer::advance()
{
    if (s_[pos_++] == '\n') {
        at_.line++;
        at_.column = 1;
    } else {
        at_.column++;
    }
}

Token Lexer::bad(Token token, std::string_view what) const
{
    token.kind = Token::Kind::bad;
    token.text = std::string(what);
    return token;
}

// white-space = 1*(SP / CRLF / HTAB) / comment
bool Lexer::skip_space(Token& bad_token)
{
    while (!at_end()) {
        const char c = peek();
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            advance();
        } else if (c == '#') {
            while (!at_end() && peek() != '\n') advance();
        } else if (c == '/' && peek(1) == '*') {
            bad_token.at = at_;
            advance();
            advance();
            while (!at_end() && !(peek() == '*' && peek(1) == '/')) advance();
            if (at_end()) return false;
            advance();
            advance();
        } else {
            break;
        }
    }
    return true;
}

Token Lexer::next()
{
    Token token;
    if (!skip_space(token)) return bad(token, "a comment is not closed: expected '*/'");
    token.at = at_;
    if (at_end()) return token;
    const char c = peek();
    if (is_alpha(c)) return identifier(token);
    if (is_digit(c)) return number(token);
    if (c == '"') return quoted(token);
    if (c == ':') {
        advance();
        if (!is_alpha(peek())) return bad(token, "expected the name of a tag behind ':'");
        token.kind = Token::Kind::tag;
        token.text = word();
        return token;
    }
    advance();
    if (std::string_view(";,(){}[]").find(c) == std::string_view::npos)
        return bad(token, "a character that begins nothing: expected a command or an argument");
    token.kind = Token::Kind::punctuation;
    token.text = std::string(1, c);
    return token;
}

std::string Lexer::word()
{
    const size_t begin = pos_;
    while (is_alpha(peek()) || is_digit(peek())) advance();
    return to_lower(s_.substr(begin, pos_ - begin));
}

Token Lexer::identifier(Token token)
{
    token.text = word();
    token.kind = Token::Kind::identifier;
    if (token.text == "text" && peek() == ':') return multi_line(token);
    return token;
}

// number = 1*DIGIT [ "K" / "M" / "G" ]
Token Lexer::number(Token token)
{
    constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
    token.kind = Token::Kind::number;
    bool fits = true;
    while (is_digit(peek())) {
        const auto digit = static_cast<uint64_t>(peek() - '0');
        if (token.number > (kMax - digit) / 10) fits = false;
        if (fits) token.number = token.number * 10 + digit;
        advance();
    }
    if (const unsigned shift = quantifier(peek()); shift != 0) {
        if (token.number > kMax >> shift) fits = false;
        token.number <<= shift;
        advance();
    }
    if (is_alpha(peek()) || is_digit(peek())) {
        word();
        return bad(token, "expected K, M, G or nothing behind a number");
    }
    return fits ? token : bad(token, "the number is too large");
}

// quoted-string: '\' stands for the character behind it.
Token Lexer::quoted(Token token)
{
    token.kind = Token::Kind::string;
    advance();
    while (!at_end() && peek() != '"') {
        if (peek() == '\\') advance();
        if (at_end()) break;
        token.text.push_back(peek());
        advance();
    }
    if (at_end()) return bad(token, "a string is not closed: expected '\"'");
    advance();
    return token.text.size() <= limits_.string_size ? token : bad(token, "the string is too long");
}

// multi-line = "text:" *(SP / HTAB) (hash-comment / CRLF) *(line) "." CRLF
Token Lexer::multi_line(Token token)
{
    token.kind = Token::Kind::string;
    token.text.clear();
    advance();
    while (peek() == ' ' || peek() == '\t') advance();
    if (peek() == '#')
        while (!at_end() && peek() != '\n') advance();
    if (peek() == '\r') advance();
    if (peek() != '\n') return bad(token, "expected the end of the line behind 'text:'");
    advance();
    for (;;) {
        if (at_end()) return bad(token, "a 'text:' is not closed: expected a line with '.'");
        const size_t begin = pos_;
        while (!at_end() && peek() != '\n') advance();
        if (!at_end()) advance();
        std::string_view line = s_.substr(begin, pos_ - begin);
        if (line == ".\r\n" || line == ".\n" || line == ".") break;
        if (line.starts_with(".")) line.remove_prefix(1);
        token.text.append(line);
    }
    return token.text.size() <= limits_.string_size ? token : bad(token, "the string is too long");
}

}  // namespace rookery::sieve
