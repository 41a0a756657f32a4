#include "imap/imapd/command_reader.h"

#include <utility>

#include "lib/base/strings.h"
#include "lib/text/mutf7.h"
#include "lib/text/utf8.h"

namespace rookery::imapd {
namespace {

constexpr size_t kMaxTag = 1000;

using text::is_astring_char;
using text::is_atom_char;
using text::is_list_char;
using text::LiteralScan;
using text::QuotedScan;

bool is_tag_char(char c)
{
    return is_astring_char(c) && c != '+';
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_set_char(char c)
{
    return is_digit(c) || c == ':' || c == ',' || c == '*';
}

bool is_attribute_char(char c)
{
    return is_atom_char(c) && c != '[';
}

// Controls, and what ends a line or a paragraph (RFC 6855 3).
bool has_forbidden(std::string_view name)
{
    for (size_t at = 0; at < name.size();) {
        const char32_t c = text::next_code_point(name, at);
        if (c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029) return true;
    }
    return false;
}

Error syntax(std::string_view text)
{
    return Error{Code::syntax, std::string(text)};
}

}  // namespace

CommandReader::CommandReader(stream::Stream& client, ReaderLimits limits)
    : client_(client), limits_(limits)
{
}

void CommandReader::begin()
{
    used_ = 0;
    ended_ = false;
    cr_taken_ = false;
    client_waits_ = false;
    dropped_ = 0;
    scan_ = {};
    record_ = nullptr;
}

Status CommandReader::charge(size_t bytes)
{
    if (bytes > limits_.max_line - used_) return Error{Code::limit, "Command line too long"};
    used_ += bytes;
    return success();
}

Result<char> CommandReader::peek()
{
    if (ended_) return '\n';
    TRY_ASSIGN(char c, client_.peek());
    if (c == '\r' && !cr_taken_) {
        client_.consume(1);
        TRY_ASSIGN(c, client_.peek());
        if (c != '\n') {
            scan_ = {};
            return syntax("Bare CR in command");
        }
        cr_taken_ = true;
    }
    if (c == '\n' && !cr_taken_) return syntax("Bare LF in command; lines end with CRLF");
    if (c == '\0') return syntax("NUL in command");
    return c;
}

Result<std::string_view> CommandReader::line_ahead()
{
    if (ended_ || cr_taken_) return std::string_view();
    size_t end = client_.buffered().find_first_of("\r\n");
    for (bool more = true; more && end == std::string_view::npos;) {
        TRY_ASSIGN(more, client_.buffer_more());
        end = client_.buffered().find_first_of("\r\n");
    }
    return client_.buffered().substr(0, end);
}

Result<std::optional<size_t>> CommandReader::arguments_ahead()
{
    TRY_ASSIGN(const std::string_view line, line_ahead());
    const bool whole = line.size() < client_.buffered().size() && !line.ends_with('}');
    size_t count = 0, depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < line.size(); i++) {
        const char c = line[i];
        if (quoted && c == '\\') i++;
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        if (c == '(') depth++;
        if (c == ')' && depth-- == 0) return std::optional<size_t>();
        if (c == ' ' && depth == 0) count++;
    }
    if (whole && (quoted || depth > 0)) return std::optional<size_t>();
    return std::optional<size_t>(count);
}

Result<char> CommandReader::take()
{
    if (ended_) return syntax("Missing required argument");
    TRY_ASSIGN(char c, peek());
    if (c != '\n') TRY(charge(1));
    client_.consume(1);
    if (c == '\n') {
        cr_taken_ = false;
        ended_ = true;
    } else {
        scan_.feed(c);
        if (record_ != nullptr) record_->push_back(c);
    }
    return c;
}

Result<bool> CommandReader::accept(char c)
{
    TRY_ASSIGN(char next, peek());
    if (next != c) return false;
    TRY(take());
    return true;
}

Status CommandReader::expect(char c)
{
    TRY_ASSIGN(bool taken, accept(c));
    if (taken) return success();
    TRY_ASSIGN(char next, peek());
    if (next == '\n') return syntax("Missing required argument");
    return syntax(cat("Expected '", c, "' in command"));
}

Status CommandReader::space()
{
    TRY_ASSIGN(bool taken, accept(' '));
    if (taken) return success();
    TRY_ASSIGN(char next, peek());
    return syntax(next == '\n' ? "Missing required argument" : "Expected a space in command");
}

Status CommandReader::end_of_line()
{
    if (ended_) return success();
    TRY_ASSIGN(char next, peek());
    if (next != '\n') return syntax("Unexpected extra arguments");
    TRY(take());
    return success();
}

Result<std::string> CommandReader::word(bool (*wanted)(char), size_t max, std::string_view what)
{
    std::string out;
    while (true) {
        TRY_ASSIGN(char next, peek());
        if (!wanted(next)) break;
        const std::string_view there = client_.buffered();
        size_t n = 0;
        while (n < there.size() && wanted(there[n])) n++;
        if (out.size() + n > max) return Error{Code::limit, cat(what, " too long")};
        TRY(charge(n));
        out.append(there.substr(0, n));
        if (record_ != nullptr) record_->append(there.substr(0, n));
        if (scan_.at != LiteralScan::At::nothing)
            for (char c : there.substr(0, n)) scan_.feed(c);
        client_.consume(n);
    }
    if (!out.empty()) return out;
    TRY_ASSIGN(char next, peek());
    if (next == '\n') return syntax("Missing required argument");
    return syntax(cat("Invalid ", what));
}

Result<std::string> CommandReader::tag()
{
    return word(is_tag_char, kMaxTag, "tag");
}

Result<std::string> CommandReader::command_name()
{
    TRY_ASSIGN(std::string name, word(is_atom_char, limits_.max_word, "command"));
    return to_upper(name);
}

Result<std::string> CommandReader::atom()
{
    return word(is_atom_char, limits_.max_word, "atom");
}

Result<std::string> CommandReader::attribute()
{
    TRY_ASSIGN(std::string name, word(is_attribute_char, limits_.max_word, "attribute"));
    return to_upper(name);
}

Result<QuotedScan::Step> CommandReader::quoted_byte(QuotedScan& scan, char& c)
{
    TRY_ASSIGN(c, peek());
    const QuotedScan::Step step = scan.feed(c);
    if (step == QuotedScan::Step::wrong)
        return syntax(c == '\n' ? "Unclosed quoted string" : "Invalid escape in quoted string");
    TRY(take());
    return step;
}

// What is written down is for a server that may not know 8-bit bytes in such a string.
Result<std::string> CommandReader::end_quoted(std::string text, size_t begin)
{
    if (text::is_ascii(text)) return text;
    if (utf8_ && !text::is_utf8(text)) return syntax("Quoted string is not UTF-8");
    if (record_ != nullptr) {
        record_->resize(begin);
        text::put_literal(*record_, text, text::LiteralForm::plus);
    }
    return text;
}

// quoted = DQUOTE *QUOTED-CHAR DQUOTE
Result<std::string> CommandReader::quoted(size_t max)
{
    const size_t begin = record_ != nullptr ? record_->size() : 0;
    TRY(expect('"'));
    std::string out;
    QuotedScan scan(QuotedScan::Escapes::quoted_specials);
    while (true) {
        char c = '\0';
        TRY_ASSIGN(const QuotedScan::Step step, quoted_byte(scan, c));
        if (step == QuotedScan::Step::end) return end_quoted(std::move(out), begin);
        if (step == QuotedScan::Step::none) continue;
        if (out.size() >= max) return Error{Code::limit, "Quoted string too long"};
        out.push_back(c);
    }
}

Result<LiteralHead> CommandReader::literal_head()
{
    LiteralHead head;
    const size_t begin = record_ != nullptr ? record_->size() : 0;
    TRY_ASSIGN(head.binary, accept('~'));
    TRY(expect('{'));
    TRY_ASSIGN(std::string digits, word(is_digit, 19, "literal size"));
    TRY_ASSIGN(head.size, to_uint64(digits, text::kMaxLiteral));
    TRY_ASSIGN(bool plus, accept('+'));
    head.synchronising = !plus;
    TRY(expect('}'));
    TRY_ASSIGN(char next, peek());
    if (next != '\n') return syntax("A literal's size must end its line");
    client_.consume(1);
    cr_taken_ = false;
    scan_ = {};
    client_waits_ = head.synchronising;
    if (record_ != nullptr) {
        record_->resize(begin);
        if (head.binary) record_->push_back('~');
        text::put_literal_head(*record_, head.size, text::LiteralForm::plus);
    }
    return head;
}

Status CommandReader::go_ahead(const LiteralHead& head)
{
    if (!head.synchronising) return success();
    client_waits_ = false;
    client_.put("+ go ahead\r\n");
    return client_.flush();
}

Status CommandReader::drop_literal(const LiteralHead& head)
{
    if (client_waits_) {
        ended_ = true;
        return success();
    }
    if (head.size > max_skip_ || dropped_ > max_skip_ - head.size) {
        client_.fail(Error{Code::limit, "Literal too large"});
        return client_.status();
    }
    dropped_ += head.size;
    uint64_t left = head.size;
    while (left > 0) {
        TRY(client_.peek());
        const size_t n = client_.buffered().size() < left ? client_.buffered().size()
                                                          : static_cast<size_t>(left);
        client_.consume(n);
        left -= n;
    }
    return success();
}

Result<std::string> CommandReader::literal(size_t max)
{
    TRY_ASSIGN(LiteralHead head, literal_head());
    if (head.size > max || head.size > limits_.max_line - used_) {
        TRY(drop_literal(head));
        return Error{Code::limit, "Literal too large"};
    }
    TRY(charge(static_cast<size_t>(head.size)));
    TRY(go_ahead(head));
    std::string out(static_cast<size_t>(head.size), '\0');
    TRY(client_.read_exact(out));
    if (record_ != nullptr) record_->append(out);
    if (out.find('\0') != std::string::npos) return syntax("NUL in literal");
    return out;
}

Result<std::string> CommandReader::string()
{
    TRY_ASSIGN(char next, peek());
    if (next == '"') return quoted(limits_.max_quoted);
    if (next == '{') return literal(limits_.max_quoted);
    return syntax(next == '\n' ? "Missing required argument" : "Expected a string");
}

Result<std::string> CommandReader::astring()
{
    TRY_ASSIGN(char next, peek());
    if (next == '"' || next == '{') return string();
    return word(is_astring_char, limits_.max_word, "argument");
}

Result<std::string> CommandReader::nstring(bool& is_nil)
{
    is_nil = false;
    TRY_ASSIGN(char next, peek());
    if (next == '"' || next == '{') return string();
    TRY_ASSIGN(std::string nil, word(is_atom_char, 3, "string"));
    if (!equal_nocase(nil, "NIL")) return syntax("Expected a string or NIL");
    is_nil = true;
    return std::string();
}

Result<std::string> CommandReader::list_mailbox()
{
    TRY_ASSIGN(char next, peek());
    if (next == '"' || next == '{') return string();
    return word(is_list_char, limits_.max_word, "mailbox pattern");
}

// Without speak_utf8(), what is neither goes on as it is: no mailbox has such a name.
Result<std::string> CommandReader::as_mutf7(std::string name) const
{
    if (!utf8_) return text::is_ascii(name) ? name : text::utf8_to_mutf7(name).value_or(name);
    if (has_forbidden(name)) return Error{Code::bad_name, "a control in a name"};
    return text::utf8_to_mutf7(name);
}

Result<std::string> CommandReader::mailbox()
{
    TRY_ASSIGN(std::string name, astring());
    return as_mutf7(std::move(name));
}

Result<std::string> CommandReader::mailbox_pattern()
{
    TRY_ASSIGN(std::string pattern, list_mailbox());
    return as_mutf7(std::move(pattern));
}

Result<std::string> CommandReader::list_pattern()
{
    TRY_ASSIGN(std::string pattern, list_mailbox());
    TRY_ASSIGN(std::string converted, as_mutf7(pattern));
    return text::is_ascii(pattern) ? converted : pattern;
}

Result<uint64_t> CommandReader::number64()
{
    TRY_ASSIGN(std::string digits, word(is_digit, 19, "number"));
    auto n = to_uint64(digits, text::kMaxLiteral);
    if (!n) return syntax("Number too large");
    return *n;
}

Result<uint32_t> CommandReader::number()
{
    TRY_ASSIGN(uint64_t n, number64());
    if (n > UINT32_MAX) return syntax("Number too large");
    return static_cast<uint32_t>(n);
}

Result<uint32_t> CommandReader::nz_number()
{
    TRY_ASSIGN(uint32_t n, number());
    if (n == 0) return syntax("Number must not be zero");
    return n;
}

Result<model::SequenceSet> CommandReader::sequence_set()
{
    TRY_ASSIGN(std::string text, word(is_set_char, limits_.max_word, "sequence set"));
    return model::SequenceSet::parse(text);
}

Result<model::SequenceSet> CommandReader::message_set()
{
    TRY_ASSIGN(const bool saved, accept('$'));
    if (saved) return model::SequenceSet::saved_result();
    return sequence_set();
}

Result<std::string> CommandReader::flag()
{
    std::string out;
    TRY_ASSIGN(bool system, accept('\\'));
    if (system) out.push_back('\\');
    TRY_ASSIGN(std::string name, word(is_atom_char, limits_.max_word, "flag"));
    return out + name;
}

// The CRLF of a command that is being dropped: its end, unless a literal was announced.
void CommandReader::skip_line_end()
{
    const LiteralScan line = std::exchange(scan_, {});
    if (line.announced() && !line.waits && drop_literal(LiteralHead{line.size, false, false}))
        return;
    ended_ = true;
}

// One byte of a command that is being dropped.
void CommandReader::skip_byte()
{
    auto got = client_.get();
    if (!got) return;
    const bool ends_line = *got == '\n' && cr_taken_;
    cr_taken_ = *got == '\r';
    if (ends_line)
        skip_line_end();
    else if (!cr_taken_)
        scan_.feed(*got);
}

void CommandReader::skip_command()
{
    if (client_waits_) ended_ = true;
    for (uint64_t skipped = 0; !ended_ && client_.ok(); skipped++) {
        if (skipped == kMaxSkip) client_.fail(Error{Code::limit, "Command too long"});
        skip_byte();
    }
    ended_ = true;
}

}  // namespace rookery::imapd
