#include "imap/managesieve/command_reader.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::managesieve {
namespace {

bool is_verb_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

}  // namespace

Result<std::string> CommandReader::verb()
{
    skipped_ = 0;
    std::string verb;
    for (;;) {
        TRY_ASSIGN(const char c, client_.peek());
        if (!is_verb_char(c)) break;
        if (verb.size() == kMaxVerb) return wrong(Code::syntax, "no such command");
        verb += to_upper(c);
        client_.consume(1);
    }
    if (verb.empty()) return wrong(Code::syntax, "a command was expected");
    return verb;
}

Result<bool> CommandReader::has_argument()
{
    TRY_ASSIGN(const char c, client_.peek());
    if (c == ' ') {
        client_.consume(1);
        return true;
    }
    if (c != '\r' && c != '\n') return wrong(Code::syntax, "a space was expected");
    TRY(line_end());
    return false;
}

Status CommandReader::end()
{
    TRY_ASSIGN(const bool more, has_argument());
    if (more) return wrong(Code::syntax, "nothing more was expected");
    return success();
}

Status CommandReader::line_end()
{
    TRY_ASSIGN(char c, client_.get());
    if (c == '\r') {
        TRY_ASSIGN(c, client_.peek());
        if (c != '\n') return wrong(Code::syntax, "CR without LF");
        client_.consume(1);
    }
    return success();
}

// number = 1*DIGIT
Result<uint64_t> CommandReader::number()
{
    std::string digits;
    for (;;) {
        TRY_ASSIGN(const char c, client_.peek());
        if (c < '0' || c > '9') break;
        if (digits.size() == 20) return wrong(Code::syntax, "the number is too large");
        digits += c;
        client_.consume(1);
    }
    auto n = to_number<uint64_t>(digits, kMaxNumber);
    if (!n)
        return wrong(Code::syntax,
                     digits.empty() ? "a number was expected" : "the number is too large");
    return n;
}

Result<std::string> CommandReader::string(size_t max)
{
    TRY_ASSIGN(const char c, client_.peek());
    if (c == '"') return quoted(max);
    if (c == '{') return literal(max);
    return wrong(Code::syntax, "a string was expected");
}

// quoted = DQUOTE *1024QUOTED-CHAR DQUOTE
Result<std::string> CommandReader::quoted(size_t max)
{
    client_.consume(1);
    text::QuotedScan scan(text::QuotedScan::Escapes::quoted_specials);
    std::string text;
    for (uint64_t seen = 0; seen <= kMaxSkip; ++seen) {
        TRY_ASSIGN(const char c, client_.peek());
        const auto step = scan.feed(c);
        // A line break ends the command, too.
        if (step == text::QuotedScan::Step::wrong)
            return wrong(Code::syntax, "the quoted string has a character that cannot be there");
        client_.consume(1);
        if (step == text::QuotedScan::Step::end) {
            if (text.size() > kMaxQuoted)
                return wrong(Code::syntax, "so long a string must be a literal");
            if (text.size() > max) return wrong(Code::limit, "the string is too long");
            return text;
        }
        // One more than is allowed is enough to know.
        if (step == text::QuotedScan::Step::byte && text.size() <= kMaxQuoted) text += c;
    }
    lost_ = true;
    return Error{Code::limit, "the string is too long"};
}

// literal-c2s = "{" number "+}" CRLF *OCTET
Result<std::string> CommandReader::literal(size_t max)
{
    TRY_ASSIGN(const uint64_t size, literal_size());
    if (size > max) {
        TRY(skip_bytes(size));
        return wrong(Code::limit, "the string is too long");
    }
    // It grows as it comes: what is announced costs nothing.
    constexpr size_t kPiece = 65536;
    std::string text;
    while (text.size() < size) {
        const size_t before = text.size();
        text.resize(before + std::min<uint64_t>(kPiece, size - before));
        TRY(client_.read_exact({text.data() + before, text.size() - before}));
    }
    return text;
}

Result<uint64_t> CommandReader::literal_size()
{
    text::LiteralScan scan;
    for (size_t n = 0; n < kMaxQuoted && !scan.announced(); ++n) {
        TRY_ASSIGN(const char c, client_.peek());
        if (c == '\r' || c == '\n') break;
        client_.consume(1);
        scan.feed(c);
        if (scan.at == text::LiteralScan::At::nothing) break;
    }
    if (!scan.announced()) return wrong(Code::syntax, "a literal was expected");
    TRY_ASSIGN(const char c, client_.peek());
    if (c != '\r' && c != '\n')
        return wrong(Code::syntax, "a line break was expected behind the literal's size");
    TRY(line_end());
    return scan.size;
}

Result<std::string> CommandReader::answer(size_t max)
{
    skipped_ = 0;
    TRY_ASSIGN(std::string text, string(max));
    TRY(end());
    return text;
}

Error CommandReader::wrong(Code code, std::string_view what)
{
    if (const Status skipped = skip(); !skipped) return skipped.error();
    return Error{code, std::string(what)};
}

// A line that ends in a literal's head goes on behind the literal.
Status CommandReader::skip()
{
    text::LiteralScan scan;
    for (;;) {
        TRY_ASSIGN(const char c, client_.get());
        if (++skipped_ > kMaxSkip) {
            lost_ = true;
            return Error{Code::limit, "the command is too long"};
        }
        if (c == '\r') continue;
        if (c != '\n') {
            scan.feed(c);
            continue;
        }
        if (!scan.announced()) return success();
        TRY(skip_bytes(scan.size));
        scan = {};
    }
}

Status CommandReader::skip_bytes(uint64_t n)
{
    if (n > kMaxSkip || skipped_ + n > kMaxSkip) {
        lost_ = true;
        return Error{Code::limit, "the string is too long"};
    }
    skipped_ += n;
    char dropped[4096];
    while (n > 0) {
        const size_t piece = std::min<uint64_t>(n, sizeof dropped);
        TRY(client_.read_exact({dropped, piece}));
        n -= piece;
    }
    return success();
}

}  // namespace rookery::managesieve
