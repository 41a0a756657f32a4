#include "imap/imapd/relay/catenate_here.h"

#include "imap/imapd/selected/catenate.h"
#include "imap/imapd/selected/literal_body.h"
#include "imap/imapd/selected/local_append.h"
#include "imap/imapd/selected/spooled_bytes.h"

namespace rookery::imapd {

CatenateHere::CatenateHere(ImapSession& session, RelayChannel& channel)
    : s_(session), channel_(channel), parts_(session, selected_name(session))
{
    channel.on_word([this]() { return word(); });
}

Status CatenateHere::word()
{
    TRY_ASSIGN(const std::string word, s_.reader.attribute());
    if (word == kUtf8) return utf8_literal();
    if (word != kCatenate) {
        channel_.raw(word);
        return success();
    }
    TRY_ASSIGN(SpooledBytes spooled, SpooledBytes::open(s_.config.temp_path()));
    refused_ = receive_catenated(s_, parts_, [&](std::string_view b) { return spooled.write(b); });
    if (!refused_ && spooled.size() == 0) refused_ = no_bytes();
    if (refused_) return Error{Code::syntax, "CATENATE was refused"};
    return spooled.read([&](std::string_view bytes) { return channel_.literal(bytes); });
}

// A plain one: this connection does not speak UTF-8, and a server that can keep such a header does
// so. Others may not: Cyrus puts X for each byte.
Status CatenateHere::utf8_literal()
{
    if (s_.user.modes.utf8 && !channel_.backend().has_capability("UTF8=ACCEPT")) {
        refused_ = Completion::no("[CANNOT] The mailbox's server cannot keep headers in UTF-8");
        return Error{Code::syntax, "UTF8 was refused"};
    }
    TRY_ASSIGN(const LiteralHead head, utf8_literal_head(s_));
    TRY(channel_.pass_literal(head));
    return channel_.early() ? success() : s_.reader.expect(')');
}

Completion CatenateHere::failed(const Error& error)
{
    return refused_ && s_.client.ok() ? *refused_ : channel_.failed(error);
}

}  // namespace rookery::imapd
