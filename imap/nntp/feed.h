// Feed: the articles that this server has promised to its peers (newspeer), in a queue of their own
// in <configdirectory>/newsfeed/ (doc/formats/submission.md).
//
// put() makes an entry for each peer that gets the article durable, push() is one try for the first
// of this object's, rookery-feed(8) tries the rest. A peer that cannot be reached, or takes nothing
// from us, is left alone for a while that doubles, up to the queue's longest, whatever waits for
// it; that stands in <peer>.away. What it refuses is dropped and logged; so is what it did not take
// within the queue's lifetime, and what waits for one that is no peer any more.
// Borrows the configuration. One thread. Codes: those of submission::Queue.
#ifndef ROOKERY_IMAP_NNTP_FEED_H
#define ROOKERY_IMAP_NNTP_FEED_H

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/nntp/article_header.h"
#include "imap/nntp/feed_window.h"
#include "imap/nntp/peer.h"
#include "imap/nntp/peer_connection.h"
#include "imap/submission/queue.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::nntp {

class Feed {
 public:
    // Does a try care how long ago the last one to that peer failed?
    enum class Patience : unsigned char { waits, none };

    Feed(const config::Config& config, std::vector<Peer> peers, Patience patience = Patience::waits)
        : config_(config), peers_(std::move(peers)), patience_(patience)
    {
    }
    ~Feed();
    Feed(const Feed&) = delete;
    Feed& operator=(const Feed&) = delete;

    static std::string directory(const config::Config& config);
    // text: pieces of the article, one after another, with CRLF. Nothing, if no peer gets it.
    Status put(const ArticleHeader& article, std::span<const std::string_view> text);
    // The last put() was for nothing: its article was not taken. What fails is logged.
    void take_back();
    // What put() put, as far as it was kept in mind, one peer after the other.
    void push();
    using Report = std::function<void(const std::string& id, submission::Tried tried)>;
    // One try. To a peer that takes articles by streaming several are under way at once: what
    // became of it is reported when that is known, at the latest in finish(), which is to be called
    // before an entry of another peer is tried: entries of one article share its lock.
    void try_entry(const std::string& id, submission::When when, const Report& report);
    void finish();
    // Nothing is offered to it for now.
    bool is_away(std::string_view name);
    // Its entries go out through this object.
    Result<submission::Queue*> queue();

 private:
    struct Link {
        std::unique_ptr<PeerConnection> connection;
        std::optional<FeedWindow> window{};  // of the connection
        bool is_away = false;
        size_t failures = 0;  // in a row, of connections that were there
    };
    submission::Sent carry(const submission::Outgoing& mail, std::string_view article);
    submission::Sent give(const Peer& peer, Link& link, std::string_view message_id,
                          std::string_view article);
    submission::Sent outcome_of(const Peer& peer, Link& link, PeerConnection::Verdict verdict);
    submission::Sent lost(const Peer& peer, Link& link, const Error& why);
    void submit(FeedWindow::Article article);
    void submit_again();
    void advance(const Peer& peer, Link& link);
    void end(FeedWindow::Article article, const submission::Sent& sent);
    submission::Sent goes_away(const Peer& peer, Link& link, const Error& why);
    void keep_last();
    Status reach(const Peer& peer, Link& link);
    const Peer* find(std::string_view name) const;
    Link& link_to(const Peer& peer);
    std::string away_file(const Peer& peer) const;
    submission::TryState away_state(const Peer& peer) const;

    const config::Config& config_;
    std::vector<Peer> peers_;
    Patience patience_;
    std::optional<submission::Queue> queue_;
    struct Own {
        std::string id;
        std::string peer;
    };
    std::vector<Own> last_;  // of the last put()
    std::vector<Own> put_;
    std::map<std::string, Link> links_;  // by the name of the peer
    std::deque<FeedWindow::Article> again_;  // whose connection ended at another
};

}  // namespace rookery::nntp

#endif
