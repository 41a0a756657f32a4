// APPEND with several messages (RFC 3502), and LOCALAPPEND.
//
// Messages stream into staged files; none is appended until the whole command has arrived. Once
// something went wrong the rest of the message on its way is read and dropped, so that the
// connection stays in step, and the rest of the command is left to the engine to skip.
#include <algorithm>
#include <memory>
#include <vector>

#include "imap/imapd/capabilities.h"
#include "imap/imapd/command_table.h"
#include "imap/imapd/selected/local_append.h"
#include "lib/text/header_syntax.h"
#include "lib/text/imap_date.h"

namespace rookery::imapd::commands {
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

// A failure with the answer that belongs to it.
struct Receipt {
    std::vector<Incoming> messages;
    std::optional<Completion> failure;
};

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

// [SP flag-list] [SP date-time] SP, up to the literal
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

// The body of a literal that was gone ahead with: all of it is read whatever happens, so that the
// stream stays in step. The first objection is the answer.
std::optional<Completion> receive_body(ImapSession& s, mailbox::StagedMessage& message,
                                       uint64_t size)
{
    ContentCheck check;
    Status written = success();
    while (size > 0) {
        if (!s.client.peek()) return Completion::disconnect();
        const std::string_view there = s.client.buffered();
        const auto n = static_cast<size_t>(std::min<uint64_t>(there.size(), size));
        check.feed(there.substr(0, n));
        if (written) written = message.write(there.substr(0, n));
        s.client.consume(n);
        size -= n;
    }
    if (!written) return Completion::from(written.error());
    if (auto objection = check.objection(); !objection.empty())
        return Completion::no(cat("[CANNOT] ", objection));
    return std::nullopt;
}

// One message with its literal; the answer if it was refused.
std::optional<Completion> receive_message(ImapSession& s, const Command& command,
                                          std::vector<Incoming>& messages)
{
    auto incoming = message_head(s);
    if (!incoming) return Completion::from(incoming.error());
    auto head = s.reader.literal_head();
    if (!head) return Completion::from(head.error());
    auto refuse = [&](Completion answer) {
        if (!s.reader.drop_literal(*head)) return Completion::disconnect();
        return answer;
    };
    if (head->binary) return refuse(Completion::no("[UNKNOWN-CTE] BINARY is not available here"));
    if (head->size > append_limit(s.config))
        return refuse(Completion::no("[TOOBIG] Message is larger than this server takes"));
    if (head->size == 0) return refuse(Completion::no("[CANNOT] Message of no bytes"));
    if (messages.size() == kMaxMessages)
        return refuse(Completion::no("[LIMIT] Too many messages in one command"));
    auto staged = s.store->stage(command.entry->partition);
    if (!staged) return refuse(Completion::from(staged.error()));
    incoming->message = *std::move(staged);
    if (!s.reader.go_ahead(*head)) return Completion::disconnect();
    if (auto failed = receive_body(s, *incoming->message, head->size)) return failed;
    messages.push_back(*std::move(incoming));
    return std::nullopt;
}

Receipt receive(ImapSession& s, const Command& command)
{
    Receipt receipt;
    while (true) {
        receipt.failure = receive_message(s, command, receipt.messages);
        if (receipt.failure) return receipt;
        auto next = s.reader.peek();
        if (next && *next == ' ') continue;
        Status end = next ? s.reader.end_of_line() : Status(next.error());
        if (!end) receipt.failure = Completion::from(end.error());
        return receipt;
    }
}

}  // namespace

Result<Completion> append(ImapSession& s, Command& command)
{
    // Asked before the messages come, which may be large, and again when they are here.
    if (auto may = LocalAppend::check(s, *command.entry); !may) return no_target(may.error());
    Receipt receipt = receive(s, command);
    if (receipt.failure) return *std::move(receipt.failure);
    return append_all(s, *command.mailbox, receipt.messages);
}

// From a frontend: the second argument is the mailbox that its client has selected.
Result<Completion> localappend(ImapSession& s, Command& command)
{
    TRY(s.reader.space());
    TRY(s.reader.astring());
    return append(s, command);
}

}  // namespace rookery::imapd::commands
