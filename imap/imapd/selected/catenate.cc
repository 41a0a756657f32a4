#include "imap/imapd/selected/catenate.h"

#include "imap/imapd/capabilities.h"
#include "imap/imapd/selected/literal_body.h"
#include "imap/imapd/selected/local_append.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

// url-resp-text: what cannot stand in a response code is encoded.
std::string in_code(std::string_view url)
{
    std::string out;
    for (const char c : url) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte >= 0x7f || c == '"' || c == '\\' || c == ']')
            cat_to(out, '%', to_upper(hex({&c, 1})));
        else
            out += c;
    }
    return out;
}

// One message's parts.
class Catenated {
 public:
    Catenated(ImapSession& s, MessageParts& parts, const TakePiece& take)
        : s_(s), parts_(parts), take_(take), limit_(append_limit(s.config))
    {
    }

    // The answer where it is another than that of an error.
    const std::optional<Completion>& answer() const { return answer_; }

    Status list()
    {
        TRY(s_.reader.space());
        TRY(s_.reader.expect('('));
        for (size_t n = 0;; ++n) {
            if (n == kMaxCatenated) return Error{Code::limit, "Too many parts"};
            TRY(part());
            TRY_ASSIGN(const bool end, s_.reader.accept(')'));
            if (end) return success();
            TRY(s_.reader.space());
        }
    }

 private:
    // cat-part = "TEXT" SP literal / "URL" SP astring / utf8-literal
    Status part()
    {
        TRY_ASSIGN(const std::string word, s_.reader.attribute());
        if (word == kUtf8) return utf8_text();
        TRY(s_.reader.space());
        if (word == "TEXT") return text();
        if (word == "URL") return url();
        return Error{Code::syntax, "Expected TEXT or URL"};
    }

    Status too_large()
    {
        answer_ = too_big();
        return Error{Code::limit, {}};
    }

    Status take(std::string_view bytes)
    {
        if (bytes.size() > limit_ - size_) return too_large();
        size_ += bytes.size();
        return take_(bytes);
    }

    Status utf8_text()
    {
        TRY_ASSIGN(const LiteralHead head, utf8_literal_head(s_));
        TRY(body(head));
        return s_.reader.expect(')');
    }

    Status text()
    {
        TRY_ASSIGN(const LiteralHead head, s_.reader.literal_head());
        if (!head.binary) return body(head);
        TRY(s_.reader.drop_literal(head));
        return Error{Code::syntax, "A part is text"};
    }

    Status body(const LiteralHead& head)
    {
        if (head.size > limit_ - size_) {
            TRY(s_.reader.drop_literal(head));
            return too_large();
        }
        TRY(s_.reader.go_ahead(head));
        auto received = receive_bytes(s_, head.size, [&](std::string_view b) { return take(b); });
        return received ? *received : s_.client.status();
    }

    Status url()
    {
        TRY_ASSIGN(const std::string url, s_.reader.astring());
        Status read = parts_.read(url, [&](std::string_view bytes) { return take(bytes); });
        if (read.is(Code::not_found))
            answer_ = Completion::no(cat("[BADURL \"", in_code(url), "\"] No such message part"));
        if (read.is(Code::limit) && !answer_)
            answer_ = Completion::no(cat("[LIMIT] ", read.error().text));
        return read;
    }

    ImapSession& s_;
    MessageParts& parts_;
    const TakePiece& take_;
    const uint64_t limit_;
    uint64_t size_ = 0;
    std::optional<Completion> answer_;
};

}  // namespace

std::optional<Completion> receive_catenated(ImapSession& session, MessageParts& parts,
                                            const TakePiece& take)
{
    Catenated catenated(session, parts, take);
    const Status done = catenated.list();
    if (done) return std::nullopt;
    if (!session.client.ok()) return Completion::disconnect();
    return catenated.answer() ? *catenated.answer() : Completion::from(done.error());
}

}  // namespace rookery::imapd
