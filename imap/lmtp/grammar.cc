// The grammar of LMTP commands.
#include "imap/lmtp/grammar.h"

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::lmtp {
namespace {

Error bad(std::string_view what)
{
    return Error{Code::syntax, std::string(what)};
}

bool is_control(char c)
{
    auto u = static_cast<unsigned char>(c);
    return u < 0x20 || u == 0x7f;
}

bool is_atext_or_dot(char c)
{
    // Special to RFC 5322, or the frame of the path.
    constexpr std::string_view kSpecial = "()<>[]:;,@\\\" ";
    return !is_control(c) && kSpecial.find(c) == std::string_view::npos;
}

// Local-part = Dot-string / Quoted-string; dots are not looked at. Gives the size in text.
Result<size_t> take_local(std::string_view text, std::string& local)
{
    if (text.empty()) return bad("empty local part");
    if (text.front() != '"') {
        size_t n = 0;
        while (n < text.size() && is_atext_or_dot(text[n])) ++n;
        local = text.substr(0, n);
        if (n == 0) return bad("empty local part");
        return n;
    }
    for (size_t i = 1; i < text.size(); ++i) {
        char c = text[i];
        if (c == '"') return i + 1;
        if (c == '\\' && ++i == text.size()) break;
        if (is_control(text[i])) return bad("control character");
        local.push_back(text[i]);
    }
    return bad("quote without end");
}

bool is_domain_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

// A-d-l ":" in front of the mailbox is read and dropped (RFC 5321 4.1.2).
Result<std::string_view> without_route(std::string_view text)
{
    if (!text.starts_with('@')) return text;
    size_t colon = text.find(':');
    if (colon == std::string_view::npos) return bad("source route without end");
    return text.substr(colon + 1);
}

// The end of the path that begins with "<": brackets may stand in quotes.
size_t end_of_path(std::string_view text)
{
    bool quoted = false;
    for (size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\' && quoted)
            ++i;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (text[i] == '>' && !quoted)
            return i;
    }
    return std::string_view::npos;
}

// "FROM:<path>", gives the path and leaves the parameters.
Result<Address> take_path(std::string_view& arguments, std::string_view keyword, bool allow_empty)
{
    if (!starts_with_nocase(arguments, keyword)) return bad(cat("missing ", keyword));
    arguments = trim(arguments.substr(keyword.size()));
    if (!arguments.starts_with('<')) return bad("missing <");
    size_t end = end_of_path(arguments);
    if (end == std::string_view::npos) return bad("missing >");
    auto address = parse_address(arguments.substr(1, end - 1), allow_empty);
    arguments.remove_prefix(end + 1);
    if (!arguments.empty() && arguments.front() != ' ') return bad("garbage behind the path");
    return address;
}

// xtext (RFC 3461 4): "+" and two upper case hexadecimal digits.
Result<std::string> decode_xtext(std::string_view text)
{
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '+') {
            if (is_control(text[i]) || text[i] == '=') return bad("bad xtext");
            out.push_back(text[i]);
            continue;
        }
        if (i + 2 >= text.size()) return bad("bad xtext");
        TRY_ASSIGN(std::string byte, unhex(text.substr(i + 1, 2)));
        if (is_control(byte[0])) return bad("bad xtext");
        out.append(byte);
        i += 2;
    }
    return out;
}

Status apply_mail_parameter(MailArguments& mail, std::string_view key, std::string_view value)
{
    if (equal_nocase(key, "BODY")) {
        if (!equal_nocase(value, "7BIT") && !equal_nocase(value, "8BITMIME"))
            return Error{Code::unsupported, "unknown BODY"};
        mail.eight_bit = equal_nocase(value, "8BITMIME");
        return success();
    }
    if (equal_nocase(key, "SIZE")) {
        TRY_ASSIGN(mail.size, to_number<uint64_t>(value));
        return success();
    }
    if (equal_nocase(key, "AUTH")) {
        TRY_ASSIGN(mail.auth, decode_xtext(value));
        if (*mail.auth == "<>") mail.auth->clear();
        return success();
    }
    return Error{Code::unsupported, "unknown parameter"};
}

}  // namespace

CommandLine split_command(std::string_view line)
{
    size_t end = std::min(line.find(' '), line.size());
    return {to_upper(line.substr(0, end)), trim(line.substr(end))};
}

Result<Address> parse_address(std::string_view text, bool allow_empty)
{
    if (text.size() > kMaxPath) return Error{Code::limit, "the path is too long"};
    Address a;
    if (text.empty()) {
        if (allow_empty) return a;
        return bad("empty path");
    }
    TRY_ASSIGN(std::string_view mailbox, without_route(text));
    TRY_ASSIGN(size_t local_size, take_local(mailbox, a.local));
    a.text = mailbox;
    std::string_view rest = mailbox.substr(local_size);
    if (rest.empty()) return a;
    if (rest.front() != '@') return bad("bad local part");
    TRY_ASSIGN(a.domain, parse_domain(rest.substr(1)));
    return a;
}

Result<std::string> parse_domain(std::string_view text)
{
    if (text.empty()) return bad("empty domain");
    if (text.size() > kMaxDomain) return Error{Code::limit, "the domain is too long"};
    if (text.front() == '[') {
        bool good = text.size() > 2 && text.back() == ']' &&
                    std::all_of(text.begin() + 1, text.end() - 1,
                                [](char c) { return is_domain_byte(c) || c == ':'; });
        if (!good) return bad("bad address literal");
        return std::string(text);
    }
    if (!std::all_of(text.begin(), text.end(), is_domain_byte)) return bad("bad domain");
    return std::string(text);
}

Result<MailArguments> parse_mail(std::string_view arguments)
{
    MailArguments mail;
    TRY_ASSIGN(mail.from, take_path(arguments, "FROM:", true));
    for (std::string_view word : split(arguments, ' ', false)) {
        size_t equals = word.find('=');
        if (equals == std::string_view::npos) return Error{Code::unsupported, "unknown parameter"};
        TRY(apply_mail_parameter(mail, word.substr(0, equals), word.substr(equals + 1)));
    }
    return mail;
}

Result<RcptArguments> parse_rcpt(std::string_view arguments)
{
    RcptArguments rcpt;
    TRY_ASSIGN(rcpt.to, take_path(arguments, "TO:", false));
    for (std::string_view word : split(arguments, ' ', false)) {
        if (!equal_nocase(word, "IGNOREQUOTA"))
            return Error{Code::unsupported, "unknown parameter"};
        rcpt.ignore_quota = true;
    }
    return rcpt;
}

}  // namespace rookery::lmtp
