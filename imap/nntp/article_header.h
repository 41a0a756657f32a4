// ArticleHeader: what a server of news has to know of an article's header (RFC 5536), and whether
// it may be one at all.
//
// From a poster it may lack Message-ID, Date and Path, and must lack what an injecting agent adds
// (RFC 5537 3.4.1, 3.5); from a server all that is mandatory must be there, once.
// Codes: syntax, with a text for the client. Pure.
#ifndef ROOKERY_IMAP_NNTP_ARTICLE_HEADER_H
#define ROOKERY_IMAP_NNTP_ARTICLE_HEADER_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::nntp {

inline constexpr size_t kMaxGroups = 100;  // of one article

enum class Source : unsigned char { poster, server };

struct ArticleHeader {
    std::string message_id;  // "": it has none
    bool has_date = false;
    std::string path;                 // "": it has none
    std::vector<std::string> groups;  // of Newsgroups, each once
    std::vector<std::string> followup_groups;
    std::string to;        // "": it has none
    std::string reply_to;  // the same
    std::string control;   // the same
};
Result<ArticleHeader> read_article_header(std::string_view header, Source source);

// The groups in which an article with that Control belongs, the better one first (RFC 5537 5.1).
std::vector<std::string> control_groups(std::string_view control);

// The largest article that is taken here, in bytes.
uint64_t max_article_size(const config::Config& config);

// Is that server in the Path already?
bool passed_by(std::string_view path, std::string_view server);

}  // namespace rookery::nntp

#endif
