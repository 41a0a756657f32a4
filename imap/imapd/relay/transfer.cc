#include "imap/imapd/relay/transfer.h"

#include <algorithm>
#include <vector>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/remote_append.h"
#include "imap/imapd/relay/retry.h"
#include "imap/imapd/relay/selection_replies.h"
#include "imap/imapd/selected/progress.h"
#include "imap/model/sequence_set.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

constexpr size_t kMaxFetchLine = 65536;

std::string without_recent(std::string_view flags)
{
    std::string out;
    for (std::string_view flag : split_words(flags))
        if (!equal_nocase(flag, "\\Recent")) cat_to(out, out.empty() ? "" : " ", flag);
    return out;
}

std::string uid_set(const std::vector<SourceMessage>& messages)
{
    model::SequenceSet set;
    for (const SourceMessage& m : messages) set.add(m.uid);
    return set.to_string();
}

// What begins with the value of BODY[] in a FETCH response, as far as that is there.
std::optional<std::string_view> body_value(std::string_view fetch)
{
    text::ImapCursor cursor(fetch);
    if (!cursor.accept('(')) return std::nullopt;
    while (!cursor.at_end()) {
        const auto name = cursor.value();
        if (!name || !cursor.space()) return std::nullopt;
        if (equal_nocase(*name, "BODY[]")) return cursor.rest();
        if (!cursor.value() || !cursor.space()) return std::nullopt;
    }
    return std::nullopt;
}

// One transfer and where it stands.
class Transfer {
 public:
    Transfer(ImapSession& s, const Command& command, bool move)
        : s_(s), command_(command), move_(move)
    {
    }

    // Each step gives a completion if the command is over.
    std::optional<Completion> list(const std::string& set);
    std::optional<Completion> copy(AppendTarget& append);
    size_t size() const { return messages_.size(); }
    std::string uids() const { return uid_set(messages_); }
    bool empty() const { return messages_.empty(); }
    std::string copyuid() const
    {
        if (!appended_) return {};
        return cat("[COPYUID ", appended_->uidvalidity, ' ', uid_set(messages_), ' ',
                   appended_->uids, "] ");
    }

 private:
    Result<bool> take_description(backend::ReplyReader& replies, const backend::Reply& reply);
    Result<bool> take_body(AppendTarget& append, const SourceMessage& message,
                           backend::ReplyReader& replies, const backend::Reply& reply);
    void begin_body(AppendTarget& append, const SourceMessage& message, uint64_t size);
    void give(AppendTarget& append, std::string_view bytes);
    std::optional<Completion> copy_one(AppendTarget& append, const SourceMessage& message);

    ImapSession& s_;
    const Command& command_;
    bool move_;
    std::vector<SourceMessage> messages_;
    bool too_many_ = false;
    // The message on its way.
    bool body_taken_ = false;
    bool damaged_ = false;  // the source has no bytes of it
    std::optional<Answer> refused_;
    std::optional<Error> target_lost_;
    std::optional<AppendUid> appended_;
};

Result<bool> Transfer::take_description(backend::ReplyReader& replies, const backend::Reply& reply)
{
    if (!is_fetch(reply)) return false;
    TRY_ASSIGN(std::string line, replies.read_whole(reply, kMaxFetchLine));
    // It may be another session's change of flags, which its server says once.
    s_.client.put(line);
    auto message = parse_source_message(line);
    if (!message) return true;
    too_many_ = too_many_ || messages_.size() >= kMaxTransfer;
    if (!too_many_) messages_.push_back(*std::move(message));
    return true;
}

std::optional<Completion> Transfer::list(const std::string& set)
{
    RelayChannel channel(s_, *s_.remote()->backend);
    channel.verb(command_.by_uid ? "UID FETCH" : "FETCH");
    channel.raw(cat(' ', set, " (UID FLAGS INTERNALDATE RFC822.SIZE)"));
    channel.filter([this](backend::ReplyReader& replies, const backend::Reply& reply) {
        return take_description(replies, reply);
    });
    auto answer = channel.finish();
    if (!answer) return channel.failed(answer.error());
    if (!answer->ok()) return (*std::move(answer)).completion();
    if (too_many_) return Completion::no("[LIMIT] Too many messages for one command");
    std::sort(messages_.begin(), messages_.end(),
              [](const SourceMessage& a, const SourceMessage& b) { return a.uid < b.uid; });
    auto same = [](const SourceMessage& a, const SourceMessage& b) { return a.uid == b.uid; };
    messages_.erase(std::unique(messages_.begin(), messages_.end(), same), messages_.end());
    return std::nullopt;
}

void Transfer::begin_body(AppendTarget& append, const SourceMessage& message, uint64_t size)
{
    body_taken_ = true;
    auto wants = append.message(message.flags, message.internaldate, size);
    if (!wants) target_lost_ = wants.error();
    if (wants && !*wants) refused_ = append.refusal();
}

void Transfer::give(AppendTarget& append, std::string_view bytes)
{
    if (target_lost_ || refused_) return;
    auto written = append.write(bytes);
    if (!written) target_lost_ = written.error();
}

// The body goes from one server to the other through the buffers of the two streams. When the
// destination fails, the source is read to the end of the literal all the same.
Result<bool> Transfer::take_body(AppendTarget& append, const SourceMessage& message,
                                 backend::ReplyReader& replies, const backend::Reply& reply)
{
    if (!is_fetch(reply) || body_taken_) return false;
    const auto value = body_value(reply.text());
    if (!value) return false;
    const auto size = value->starts_with('{') ? replies.literal_size() : std::nullopt;
    if (!size) {
        const auto whole = text::ImapCursor(*value).nstring();
        if (!whole) return false;
        damaged_ = !*whole;
        if (damaged_) return true;
        begin_body(append, message, (*whole)->size());
        give(append, **whole);
        return true;
    }
    begin_body(append, message, *size);
    stream::Stream& from = s_.remote()->backend->stream();
    for (uint64_t left = *size; left > 0;) {
        TRY(from.peek());
        std::string_view have = from.buffered();
        have = have.substr(0, static_cast<size_t>(std::min<uint64_t>(have.size(), left)));
        give(append, have);
        from.consume(have.size());
        left -= have.size();
    }
    TRY(replies.literal_taken());
    return true;
}

std::optional<Completion> Transfer::copy_one(AppendTarget& append, const SourceMessage& message)
{
    body_taken_ = damaged_ = false;
    RelayChannel source(s_, *s_.remote()->backend);
    // While numbers count no server says that others expunged some, and gives them while it can.
    const bool by_number = !command_.by_uid && !move_;
    source.verb(by_number ? "FETCH" : "UID FETCH");
    source.raw(cat(' ', by_number ? message.number : message.uid, " (UID BODY.PEEK[])"));
    source.filter([&](backend::ReplyReader& replies, const backend::Reply& reply) {
        return take_body(append, message, replies, reply);
    });
    auto answer = source.finish();
    if (target_lost_) {
        Completion lost = append.failed(*target_lost_);
        return answer ? lost : source.failed(answer.error());
    }
    if (!answer) {
        append.give_up();
        return source.failed(answer.error());
    }
    if (refused_) return Completion{refused_->kind, refused_->text};
    if (answer->ok() && body_taken_) return std::nullopt;
    append.give_up();
    if (damaged_)
        return Completion::no(cat("[CORRUPTION] Message with UID ", message.uid, " is damaged"));
    return Completion::no("[EXPUNGEISSUED] Some of the messages no longer exist");
}

std::optional<Completion> Transfer::copy(AppendTarget& append)
{
    Progress progress(s_.client, command_.tag);
    for (size_t n = 0; n < messages_.size(); ++n) {
        progress.step(n, messages_.size());
        if (auto over = copy_one(append, messages_[n])) return over;
    }
    auto answer = append.commit();
    if (!answer) return append.failed(answer.error());
    if (!answer->ok()) return (*std::move(answer)).completion();
    appended_ = parse_appenduid(answer->text);
    if (appended_ && appended_->count != messages_.size())
        return Completion::no("[SERVERBUG] The other server does not say that it has all messages");
    return std::nullopt;
}

// What its server says, in the end; a NO becomes one that says what was done.
Completion at_source(ImapSession& s, const std::string& verb, const std::string& arguments)
{
    Command ours;
    ours.name = verb;
    ours.spec = find_command(verb);
    RelayChannel channel(s, *s.remote()->backend);
    channel.verb(verb);
    channel.raw(cat(' ', arguments));
    Outcome outcome = finish_at_selection(s, ours, channel);
    if (outcome.answered && !outcome.answer.ok())
        return Completion::no(cat("[CANNOT] Copied, but not removed here: ", outcome.answer.text));
    return std::move(outcome).result();
}

}  // namespace

std::optional<Completion> may_remove_from_source(ImapSession& s)
{
    RemoteSelection* remote = s.remote();
    if (remote->read_only) return Completion::no("[READ-ONLY] The mailbox is selected read-only");
    if (!remote->backend->has_capability("UIDPLUS"))
        return Completion::no("[CANNOT] The mailbox's server cannot remove messages by UID");
    auto entry = s.directory.lookup(remote->name);
    if (!entry) return Completion::from(entry.error());
    auto needed = model::Rights::delete_message | model::Rights::expunge;
    if (auto allowed = require(s, *entry, needed); !allowed)
        return Completion::from(allowed.error());
    return std::nullopt;
}

std::optional<Completion> uid_at_source(ImapSession& s, const Command& command,
                                        const std::string& number, uint32_t& uid)
{
    uid = 0;
    Command ours = command;
    ours.name = command.by_uid ? "UID FETCH" : "FETCH";
    ours.spec = find_command(ours.name);
    ours.entry.reset();
    RelayChannel channel(s, *s.remote()->backend);
    channel.verb(ours.name);
    channel.raw(cat(' ', number, " (UID FLAGS INTERNALDATE RFC822.SIZE)"));
    channel.filter([&](backend::ReplyReader& replies, const backend::Reply& reply) -> Result<bool> {
        if (!is_fetch(reply)) return false;
        TRY_ASSIGN(const std::string line, replies.read_whole(reply, kMaxFetchLine));
        const auto message = parse_source_message(line);
        if (!message) s.client.put(line);
        if (message) uid = message->uid;
        return true;
    });
    Outcome outcome = finish_at_selection(s, ours, channel);
    const bool unknown = outcome.answered && outcome.answer.kind == Completion::Kind::no;
    if (outcome.ok() || (unknown && !says_moved(outcome.answer))) return std::nullopt;
    return std::move(outcome).result();
}

Completion remove_from_source(ImapSession& s, const std::string& uids, const std::string& said)
{
    s.remote()->replaceable = false;
    Completion marked = at_source(s, "UID STORE", cat(uids, " +FLAGS.SILENT (\\Deleted)"));
    if (marked.kind != Completion::Kind::ok) return marked;
    s.client.put(said);
    // With the HIGHESTMODSEQ that MOVE gives too (RFC 6851 4.4).
    return at_source(s, "UID EXPUNGE", uids);
}

std::optional<SourceMessage> parse_source_message(std::string_view line)
{
    text::ImapCursor cursor(line.substr(std::min(line.find('('), line.size())));
    SourceMessage m;
    if (const auto words = split_words(line.substr(0, line.find('('))); words.size() > 1)
        m.number = to_number<uint32_t>(words[1]).value_or(0);
    bool has_flags = false;
    bool has_size = false;
    const Status read = [&]() -> Status {
        TRY(cursor.expect('('));
        while (!cursor.accept(')')) {
            TRY_ASSIGN(const std::string_view name, cursor.value());
            TRY(cursor.space());
            if (equal_nocase(name, "UID")) {
                TRY_ASSIGN(m.uid, cursor.number());
            } else if (equal_nocase(name, "INTERNALDATE")) {
                TRY_ASSIGN(m.internaldate, cursor.string());
            } else if (equal_nocase(name, "FLAGS")) {
                TRY_ASSIGN(const std::string_view flags, cursor.list());
                m.flags = without_recent(flags);
                has_flags = true;
            } else if (equal_nocase(name, "RFC822.SIZE")) {
                TRY_ASSIGN(m.size, cursor.number64());
                has_size = true;
            } else {
                TRY(cursor.value());
            }
            cursor.accept(' ');
        }
        return success();
    }();
    if (!read || m.number == 0 || m.uid == 0 || m.internaldate.empty() || !has_flags || !has_size)
        return std::nullopt;
    return m;
}

std::optional<Completion> transfer(ImapSession& session, const Command& command,
                                   const std::string& set, const MakeTarget& make_target, bool move)
{
    if (move) {
        if (auto refused = may_remove_from_source(session)) return *refused;
    }
    Transfer t(session, command, move);
    if (auto over = t.list(set)) return *over;
    if (t.empty()) return Completion::ok("No messages");
    // What another session has moved or removed is told now, and not found below.
    if (move)
        if (auto told = relay_poll(session); !told) return Completion::from(told.error());
    if (auto over = t.copy(*make_target(t.size())))
        return says_moved({over->kind, over->text}) ? std::nullopt : over;
    if (!move) return Completion::ok(cat(t.copyuid(), "Completed"));
    const std::string copyuid = t.copyuid();
    return remove_from_source(session, t.uids(),
                              copyuid.empty() ? copyuid : cat("* OK ", copyuid, "Copied\r\n"));
}

}  // namespace rookery::imapd
