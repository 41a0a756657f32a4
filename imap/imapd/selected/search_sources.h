// Which mailboxes a search looks in: IN of ESEARCH (RFC 7377 2.2), filter-mailboxes (RFC 5465 6).
//
// Codes: syntax, limit (kMaxSourceNames), and the reader's. Values.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_SEARCH_SOURCES_H
#define ROOKERY_IMAP_IMAPD_SELECTED_SEARCH_SOURCES_H

#include <string>
#include <vector>

#include "imap/imapd/command_reader.h"
#include "lib/base/result.h"

namespace rookery::imapd {

inline constexpr size_t kMaxSourceNames = 1000;

struct SearchSource {
    enum class Kind { selected, personal, subscribed, subtree, subtree_one, mailboxes };
    Kind kind = Kind::selected;
    std::vector<std::string> names;  // of the last three, as the client wrote them
};

// "(" filter-mailboxes *(SP filter-mailboxes) ")"
Result<std::vector<SearchSource>> parse_search_sources(CommandReader& reader);

}  // namespace rookery::imapd

#endif
