#include "imap/nntp/fetcher.h"

#include <algorithm>

#include "imap/nntp/article_header.h"
#include "imap/nntp/group.h"
#include "imap/nntp/moment.h"
#include "imap/nntp/verbs.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::nntp {
namespace {

constexpr size_t kMaxGroupsThere = 1'000'000;
constexpr size_t kMaxNews = 1'000'000;  // articles of one NEWNEWS
// So many numbers are looked at together.
constexpr uint32_t kChunk = 1000;

Error cannot(std::string_view what, const Answer& answer)
{
    return Error{Code::unsupported, cat(what, ": ", answer.line)};
}

// RFC 3977 6.2.1: no such article, no such number. Anything else is said of the server.
bool is_gone(const Answer& answer)
{
    return answer.code == 420 || answer.code == 423 || answer.code == 430;
}

}  // namespace

Result<int64_t> Fetcher::now()
{
    TRY_ASSIGN(const Answer said, from_.ask("DATE"));
    const std::string_view moment =
        std::string_view(said.line).substr(std::min<size_t>(said.line.size(), 4));
    if (said.code != 111 || moment.size() < 14) return cannot("DATE", said);
    return parse_moment(moment.substr(0, 8), moment.substr(8, 6), wall_seconds());
}

Result<bool> Fetcher::bring(std::string_view which, const std::string& id)
{
    using Taken = PeerConnection::Taken;
    TRY_ASSIGN(auto verdict, to_.wants(id));
    if (verdict.taken == Taken::yes) {
        TRY_ASSIGN(const Answer said, from_.ask(cat("ARTICLE ", which)));
        if (said.code == 480 || said.code == 502) return cannot("ARTICLE", said);
        if (is_gone(said)) {
            ++fetched_.gone;
            return true;
        }
        if (said.code != 220) return Error{Code::unavailable, cat("ARTICLE: ", said.line)};
        delivery::SpooledMessage article(config_.temp_path());
        Status kept = success();
        uint64_t size = 0;
        TRY(from_.read_text([&](std::string_view piece) {
            size += piece.size();
            if (kept && size <= max_article_size(config_)) kept = article.write(piece);
        }));
        TRY(std::move(kept));
        if (size > max_article_size(config_)) {
            log::warning("an article is too large to be fetched", {{"id", id}, {"size", size}});
            ++fetched_.gone;
            return true;
        }
        TRY_ASSIGN(const std::string_view text, article.map());
        // Not by TAKETHIS, whose answers have none for what cannot be taken now.
        TRY_ASSIGN(verdict, to_.ihave(id, text));
        if (verdict.taken == Taken::yes) {
            ++fetched_.taken;
            return true;
        }
    }
    ++(verdict.taken == Taken::later ? fetched_.waiting : fetched_.had);
    return verdict.taken != Taken::later;
}

// "group high low status" (RFC 3977 7.6.3).
Result<std::vector<Fetcher::Group>> Fetcher::groups(const std::string& wildmat)
{
    TRY_ASSIGN(const Answer said, from_.ask(cat("LIST ACTIVE ", wildmat)));
    if (said.code != 215) return cannot("LIST ACTIVE", said);
    std::vector<Group> groups;
    TRY(from_.each_line([&](std::string_view line) -> Status {
        const auto words = split_words(line);
        if (words.size() < 3) return success();
        const auto high = to_number<uint32_t>(words[1], kMaxNumber);
        const auto low = to_number<uint32_t>(words[2], kMaxNumber);
        if (!high || !low) return success();
        if (groups.size() >= kMaxGroupsThere) return Error{Code::limit, "too many groups"};
        groups.push_back({std::string(words[0]), *low, *high});
        return success();
    }));
    return groups;
}

// Of the current group: those that there are, in order.
Result<std::vector<Fetcher::Article>> Fetcher::articles(uint32_t first, uint32_t last)
{
    const bool has_hdr = from_.has_capability("HDR");
    TRY_ASSIGN(const Answer said,
               from_.ask(cat(has_hdr ? "HDR" : "XHDR", " Message-ID ", first, '-', last)));
    std::vector<Article> articles;
    if (said.code == 420 || said.code == 423) return articles;
    if (said.code != 225 && said.code != 221) return cannot("HDR Message-ID", said);
    TRY(from_.each_line([&](std::string_view line) -> Status {
        const auto words = split_words(line);
        const auto number = words.empty() ? Result<uint32_t>(Error{Code::syntax, ""})
                                          : to_number<uint32_t>(words[0], kMaxNumber);
        const bool is_one = number && words.size() == 2 && is_message_id(words[1]);
        if (!is_one || *number < first || *number > last) return success();
        if (articles.size() > kChunk) return Error{Code::limit, "more articles than numbers"};
        articles.push_back({*number, std::string(words[1])});
        return success();
    }));
    std::sort(articles.begin(), articles.end(),
              [](const Article& a, const Article& b) { return a.number < b.number; });
    return articles;
}

Status Fetcher::group(const Group& group, FetchMarks& marks)
{
    if (marks.of(group.name) > group.high) {
        log::warning("a newsgroup begins anew at the server",
                     {{"group", group.name}, {"mark", marks.of(group.name)}, {"high", group.high}});
        TRY(marks.reach(group.name, 0));
    }
    uint32_t first = std::max(marks.of(group.name) + 1, group.low);
    if (first > group.high) return success();
    TRY_ASSIGN(const Answer said, from_.ask(cat("GROUP ", group.name)));
    // It went meanwhile, or may not be read.
    if (said.code != 211) return success();
    while (first <= group.high && !watch_.is_over()) {
        const uint32_t last = std::min(group.high, first + (kChunk - 1));
        TRY_ASSIGN(const auto found, articles(first, last));
        watch_.expect(found.size());
        for (const Article& article : found) {
            if (watch_.is_over()) return success();
            TRY_ASSIGN(const bool is_done, bring(cat(article.number), article.id));
            watch_.done(group.name);
            if (!is_done) return success();
            TRY(marks.reach(group.name, article.number));
        }
        // Behind the last one too there is nothing up to there.
        if (found.empty() || found.back().number != last) TRY(marks.reach(group.name, last));
        if (last == group.high) break;
        first = last + 1;
    }
    return success();
}

Status Fetcher::by_marks(const std::string& wildmat, FetchMarks& marks)
{
    TRY_ASSIGN(const auto all, groups(wildmat));
    for (const Group& one : all) {
        if (watch_.is_over()) break;
        TRY(group(one, marks));
    }
    return success();
}

Status Fetcher::new_news(const std::string& wildmat, int64_t since)
{
    const std::string moment = format_moment(since);
    TRY_ASSIGN(const Answer said, from_.ask(cat("NEWNEWS ", wildmat, ' ', moment.substr(0, 8), ' ',
                                                moment.substr(8), " GMT")));
    if (said.code != 230) return cannot("NEWNEWS", said);
    std::vector<std::string> ids;
    TRY(from_.each_line([&](std::string_view line) -> Status {
        if (!is_message_id(trim(line))) return success();
        if (ids.size() >= kMaxNews) return Error{Code::limit, "too many new articles"};
        ids.emplace_back(trim(line));
        return success();
    }));
    watch_.expect(ids.size());
    for (const std::string& id : ids) {
        if (watch_.is_over()) break;
        TRY(bring(id, id));
        watch_.done(id);
    }
    return success();
}

}  // namespace rookery::nntp
