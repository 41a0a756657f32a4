// One message's FETCH response.
//
// Everything that can fail is fetched before the first byte of the response is put, so that a
// response is whole or absent. Message bytes go from the mapped file into the stream in pieces of
// kPiece; memory does not grow with the message. What the cache lacks is parsed from the message.
// A message that is damaged gives what the index and the cache have; its sections are NIL.
// Codes: not_found (the message was expunged by another session and its file is gone), io. One
// thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_FETCH_RENDER_H
#define ROOKERY_IMAP_IMAPD_SELECTED_FETCH_RENDER_H

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "imap/imapd/selected/fetch_parse.h"
#include "imap/mailbox/mailbox.h"
#include "lib/base/result.h"
#include "lib/stream/stream.h"

namespace rookery::imapd {

// MAILBOXIDS of messages, by their GUIDs (mailbox_ids.h).
using MailboxIds = std::map<std::string, std::string, std::less<>>;

inline constexpr size_t kPiece = 16384;

enum class Fetched {
    whole,
    damaged,
    undecodable,  // of BINARY: a part's transfer encoding is not known. Nothing was put
};

// The bytes of a section alone, a piece after the other. False: the message has no such part.
// corrupt: it is damaged.
using TakePiece = std::function<Status(std::string_view bytes)>;
Result<bool> read_section(mailbox::Mailbox& mailbox, uint32_t sequence, const FetchItem& item,
                          const TakePiece& take);

struct FetchForm {
    bool with_flags = false;  // FLAGS although not asked for, because \Seen was just set
    bool condstore = false;   // with their MODSEQ (RFC 7162 3.1)
    bool uid_only = false;    // UIDFETCH (RFC 9586)
    bool rev2 = false;        // no \Recent, and MESSAGE/GLOBAL is a message (RFC 9051)
    // Of these messages at least, if MAILBOXIDS is asked for.
    const MailboxIds* mailbox_ids = nullptr;
};
Result<Fetched> put_fetch(stream::Stream& out, mailbox::Mailbox& mailbox, uint32_t sequence,
                          const FetchRequest& request, const FetchForm& form);
// "* 3 FETCH (", or what stands for it under UIDONLY.
std::string fetch_head(uint32_t sequence, uint32_t uid, bool uid_only);

}  // namespace rookery::imapd

#endif
