#include "imap/imapd/relay/message_parts.h"

#include <algorithm>
#include <limits>

#include "imap/backend/reply_reader.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/relay/channel.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"
#include "lib/text/mutf7.h"

namespace rookery::imapd {
namespace {

Error no_such(std::string_view what)
{
    return Error{Code::not_found, std::string(what)};
}

// What begins with the value of BODY[...] in a FETCH response, as far as that is there.
std::optional<std::string_view> section_value(std::string_view fetch)
{
    text::ImapCursor cursor(fetch);
    if (!cursor.accept('(')) return std::nullopt;
    while (!cursor.at_end()) {
        const auto name = cursor.value();
        if (!name || !cursor.space()) return std::nullopt;
        if (equal_nocase(name->substr(0, 5), "BODY[")) return cursor.rest();
        if (!cursor.value() || !cursor.space()) return std::nullopt;
    }
    return std::nullopt;
}

// The value goes from the server's stream into take. False: it is NIL, or this is another response.
// What is behind it is left to the caller.
Result<bool> take_value(stream::Stream& from, backend::ReplyReader& replies, std::string_view value,
                        const TakePiece& take, Status& taken)
{
    const auto size = value.starts_with('{') ? replies.literal_size() : std::nullopt;
    if (!size) {
        const auto whole = text::ImapCursor(value).nstring();
        if (!whole || !*whole) return false;
        taken = take(**whole);
        return true;
    }
    for (uint64_t left = *size; left > 0;) {
        TRY(from.peek());
        std::string_view have = from.buffered();
        have = have.substr(0, static_cast<size_t>(std::min<uint64_t>(have.size(), left)));
        if (taken) taken = take(have);
        left -= have.size();
        from.consume(have.size());
    }
    TRY(replies.literal_taken());
    return true;
}

}  // namespace

std::string selected_name(const ImapSession& session)
{
    if (const auto* remote = std::get_if<RemoteSelection>(&session.user.selection))
        return remote->external;
    const auto* local = std::get_if<LocalSelection>(&session.user.selection);
    if (local == nullptr || local->gone) return {};
    auto name = session.user.names->to_external(local->mailbox->entry().name);
    return name ? *std::move(name) : std::string();
}

MessageParts::~MessageParts()
{
    close();
}

void MessageParts::close()
{
    here_.reset();
    if (there_) s_.backends->give_back(std::move(there_));
    opened_.clear();
}

// A path without "/" at its begin takes the place of what is behind the last "/" of the base (RFC
// 3986 5.2.3); one without a mailbox is of the base itself.
Result<std::string> MessageParts::mailbox_of(const text::ImapUrl& url) const
{
    if (url.mailbox.empty()) {
        if (base_.empty()) return no_such("no mailbox is selected");
        return base_;
    }
    TRY_ASSIGN(std::string name, text::utf8_to_mutf7(url.mailbox));
    if (url.from_root) return name;
    return base_.substr(0, base_.rfind('/') + 1) + name;
}

Status MessageParts::open_here(const model::MailboxEntry& entry)
{
    TRY(require(s_, entry, model::Rights::read));
    TRY_ASSIGN(here_,
               s_.store->open(entry, s_.user.identity->userid, mailbox::OpenMode::read_only));
    uidvalidity_ = here_->uidvalidity();
    return success();
}

Status MessageParts::open_there(const std::string& external, const std::string& server)
{
    if (s_.backends == nullptr) return Error{Code::unavailable, {}};
    TRY_ASSIGN(there_, s_.backends->another(server));
    RelayChannel channel(s_, *there_);
    channel.verb("EXAMINE");
    channel.astring(external);
    channel.filter([this](backend::ReplyReader&, const backend::Reply& reply) -> Result<bool> {
        const auto code = reply.word == "OK" ? text::response_code(reply.text()) : std::nullopt;
        if (!code || !code->is("UIDVALIDITY")) return true;
        const auto number = to_number<uint32_t>(code->arguments);
        uidvalidity_ = number ? *number : 0;
        return true;
    });
    auto answer = channel.finish();
    if (answer && answer->ok()) {
        there_->set_selected(true);
        return success();
    }
    if (!answer) {
        there_.reset();
        return Error{Code::unavailable, answer.error().text};
    }
    s_.backends->give_back(std::move(there_));
    const bool later =
        text::response_code(answer->text) && text::response_code(answer->text)->is("UNAVAILABLE");
    return later ? Error{Code::unavailable, answer->text} : no_such(answer->text);
}

Status MessageParts::open(const std::string& external)
{
    if (external == opened_ && (here_ || (there_ && there_->stream().ok()))) return success();
    close();
    TRY_ASSIGN(const model::MailboxName name, s_.user.names->to_internal(external));
    for (bool again = false;; again = true) {
        TRY_ASSIGN(const Placed placed, place(s_, name));
        uidvalidity_ = 0;
        const Status done =
            placed.is_here() ? open_here(*placed.entry) : open_there(external, placed.server);
        if (done) opened_ = external;
        // The list may be behind the mailbox (doc/rules.md 5.1).
        const bool is_behind = done.is(Code::not_found) && !placed.is_here() &&
                               rights_on(s_, *placed.entry).has(model::Rights::read);
        if (!is_behind) return done;
        if (again || !s_.directory.catch_up()) return Error{Code::unavailable, {}};
    }
}

Status MessageParts::read_here(const text::ImapUrl& url, const FetchItem& item,
                               const TakePiece& take)
{
    const uint32_t sequence = here_->sequence_of(url.uid);
    if (sequence == 0) return no_such("no such message");
    TRY_ASSIGN(const bool there, read_section(*here_, sequence, item, take));
    return there ? success() : Status(no_such("no such part"));
}

Status MessageParts::read_there(const text::ImapUrl& url, const FetchItem& item,
                                const TakePiece& take)
{
    bool found = false;
    Status taken = success();
    RelayChannel channel(s_, *there_);
    channel.verb("UID FETCH");
    // "BODY[...]" becomes "BODY.PEEK[...]".
    channel.raw(cat(' ', url.uid, " (BODY.PEEK", item.label.substr(4)));
    if (item.partial) channel.raw(cat('<', item.partial->offset, '.', item.partial->count, '>'));
    channel.raw(")");
    channel.filter([&](backend::ReplyReader& replies, const backend::Reply& reply) -> Result<bool> {
        const auto value =
            reply.word == "FETCH" && !found ? section_value(reply.text()) : std::nullopt;
        if (!value) return true;
        TRY_ASSIGN(found, take_value(there_->stream(), replies, *value, take, taken));
        return true;
    });
    const auto answer = channel.finish();
    if (!taken) return taken;
    if (!answer) {
        log::warning("lost a server while it ran a command",
                     {{"server", there_->server()}, {"reason", answer.error()}});
        there_.reset();
        return Error{Code::unavailable, {}};
    }
    return found && answer->ok() ? success() : Status(no_such("no such message or part"));
}

Status MessageParts::read(std::string_view text, const TakePiece& take)
{
    const auto url = text::parse_imap_url(text);
    if (!url) return no_such("no URL of a message");
    auto item = parse_section(url->section);
    if (!item) return no_such(item.error().text);
    if (url->partial)
        item->partial = Partial{url->partial->offset,
                                url->partial->count.value_or(std::numeric_limits<uint32_t>::max())};
    TRY_ASSIGN(const std::string external, mailbox_of(*url));
    auto opened = open(external);
    // That there is a mailbox is not said to those who may not read it.
    if (opened.is(Code::denied) || opened.is(Code::syntax)) return no_such(opened.error().text);
    TRY(opened);
    if (url->uidvalidity && *url->uidvalidity != uidvalidity_)
        return no_such("another UIDVALIDITY");
    const TakePiece counted = [&](std::string_view bytes) -> Status {
        if (bytes.size() > kMaxBytes - given_)
            return Error{Code::limit, "Too much is put together by one command"};
        given_ += bytes.size();
        return take(bytes);
    };
    return here_ ? read_here(*url, *item, counted) : read_there(*url, *item, counted);
}

}  // namespace rookery::imapd
