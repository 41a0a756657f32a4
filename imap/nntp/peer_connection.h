// PeerConnection: another server of news, as a client or a feeder talks to it.
//
// open() does everything up to the end of the login: MODE READER, TLS as the caller says and
// backend_tls, certificates, addresses and mechanisms by the options for its whole name
// (imap/backend), AUTHINFO SASL, or USER and PASS where there is no mechanism that both have. A
// password that was refused is not given in another form. An error is the connection's: it is of
// no more use then, and each names the server. Waits end when the process is told to end. One
// thread.
// Codes: those of backend::Backend; denied (the login, or the server takes nothing from us),
// closed, syntax (the server breaks the protocol).
#ifndef ROOKERY_IMAP_NNTP_PEER_CONNECTION_H
#define ROOKERY_IMAP_NNTP_PEER_CONNECTION_H

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "imap/backend/backend.h"
#include "imap/nntp/answer.h"
#include "imap/nntp/peer.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::nntp {

class PeerConnection {
 public:
    // A feeder that posts is a reader to it, too.
    enum class As : unsigned char { feeder, reader };
    static Result<std::unique_ptr<PeerConnection>> open(const config::Config& config,
                                                        const Peer& peer, As as = As::feeder);

    bool has_capability(std::string_view name) const;
    // 400 is an error.
    Result<Answer> ask(std::string_view line);
    // After an answer with lines: each, its dot undone, to the one with a single dot.
    Status each_line(const std::function<Status(std::string_view)>& each);
    // After an answer with an article: its text, with CRLF, up to its dot, in pieces.
    Status read_text(const std::function<void(std::string_view)>& piece);

    enum class Taken : unsigned char {
        yes,
        refused,  // there already, or not wanted
        later,
    };
    struct Verdict {
        Taken taken = Taken::yes;
        std::string said;
    };
    // Without giving it, where that can be asked (CHECK); yes, where not.
    Result<Verdict> wants(std::string_view message_id);
    // By POST, CHECK and TAKETHIS, or IHAVE. article: lines with CRLF.
    Result<Verdict> give(std::string_view message_id, std::string_view article);
    Result<Verdict> ihave(std::string_view message_id, std::string_view article);
    // What was put without waiting is answered in its order (RFC 4644).
    bool streams() const { return !posts_ && has_capability("STREAMING"); }
    void put_check(std::string_view message_id);
    void put_takethis(std::string_view message_id, std::string_view article);
    Result<Verdict> check_answer();
    Result<Verdict> takethis_answer();
    void quit() { connection_->logout(); }

 private:
    PeerConnection(std::unique_ptr<backend::Backend> connection, bool posts)
        : connection_(std::move(connection)),
          posts_(posts),
          capabilities_(connection_->capabilities())
    {
    }
    Status log_in(const Peer& peer, const std::string& password);
    Error named(Error error) const;
    void begin_wait();
    Result<Answer> answer();
    Result<Verdict> post(std::string_view article);
    Error takes_nothing(const Answer& answer) const;

    std::unique_ptr<backend::Backend> connection_;
    bool posts_;
    std::vector<std::string> capabilities_;
};

// The article as a poster has it: without what the injecting server adds (RFC 5537 3.4.1).
std::string header_to_post(std::string_view header);

}  // namespace rookery::nntp

#endif
