// RemoteDelivery: one message to recipients at other servers, at all of these servers at once.
//
// One LMTP transaction (RFC 2033) for each server, its commands in groups (RFC 2920). A step is
// sent to every server before its answer is waited for at the first, so that they work at the same
// time; several that are silent, on kept connections or after the message, cost that timeout
// together. New connections are made one after the other. Connections are the pool's, which the
// daemon's main owns. Borrows everything. One thread.
#ifndef ROOKERY_IMAP_DELIVERY_REMOTE_DELIVERY_H
#define ROOKERY_IMAP_DELIVERY_REMOTE_DELIVERY_H

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "imap/backend/backend_pool.h"
#include "imap/delivery/outcome.h"
#include "imap/delivery/transaction.h"
#include "lib/config/config.h"

namespace rookery::delivery {

class RemoteDelivery {
 public:
    // server -> the numbers of its recipients in the transaction.
    using ByServer = std::map<std::string, std::vector<size_t>>;
    struct Answer {
        Outcome outcome;
        bool stray = false;        // the server says that it does not have the mailbox
        std::string session = {};  // what the server calls its session
    };

    RemoteDelivery(const config::Config& config, backend::BackendPool& backends);
    // What became of each recipient that was named, by its number.
    std::map<size_t, Answer> deliver(const Transaction& transaction, const ByServer& to);

 private:
    struct Part;
    Status open(const Transaction& t, Part& part);
    void put_recipients(const Transaction& t, Part& part);
    Status read_envelope(const Transaction& t, Part& part, Deadline probed);
    void envelope(const Transaction& t, Part& part, Deadline probed);
    Status send_message(const Transaction& t, Part& part);
    Status read_outcomes(Part& part, Deadline answered);
    void give_up(Part& part, const Error& error);
    void lost(Part& part, const Error& error);

    const config::Config& config_;
    backend::BackendPool& backends_;
    std::map<size_t, Answer> answers_;
};

// xtext, as AUTH= of MAIL has it (RFC 4954 5, RFC 3461 4).
std::string to_xtext(std::string_view text);
// The text of a message as DATA wants it, with the final dot, onto the stream.
void put_dotted(stream::Stream& stream, std::string_view text);

}  // namespace rookery::delivery

#endif
