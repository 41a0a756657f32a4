#include "lib/text/smtp_reply.h"

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::text {
namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// What textstring does not hold, but for 8-bit bytes.
bool is_control(char c)
{
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

// Reply-code = %x32-35 %x30-35 %x30-39; any second digit is taken. 0 if it is none.
int code_of(std::string_view line)
{
    if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
        !is_digit(line[2]))
        return 0;
    return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
}

Error not_a_reply(std::string_view what, std::string_view line)
{
    return Error{Code::syntax, cat(what, ": ", line.substr(0, 200))};
}

// 1*3DIGIT
bool take_number(std::string_view& text)
{
    size_t n = 0;
    while (n < text.size() && n < 3 && is_digit(text[n])) ++n;
    text.remove_prefix(n);
    return n > 0;
}

bool take(std::string_view& text, char c)
{
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
}

}  // namespace

std::string_view SmtpReply::last_line() const
{
    return lines.empty() ? std::string_view() : std::string_view(lines.back());
}

std::string SmtpReply::summary() const
{
    return cat(code, ' ', last_line());
}

std::string SmtpReply::to_string() const
{
    std::string out;
    for (size_t i = 0; i < lines.size(); ++i) {
        cat_to(out, code, i + 1 == lines.size() ? ' ' : '-');
        for (char c : lines[i]) out.push_back(is_control(c) ? ' ' : c);
        out.append("\r\n");
    }
    if (lines.empty()) cat_to(out, code, " \r\n");
    return out;
}

std::string_view enhanced_code(std::string_view text)
{
    std::string_view rest = text;
    const bool is_class = rest.starts_with('2') || rest.starts_with('4') || rest.starts_with('5');
    if (!is_class) return {};
    rest.remove_prefix(1);
    for (int part = 0; part < 2; ++part)
        if (!take(rest, '.') || !take_number(rest)) return {};
    if (!rest.empty() && rest.front() != ' ') return {};
    return text.substr(0, text.size() - rest.size());
}

Result<bool> SmtpReplyReader::add(std::string_view line)
{
    if (line.size() > kMaxLine) return Error{Code::limit, "a line of a reply is too long"};
    if (reply_.lines.size() == kMaxLines) return Error{Code::limit, "a reply of too many lines"};
    const int code = code_of(line);
    const char separator = line.size() > 3 ? line[3] : ' ';
    if (code == 0 || (separator != ' ' && separator != '-'))
        return not_a_reply("not a reply", line);
    if (!reply_.lines.empty() && code != reply_.code)
        return not_a_reply("a reply that changes its code", line);
    reply_.code = code;
    std::string text(line.substr(std::min<size_t>(line.size(), 4)));
    std::erase_if(text, is_control);
    reply_.lines.push_back(std::move(text));
    return separator == ' ';
}

}  // namespace rookery::text
