#include "imap/managesieve/reply.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"
#include "lib/text/utf8.h"

namespace rookery::managesieve {
namespace {

std::string string_of(std::string_view text, text::LiteralForm form)
{
    std::string out;
    // Controls could stand in a quoted string, but a writer of texts for people keeps them out.
    const auto stands = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
    const bool fits = text.size() <= text::kMaxQuoted && text::is_utf8(text) &&
                      std::all_of(text.begin(), text.end(), stands);
    if (fits)
        text::put_quoted(out, text);
    else
        text::put_literal(out, text, form);
    return out;
}

constexpr std::string_view kLater = "TRYLATER";

// Of an empty text the error's own is said, which is about the client's words then.
struct Answer {
    std::string_view code;
    std::string_view text;
};

Answer answer_to(Code code)
{
    switch (code) {
        case Code::not_found: return {"NONEXISTENT", "There is no script of that name"};
        case Code::exists: return {"ALREADYEXISTS", "There is a script of that name"};
        case Code::over_quota: return {"QUOTA/MAXSCRIPTS", {}};
        case Code::limit: return {"QUOTA/MAXSIZE", {}};
        case Code::corrupt: return {{}, "That script cannot be read"};
        case Code::maintenance: return {kLater, {}};
        case Code::no_space: return {kLater, "The disk is full"};
        case Code::reserved:
        case Code::moved: return {kLater, "The mailbox is being moved, try again later"};
        case Code::bad_name:
        case Code::syntax:
        case Code::unsupported: return {};
        case Code::denied:  // to this server, by its own files
        case Code::unavailable:
        case Code::no_master:
        case Code::behind:
        case Code::busy:
        case Code::io:
        case Code::timeout:
        case Code::closed:
        case Code::config: break;
    }
    return {kLater, "Not possible now, try again later"};
}

}  // namespace

bool is_trouble(Code code)
{
    const Answer answer = answer_to(code);
    return code == Code::corrupt || (answer.code == kLater && !answer.text.empty());
}

std::string reply(Word word, std::string_view code, std::string_view text)
{
    std::string out = word == Word::ok ? "OK" : word == Word::no ? "NO" : "BYE";
    if (!code.empty()) cat_to(out, " (", code, ')');
    if (!text.empty()) cat_to(out, ' ', to_string(text));
    return out + "\r\n";
}

std::string error_reply(const Error& error)
{
    const Answer answer = answer_to(error.code);
    return reply(Word::no, answer.code, answer.text.empty() ? error.text : answer.text);
}

std::string to_string(std::string_view text)
{
    return string_of(text, text::LiteralForm::waits);
}

std::string to_client_string(std::string_view text)
{
    return string_of(text, text::LiteralForm::plus);
}

}  // namespace rookery::managesieve
