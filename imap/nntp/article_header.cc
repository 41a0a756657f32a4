#include "imap/nntp/article_header.h"

#include <algorithm>
#include <array>

#include "imap/nntp/verbs.h"
#include "lib/base/strings.h"
#include "lib/text/imap_date.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::nntp {
namespace {

constexpr std::string_view kPosted = ".POSTED";

enum class Must : unsigned char { always, from_servers, never_from_posters, at_most_once };

// What is counted, and of what the value counts.
struct Field {
    std::string_view name;
    Must must;
    std::string ArticleHeader::*value;  // null: it is not kept
};
constexpr std::array kFields = {
    Field{"From", Must::always, nullptr},
    Field{"Subject", Must::always, nullptr},
    Field{"Newsgroups", Must::always, nullptr},
    Field{"Message-ID", Must::from_servers, &ArticleHeader::message_id},
    Field{"Date", Must::from_servers, nullptr},
    Field{"Path", Must::from_servers, &ArticleHeader::path},
    Field{"Injection-Info", Must::never_from_posters, nullptr},
    Field{"Xref", Must::never_from_posters, nullptr},
    Field{"Control", Must::at_most_once, &ArticleHeader::control},
    Field{"Followup-To", Must::at_most_once, nullptr},
    Field{"To", Must::at_most_once, &ArticleHeader::to},
    Field{"Reply-To", Must::at_most_once, &ArticleHeader::reply_to},
};

Status check_count(const Field& field, size_t count, Source source)
{
    const bool is_needed = field.must == Must::always ||
                           (field.must == Must::from_servers && source == Source::server);
    if (is_needed && count == 0) return Error{Code::syntax, cat("There is no ", field.name)};
    if (field.must == Must::never_from_posters && source == Source::poster && count > 0)
        return Error{Code::syntax, cat("There is a ", field.name, " already")};
    if (count > 1 && field.must != Must::never_from_posters)
        return Error{Code::syntax, cat("There are two fields ", field.name)};
    return success();
}

Result<std::vector<std::string>> groups_of(std::string_view value)
{
    std::vector<std::string> groups;
    for (const std::string_view piece : split(value, ',')) {
        const std::string group(trim(piece));
        if (group.empty() || group.find_first_of(" \t") != group.npos)
            return Error{Code::syntax, "That is no list of newsgroups"};
        if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
        if (groups.size() > kMaxGroups) return Error{Code::syntax, "Too many newsgroups"};
    }
    return groups;
}

}  // namespace

std::vector<std::string> control_groups(std::string_view control)
{
    const auto words = split_words(control);
    if (words.empty()) return {"control"};
    return {cat("control.", to_lower(words[0])), "control"};
}

uint64_t max_article_size(const config::Config& config)
{
    return config.maxmessagesize() > 0 ? static_cast<uint64_t>(config.maxmessagesize()) * 1024
                                       : UINT32_MAX;
}

bool passed_by(std::string_view path, std::string_view server)
{
    size_t begin = 0;
    while (begin <= path.size()) {
        const size_t end = path.find_first_of("! \t", begin);
        if (equal_nocase(path.substr(begin, end - begin), server)) return true;
        if (end == path.npos) break;
        begin = end + 1;
    }
    return false;
}

Result<ArticleHeader> read_article_header(std::string_view header, Source source)
{
    ArticleHeader article;
    std::array<size_t, kFields.size()> counts = {};
    text::HeaderCursor fields(header);
    while (const auto field = fields.next()) {
        for (size_t i = 0; i < kFields.size(); ++i) {
            if (!equal_nocase(field->name, kFields[i].name)) continue;
            ++counts[i];
            const std::string value = text::unfold(field->value);
            const bool may_be_empty = kFields[i].must == Must::at_most_once;
            if (value.empty() && !may_be_empty)
                return Error{Code::syntax, cat(kFields[i].name, " is empty")};
            if (kFields[i].value != nullptr) article.*kFields[i].value = value;
            if (kFields[i].name == "Date") {
                article.has_date = true;
                if (!text::parse_header_date(value)) return Error{Code::syntax, "That is no Date"};
            }
            if (kFields[i].name == "Newsgroups") {
                TRY_ASSIGN(article.groups, groups_of(value));
            }
            if (kFields[i].name == "Followup-To" && !equal_nocase(value, "poster")) {
                TRY_ASSIGN(article.followup_groups, groups_of(value));
            }
        }
    }
    for (size_t i = 0; i < kFields.size(); ++i) TRY(check_count(kFields[i], counts[i], source));
    if (!article.message_id.empty() && !is_message_id(article.message_id))
        return Error{Code::syntax, "That is no Message-ID"};
    if (source == Source::poster && article.path.find(kPosted) != std::string::npos)
        return Error{Code::syntax, "It was posted already"};
    return article;
}

}  // namespace rookery::nntp
