#include "imap/imapd/selected/search_sources.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace rookery::imapd {
namespace {

using Kind = SearchSource::Kind;

struct SourceName {
    std::string_view name;
    Kind kind;
    bool has_names;
};
// What deliveries go to is not known beforehand: "inboxes" is "personal" then (RFC 5465 6).
constexpr std::array kSources = {
    SourceName{"SELECTED", Kind::selected, false},
    SourceName{"INBOXES", Kind::personal, false},
    SourceName{"PERSONAL", Kind::personal, false},
    SourceName{"SUBSCRIBED", Kind::subscribed, false},
    SourceName{"SUBTREE", Kind::subtree, true},
    SourceName{"SUBTREE-ONE", Kind::subtree_one, true},
    SourceName{"MAILBOXES", Kind::mailboxes, true},
};

// one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")"
Status mailboxes(CommandReader& reader, std::vector<std::string>& names, size_t& count)
{
    TRY_ASSIGN(const bool list, reader.accept('('));
    for (;;) {
        TRY_ASSIGN(std::string name, reader.mailbox());
        if (++count > kMaxSourceNames) return Error{Code::limit, "Too many mailboxes"};
        names.push_back(std::move(name));
        if (!list) return success();
        TRY_ASSIGN(const bool end, reader.accept(')'));
        if (end) return success();
        TRY(reader.space());
    }
}

}  // namespace

Result<std::vector<SearchSource>> parse_search_sources(CommandReader& reader)
{
    std::vector<SearchSource> sources;
    size_t count = 0;  // of the names in all of them
    TRY(reader.expect('('));
    for (;;) {
        TRY_ASSIGN(const std::string word, reader.attribute());
        const auto* row = std::find_if(kSources.begin(), kSources.end(),
                                       [&](const SourceName& one) { return one.name == word; });
        if (row == kSources.end()) return Error{Code::syntax, "Unknown source of a search"};
        if (sources.size() == kMaxSourceNames) return Error{Code::limit, "Too many sources"};
        SearchSource source{row->kind, {}};
        if (row->has_names) {
            TRY(reader.space());
            TRY(mailboxes(reader, source.names, count));
        }
        sources.push_back(std::move(source));
        TRY_ASSIGN(const bool end, reader.accept(')'));
        if (end) return sources;
        TRY(reader.space());
    }
}

}  // namespace rookery::imapd
