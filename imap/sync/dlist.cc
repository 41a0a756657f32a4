#include "imap/sync/dlist.h"

#include <algorithm>
#include <utility>

#include "lib/text/imap_syntax.h"

namespace rookery::sync {

namespace {

constexpr size_t kLongestHead = 24;  // "{9223372036854775807+}"

bool is_word_byte(unsigned char c)
{
    return c > ' ' && c != 0x7f && c != '(' && c != ')' && c != '{' && c != '"' && c != '%';
}

bool is_atom(std::string_view text)
{
    if (text.empty() || text.size() > 512 || equal_nocase(text, "NIL")) return false;
    return std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '.' || c == '-' || c == '_' || c == '/' || c == '@' || c == '$';
    });
}

}  // namespace

// --- reading from a value

const Dlist* Dlist::find(std::string_view key) const
{
    for (size_t i = 0; i < keys.size(); ++i)
        if (keys[i] == key) return &items[i];
    return nullptr;
}

Result<std::string> Dlist::string(std::string_view key) const
{
    const Dlist* found = find(key);
    if (found == nullptr || found->kind != Kind::text) return Error{Code::syntax, cat("no ", key)};
    return found->text;
}

Result<uint64_t> Dlist::number(std::string_view key) const
{
    TRY_ASSIGN(const std::string digits, string(key));
    return to_number<uint64_t>(digits);
}

std::string Dlist::string_or(std::string_view key, std::string_view fallback) const
{
    return string(key).value_or(std::string(fallback));
}

uint64_t Dlist::number_or(std::string_view key, uint64_t fallback) const
{
    return number(key).value_or(fallback);
}

std::vector<std::string> Dlist::strings() const
{
    std::vector<std::string> texts;
    for (const Dlist& item : items)
        if (item.kind == Kind::text) texts.push_back(item.text);
    return texts;
}

std::vector<std::string> Dlist::strings(std::string_view key) const
{
    const Dlist* found = find(key);
    if (found == nullptr || found->kind != Kind::list) return {};
    return found->strings();
}

// --- the reader

Error DlistReader::broken(std::string_view what)
{
    Error error{Code::syntax, cat("replication dialect: ", what)};
    from_.fail(error);
    return error;
}

Status DlistReader::expect(char c)
{
    TRY_ASSIGN(const char next, from_.get());
    if (next != c) return broken("a character out of place");
    return success();
}

Status DlistReader::space()
{
    return expect(' ');
}

Status DlistReader::line_end()
{
    TRY(expect('\r'));
    return expect('\n');
}

Status DlistReader::end_of_line()
{
    TRY(line_end());
    return std::exchange(refused_, success());
}

Status DlistReader::hold(size_t bytes)
{
    held_ += bytes + sizeof(Dlist);
    if (held_ <= limits_.held) return success();
    Error error{Code::limit, "replication dialect: a value is too large"};
    from_.fail(error);
    return error;
}

Result<std::string> DlistReader::word()
{
    std::string text;
    for (;;) {
        TRY_ASSIGN(const char c, from_.peek());
        if (!is_word_byte(static_cast<unsigned char>(c))) break;
        if (text.size() >= limits_.text) return broken("a word without end");
        text += c;
        from_.consume(1);
    }
    if (text.empty()) return broken("a value is missing");
    return text;
}

Result<std::string> DlistReader::atom()
{
    return word();
}

Result<std::string> DlistReader::quoted()
{
    TRY(expect('"'));
    text::QuotedScan scan(text::QuotedScan::Escapes::any);
    std::string text;
    for (;;) {
        TRY_ASSIGN(const char c, from_.get());
        switch (scan.feed(c)) {
            case text::QuotedScan::Step::none: break;
            case text::QuotedScan::Step::end: return text;
            case text::QuotedScan::Step::wrong: return broken("a quote that does not close");
            case text::QuotedScan::Step::byte:
                if (text.size() >= limits_.text) return broken("a quote that does not close");
                text += c;
        }
    }
}

Result<uint64_t> DlistReader::digits()
{
    std::string text;
    for (;;) {
        TRY_ASSIGN(const char c, from_.peek());
        if (c < '0' || c > '9' || text.size() > 12) break;
        text += c;
        from_.consume(1);
    }
    auto n = to_uint64(text, uint64_t{1} << 40);
    if (!n) return broken("a size that is none");
    return *n;
}

Result<std::string> DlistReader::literal()
{
    text::LiteralScan head;
    for (size_t n = 0; !head.announced(); ++n) {
        TRY_ASSIGN(const char c, from_.get());
        head.feed(c);
        if (head.at == text::LiteralScan::At::nothing || n >= kLongestHead)
            return broken("a size that is none");
    }
    TRY(line_end());
    if (head.size > limits_.text) return broken("a literal that is too large");
    if (head.waits && answer_literals_) {
        from_.put("+ go ahead\r\n");
        TRY(from_.flush());
    }
    std::string text(head.size, '\0');
    TRY(from_.read_exact({text.data(), text.size()}));
    return text;
}

Result<Dlist> DlistReader::file()
{
    FileHead head;
    TRY(expect('{'));
    TRY_ASSIGN(const char first, from_.peek());
    if (first == '"') {
        TRY_ASSIGN(head.partition, quoted());
    } else {
        TRY_ASSIGN(head.partition, word());
    }
    TRY(space());
    TRY_ASSIGN(head.guid, word());
    TRY(space());
    TRY_ASSIGN(head.size, digits());
    TRY(expect('}'));
    TRY(line_end());
    if (!file_) return broken("a file where none belongs");
    if (Status taken = file_(head, from_); !taken) {
        // Its bytes may be half read.
        if (from_.ok()) from_.fail(taken.error());
        return std::move(taken).error();
    }
    Dlist value;
    value.kind = Dlist::Kind::text;
    value.text = std::move(head.guid);
    return value;
}

Result<Dlist> DlistReader::list(size_t depth, bool records)
{
    Dlist value;
    value.kind = Dlist::Kind::list;
    TRY(hold(0));
    TRY(expect('('));
    TRY_ASSIGN(char next, from_.peek());
    while (next != ')') {
        const size_t before = held_;
        TRY_ASSIGN(Dlist item, any(depth + 1, false));
        if (records && record_) {
            if (refused_) refused_ = record_(item);
            held_ = before;
        } else {
            value.items.push_back(std::move(item));
        }
        TRY_ASSIGN(next, from_.peek());
        if (next == ' ') {
            from_.consume(1);
            TRY_ASSIGN(next, from_.peek());
        } else if (next != ')') {
            return broken("a list that does not close");
        }
    }
    from_.consume(1);
    return value;
}

Result<Dlist> DlistReader::map(size_t depth)
{
    Dlist value;
    value.kind = Dlist::Kind::map;
    TRY(hold(0));
    TRY(expect('('));
    TRY_ASSIGN(char next, from_.peek());
    while (next != ')') {
        TRY_ASSIGN(std::string key, word());
        TRY(hold(key.size()));
        TRY(space());
        TRY_ASSIGN(Dlist item, any(depth + 1, key == "RECORD"));
        value.keys.push_back(std::move(key));
        value.items.push_back(std::move(item));
        TRY_ASSIGN(next, from_.peek());
        if (next == ' ') {
            from_.consume(1);
            TRY_ASSIGN(next, from_.peek());
        } else if (next != ')') {
            return broken("a map that does not close");
        }
    }
    from_.consume(1);
    return value;
}

Result<Dlist> DlistReader::any(size_t depth, bool records)
{
    if (depth > kMaxDepth) return broken("nested too deep");
    TRY_ASSIGN(const char c, from_.peek());
    if (c == '(') return list(depth, records);
    if (c == '%') {
        from_.consume(1);
        TRY_ASSIGN(const char kind, from_.peek());
        if (kind == '{') return file();
        return map(depth);
    }
    Dlist value;
    value.kind = Dlist::Kind::text;
    if (c == '"') {
        TRY_ASSIGN(value.text, quoted());
    } else if (c == '{') {
        TRY_ASSIGN(value.text, literal());
    } else {
        TRY_ASSIGN(value.text, word());
        if (value.text == "NIL") value.kind = Dlist::Kind::nil;
    }
    TRY(hold(value.text.size()));
    return value;
}

Result<Dlist> DlistReader::value()
{
    held_ = 0;
    refused_ = success();
    return any(0, false);
}

// --- writing

void put_string(std::string& out, std::string_view text)
{
    if (is_atom(text)) {
        out += text;
        return;
    }
    // Without backslashes, and with every byte.
    const bool plain = text.find_first_of(std::string_view("\"\\\0", 3)) == text.npos;
    if (plain)
        text::put_string(out, text, text::LiteralForm::plus);
    else
        text::put_literal(out, text, text::LiteralForm::plus);
}

void DlistMap::begin(std::string_view key)
{
    if (out_.size() > 2) out_ += ' ';
    cat_to(out_, key, ' ');
}

DlistMap& DlistMap::add(std::string_view key, std::string_view text)
{
    begin(key);
    put_string(out_, text);
    return *this;
}

DlistMap& DlistMap::raw(std::string_view key, std::string_view rendered)
{
    begin(key);
    out_ += rendered;
    return *this;
}

std::string DlistMap::finish() &&
{
    out_ += ')';
    return std::move(out_);
}

std::string to_list(const std::vector<std::string>& texts)
{
    std::string out = "(";
    for (const std::string& text : texts) {
        if (out.size() > 1) out += ' ';
        put_string(out, text);
    }
    out += ')';
    return out;
}

}  // namespace rookery::sync
