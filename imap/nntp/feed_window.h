// FeedWindow: articles under way to a server of news that takes them by streaming (RFC 4644).
//
// offer() says CHECK, and waits for nothing; next() reads the next answer, and says TAKETHIS where
// one is wanted. Answers come in the order of what was said. At most kMaxUnderWay are under way:
// what the server says of so many fits into its socket, so that it never waits for us while we wait
// for it. After an error the connection is of no more use, and rest() has what was not answered; of
// those whose TAKETHIS was sent nobody knows.
// Borrows the connection. One thread. Codes: those of PeerConnection.
#ifndef ROOKERY_IMAP_NNTP_FEED_WINDOW_H
#define ROOKERY_IMAP_NNTP_FEED_WINDOW_H

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "imap/nntp/peer_connection.h"
#include "imap/submission/queue.h"
#include "lib/base/result.h"

namespace rookery::nntp {

class FeedWindow {
 public:
    static constexpr size_t kMaxUnderWay = 32;

    struct Article {
        submission::Queue::Trial trial;
        // What became of it.
        std::function<void(const std::string& id, submission::Tried tried)> report{};
        bool may_be_there = false;  // it was sent before, and not answered
    };
    struct Answered {
        Article article;
        PeerConnection::Verdict verdict;
    };

    explicit FeedWindow(PeerConnection& connection) : connection_(connection) {}

    bool is_empty() const { return under_way_.empty(); }
    bool is_full() const { return under_way_.size() >= kMaxUnderWay; }
    void offer(Article article);
    // None: that one goes on. Not if it is empty.
    Result<std::optional<Answered>> next();
    // In order: the connection ended at the first.
    std::vector<Article> rest();

 private:
    struct UnderWay {
        Article article;
        bool is_sent = false;  // by TAKETHIS
    };
    PeerConnection& connection_;
    std::deque<UnderWay> under_way_;
};

}  // namespace rookery::nntp

#endif
