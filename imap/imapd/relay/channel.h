// RelayChannel: one command on its way to another server, and its answer on the way back.
//
// The arguments are taken from the client token by token and checked for framing only
// (doc/rules.md 5.2):
// quotes close, lists balance, a literal's head ends its line, no bare CR, LF or NUL. Literals of
// up to kSmallLiteral bytes go as {n+} with the line; a larger one is announced to the server
// first, and the client is asked for it only when the server has asked (doc/rules.md 5.4). The
// command gets a tag of ours; the answer's text is given to the caller, untagged lines go to the
// client as they are, literals through a bounded buffer.
// A command may be said again elsewhere (rebind): what the server has got of it is kept for that,
// its literals too (KeptCommand), where somebody has said that he would (on_refusal).
// Every failure goes to failed(), which knows whose it is: of the client's command (syntax, limit),
// of the client's connection, or of the server, whose stream has failed then. One thread.
#ifndef ROOKERY_IMAP_IMAPD_RELAY_CHANNEL_H
#define ROOKERY_IMAP_IMAPD_RELAY_CHANNEL_H

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "imap/backend/backend.h"
#include "imap/backend/reply_reader.h"
#include "imap/imapd/relay/kept_command.h"
#include "imap/imapd/session.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// A tagged line without its tag.
struct Answer {
    Completion::Kind kind = Completion::Kind::ok;  // ok, no or bad
    std::string text;
    bool ok() const { return kind == Completion::Kind::ok; }
    Completion completion() && { return {kind, std::move(text)}; }
};

class RelayChannel {
 public:
    static constexpr uint64_t kSmallLiteral = 4096;
    static constexpr size_t kMaxHeldRequest = 65536;  // more goes out before the line is complete
    static constexpr size_t kMaxTaggedLine = 1u << 20;

    // Sees an untagged response before the client does; true: it was the one that is looked for,
    // and was dealt with (what it left unread is dropped). All others go on to the client.
    using Filter = std::function<Result<bool>(backend::ReplyReader&, const backend::Reply&)>;

    RelayChannel(ImapSession& session, backend::Backend& backend);

    // --- the request
    void verb(std::string_view verb);      // first
    void raw(std::string_view text);       // " (UID FLAGS)"
    void astring(std::string_view value);  // with a space in front
    // What is left of the client's line, CRLF included. An answer that came early (a literal was
    // refused) is kept for finish().
    Status client_arguments();
    // Asked where an argument of the client's begins with a letter, outside of lists: reads it and
    // says by raw() and literal() what the server gets instead.
    using Word = std::function<Status()>;
    void on_word(Word word) { word_ = std::move(word); }
    // A literal, announced as one of the client's is. Not put if the server does not want it:
    // early().
    Status literal(std::string_view bytes);
    // A literal of the client's whose head was taken, as a plain one.
    Status pass_literal(const LiteralHead& head);
    // What the server gets behind the verb, or has got: as much as is here, and at least up to the
    // first large literal where on_refusal() was said.
    std::string arguments() const;
    void filter(Filter filter) { filter_ = std::move(filter); }
    // Asked when a server that was told of a large literal, of which nothing has been taken from
    // the client yet, refuses the command or is lost: who is asked then; null: that is the answer.
    using Again = std::function<backend::Backend*(const Result<Answer>&)>;
    void on_refusal(Again again) { again_ = std::move(again); }

    // --- sending and the answer
    // Sends what is not sent yet, and CRLF if client_arguments() was not used; passes on what comes
    // until the tagged line.
    Result<Answer> finish();
    // The two halves, for commands with a continuation (IDLE, APPEND).
    Status send_line();     // what is collected, and CRLF
    Status send_pending();  // what is collected
    // success: the server says "+", or it has answered already: early().
    Status wait_go_ahead();
    const std::optional<Answer>& early() const { return early_; }
    // The next response, if it is the end: a tagged answer. Untagged ones are passed on.
    Result<std::optional<Answer>> one_response();
    // True if all that the server has got of the command is here.
    bool can_repeat() const { return !sent_in_part_ || (again_ && kept_.is_whole()); }
    // The same command to another server, or to this one once more.
    void rebind(backend::Backend& backend);
    // The server gets a syntax error instead of the rest, if it has got anything; its answer is
    // dropped.
    void abandon();

    // What to tell the client when something above has failed: BAD or NO for its own mistakes, NO
    // [UNAVAILABLE] if this server is lost, BYE if that is the one of the selected mailbox.
    Completion failed(const Error& error);

    backend::Backend& backend() { return *backend_; }
    const backend::Backend& backend() const { return *backend_; }
    const std::string& tag() const { return tag_; }
    // True if the server has said anything since the command was sent.
    bool heard() const { return heard_; }

 private:
    Status token(size_t& depth);
    Status quoted();
    Status client_literal();
    Status small_literal(const LiteralHead& head);
    Status large_literal(const LiteralHead& head);
    Status announce();
    Status begin();
    Status say(std::string_view text);
    void keep(std::string_view text);
    Status copy_body(uint64_t size);
    Status take();
    Result<std::optional<Answer>> read_response(bool want_go_ahead);
    Status pass_on(const backend::Reply& reply);
    // A failure while the server is listened to is the server's, unless it is the client's.
    void blame(const Error& error);
    void note_activity(const backend::Reply& reply);

    ImapSession& s_;
    backend::Backend* backend_;
    std::optional<backend::ReplyReader> replies_;
    Filter filter_;
    Again again_;
    Word word_;
    std::string tag_;
    std::string verb_;
    KeptCommand kept_;     // of a command that was sent in part: what is in front of request_
    std::string request_;  // everything behind the tag, or behind what was sent
    std::optional<Answer> early_;
    bool complete_ = false;
    bool begun_ = false;  // this server has got something of it
    bool sent_ = false;   // the last of it
    bool sent_in_part_ = false;
    bool heard_ = false;
    bool go_ahead_ = false;
    size_t small_literals_ = 0;
    uint64_t body_left_ = 0;  // of a literal that the client is sending
};

}  // namespace rookery::imapd

#endif
