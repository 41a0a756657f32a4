#include "imap/imapd/selected/incoming_message.h"

#include <algorithm>

#include "imap/imapd/capabilities.h"
#include "imap/imapd/selected/catenate.h"
#include "imap/imapd/selected/literal_body.h"
#include "imap/imapd/selected/spooled_bytes.h"
#include "lib/text/binary_parts.h"
#include "lib/text/header_syntax.h"
#include "lib/text/imap_date.h"
#include "lib/text/message.h"

namespace rookery::imapd {
namespace {

constexpr size_t kMaxFlags = 1000;  // of one message

// What is not allowed inside a message (as peers refuse it too): NUL, LF without CR, and text that
// is no header where one is to be.
class ContentCheck {
 public:
    void feed(std::string_view bytes)
    {
        header_.feed(bytes);
        has_nul_ = has_nul_ || bytes.find('\0') != bytes.npos;
        for (size_t at = bytes.find('\n'); at != bytes.npos && !bare_lf_;
             at = bytes.find('\n', at + 1))
            bare_lf_ = (at > 0 ? bytes[at - 1] : last_) != '\r';
        if (!bytes.empty()) last_ = bytes.back();
    }
    std::string_view objection() const
    {
        if (has_nul_) return "Message contains NUL characters";
        if (bare_lf_) return "Message contains bare newlines";
        if (!header_.is_whole()) return "Message contains invalid header";
        return {};
    }

 private:
    text::HeaderSyntax header_{text::HeaderSyntax::Rules::appended};
    char last_ = '\0';
    bool has_nul_ = false;
    bool bare_lf_ = false;
};

std::optional<Completion> refused(const ContentCheck& check)
{
    const std::string_view objection = check.objection();
    if (objection.empty()) return std::nullopt;
    return Completion::no(cat("[CANNOT] ", objection));
}

// flag-list = "(" [flag *(SP flag)] ")"
Status flag_list(CommandReader& reader, model::FlagList& flags)
{
    TRY(reader.expect('('));
    for (size_t n = 0;; n++) {
        TRY_ASSIGN(bool end, reader.accept(')'));
        if (end) return success();
        if (n > 0) TRY(reader.space());
        if (n == kMaxFlags) return Error{Code::limit, "Too many flags"};
        TRY_ASSIGN(std::string name, reader.flag());
        // \Recent is not the client's to set; copying clients send it all the same.
        if (!equal_nocase(name, "\\Recent")) TRY(model::add_flag(flags, name));
    }
}

// [SP flag-list] [SP date-time] SP, up to the literal or CATENATE
Result<Incoming> message_head(ImapSession& s)
{
    Incoming incoming;
    incoming.date.seconds = wall_seconds();
    incoming.date.zone_minutes = text::local_zone_minutes(incoming.date.seconds);
    TRY(s.reader.space());
    TRY_ASSIGN(char next, s.reader.peek());
    if (next == '(') {
        TRY(flag_list(s.reader, incoming.flags));
        TRY(s.reader.space());
        TRY_ASSIGN(next, s.reader.peek());
    }
    if (next == '"') {
        TRY_ASSIGN(std::string when, s.reader.string());
        auto date = text::parse_date_time(when);
        if (!date) return Error{Code::syntax, "Invalid date-time in Append command"};
        incoming.date = *date;
        TRY(s.reader.space());
    }
    return incoming;
}

// The first objection is the answer.
std::optional<Completion> receive_body(ImapSession& s, mailbox::StagedMessage& message,
                                       uint64_t size)
{
    ContentCheck check;
    Status kept = success();
    const auto read = receive_bytes(s, size, [&](std::string_view bytes) {
        check.feed(bytes);
        if (kept) kept = message.write(bytes);
        return success();
    });
    if (!read) return Completion::disconnect();
    if (!kept) return Completion::from(kept.error());
    return refused(check);
}

// A literal8: its parts in binary are kept encoded (RFC 3516 4.4). What comes so is no message that
// a store could take: it waits on disk until it is there.
std::optional<Completion> receive_binary(ImapSession& s, mailbox::StagedMessage& message,
                                         uint64_t size)
{
    auto raw = SpooledBytes::open(s.config.temp_path());
    const auto read = receive_bytes(s, size, [&](std::string_view bytes) {
        return raw ? raw->write(bytes) : Status(raw.error());
    });
    if (!read) return Completion::disconnect();
    if (!*read) return Completion::from(read->error());
    ContentCheck check;
    Status kept = success();
    const Status written = raw->read([&](std::string_view bytes) {
        return text::write_without_binary(bytes, text::parse_message(bytes),
                                          [&](std::string_view piece) {
                                              check.feed(piece);
                                              if (kept) kept = message.write(piece);
                                              return success();
                                          });
    });
    if (!written) return Completion::from(written.error());
    if (auto objection = refused(check)) return objection;
    if (!kept) return Completion::from(kept.error());
    if (message.size() > append_limit(s.config)) return too_big();
    return std::nullopt;
}

// What is behind "CATENATE".
std::optional<Completion> receive_parts(ImapSession& s, mailbox::StagedMessage& message,
                                        MessageParts& parts)
{
    ContentCheck check;
    auto failed = receive_catenated(s, parts, [&](std::string_view bytes) {
        check.feed(bytes);
        return message.write(bytes);
    });
    if (failed) return failed;
    return message.size() == 0 ? no_bytes() : refused(check);
}

// A literal, into a message of its own.
std::optional<Completion> receive_literal(ImapSession& s, const std::string& partition,
                                          const LiteralHead& head, size_t messages,
                                          std::unique_ptr<mailbox::StagedMessage>& message)
{
    auto refuse = [&](Completion answer) {
        if (!s.reader.drop_literal(head)) return Completion::disconnect();
        return answer;
    };
    if (head.size > append_limit(s.config)) return refuse(too_big());
    if (head.size == 0) return refuse(no_bytes());
    if (messages == kMaxMessages) return refuse(too_many());
    auto staged = s.store->stage(partition);
    if (!staged) return refuse(Completion::from(staged.error()));
    message = *std::move(staged);
    if (!s.reader.go_ahead(head)) return Completion::disconnect();
    return head.binary ? receive_binary(s, *message, head.size)
                       : receive_body(s, *message, head.size);
}

// "CATENATE" and its parts, or "UTF8" and a literal8 (RFC 6855 4).
std::optional<Completion> receive_word(ImapSession& s, const std::string& partition,
                                       MessageParts& parts, size_t messages,
                                       std::unique_ptr<mailbox::StagedMessage>& message)
{
    const auto word = s.reader.attribute();
    if (!word) return Completion::from(word.error());
    if (*word == kCatenate) {
        if (messages == kMaxMessages) return too_many();
        auto staged = s.store->stage(partition);
        if (!staged) return Completion::from(staged.error());
        message = *std::move(staged);
        return receive_parts(s, *message, parts);
    }
    if (*word != kUtf8) return Completion::bad("Expected a literal, CATENATE or UTF8");
    const auto head = utf8_literal_head(s);
    if (!head) return Completion::from(head.error());
    if (auto failed = receive_literal(s, partition, *head, messages, message)) return failed;
    const auto end = s.reader.expect(')');
    return end ? std::nullopt : std::optional(Completion::from(end.error()));
}

}  // namespace

std::optional<Completion> receive_message(ImapSession& s, const std::string& partition,
                                          MessageParts& parts, std::vector<Incoming>& messages)
{
    auto incoming = message_head(s);
    if (!incoming) return Completion::from(incoming.error());
    const auto next = s.reader.peek();
    if (!next) return Completion::from(next.error());
    std::optional<Completion> failed;
    if (text::is_atom_char(*next) && *next != '~') {
        failed = receive_word(s, partition, parts, messages.size(), incoming->message);
    } else {
        const auto head = s.reader.literal_head();
        if (!head) return Completion::from(head.error());
        failed = receive_literal(s, partition, *head, messages.size(), incoming->message);
    }
    if (failed) return failed;
    messages.push_back(*std::move(incoming));
    return std::nullopt;
}

}  // namespace rookery::imapd
