// MessageParts: the bytes that URLs of messages and their parts mean (RFC 5092), for CATENATE
// (RFC 4469), wherever the mailboxes are.
//
// Mailboxes are opened read-only beside what is selected, here or on a connection of its own to
// their server; the last one stays open until the next, or the end. Nothing is marked as seen. At
// most kMaxBytes in all, since nobody has sent them.
// Codes: limit (more), not_found (no such URL, message or part, or none that this user may read:
// all the same to a client), and those of the store and the other server. One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_MESSAGE_PARTS_H
#define ROOKERY_IMAP_IMAPD_RELAY_MESSAGE_PARTS_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "imap/backend/backend.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/selected/fetch_render.h"
#include "imap/imapd/session.h"
#include "imap/mailbox/mailbox.h"
#include "lib/base/result.h"
#include "lib/text/imap_url.h"

namespace rookery::imapd {

// The name of the selected mailbox, as the client writes it; "" if none is selected.
std::string selected_name(const ImapSession& session);

class MessageParts {
 public:
    static constexpr uint64_t kMaxBytes = uint64_t{1} << 30;

    // base: the mailbox to which URLs are relative, as the client writes it.
    MessageParts(ImapSession& session, std::string base) : s_(session), base_(std::move(base)) {}
    MessageParts(const MessageParts&) = delete;
    MessageParts& operator=(const MessageParts&) = delete;
    ~MessageParts();
    // The bytes, a piece after the other; its failure ends it.
    Status read(std::string_view url, const TakePiece& take);

 private:
    Result<std::string> mailbox_of(const text::ImapUrl& url) const;
    Status open(const std::string& external);
    Status open_here(const model::MailboxEntry& entry);
    Status open_there(const std::string& external, const std::string& server);
    Status read_here(const text::ImapUrl& url, const FetchItem& item, const TakePiece& take);
    Status read_there(const text::ImapUrl& url, const FetchItem& item, const TakePiece& take);
    void close();

    ImapSession& s_;
    std::string base_;
    std::string opened_;  // as the client writes it
    uint32_t uidvalidity_ = 0;
    uint64_t given_ = 0;
    std::unique_ptr<mailbox::Mailbox> here_;
    std::unique_ptr<backend::Backend> there_;
};

}  // namespace rookery::imapd

#endif
