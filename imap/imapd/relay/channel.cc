#include "imap/imapd/relay/channel.h"

#include <algorithm>
#include <utility>

#include "imap/imapd/command_table.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/selection_replies.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"
#include "lib/text/utf8.h"

namespace rookery::imapd {
namespace {

constexpr Milliseconds kPatience{100};
constexpr size_t kPiece = 65536;  // so that put does not copy a whole message

Error protocol_broken(std::string_view what)
{
    return Error{Code::syntax, cat("the server breaks the protocol: ", what)};
}

std::optional<Completion::Kind> kind_of(std::string_view word)
{
    if (word == "OK") return Completion::Kind::ok;
    if (word == "NO") return Completion::Kind::no;
    if (word == "BAD") return Completion::Kind::bad;
    return std::nullopt;
}

// The verbs whose answers change nothing that a second SELECT would show (doc/rules.md 5.5).
// Does that leave the selection as the client knows it?
bool is_harmless(std::string_view verb, const backend::Reply& reply)
{
    const CommandSpec* spec = find_command(verb);
    if (spec == nullptr || !spec->traits.only_reads) return false;
    const std::string_view response = spec->traits.response;
    if (reply.word == "OK") return true;
    return !response.empty() && (is_fetch(reply) ? "FETCH" : reply.word) == response;
}

void put_in_pieces(stream::Stream& to, std::string_view bytes)
{
    for (size_t at = 0; at < bytes.size() && to.ok(); at += kPiece)
        to.put(bytes.substr(at, kPiece));
}

}  // namespace

RelayChannel::RelayChannel(ImapSession& session, backend::Backend& backend)
    : s_(session), backend_(&backend), tag_(backend.next_tag()), kept_(session.config.temp_path())
{
    replies_.emplace(backend.stream());
}

void RelayChannel::rebind(backend::Backend& backend)
{
    backend_ = &backend;
    tag_ = backend.next_tag();
    replies_.emplace(backend.stream());
    begun_ = sent_ = heard_ = false;
    early_.reset();
}

void RelayChannel::verb(std::string_view verb)
{
    verb_ = std::string(verb);
    cat_to(request_, ' ', verb);
}

void RelayChannel::raw(std::string_view text)
{
    request_.append(text);
}

void RelayChannel::astring(std::string_view value)
{
    request_.push_back(' ');
    text::put_string(request_, value, text::LiteralForm::plus);
}

std::string RelayChannel::arguments() const
{
    const std::string all = cat(kept_.beginning(), kept_.is_in_memory() ? request_ : "");
    return all.substr(std::min(all.size(), verb_.size() + 1));
}

Status RelayChannel::take()
{
    TRY_ASSIGN(char c, s_.reader.take());
    request_.push_back(c);
    return success();
}

Status RelayChannel::client_arguments()
{
    size_t depth = 0;
    while (!s_.reader.at_end() && !early_) {
        auto done = token(depth);
        if (!done) {
            if (sent_in_part_ && s_.client.ok()) abandon();
            return done;
        }
        if (request_.size() > kMaxHeldRequest) TRY(send_pending());
    }
    complete_ = true;
    return success();
}

// One byte, quoted string or literal of an argument.
Status RelayChannel::token(size_t& depth)
{
    TRY_ASSIGN(char c, s_.reader.peek());
    unsigned char byte = static_cast<unsigned char>(c);
    if (c == '\n') {
        if (depth > 0) return Error{Code::syntax, "Unbalanced parentheses in command"};
        TRY(s_.reader.end_of_line());
        raw("\r\n");
        return success();
    }
    const bool begins = request_.ends_with(' ');
    if (word_ && depth == 0 && begins && to_lower(c) >= 'a' && to_lower(c) <= 'z') return word_();
    if (c == '"') return quoted();
    if (c == '{') return client_literal();
    if (byte < 0x20 || byte >= 0x7f) return Error{Code::syntax, "Invalid character in command"};
    if (c == '(' && ++depth > s_.reader.limits().max_depth)
        return Error{Code::limit, "Lists are nested too deep"};
    if (c == ')' && depth-- == 0) return Error{Code::syntax, "Unbalanced parentheses in command"};
    return take();
}

// Not every server knows 8-bit bytes in such a string (RFC 6855): it gets a literal then.
Status RelayChannel::quoted()
{
    const size_t begin = request_.size();
    TRY(take());
    text::QuotedScan scan(text::QuotedScan::Escapes::quoted_specials);
    std::string value;
    for (auto step = text::QuotedScan::Step::none; step != text::QuotedScan::Step::end;) {
        char c = '\0';
        TRY_ASSIGN(step, s_.reader.quoted_byte(scan, c));
        request_.push_back(c);
        if (step == text::QuotedScan::Step::byte) value.push_back(c);
    }
    if (text::is_ascii(value)) return success();
    if (s_.user.modes.utf8 && !text::is_utf8(value))
        return Error{Code::syntax, "Quoted string is not UTF-8"};
    if (!backend_->has_capability("LITERAL+")) return success();
    request_.resize(begin);
    text::put_literal(request_, value, text::LiteralForm::plus);
    return success();
}

// A '~' in front of it was taken as a byte like any other.
Status RelayChannel::client_literal()
{
    TRY_ASSIGN(LiteralHead head, s_.reader.literal_head());
    return pass_literal(head);
}

Status RelayChannel::pass_literal(const LiteralHead& head)
{
    if (head.size <= kSmallLiteral && backend_->has_capability("LITERAL+"))
        return small_literal(head);
    return large_literal(head);
}

Status RelayChannel::small_literal(const LiteralHead& head)
{
    small_literals_ += static_cast<size_t>(head.size);
    if (small_literals_ > s_.reader.limits().max_line) {
        TRY(s_.reader.drop_literal(head));
        return Error{Code::limit, "Command too long"};
    }
    TRY(s_.reader.go_ahead(head));
    std::string body(static_cast<size_t>(head.size), '\0');
    TRY(s_.client.read_exact(body));
    text::put_literal(request_, body, text::LiteralForm::plus);
    return success();
}

// A literal's head goes out, and the server says "+", or what it has against it.
Status RelayChannel::announce()
{
    const std::string opening = std::exchange(request_, {});
    sent_in_part_ = true;
    while (true) {
        Status asked = say(opening);
        if (asked && !early_) asked = wait_go_ahead();
        if (asked && !early_) {
            keep(opening);
            kept_.head_ends();
            return success();
        }
        backend::Backend* next =
            can_repeat() ? again_(asked ? Result<Answer>(*early_) : Result<Answer>(asked.error()))
                         : nullptr;
        if (next == nullptr) {
            kept_.lose();  // the client's literal is not taken
            return asked;
        }
        rebind(*next);
    }
}

// What an earlier server got, asking about each large literal again.
Status RelayChannel::begin()
{
    begun_ = true;
    backend_->begin_command();
    stream::Stream& to = backend_->stream();
    to.put(tag_);
    auto said = kept_.read([&](std::string_view piece, bool asks) -> Result<bool> {
        put_in_pieces(to, piece);
        TRY(to.status());
        if (!asks) return true;
        TRY(to.flush());
        TRY(wait_go_ahead());
        return !early_;
    });
    // It has a part of a command then.
    if (!said) blame(said.error());
    return said;
}

// Nothing more where the server has answered already: early().
Status RelayChannel::say(std::string_view text)
{
    if (!begun_) TRY(begin());
    if (early_) return success();
    backend_->stream().put(text);
    return backend_->stream().flush();
}

void RelayChannel::keep(std::string_view text)
{
    if (again_) kept_.add(text);
}

Status RelayChannel::large_literal(const LiteralHead& head)
{
    text::put_literal_head(request_, head.size);
    const Status asked = announce();
    if (asked && !early_) {
        TRY(s_.reader.go_ahead(head));
        return copy_body(head.size);
    }
    // Refused, or the server is gone. A client that waits for "+" does not send it.
    if (asked || head.synchronising)
        TRY(s_.reader.drop_literal(head));
    else
        body_left_ = head.size;
    return asked;
}

Status RelayChannel::literal(std::string_view bytes)
{
    text::put_literal_head(request_, bytes.size());
    TRY(announce());
    if (early_) return success();
    keep(bytes);
    put_in_pieces(backend_->stream(), bytes);
    return backend_->stream().status();
}

Status RelayChannel::copy_body(uint64_t size)
{
    body_left_ = size;
    stream::Stream& to = backend_->stream();
    while (body_left_ > 0) {
        TRY(s_.client.peek());
        std::string_view have = s_.client.buffered();
        have = have.substr(0, static_cast<size_t>(std::min<uint64_t>(have.size(), body_left_)));
        to.put(have);
        keep(have);
        s_.client.consume(have.size());
        body_left_ -= have.size();
        TRY(to.status());
    }
    return success();
}

Status RelayChannel::send_pending()
{
    sent_in_part_ = true;
    TRY(say(request_));
    keep(request_);
    request_.clear();
    return success();
}

Status RelayChannel::send_line()
{
    if (!complete_) {
        raw("\r\n");
        complete_ = true;
    }
    sent_ = true;
    return say(request_);
}

Status RelayChannel::wait_go_ahead()
{
    go_ahead_ = false;
    while (!go_ahead_ && !early_) {
        auto answer = read_response(true);
        if (!answer) {
            blame(answer.error());
            return std::move(answer).error();
        }
        early_ = *std::move(answer);
    }
    return success();
}

Result<Answer> RelayChannel::finish()
{
    if (!early_ && !sent_) TRY(send_line());
    while (!early_) {
        TRY_ASSIGN(std::optional<Answer> answer, one_response());
        if (answer) return *std::move(answer);
    }
    return *early_;
}

Result<std::optional<Answer>> RelayChannel::one_response()
{
    auto answer = read_response(false);
    if (!answer) blame(answer.error());
    return answer;
}

void RelayChannel::blame(const Error& error)
{
    if (s_.client.ok()) backend_->stream().fail(error);
}

Result<std::optional<Answer>> RelayChannel::read_response(bool want_go_ahead)
{
    // What the client has coming does not wait for a server that takes its time.
    stream::Stream& from = backend_->stream();
    if (s_.client.unflushed() > 0 && !from.has_input()) {
        TRY_ASSIGN(const bool ready, from.wait_input(Deadline::after(kPatience)));
        if (!ready) (void)s_.client.flush();
    }
    TRY_ASSIGN(backend::Reply reply, replies_->next());
    heard_ = true;
    switch (reply.kind) {
        case backend::Reply::Kind::continuation:
            if (!want_go_ahead) return protocol_broken("a continuation that nobody asked for");
            go_ahead_ = true;
            return std::optional<Answer>();
        case backend::Reply::Kind::untagged: TRY(pass_on(reply)); return std::optional<Answer>();
        case backend::Reply::Kind::tagged: break;
    }
    auto kind = kind_of(reply.word);
    if (reply.tag != tag_ || !kind) return protocol_broken("an unexpected tagged line");
    backend_->end_command();
    // To a part of the command: whether both mean the same part is not certain.
    if (!complete_ || want_go_ahead) backend_->doubt();
    if (replies_->complete())
        return std::optional<Answer>(Answer{*kind, std::string(reply.text())});
    TRY_ASSIGN(std::string whole, replies_->read_whole(reply, kMaxTaggedLine));
    return std::optional<Answer>(Answer{*kind, std::string(trim(whole.substr(reply.text_begin)))});
}

Status RelayChannel::pass_on(const backend::Reply& reply)
{
    RemoteSelection* remote = s_.remote_at(*backend_);
    const bool ours = remote != nullptr && note_moved(s_, *remote, reply);
    if (ours || is_out_of_mode(s_.user.modes, reply)) return replies_->drop_rest();
    if (reply.word == "BYE")
        return Error{Code::closed, cat("the server says ", reply.head.substr(0, 200))};
    // To a LIST or STATUS of ours it may be an answer.
    if (s_.user.on_unasked && verb_ != "LIST" && verb_ != reply.word) {
        TRY_ASSIGN(const bool done, s_.user.on_unasked(*backend_, *replies_, reply));
        if (done) return replies_->drop_rest();
    }
    if (filter_) {
        TRY_ASSIGN(bool handled, filter_(*replies_, reply));
        if (handled) return replies_->drop_rest();
    }
    note_activity(reply);
    return pass_untagged(s_, *backend_, *replies_, reply);
}

void RelayChannel::note_activity(const backend::Reply& reply)
{
    RemoteSelection* remote = s_.remote();
    const bool told = tells_modseq(reply);
    const bool asked = verb_ != "NOTIFY" && is_status_with_modseq(reply);
    if (told || asked) s_.user.condstore_enabled = true;
    if (remote == nullptr || remote->backend != backend_) return;
    remote->modseq_told = remote->modseq_told || told;
    const bool of_another = reply.word == "STATUS" || reply.word == "METADATA";
    if (!of_another && !is_harmless(verb_, reply)) remote->replaceable = false;
}

void RelayChannel::abandon()
{
    // To nothing there is no answer.
    if (!sent_in_part_) return;
    stream::Stream& to = backend_->stream();
    request_.clear();
    // An open list is a syntax error for every server, so nothing that came before it counts.
    to.put(" (\r\n");
    if (!to.flush()) return;
    filter_ = nullptr;
    while (true) {
        auto answer = one_response();
        if (!answer || *answer) return;
    }
}

Completion RelayChannel::failed(const Error& error)
{
    backend_->doubt();
    if (!s_.client.ok()) {
        // Maybe in the middle of a literal: the server must not take what it has for all.
        lose_backend(s_, *backend_);
        return Completion::disconnect();
    }
    if (backend_->stream().ok()) return Completion::from(error);
    log::warning("lost a server while it ran a command",
                 {{"server", backend_->server()}, {"reason", error}});
    bool selected = s_.remote() != nullptr && s_.remote()->backend == backend_;
    lose_backend(s_, *backend_);
    if (selected || body_left_ > CommandReader::kMaxSkip) return say_bye_lost(s_);
    if (body_left_ > 0) {
        (void)s_.reader.drop_literal(LiteralHead{body_left_, false, false});
        body_left_ = 0;
    }
    return Completion::from(Error{Code::unavailable, {}});
}

}  // namespace rookery::imapd
