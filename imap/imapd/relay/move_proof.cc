#include "imap/imapd/relay/move_proof.h"

#include <algorithm>

#include "imap/imapd/responder.h"
#include "imap/model/mailbox_entry.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

using model::MailboxEntry;

constexpr size_t kMaxLine = 4096;
constexpr size_t kMaxHeld = 16;

// "* OK USER bob", "* NO MAILBOX "pub" (why)"
bool is_about_a_move(const backend::Reply& reply)
{
    return (reply.word == "OK" || reply.word == "NO") &&
           (starts_with_nocase(reply.text(), "USER ") ||
            starts_with_nocase(reply.text(), "MAILBOX "));
}

// What stands in the parentheses at the end of such a line; the line itself if there are none.
std::string reason_in(std::string_view line)
{
    const size_t begin = line.find(" (");
    if (begin == std::string_view::npos || !line.ends_with(')')) return std::string(line);
    return std::string(line.substr(begin + 2, line.size() - begin - 3));
}

// Where Cyrus keeps a user's scripts: they are files here, and the mailbox does not come with them.
bool is_of_scripts(std::string_view name)
{
    return name.ends_with(".#sieve");
}

}  // namespace

MoveProof::MoveProof(ImapSession& session, const model::MailboxName& name, std::string from,
                     std::string to)
    : s_(session), name_(name), from_(std::move(from)), to_(std::move(to))
{
    moving_ = those_at(from_).value_or({});
    if (moving_.empty()) moving_.push_back(name_.internal());
}

RelayChannel::Filter MoveProof::filter()
{
    return [this](backend::ReplyReader& replies, const backend::Reply& reply) -> Result<bool> {
        if (!is_about_a_move(reply)) return false;
        TRY(take(replies, reply));
        return true;
    };
}

Status MoveProof::take(backend::ReplyReader& replies, const backend::Reply& reply)
{
    std::string line = reply.head;
    if (!replies.complete()) {
        TRY_ASSIGN(line, replies.read_whole(reply, kMaxLine));
    }
    const std::string text = wire_text(trim(line));
    if (reply.word == "OK") {
        if (held_.size() < kMaxHeld) held_.push_back(text);
        return success();
    }
    if (reason_.empty()) reason_ = reason_in(text);
    told_ = true;
    s_.client.put(text, "\r\n");
    return success();
}

Result<std::vector<std::string>> MoveProof::those_at(const std::string& server)
{
    std::vector<std::string> names;
    // The separator is the lowest byte in a key: what is below a name follows it at once.
    TRY(s_.directory.scan(name_.key(), [&](const MailboxEntry& entry) {
        const bool below = name_.is_inbox() && name_.is_above(entry.name);
        if (!(entry.name == name_) && !below) return mboxlist::Next::stop();
        const MailboxEntry seen = entry.seen();
        const std::string& at = seen.server.empty() ? s_.config.servername() : seen.server;
        if (seen.state == model::EntryState::active && at == server)
            names.push_back(entry.name.internal());
        return mboxlist::Next::go_on();
    }));
    return names;
}

// One that has not come, or that was made meanwhile where they are to leave; "" if there is none.
Result<std::string> MoveProof::left_behind()
{
    TRY_ASSIGN(const std::vector<std::string> there, those_at(to_));
    for (const std::string& name : moving_)
        if (std::find(there.begin(), there.end(), name) == there.end() && !is_of_scripts(name))
            return name;
    TRY_ASSIGN(const std::vector<std::string> left, those_at(from_));
    return left.empty() ? std::string() : left.front();
}

Completion MoveProof::verdict(const std::string& text)
{
    if (auto current = s_.directory.catch_up(); !current) {
        log::warning("whether a mailbox has moved is not known",
                     {{"mailbox", name_.internal()}, {"reason", current.error()}});
        return reason_.empty() ? Completion::from(current.error()) : Completion::no(reason_);
    }
    auto left = left_behind();
    if (!left) return Completion::from(left.error());
    if (left->empty()) {
        for (const std::string& line : held_) s_.client.put(line, "\r\n");
        told_ = told_ || !held_.empty();
        return Completion::ok(text);
    }
    log::warning("a server says that a mailbox has moved, and it has not",
                 {{"mailbox", *left}, {"from", from_}, {"to", to_}, {"reason", reason_}});
    if (!reason_.empty()) return Completion::no(reason_);
    return Completion::no(
        cat("[UNAVAILABLE] The mupdate master does not place ", *left, " at ", to_));
}

}  // namespace rookery::imapd
