// Figures and their words.
#include "imap/mupdate/server_figures.h"

#include <algorithm>

#include "imap/model/location.h"
#include "lib/base/strings.h"

namespace rookery::mupdate {
namespace {

constexpr std::string_view kUnknown = "-";

std::string word_of(const std::optional<int64_t>& figure)
{
    return figure ? cat(*figure) : std::string(kUnknown);
}

Result<std::optional<int64_t>> figure_of(std::string_view word)
{
    if (word == kUnknown) return std::optional<int64_t>();
    TRY_ASSIGN(const uint64_t figure, to_uint64(word, INT64_MAX));
    return std::optional(static_cast<int64_t>(figure));
}

}  // namespace

std::vector<std::string> ServerFigures::words() const
{
    return {version, word_of(free_percent), word_of(certificate_days), word_of(sessions), server};
}

std::string ServerFigures::text() const
{
    std::string text;
    for (const std::string& word : words()) cat_to(text, text.empty() ? "" : " ", word);
    return text;
}

Result<ServerFigures> ServerFigures::parse(std::span<const std::string> words)
{
    if (words.size() != kWords) return Error{Code::syntax, "figures are five words"};
    ServerFigures figures;
    figures.version = words[0];
    const bool is_word = std::all_of(figures.version.begin(), figures.version.end(),
                                     [](char c) { return c > ' ' && c < '\x7f'; });
    if (figures.version.empty() || figures.version.size() > kMaxVersion || !is_word)
        return Error{Code::syntax, "this is no version"};
    TRY_ASSIGN(figures.free_percent, figure_of(words[1]));
    TRY_ASSIGN(figures.certificate_days, figure_of(words[2]));
    TRY_ASSIGN(figures.sessions, figure_of(words[3]));
    figures.server = words[4];
    if (!model::is_server_name(figures.server))
        return Error{Code::syntax, "this is no server's name"};
    return figures;
}

}  // namespace rookery::mupdate
