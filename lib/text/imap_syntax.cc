#include "lib/text/imap_syntax.h"

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::text {
namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool fits_quoted(std::string_view s)
{
    return s.size() <= kMaxQuoted && std::all_of(s.begin(), s.end(), [](char c) {
               return (c >= 0x20 && c < 0x7f) || c == '\t';
           });
}

// A value ends here that is neither a list nor a string.
bool ends_word(char c)
{
    return c == ' ' || c == '(' || c == ')' || c == '\r' || c == '\n';
}

void put_escaped(std::string& out, char c)
{
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
}

}  // namespace

// --- byte by byte

void LiteralScan::feed(char c)
{
    if (c == '{') {
        *this = LiteralScan{};
        at = At::digits;
    } else if (at == At::digits && is_digit(c)) {
        const auto digit = static_cast<uint64_t>(c - '0');
        size = size > (kMaxLiteral - digit) / 10 ? kMaxLiteral : size * 10 + digit;
        digits = true;
    } else if (at == At::digits && c == '+' && digits) {
        at = At::plus;
        waits = false;
    } else if (c == '}' && digits && (at == At::digits || at == At::plus)) {
        at = At::closed;
    } else {
        at = At::nothing;
    }
}

std::optional<LiteralScan> literal_at_end(std::string_view line)
{
    if (!line.ends_with('}')) return std::nullopt;
    const size_t open = line.rfind('{');
    if (open == std::string_view::npos) return std::nullopt;
    LiteralScan scan;
    for (char c : line.substr(open)) scan.feed(c);
    if (!scan.announced()) return std::nullopt;
    return scan;
}

// --- the cursor

Error ImapCursor::wrong(std::string_view what) const
{
    return Error{Code::syntax, cat(what, " at byte ", at_)};
}

bool ImapCursor::accept(char c)
{
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
}

Status ImapCursor::expect(char c)
{
    if (accept(c)) return success();
    return wrong(cat("no '", c, '\''));
}

Status ImapCursor::end_of_line()
{
    if (rest() != "\r\n") return wrong("the line does not end");
    at_ = text_.size();
    return success();
}

Result<std::string_view> ImapCursor::word(bool (*wanted)(char))
{
    const size_t begin = at_;
    while (!at_end() && wanted(text_[at_])) ++at_;
    if (at_ == begin) return wrong("a word is missing");
    return text_.substr(begin, at_ - begin);
}

Result<std::string_view> ImapCursor::atom()
{
    return word(is_atom_char);
}

Result<std::string_view> ImapCursor::flag()
{
    const size_t begin = at_;
    if (!accept('\\') || !accept('*')) TRY(atom());
    return text_.substr(begin, at_ - begin);
}

Result<uint64_t> ImapCursor::number64()
{
    TRY_ASSIGN(const std::string_view digits, word(is_digit));
    return to_uint64(digits, kMaxLiteral);
}

Result<uint32_t> ImapCursor::number()
{
    TRY_ASSIGN(const std::string_view digits, word(is_digit));
    return to_number<uint32_t>(digits);
}

// quoted = DQUOTE *QUOTED-CHAR DQUOTE
Status ImapCursor::quoted(std::string* out)
{
    TRY(expect('"'));
    QuotedScan scan(QuotedScan::Escapes::any);
    for (; !at_end(); ++at_) {
        const size_t run = scan.plain(rest());
        if (out != nullptr) out->append(text_, at_, run);
        at_ += run;
        if (at_end()) break;
        switch (scan.feed(text_[at_])) {
            case QuotedScan::Step::none: break;
            case QuotedScan::Step::byte:
                if (out != nullptr) out->push_back(text_[at_]);
                break;
            case QuotedScan::Step::end: ++at_; return success();
            case QuotedScan::Step::wrong: return wrong("an unclosed quoted string");
        }
    }
    return wrong("an unclosed quoted string");
}

// literal = "{" number ["+"] "}" CRLF *CHAR8
Status ImapCursor::literal(std::string* out)
{
    LiteralScan scan;
    while (!at_end() && !scan.announced()) {
        scan.feed(text_[at_]);
        if (scan.at == LiteralScan::At::nothing) return wrong("no literal's size");
        ++at_;
    }
    if (!scan.announced() || !accept('\r') || !accept('\n'))
        return wrong("a literal's size must end its line");
    if (scan.size > text_.size() - at_) return wrong("a literal that is cut short");
    const auto size = static_cast<size_t>(scan.size);
    if (out != nullptr) out->assign(text_.substr(at_, size));
    at_ += size;
    return success();
}

Status ImapCursor::string_to(std::string* out)
{
    if (here() == '"') return quoted(out);
    accept('~');
    if (here() == '{') return literal(out);
    return wrong("no string");
}

Result<std::string> ImapCursor::string()
{
    std::string out;
    TRY(string_to(&out));
    return out;
}

Result<std::string> ImapCursor::astring()
{
    if (here() == '"' || here() == '{') return string();
    TRY_ASSIGN(const std::string_view text, word(is_astring_char));
    return std::string(text);
}

Result<std::optional<std::string>> ImapCursor::nstring()
{
    if (starts_with_nocase(rest(), "NIL") && (rest().size() == 3 || !is_atom_char(rest()[3]))) {
        at_ += 3;
        return std::optional<std::string>();
    }
    TRY_ASSIGN(std::string text, string());
    return std::optional(std::move(text));
}

// Behind an opening parenthesis or bracket, up to the one that closes it.
Status ImapCursor::nested(char end, size_t depth)
{
    if (depth == kMaxListDepth) return Error{Code::limit, "lists are nested too deep"};
    while (!accept(end)) {
        if (at_end() || here() == '\r' || here() == '\n') return wrong("an unclosed list");
        if (accept('(')) {
            TRY(nested(')', depth + 1));
        } else if (here() == '"' || here() == '{') {
            TRY(string_to(nullptr));
        } else {
            ++at_;
        }
    }
    return success();
}

Result<std::string_view> ImapCursor::list()
{
    TRY(expect('('));
    const size_t begin = at_;
    TRY(nested(')', 0));
    return text_.substr(begin, at_ - 1 - begin);
}

Result<std::string_view> ImapCursor::value()
{
    const size_t begin = at_;
    if (here() == '(') {
        TRY(list());
    } else if (here() == '"' || here() == '{' || rest().starts_with("~{")) {
        TRY(string_to(nullptr));
    } else {
        while (!at_end() && !ends_word(here()))
            if (text_[at_++] == '[') TRY(nested(']', 0));
        if (at_ == begin) return wrong("a value is missing");
    }
    return text_.substr(begin, at_ - begin);
}

// --- responses

bool MailboxList::has_flag(std::string_view flag) const
{
    const auto words = split_words(flags);
    return std::any_of(words.begin(), words.end(),
                       [flag](std::string_view word) { return equal_nocase(word, flag); });
}

Result<MailboxList> parse_mailbox_list(std::string_view text)
{
    ImapCursor cursor(text);
    MailboxList found;
    TRY_ASSIGN(found.flags, cursor.list());
    found.tail = cursor.rest();
    TRY(cursor.space());
    TRY_ASSIGN(found.separator, cursor.value());
    TRY(cursor.space());
    TRY_ASSIGN(found.name, cursor.astring());
    if (cursor.at_end() || cursor.here() == ' ' || cursor.here() == '\r') return found;
    return Error{Code::syntax, "a mailbox's name does not end"};
}

bool ResponseCode::is(std::string_view wanted) const
{
    return equal_nocase(name, wanted);
}

std::optional<ResponseCode> response_code(std::string_view text)
{
    if (!text.starts_with('[')) return std::nullopt;
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view code = text.substr(1, end - 1);
    const size_t space = std::min(code.find(' '), code.size());
    text.remove_prefix(end + 1);
    if (text.starts_with(' ')) text.remove_prefix(1);
    return ResponseCode{code.substr(0, space), code.substr(std::min(space + 1, code.size())), text};
}

// --- writing

void put_literal_head(std::string& out, uint64_t size, LiteralForm form)
{
    cat_to(out, '{', size, form == LiteralForm::plus ? "+}\r\n" : "}\r\n");
}

void put_literal(std::string& out, std::string_view bytes, LiteralForm form)
{
    put_literal_head(out, bytes.size(), form);
    out.append(bytes);
}

void put_quoted(std::string& out, std::string_view text)
{
    out.push_back('"');
    for (char c : text) {
        const bool printable = static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
        put_escaped(out, printable ? c : '?');
    }
    out.push_back('"');
}

void put_string(std::string& out, std::string_view s, LiteralForm form)
{
    if (fits_quoted(s)) {
        out.push_back('"');
        for (char c : s) put_escaped(out, c);
        out.push_back('"');
        return;
    }
    if (s.find('\0') == std::string_view::npos) return put_literal(out, s, form);
    std::string clean(s);
    std::erase(clean, '\0');
    put_literal(out, clean, form);
}

void put_nstring(std::string& out, const std::optional<std::string>& s)
{
    if (s)
        put_string(out, *s);
    else
        out.append("NIL");
}

void put_astring(std::string& out, std::string_view s, LiteralForm form)
{
    const bool atom = !s.empty() && s.size() <= kMaxQuoted && !equal_nocase(s, "NIL") &&
                      std::all_of(s.begin(), s.end(), is_astring_char);
    if (atom)
        out.append(s);
    else
        put_string(out, s, form);
}

std::string imap_string(std::string_view s)
{
    std::string out;
    put_string(out, s);
    return out;
}

std::string imap_astring(std::string_view s)
{
    std::string out;
    put_astring(out, s);
    return out;
}

}  // namespace rookery::text
