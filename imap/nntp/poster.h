// Poster: an article that a client posts or a server feeds, from its first byte to its groups.
//
// It is read whole before any of it is done: what ends half way was never there. Then its header is
// looked at, and it is delivered (imap/delivery) to all groups of Newsgroups that are known and
// into which who sends it may post, here and at other servers. It is taken if all of these have it;
// if one cannot have it now, none of it is said to be: whoever sends it again brings it to those
// that lack it, and to none twice. A Message-ID that was taken is refused. It is promised to other
// servers of news before it is filed (feed.h), so that where it cannot be promised it is nowhere.
// Borrows its parts. One thread. Codes: exists (we have it), syntax, limit (of the article), denied
// (into no group of these), not_found (no such groups), and what is this server's trouble.
#ifndef ROOKERY_IMAP_NNTP_POSTER_H
#define ROOKERY_IMAP_NNTP_POSTER_H

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/delivery/articles.h"
#include "imap/delivery/delivery.h"
#include "imap/delivery/message_filter.h"
#include "imap/delivery/recipients.h"
#include "imap/delivery/spooled_message.h"
#include "imap/mboxlist/newsgroups.h"
#include "imap/nntp/article_header.h"
#include "imap/nntp/control.h"
#include "imap/nntp/feed.h"
#include "imap/session/session_kit.h"
#include "lib/auth/identity.h"
#include "lib/stream/stream.h"

namespace rookery::nntp {

class Poster {
 public:
    Poster(const config::Config& config, session::SessionKit& kit, mboxlist::Directory& directory,
           const mboxlist::Newsgroups& newsgroups, delivery::Articles& articles,
           backend::BackendPool& servers, delivery::Local local, GroupChanges changes,
           Feed* feed);

    enum class Wish {
        yes,
        no,     // we have it
        later,  // another sends it now
    };
    // Without taking it from anybody.
    Wish wants(std::string_view message_id);
    // From yes on nobody else sends it, until the next take() is over or let_go().
    Wish claim(std::string_view message_id);
    void let_go() { held_.reset(); }
    // Reads it up to its dot, whatever becomes of it. message_id: that it was offered under; "":
    // posted. closed: the client left, and nothing more can be said.
    Status take(stream::Stream& client, const auth::Identity& who, std::string_view message_id);

 private:
    struct Incoming {
        std::unique_ptr<delivery::SpooledMessage> spool;
        uint64_t size = 0;
        Status status = success();
    };
    Result<Incoming> read(stream::Stream& client);
    Status deliver(std::string_view bytes, const ArticleHeader& header, Source source,
                   const auth::Identity& who);
    Result<std::vector<delivery::Recipient>> recipients_of(const std::vector<std::string>& groups,
                                                           const auth::Identity& who);
    Result<std::vector<delivery::Recipient>> recipients_of(const ArticleHeader& header,
                                                           const auth::Identity& who);
    std::string new_message_id();
    std::string path_of(const ArticleHeader& header, Source source) const;
    std::string front_of(const ArticleHeader& header, Source source) const;
    // As LMTP reads it: the name as users write it, not as the list has it.
    std::string address_of(std::string_view user, const model::MailboxName& mailbox) const;
    std::string addresses_of(const std::vector<std::string>& groups) const;
    Result<std::unique_ptr<mailbox::StagedMessage>> stage(
        const std::vector<delivery::Recipient>& recipients, const auth::Identity& who,
        std::string& partition);

    const config::Config& config_;
    session::SessionKit& kit_;
    const mboxlist::Newsgroups& newsgroups_;
    delivery::Articles& articles_;
    mailbox::MailboxStore* store_;
    Feed* feed_;  // null: there are no peers
    Control control_;
    delivery::Recipients recipients_;
    delivery::Delivery delivery_;
    std::optional<delivery::Articles::Held> held_;
    uint64_t posted_ = 0;
};

}  // namespace rookery::nntp

#endif
