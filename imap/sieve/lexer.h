// Lexer: the tokens of a Sieve script (RFC 5228 2, 8.1).
//
// Borrows the script, which must outlive it. What is no token comes as Token::Kind::bad, with what
// was expected as its text; the lexer has then gone past it. Lines may end in CRLF or LF. One
// thread.
#ifndef ROOKERY_IMAP_SIEVE_LEXER_H
#define ROOKERY_IMAP_SIEVE_LEXER_H

#include <string>
#include <string_view>

#include "imap/sieve/limits.h"
#include "imap/sieve/script_error.h"

namespace rookery::sieve {

struct Token {
    enum class Kind { end, identifier, tag, number, string, punctuation, bad };
    Kind kind = Kind::end;
    std::string text;  // identifier and tag (without its colon): lower case
    uint64_t number = 0;
    Position at;

    bool is(char c) const { return kind == Kind::punctuation && text[0] == c; }
    // For an error's text.
    std::string name() const;
};

class Lexer {
 public:
    Lexer(std::string_view script, const Limits& limits) : s_(script), limits_(limits) {}
    Token next();

 private:
    bool at_end() const { return pos_ >= s_.size(); }
    char peek(size_t ahead = 0) const { return pos_ + ahead < s_.size() ? s_[pos_ + ahead] : '\0'; }
    void advance();
    bool skip_space(Token& bad);  // false: an unclosed comment
    std::string word();
    Token identifier(Token token);
    Token number(Token token);
    Token quoted(Token token);
    Token multi_line(Token token);
    Token bad(Token token, std::string_view what) const;

    std::string_view s_;
    const Limits& limits_;
    size_t pos_ = 0;
    Position at_;
};

}  // namespace rookery::sieve

#endif
