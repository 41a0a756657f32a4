// The header of a message for who asks it by name: from the cache, where that keeps the field.
//
// Borrows the mailbox. What it gives is valid while it lives and nothing of another message is
// asked. For who goes on where a message is gone or damaged there is or_empty(). Codes: those of
// the mailbox. One thread.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_MESSAGE_HEADER_H
#define ROOKERY_IMAP_IMAPD_SELECTED_MESSAGE_HEADER_H

#include <memory>
#include <optional>
#include <string_view>

#include "imap/mailbox/mailbox.h"
#include "lib/base/result.h"
#include "lib/text/rfc5322_header.h"
#include "lib/text/usual_fields.h"

namespace rookery::imapd {

class MessageHeader {
 public:
    MessageHeader(mailbox::Mailbox& mailbox, uint32_t sequence)
        : mailbox_(mailbox), sequence_(sequence)
    {
    }

    // Was it expunged meanwhile, or is it damaged? Nothing is known of it then.
    static bool is_lost(const Error& error)
    {
        return error.code == Code::not_found || error.code == Code::corrupt;
    }
    template <class T>
    static Result<T> or_empty(Result<T> got)
    {
        if (got || !is_lost(got.error())) return got;
        return T{};
    }

    // Enough of the header to say what fields of this name it has.
    Result<std::string_view> with(std::string_view name)
    {
        if (!kept_) {
            TRY_ASSIGN(kept_, mailbox_.kept_fields(sequence_));
        }
        if (kept_->keeps(name)) return kept_->fields();
        TRY_ASSIGN(const std::string_view bytes, message());
        return bytes.substr(0, text::header_size(bytes));
    }

    // All of the message.
    Result<std::string_view> message()
    {
        if (!content_) {
            TRY_ASSIGN(content_, mailbox_.content(sequence_));
        }
        return content_->bytes();
    }

 private:
    mailbox::Mailbox& mailbox_;
    uint32_t sequence_;
    std::unique_ptr<mailbox::Content> content_;
    std::optional<text::KeptFields> kept_;
};

}  // namespace rookery::imapd

#endif
