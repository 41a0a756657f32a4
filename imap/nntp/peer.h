// Peer: a server of news that articles are fed to, as the option newspeer says it:
// [user[:password]@]host[:port][:wildmat][/tls|/notls].
//
// The first @ ends user and password, unless one of ",*?!" stands before it: those are of a
// wildmat, whose @ says that an article in such a group is not sent there at all, whatever others
// it is in.
// A value. Codes: config.
#ifndef ROOKERY_IMAP_NNTP_PEER_H
#define ROOKERY_IMAP_NNTP_PEER_H

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/nntp/article_header.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/text/wildmat.h"

namespace rookery::nntp {

struct Peer {
    enum class Tls : unsigned char {
        by_backend_tls,
        required,
        never,
    };

    std::string name;  // its host, and its port if that is given: unique, and a name for a file
    std::string host;
    bool posts = false;  // a user was named, and be it none: POST instead of IHAVE
    std::string user;    // "": without a login
    std::string password;
    Tls tls = Tls::by_backend_tls;
    std::optional<text::Wildmat> groups;  // none: all
};
Result<Peer> parse_peer(std::string_view text);
// All of newspeer.
Result<std::vector<Peer>> peers_of(const config::Config& config);

// Does it get the article? Not if it stands in the Path (RFC 5537 3.6). A control message is taken
// for one of the group that is for its kind.
bool takes(const Peer& peer, const ArticleHeader& article);

}  // namespace rookery::nntp

#endif
