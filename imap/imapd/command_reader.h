// CommandReader: pulls the tokens of one client command from the stream.
//
// Each production is named like its rule in RFC 3501 section 9 and takes what that rule allows, no
// more; one thing beyond it: quoted strings may hold 8-bit bytes (RFC 9051), as clients send them
// in passwords. Lines end with CRLF; a bare CR, a bare LF or a NUL outside a literal is a syntax
// error (doc/rules.md 5.2), and so is a NUL in a literal that is read here. Literals inside a
// production are read whole up to its maximum: a synchronising one is answered with "+ go ahead"
// first, LITERAL+ ({n+}) is not. A literal over its maximum: Code::limit; a synchronising one is
// refused before the client sends it, a non-synchronising one is read and dropped up to
// allow_skip() bytes, beyond that the stream fails. After an error write and flush the answer, then
// skip_command() brings the stream to the next command.
// Codes: syntax (becomes BAD), limit (BAD, or NO [TOOBIG] for APPEND), and the stream's own.
#ifndef ROOKERY_IMAP_IMAPD_COMMAND_READER_H
#define ROOKERY_IMAP_IMAPD_COMMAND_READER_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "imap/model/sequence_set.h"
#include "lib/base/result.h"
#include "lib/stream/stream.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {

struct ReaderLimits {
    size_t max_word = 131072;    // option maxword: atoms
    size_t max_quoted = 131072;  // option maxquoted: strings, literals that are not messages
    size_t max_line = 1u << 20;  // one command without its message literals
    size_t max_depth = 50;       // nested lists
};

struct LiteralHead {
    uint64_t size = 0;
    bool synchronising = true;  // {n}: the client waits for "+"
    bool binary = false;        // ~{n}
};

class CommandReader {
 public:
    static constexpr uint64_t kMaxSkip = 1u << 20;

    CommandReader(stream::Stream& client, ReaderLimits limits);

    // --- the frame
    void begin();                        // a new command: budgets are fresh
    Result<std::string> tag();           // 1*<ASTRING-CHAR except "+">, then the space is next
    Result<std::string> command_name();  // an atom, in upper case
    Status end_of_line();                // CRLF; anything else: syntax
    // After an error: eats the rest of the line and the literals announced in it, up to kMaxSkip
    // bytes, of literals what allow_skip() said. A synchronising literal that was not
    // answered ends the command: the client waits, and gets the tagged answer instead.
    void skip_command();
    // The client speaks UTF-8 (RFC 6855, 9051): in names of mailboxes '&' stands for itself, and
    // 8-bit bytes of quoted strings that are no UTF-8 are a mistake.
    void speak_utf8(bool on) { utf8_ = on; }
    // How many bytes of literals that do not wait are dropped rather than end the connection;
    // kMaxSkip at first. Costs no memory, but the client's whole upload.
    void allow_skip(uint64_t bytes) { max_skip_ = bytes; }
    // True once the CRLF of this command was taken.
    bool at_end() const { return ended_; }

    // What follows is read by another parser, from stream(), up to and including the CRLF.
    void hand_over() { ended_ = true; }

    // --- single characters. peek() is '\n' at the end of the line (both bytes of CRLF are there).
    Result<char> peek();
    Result<char> take();
    Status expect(char c);
    Result<bool> accept(char c);  // takes c if it is next
    // Takes the next byte, c, of a quoted string; one that is wrong there is not taken.
    Result<text::QuotedScan::Step> quoted_byte(text::QuotedScan& scan, char& c);
    Status space();  // exactly one SP
    // How many arguments, each behind a space, are left of this line: lists, strings and a literal
    // at its end count as one. Nothing is taken; the line is waited for. What is behind a literal
    // is not seen, for the client may wait for "+" with it, nor what is beyond
    // Stream::kReadBuffer. none: it is no such line.
    Result<std::optional<size_t>> arguments_ahead();
    // What of this line is there when it has been waited for as above, without its end; until the
    // next call.
    Result<std::string_view> line_ahead();

    // From here on what is taken is written down as well, literals and quoted strings with 8-bit
    // bytes as {n+}, until this is nullptr; the line's end is not.
    void record(std::string* text) { record_ = text; }

    // --- productions
    Result<std::string> atom();
    Result<std::string> string();  // quoted / literal
    Result<std::string> astring();
    Result<std::string> nstring(bool& is_nil);
    Result<std::string> list_mailbox();  // list-char, wildcards allowed, or string
    // The name of a mailbox, and a pattern of names, in modified UTF-7 whatever the client speaks:
    // raw UTF-8 is understood without speak_utf8() too. bad_name: of what RFC 6855 3 forbids.
    Result<std::string> mailbox();
    Result<std::string> mailbox_pattern();
    // The same for mboxlist::ListPattern, where what is not ASCII stays UTF-8.
    Result<std::string> list_pattern();
    Result<uint32_t> number();
    Result<uint32_t> nz_number();
    Result<uint64_t> number64();
    Result<model::SequenceSet> sequence_set();
    // The same, or "$", what the last search saved (RFC 5182).
    Result<model::SequenceSet> message_set();
    Result<std::string> flag();  // "\Seen" or keyword, as written
    // A word up to SP ( ) [ ] CR LF: fetch attributes and the like, in upper case.
    Result<std::string> attribute();

    // --- literals that are streamed (APPEND): the next thing must be one. Whoever took the head of
    // a literal and went ahead owes its body: exactly size bytes are read from stream().
    Result<LiteralHead> literal_head();        // up to and including its CRLF; nothing sent yet
    Status go_ahead(const LiteralHead& head);  // sends "+ go ahead" if the client waits
    // Refuses a literal whose head was taken and that was not gone ahead with: a synchronising one
    // never comes, the command is over; others are read and dropped up to what allow_skip() said.
    Status drop_literal(const LiteralHead& head);

    stream::Stream& stream() { return client_; }
    const ReaderLimits& limits() const { return limits_; }

 private:
    Result<std::string> literal(size_t max);
    Result<std::string> quoted(size_t max);
    Result<std::string> end_quoted(std::string text, size_t begin);
    Result<std::string> as_mutf7(std::string name) const;
    // 1*<bytes that wanted accepts>, at most max.
    Result<std::string> word(bool (*wanted)(char), size_t max, std::string_view what);
    Status charge(size_t bytes);
    void skip_byte();
    void skip_line_end();
    stream::Stream& client_;
    ReaderLimits limits_;
    uint64_t max_skip_ = kMaxSkip;
    uint64_t dropped_ = 0;  // bytes of literals of this command
    size_t used_ = 0;
    bool utf8_ = false;
    bool ended_ = false;
    bool cr_taken_ = false;      // of the CRLF that is next
    bool client_waits_ = false;  // a synchronising literal was announced and not answered
    text::LiteralScan scan_;
    std::string* record_ = nullptr;
};

}  // namespace rookery::imapd

#endif
