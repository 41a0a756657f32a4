#include "imap/mupdate/refusal.h"

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::mupdate {

namespace {

struct Word {
    Code code;
    std::string_view word;
};

constexpr Word kCodes[] = {
    {Code::exists, "ALREADYEXISTS"},
    {Code::not_found, "NONEXISTENT"},
    {Code::denied, "NOPERM"},
    {Code::bad_name, "CANNOT"},
    {Code::syntax, "CLIENTBUG"},
    {Code::limit, "LIMIT"},
    {Code::busy, "INUSE"},
    {Code::no_space, "NOSPACE"},
    {Code::over_quota, "OVERQUOTA"},
    {Code::corrupt, "CORRUPTION"},
    {Code::config, "SERVERBUG"},
    {Code::unsupported, "UNSUPPORTED"},
    {Code::reserved, "RESERVED"},
    {Code::moved, "MOVED"},
    {Code::unavailable, "UNAVAILABLE"},
};

constexpr Word kCyrusTexts[] = {
    {Code::exists, "mailbox already exists"},
    {Code::not_found, "mailbox doesn't exist"},
    {Code::reserved, "mailbox not currently active"},
    {Code::denied, "authentication failure"},
};

// Parts of texts without a code: of earlier versions, and of a replica that is taken for the
// master.
constexpr Word kKnownParts[] = {
    {Code::exists, "already exists"},     {Code::exists, "held by"},
    {Code::not_found, "doesn't exist"},   {Code::reserved, "not currently active"},
    {Code::no_space, "no space left"},    {Code::busy, "too many changes"},
    {Code::unavailable, "shutting down"}, {Code::unavailable, "additions only"},
    {Code::config, "read-only session"},
};

std::string_view word_of(Code code)
{
    for (const Word& w : kCodes)
        if (w.code == code) return w.word;
    return "UNAVAILABLE";
}

}  // namespace

std::string refusal_text(const Error& error)
{
    for (const Word& known : kCyrusTexts)
        if (known.code == error.code && known.word == error.text) return error.text;
    return cat('[', word_of(error.code), "] ", error.text);
}

Error refusal_error(std::string_view text)
{
    if (const auto code = text::response_code(text); code && code->arguments.empty())
        for (const Word& w : kCodes)
            if (code->is(w.word)) return {w.code, std::string(trim(code->text))};
    for (const Word& known : kKnownParts)
        if (text.find(known.word) != std::string_view::npos) return {known.code, std::string(text)};
    return {Code::denied, std::string(text)};
}

bool is_passing(Code refusal)
{
    return refusal == Code::no_space || refusal == Code::busy || refusal == Code::unavailable;
}

}  // namespace rookery::mupdate
