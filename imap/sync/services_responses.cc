// The one table from failures to the words of the dialect, and back.
#include <array>

#include "imap/sync/services.h"
#include "lib/base/strings.h"

namespace rookery::sync {

namespace {

struct Row {
    Code code;
    std::string_view word;
};
// Of several rows the first counts, in each direction.
constexpr std::array kRows = {
    Row{Code::not_found, "IMAP_MAILBOX_NONEXISTENT"},
    Row{Code::busy, "IMAP_MAILBOX_LOCKED"},
    Row{Code::exists, "IMAP_MAILBOX_LOCKED"},
    Row{Code::reserved, "IMAP_MAILBOX_LOCKED"},
    Row{Code::moved, "IMAP_MAILBOX_MOVED"},
    Row{Code::unsupported, "IMAP_MAILBOX_NOTSUPPORTED"},
    Row{Code::corrupt, "IMAP_SYNC_CHECKSUM"},
    Row{Code::corrupt, "IMAP_SYNC_CHANGED"},
    Row{Code::syntax, "IMAP_PROTOCOL_BAD_PARAMETERS"},
    Row{Code::limit, "IMAP_PROTOCOL_BAD_PARAMETERS"},
    Row{Code::bad_name, "IMAP_INVALID_USER"},
};

}  // namespace

std::string sync_response(const Error& error)
{
    std::string text;
    for (const char c : error.text) text += c < ' ' || c > '~' ? ' ' : c;
    std::string_view word = "IMAP_PROTOCOL_ERROR";
    for (size_t i = kRows.size(); i-- > 0;)
        if (kRows[i].code == error.code) word = kRows[i].word;
    return cat(word, ' ', text.empty() ? code_name(error.code) : text);
}

Error parse_sync_response(std::string_view text)
{
    const std::string_view word = text.substr(0, text.find(' '));
    for (const Row& row : kRows)
        if (row.word == word) return {row.code, std::string(text)};
    return {Code::unavailable, std::string(text)};
}

}  // namespace rookery::sync
