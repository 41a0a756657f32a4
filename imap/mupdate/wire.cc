// The grammar is small enough for one cursor that both directions share.
#include "imap/mupdate/wire.h"

#include <array>
#include <utility>

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::mupdate {

namespace {

enum class Got : unsigned char { ok, more, go_ahead, malformed, too_long };

// A view of what has arrived. line_bytes counts what is outside literals.
class Cursor {
 public:
    explicit Cursor(std::string_view input) : input_(input) {}

    size_t position() const { return at_; }
    bool at_end() const { return at_ >= input_.size(); }
    char here() const { return input_[at_]; }
    bool line_too_long() const { return line_bytes_ > kMaxLine; }
    void step(size_t n = 1)
    {
        at_ += n;
        line_bytes_ += n;
    }

    // 1*ATOM-CHAR, more liberal than the RFC: anything printable that does not delimit.
    Got atom(std::string& out, size_t max)
    {
        size_t end = at_;
        while (end < input_.size() && is_atom_char(input_[end])) {
            if (end - at_ >= max) return Got::too_long;
            ++end;
        }
        if (end == input_.size()) return Got::more;
        out.assign(input_.substr(at_, end - at_));
        step(end - at_);
        return Got::ok;
    }

    // string = quoted / literal
    Got string(std::string& out)
    {
        if (at_end()) return Got::more;
        if (here() == '"') return quoted(out);
        if (here() == '{') return literal(out);
        return Got::malformed;
    }

    // CRLF; a bare LF is taken too.
    Got line_end()
    {
        if (at_end()) return Got::more;
        if (here() == '\r') {
            if (at_ + 1 >= input_.size()) return Got::more;
            if (input_[at_ + 1] != '\n') return Got::malformed;
            step(2);
            return Got::ok;
        }
        if (here() != '\n') return Got::malformed;
        step();
        return Got::ok;
    }

    // Everything up to the end of the line.
    Got rest_of_line(std::string& out)
    {
        size_t end = input_.find('\n', at_);
        if (end == std::string_view::npos) return Got::more;
        std::string_view text = input_.substr(at_, end - at_);
        if (text.ends_with('\r')) text.remove_suffix(1);
        out.assign(text);
        step(end + 1 - at_);
        return Got::ok;
    }

    // Past the end of a line that is wrong, and past the {n+} literals that belong to it: their
    // bytes must not be read as commands.
    Got skip_command()
    {
        for (;;) {
            std::string line;
            Got got = rest_of_line(line);
            if (got != Got::ok) return got;
            const auto literal = text::literal_at_end(line);
            if (!literal || literal->waits) return Got::ok;
            if (literal->size > kMaxString) return Got::too_long;
            if (input_.size() - at_ < literal->size) return Got::more;
            at_ += literal->size;
        }
    }

 private:
    static bool is_atom_char(char c)
    {
        return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '"' && c != '{' &&
               static_cast<unsigned char>(c) < 0x80;
    }

    Got quoted(std::string& out)
    {
        out.clear();
        text::QuotedScan scan(text::QuotedScan::Escapes::any);
        for (size_t i = at_ + 1; i < input_.size(); ++i) {
            const size_t run = scan.plain(input_.substr(i));
            if (out.size() + run > kMaxLine) return Got::too_long;
            out.append(input_, i, run);
            i += run;
            if (i == input_.size()) break;
            switch (scan.feed(input_[i])) {
                case text::QuotedScan::Step::none: break;
                case text::QuotedScan::Step::wrong: return Got::malformed;
                case text::QuotedScan::Step::end: step(i + 1 - at_); return Got::ok;
                case text::QuotedScan::Step::byte:
                    if (out.size() >= kMaxLine) return Got::too_long;
                    out.push_back(input_[i]);
            }
        }
        return Got::more;
    }

    Got literal(std::string& out)
    {
        constexpr size_t kLongestHead = 24;
        text::LiteralScan head;
        size_t body = at_;
        while (body < input_.size() && !head.announced()) {
            head.feed(input_[body++]);
            if (head.at == text::LiteralScan::At::nothing || body - at_ > kLongestHead)
                return Got::malformed;
        }
        if (!head.announced()) return Got::more;
        if (head.size > kMaxString) return Got::too_long;
        if (body < input_.size() && input_[body] == '\r') ++body;
        if (body >= input_.size()) return Got::more;
        if (input_[body] != '\n') return Got::malformed;
        ++body;
        if (input_.size() - body < head.size) {
            if (!head.waits || input_.size() > body) return Got::more;
            at_ = body;
            return Got::go_ahead;
        }
        std::string_view bytes = input_.substr(body, head.size);
        if (bytes.find('\0') != std::string_view::npos) return Got::malformed;
        out.assign(bytes);
        step(body - at_);
        at_ += head.size;
        return Got::ok;
    }

    std::string_view input_;
    size_t at_ = 0;
    size_t line_bytes_ = 0;
};

Parsed refuse(Cursor& cursor, std::string tag, std::string_view reply, size_t arrived)
{
    Parsed parsed;
    parsed.command.tag = std::move(tag);
    parsed.reply = reply;
    Got skipped = cursor.skip_command();
    if (skipped == Got::ok) {
        parsed.kind = Parsed::Kind::bad;
        parsed.position = cursor.position();
    } else if (skipped == Got::too_long || arrived > kMaxCommand) {
        parsed.kind = Parsed::Kind::fatal;
    }
    return parsed;
}

Parsed wait_for_more(size_t arrived, const std::string& tag)
{
    Parsed parsed;
    if (arrived <= kMaxCommand) return parsed;
    parsed.kind = Parsed::Kind::fatal;
    parsed.command.tag = tag.empty() ? "*" : tag;
    parsed.reply = "Command too long";
    return parsed;
}

// *(SP string) CRLF
Got read_arguments(Cursor& cursor, Command& command, std::string_view& reply)
{
    for (;;) {
        if (cursor.at_end()) return Got::more;
        if (cursor.line_too_long()) {
            reply = "Line too long";
            return Got::too_long;
        }
        if (cursor.here() != ' ') {
            Got end = cursor.line_end();
            if (end == Got::malformed)
                reply = command.arguments.empty() ? "Missing arguments" : "Badly formed arguments";
            return end;
        }
        cursor.step();
        std::string argument;
        Got got = cursor.string(argument);
        const bool may_be_atom = row_of(command.verb).first == VerbRow::First::atom;
        if (got == Got::malformed && command.arguments.empty() && may_be_atom) {
            got = cursor.atom(argument, kMaxTag);
            if (got == Got::ok && argument.empty()) got = Got::malformed;
        }
        if (got == Got::malformed) reply = "Badly formed arguments";
        if (got == Got::too_long) reply = "Argument too long";
        if (got != Got::ok) return got;
        if (command.arguments.size() >= kMaxArguments) {
            reply = "Extra arguments";
            return Got::malformed;
        }
        command.arguments.push_back(std::move(argument));
    }
}

}  // namespace

// command = tag SP command-type CRLF
Parsed parse_command(std::string_view input)
{
    Cursor cursor(input);
    std::string tag;
    std::string word;
    Got got = cursor.atom(tag, kMaxTag);
    if (got == Got::more) return wait_for_more(input.size(), "*");
    if (got == Got::too_long) return refuse(cursor, "*", "Tag too long", input.size());
    if (tag.empty() || cursor.here() != ' ')
        return refuse(cursor, "*", "Need command", input.size());
    cursor.step();
    got = cursor.atom(word, kMaxTag);
    if (got == Got::more) return wait_for_more(input.size(), tag);
    if (got == Got::ok && word.empty())
        return refuse(cursor, std::move(tag), "Null command", input.size());
    Parsed parsed;
    parsed.command.verb = got == Got::ok ? verb_of(word) : Verb::unknown;
    if (parsed.command.verb == Verb::unknown)
        return refuse(cursor, std::move(tag), "Unrecognized command", input.size());
    std::string_view reply;
    got = read_arguments(cursor, parsed.command, reply);
    switch (got) {
        case Got::more: return wait_for_more(input.size(), tag);
        case Got::malformed:
        case Got::too_long: return refuse(cursor, std::move(tag), reply, input.size());
        case Got::go_ahead: parsed.kind = Parsed::Kind::go_ahead; break;
        case Got::ok: parsed.kind = Parsed::Kind::command; break;
    }
    parsed.command.tag = std::move(tag);
    parsed.position = cursor.position();
    return parsed;
}

namespace {

Response::Kind response_kind(std::string_view word)
{
    constexpr std::array<std::pair<std::string_view, Response::Kind>, 10> kWords = {{
        {"OK", Response::Kind::ok},
        {"NO", Response::Kind::no},
        {"BAD", Response::Kind::bad},
        {"BYE", Response::Kind::bye},
        {"MAILBOX", Response::Kind::mailbox},
        {"RESERVE", Response::Kind::reserve},
        {"DELETE", Response::Kind::remove},
        {"POSITION", Response::Kind::position},
        {"SERVERS", Response::Kind::servers},
        {"STATUS", Response::Kind::status},
    }};
    for (const auto& [name, kind] : kWords)
        if (equal_nocase(word, name)) return kind;
    return Response::Kind::other;
}

size_t argument_count(Response::Kind kind)
{
    switch (kind) {
        case Response::Kind::mailbox:
        case Response::Kind::position: return 3;
        case Response::Kind::status:
        case Response::Kind::reserve: return 2;
        case Response::Kind::servers:
        case Response::Kind::remove: return 1;
        case Response::Kind::ok:
        case Response::Kind::no:
        case Response::Kind::bad:
        case Response::Kind::bye:
        case Response::Kind::other: break;
    }
    return 0;
}

Got read_data(Cursor& cursor, Response& response)
{
    for (size_t i = 0; i < argument_count(response.kind); ++i) {
        if (cursor.at_end()) return Got::more;
        if (cursor.here() != ' ') return Got::malformed;
        cursor.step();
        std::string argument;
        Got got = cursor.string(argument);
        if (got != Got::ok) return got == Got::go_ahead ? Got::more : got;
        response.arguments.push_back(std::move(argument));
    }
    return cursor.line_end();
}

Got read_text(Cursor& cursor, Response& response)
{
    if (cursor.at_end()) return Got::more;
    if (cursor.here() == ' ') cursor.step();
    if (cursor.at_end()) return Got::more;
    if (response.kind != Response::Kind::other && (cursor.here() == '"' || cursor.here() == '{')) {
        Got got = cursor.string(response.text);
        if (got != Got::ok) return got == Got::go_ahead ? Got::more : got;
        std::string ignored;
        return cursor.rest_of_line(ignored);
    }
    return cursor.rest_of_line(response.text);
}

}  // namespace

// response = tag SP response-type CRLF
ParsedResponse parse_response(std::string_view input)
{
    ParsedResponse parsed;
    Cursor cursor(input);
    std::string word;
    Got got = cursor.atom(parsed.response.tag, kMaxTag);
    if (got == Got::ok && (parsed.response.tag.empty() || cursor.here() != ' '))
        got = Got::malformed;
    if (got == Got::ok) {
        cursor.step();
        got = cursor.atom(word, kMaxTag);
    }
    if (got == Got::ok) {
        parsed.response.kind = response_kind(word);
        got = argument_count(parsed.response.kind) != 0 ? read_data(cursor, parsed.response)
                                                        : read_text(cursor, parsed.response);
    }
    if (got == Got::ok) {
        parsed.kind = ParsedResponse::Kind::response;
        parsed.position = cursor.position();
    } else if (got != Got::more || input.size() > kMaxCommand) {
        parsed.kind = ParsedResponse::Kind::broken;
    }
    return parsed;
}

void put_reply(std::string& out, std::string_view tag, std::string_view word, std::string_view text)
{
    cat_to(out, tag, ' ', word, ' ');
    text::put_quoted(out, text);
    out.append("\r\n");
}

void put_mailbox(std::string& out, std::string_view tag, std::string_view name,
                 std::string_view location, std::string_view acl)
{
    put_data(out, tag, "MAILBOX", {name, location, acl});
}

void put_reserve(std::string& out, std::string_view tag, std::string_view name,
                 std::string_view location)
{
    put_data(out, tag, "RESERVE", {name, location});
}

void put_delete(std::string& out, std::string_view tag, std::string_view name)
{
    put_data(out, tag, "DELETE", {name});
}

void put_data(std::string& out, std::string_view tag, std::string_view word,
              std::initializer_list<std::string_view> values)
{
    cat_to(out, tag, ' ', word);
    for (std::string_view value : values) {
        out.push_back(' ');
        text::put_literal(out, value, text::LiteralForm::plus);
    }
    out.append("\r\n");
}

}  // namespace rookery::mupdate
