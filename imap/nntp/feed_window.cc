#include "imap/nntp/feed_window.h"

#include <utility>

namespace rookery::nntp {

using Taken = PeerConnection::Taken;

void FeedWindow::offer(Article article)
{
    connection_.put_check(article.trial.mail().from);
    under_way_.push_back({std::move(article)});
}

Result<std::optional<FeedWindow::Answered>> FeedWindow::next()
{
    const bool is_sent = under_way_.front().is_sent;
    TRY_ASSIGN(PeerConnection::Verdict verdict,
               is_sent ? connection_.takethis_answer() : connection_.check_answer());
    Article article = std::move(under_way_.front().article);
    under_way_.pop_front();
    if (!is_sent && verdict.taken == Taken::yes) {
        article.may_be_there = false;
        connection_.put_takethis(article.trial.mail().from, article.trial.message());
        under_way_.push_back({std::move(article), true});
        return std::optional<Answered>();
    }
    if (verdict.taken == Taken::refused && article.may_be_there) verdict.taken = Taken::yes;
    return std::optional(Answered{std::move(article), std::move(verdict)});
}

std::vector<FeedWindow::Article> FeedWindow::rest()
{
    std::vector<Article> rest;
    for (UnderWay& one : under_way_) {
        one.article.may_be_there = one.article.may_be_there || one.is_sent;
        rest.push_back(std::move(one.article));
    }
    under_way_.clear();
    return rest;
}

}  // namespace rookery::nntp
