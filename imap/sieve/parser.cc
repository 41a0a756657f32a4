#include "imap/sieve/parser.h"

#include "imap/sieve/lexer.h"
#include "lib/base/strings.h"
#include "lib/text/utf8.h"

namespace rookery::sieve::tree {
namespace {

class Parser {
 public:
    Parser(std::string_view script, const Limits& limits, ScriptErrors& errors)
        : lexer_(script, limits), limits_(limits), errors_(errors), token_(lexer_.next())
    {
    }

    std::vector<Command> start()
    {
        std::vector<Command> out = commands(0);
        while (token_.is('}') && !errors_.full()) {
            errors_.add(token_.at, "'}' without '{': expected a command");
            take();
            for (auto& more : commands(0)) out.push_back(std::move(more));
        }
        return out;
    }

 private:
    void take() { token_ = lexer_.next(); }
    bool at_end() const { return token_.kind == Token::Kind::end; }

    bool fail(std::string_view expected)
    {
        if (token_.kind == Token::Kind::bad)
            errors_.add(token_.at, token_.text);
        else
            errors_.add(token_.at, cat("expected ", expected, ", not ", token_.name()));
        return false;
    }

    // Behind the next ';' or '}' that belongs to nothing opened in between.
    void recover()
    {
        for (size_t depth = 0; !at_end(); take()) {
            if (token_.is('{')) ++depth;
            if (token_.is('}') && depth == 0) return;
            if ((token_.is('}') && --depth == 0) || (token_.is(';') && depth == 0)) return take();
        }
    }

    // commands = *command
    std::vector<Command> commands(size_t depth)
    {
        std::vector<Command> out;
        while (!at_end() && !token_.is('}') && !errors_.full()) {
            Command c;
            if (command(c, depth))
                out.push_back(std::move(c));
            else
                recover();
        }
        return out;
    }

    // command = identifier arguments (";" / block)
    bool command(Command& c, size_t depth)
    {
        if (token_.kind != Token::Kind::identifier) return fail("a command");
        if (!name_and_arguments(c, depth)) return false;
        if (token_.is(';')) {
            take();
            return true;
        }
        if (!token_.is('{')) return fail("';' or '{'");
        if (depth >= limits_.nesting) return too_deep();
        take();
        c.has_block = true;
        c.block = commands(depth + 1);
        if (errors_.full()) return true;
        if (!token_.is('}')) return fail("'}'");
        take();
        return true;
    }

    bool too_deep()
    {
        errors_.add(token_.at, cat("nested too deeply: at most ", limits_.nesting));
        return false;
    }

    // arguments = *argument [ test / test-list ]
    bool name_and_arguments(Command& c, size_t depth)
    {
        c.name = token_.text;
        c.at = token_.at;
        take();
        for (;;) {
            Argument a;
            a.at = token_.at;
            switch (token_.kind) {
                case Token::Kind::bad: return fail("an argument");
                case Token::Kind::identifier: return tests(c, depth);
                case Token::Kind::number:
                    a.number = token_.number;
                    take();
                    break;
                case Token::Kind::tag:
                case Token::Kind::string:
                    a.kind = token_.kind == Token::Kind::tag ? Argument::Kind::tag
                                                             : Argument::Kind::string;
                    a.strings.push_back(std::move(token_.text));
                    take();
                    break;
                case Token::Kind::punctuation:
                    if (token_.is('(')) return tests(c, depth);
                    if (!token_.is('[')) return true;
                    if (!string_list(a)) return false;
                    break;
                case Token::Kind::end: return true;
            }
            c.arguments.push_back(std::move(a));
        }
    }

    // string-list = "[" string *("," string) "]" / string
    bool string_list(Argument& a)
    {
        a.kind = Argument::Kind::string_list;
        do {
            take();
            if (token_.kind != Token::Kind::string) return fail("a string");
            if (a.strings.size() >= limits_.list_size) {
                errors_.add(token_.at, cat("too many strings: at most ", limits_.list_size));
                return false;
            }
            a.strings.push_back(std::move(token_.text));
            a.places.push_back(token_.at);
            take();
        } while (token_.is(','));
        if (!token_.is(']')) return fail("',' or ']'");
        take();
        return true;
    }

    // test-list = "(" test *("," test) ")"
    bool tests(Command& c, size_t depth)
    {
        if (depth >= limits_.nesting) return too_deep();
        c.has_test_list = token_.is('(');
        if (c.has_test_list) take();
        for (;;) {
            if (token_.kind != Token::Kind::identifier) return fail("a test");
            Command test;
            if (!name_and_arguments(test, depth + 1)) return false;
            c.tests.push_back(std::move(test));
            if (!c.has_test_list) return true;
            if (token_.is(')')) break;
            if (!token_.is(',')) return fail("',' or ')'");
            take();
        }
        take();
        return true;
    }

    Lexer lexer_;
    const Limits& limits_;
    ScriptErrors& errors_;
    Token token_;
};

// The first byte that may not stand in a script (RFC 5228 2.1: UTF-8, without NUL).
bool check_bytes(std::string_view script, ScriptErrors& errors)
{
    Position at;
    for (size_t pos = 0; pos < script.size();) {
        const size_t begin = pos;
        const char32_t c = text::next_code_point(script, pos);
        if (c == text::kInvalid || c == 0) {
            errors.add(at, c == 0 ? "a NUL: expected text" : "expected UTF-8");
            return false;
        }
        at.column += static_cast<uint32_t>(pos - begin);
        if (c == '\n') at = {at.line + 1, 1};
    }
    return true;
}

}  // namespace

std::vector<Command> parse(std::string_view script, const Limits& limits, ScriptErrors& errors)
{
    if (script.size() > limits.script_size) {
        errors.add({}, cat("the script is too long: at most ", limits.script_size, " bytes"));
        return {};
    }
    if (script.starts_with("\xef\xbb\xbf")) script.remove_prefix(3);
    if (!check_bytes(script, errors)) return {};
    return Parser(script, limits, errors).start();
}

}  // namespace rookery::sieve::tree
