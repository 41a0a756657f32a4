// MessageFilter: a message on its way to its spool file, with the header fields that delivery adds
// and removes (RFC 5321 4.4).
//
// In front goes what the caller wants there (Return-Path, Received); a Return-Path that came is
// left out; Message-ID and Date are added at the end of the header if there is none. Memory does
// not grow with the message. After the first failure nothing is written any more. Failures: syntax
// (NUL, text that is no header, 8-bit header with reject8bit, a loop), limit (size), and those of
// the file.
#ifndef ROOKERY_IMAP_DELIVERY_MESSAGE_FILTER_H
#define ROOKERY_IMAP_DELIVERY_MESSAGE_FILTER_H

#include <cstdint>
#include <string>
#include <string_view>

#include "imap/delivery/message_digest.h"
#include "imap/mailbox/mailbox.h"
#include "lib/base/result.h"
#include "lib/text/header_syntax.h"

namespace rookery::delivery {

struct FilterOptions {
    std::string front;       // whole header lines
    std::string message_id;  // with brackets, if the message has none; "": it stays without
    std::string date;        // the same
    uint64_t max_size = UINT32_MAX;
    bool munge_8bit = true;
    bool reject_8bit = false;
};

class MessageFilter {
 public:
    MessageFilter(mailbox::StagedMessage& to, FilterOptions options);
    // A piece of the text, lines ended by CRLF.
    void add(std::string_view piece);
    // The end of the message. What went wrong, if anything did.
    Status finish();
    // The Message-ID, also one that was added.
    const std::string& message_id() const { return message_id_; }
    // By what the message is known again: the first Resent-Message-ID, or the Message-ID that came
    // with it; "" if it has neither.
    const std::string& own_id() const
    {
        return !resent_id_.empty() || !has_message_id_ ? resent_id_ : message_id_;
    }
    // The first Date that came with it; "" if none did.
    const std::string& own_date() const { return date_; }
    // The first X-Cyrus-Session-Id that came with it: of the server before this one.
    const std::string& came_by() const { return session_; }
    // After finish(): of what add() was given (message_digest.h).
    const std::string& digest() const { return digest_; }

 private:
    enum class Field { kept, dropped, message_id, resent_id, date, session };
    void add_line_piece(std::string_view piece, bool ends);
    void check_syntax(std::string_view part);
    void add_header_piece(std::string_view piece, bool ends);
    void begin_line(std::string_view start);
    std::string* wanted_value();
    void keep_value(std::string_view piece);
    void end_header();
    void emit(std::string_view bytes);
    void emit_header(std::string_view bytes);
    void fail(Code code, std::string_view text);
    void drain();

    mailbox::StagedMessage& to_;
    FilterOptions options_;
    MessageDigest came_;
    std::string digest_;
    Status status_ = success();
    std::string out_;
    uint64_t size_ = 0;
    text::HeaderSyntax syntax_{text::HeaderSyntax::Rules::delivered};
    bool in_body_ = false;
    bool undecided_ = true;  // the beginning of a header line, too short to know it
    std::string start_;
    Field field_ = Field::kept;
    size_t hops_ = 0;
    bool has_date_ = false;
    std::string date_;
    bool has_message_id_ = false;
    std::string message_id_;
    bool has_resent_id_ = false;
    std::string resent_id_;
    bool has_session_ = false;
    std::string session_;
};

}  // namespace rookery::delivery

#endif
