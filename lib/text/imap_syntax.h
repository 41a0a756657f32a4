// IMAP's strings, lists and response codes: the one reader and the one writer (RFC 3501 9, 9051 9;
// mupdate's are the same, RFC 3656 2).
//
// ImapCursor goes over a line whose literals are there too, as ReplyReader and the tools hold it.
// What comes in pieces, from a stream or a buffer that still fills, is followed byte by byte with
// QuotedScan and LiteralScan, which the cursor uses as well. Views point into the text given.
// A server's quoted strings are read with any byte behind a backslash and with 8-bit bytes; a
// client's with '"' and '\' only. Codes: syntax, limit. Values and pure functions; any thread.
#ifndef ROOKERY_LIB_TEXT_IMAP_SYNTAX_H
#define ROOKERY_LIB_TEXT_IMAP_SYNTAX_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::text {

inline constexpr size_t kMaxQuoted = 1024;  // what is written: longer ones are literals
inline constexpr uint64_t kMaxLiteral = (uint64_t{1} << 63) - 1;
inline constexpr size_t kMaxListDepth = 50;

// --- what may stand where

// ATOM-CHAR: not CTL, SP, 8-bit, or one of (){%*"\]
constexpr bool is_atom_char(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f) return false;
    switch (c) {
        case '(':
        case ')':
        case '{':
        case '%':
        case '*':
        case '"':
        case '\\':
        case ']': return false;
        default: return true;
    }
}
constexpr bool is_astring_char(char c)
{
    return is_atom_char(c) || c == ']';
}
// list-char
constexpr bool is_list_char(char c)
{
    return is_astring_char(c) || c == '%' || c == '*';
}

// --- strings that come byte by byte

// Behind the opening quote.
class QuotedScan {
 public:
    enum class Escapes : bool { quoted_specials, any };
    enum class Step : unsigned char {
        none,   // a backslash, which belongs to the next byte
        byte,   // one of the string
        end,    // the closing quote
        wrong,  // CR, LF, NUL, or what may not be escaped
    };
    explicit QuotedScan(Escapes escapes) : escapes_(escapes) {}
    Step feed(char c);
    // How many of these bytes, which come next, are of the string as they stand.
    size_t plain(std::string_view bytes) const;

 private:
    Escapes escapes_;
    bool escaped_ = false;
};

inline QuotedScan::Step QuotedScan::feed(char c)
{
    if (c == '\r' || c == '\n' || c == '\0') return Step::wrong;
    if (escaped_) {
        escaped_ = false;
        const bool may_be = escapes_ == Escapes::any || c == '"' || c == '\\';
        return may_be ? Step::byte : Step::wrong;
    }
    if (c == '"') return Step::end;
    escaped_ = c == '\\';
    return escaped_ ? Step::none : Step::byte;
}

inline size_t QuotedScan::plain(std::string_view bytes) const
{
    if (escaped_) return 0;
    size_t n = 0;
    const auto stands = [](char c) {
        return c != '"' && c != '\\' && c != '\r' && c != '\n' && c != '\0';
    };
    while (n < bytes.size() && stands(bytes[n])) ++n;
    return n;
}

// The bytes of a line, to know whether they end in a literal's head: "{" number ["+"] "}". A size
// over kMaxLiteral is kMaxLiteral.
struct LiteralScan {
    enum class At : unsigned char { nothing, digits, plus, closed } at = At::nothing;
    bool digits = false;
    bool waits = true;  // the sender waits for "+": there is none in the head
    uint64_t size = 0;
    void feed(char c);
    bool announced() const { return at == At::closed; }
};
// Of a line without its CRLF, or of its last bytes (32 are enough).
std::optional<LiteralScan> literal_at_end(std::string_view line);

// --- a response that is there as a whole

class ImapCursor {
 public:
    explicit ImapCursor(std::string_view text) : text_(text) {}

    bool at_end() const { return at_ == text_.size(); }
    char here() const { return at_end() ? '\0' : text_[at_]; }
    size_t position() const { return at_; }
    std::string_view rest() const { return text_.substr(at_); }

    bool accept(char c);
    Status expect(char c);
    Status space() { return expect(' '); }
    // CRLF and nothing behind it.
    Status end_of_line();

    // 1*ATOM-CHAR
    Result<std::string_view> atom();
    // ["\"] atom, or "\*"
    Result<std::string_view> flag();
    Result<uint32_t> number();
    Result<uint64_t> number64();
    // quoted / literal / literal8; a literal that is not whole is Code::syntax.
    Result<std::string> string();
    Result<std::string> astring();
    Result<std::optional<std::string>> nstring();
    // What is between a parenthesis and the one that closes it; strings in it are passed over.
    Result<std::string_view> list();
    // A value as it stands: a list with its parentheses, a string, or a word, which may have a
    // section ("BODY[HEADER.FIELDS (To)]<0>").
    Result<std::string_view> value();

 private:
    Result<std::string_view> word(bool (*wanted)(char));
    Status quoted(std::string* out);
    Status literal(std::string* out);
    // To be left out if it is null.
    Status string_to(std::string* out);
    Status nested(char end, size_t depth);
    Error wrong(std::string_view what) const;

    std::string_view text_;
    size_t at_ = 0;
};

// mailbox-list, which is what follows "* LIST " and "* LSUB ": "(" flags ")" SP separator SP
// mailbox, and what an extended one has more.
struct MailboxList {
    std::string_view flags;
    std::string_view separator;  // as it stands: "\".\"" or NIL
    std::string name;
    std::string_view tail;  // from the space behind the flags to the end of the text
    bool has_flag(std::string_view flag) const;
};
Result<MailboxList> parse_mailbox_list(std::string_view text);

// resp-text-code at the beginning of a text: "[" name [SP arguments] "]". None if there is none.
struct ResponseCode {
    std::string_view name;
    std::string_view arguments;
    std::string_view text;  // what follows, without the space
    bool is(std::string_view wanted) const;
};
std::optional<ResponseCode> response_code(std::string_view text);

// --- writing

// A literal whose sender waits for "+", or one that does not: {n} or {n+} (RFC 7888).
enum class LiteralForm : bool { waits, plus };

// The line's end with it; the bytes follow.
void put_literal_head(std::string& out, uint64_t size, LiteralForm form = LiteralForm::waits);
void put_literal(std::string& out, std::string_view bytes, LiteralForm form = LiteralForm::waits);
// A text that is for people: what no quoted string can hold is '?'. 8-bit bytes are UTF-8.
void put_quoted(std::string& out, std::string_view text);
// string: quoted where it is ASCII and not over kMaxQuoted. NUL, which no string can hold, is left
// out.
void put_string(std::string& out, std::string_view s, LiteralForm form = LiteralForm::waits);
// nstring
void put_nstring(std::string& out, const std::optional<std::string>& s);
// astring: an atom where that is enough.
void put_astring(std::string& out, std::string_view s, LiteralForm form = LiteralForm::waits);

// The same as a value.
std::string imap_string(std::string_view s);
std::string imap_astring(std::string_view s);

}  // namespace rookery::text

#endif
