// Answers of LMTP.
#include "imap/lmtp/reply.h"

#include "lib/base/strings.h"

namespace rookery::lmtp {
namespace {

constexpr size_t kMaxReplyLine = 2048;
constexpr size_t kMaxReplyLines = 100;

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

}  // namespace

std::string Reply::to_string() const
{
    std::string out;
    for (size_t i = 0; i < lines.size(); ++i)
        cat_to(out, code, i + 1 == lines.size() ? ' ' : '-', lines[i], "\r\n");
    if (lines.empty()) cat_to(out, code, " \r\n");
    return out;
}

Reply reply(int code, std::string text)
{
    return Reply{code, {std::move(text)}};
}

Reply trouble_reply(const Error& error)
{
    switch (error.code) {
        case Code::not_found:
        case Code::moved:
        case Code::reserved:
        case Code::exists:
        case Code::busy: return reply(451, "4.2.1 Mailbox is not available now, try again");
        case Code::over_quota: return reply(452, "4.2.2 Over quota");
        case Code::maintenance: return reply(451, cat("4.3.2 ", error.text));
        case Code::no_master: return reply(451, "4.4.1 The mupdate master cannot be reached");
        case Code::behind: return reply(451, "4.4.3 The mailbox list is not current, try again");
        case Code::unavailable:
        case Code::timeout:
        case Code::closed: return reply(451, "4.4.3 Remote server unavailable");
        case Code::no_space: return reply(452, "4.3.1 No space left, try again");
        case Code::bad_name:
        case Code::denied:
        case Code::limit:
        case Code::syntax:
        case Code::unsupported:
        case Code::corrupt:
        case Code::config:
        case Code::io: break;
    }
    return reply(451, "4.3.0 System error, try again");
}

Reply recipient_reply(const Error& error)
{
    const bool is_address = error.code == Code::not_found || error.code == Code::bad_name ||
                            error.code == Code::syntax || error.code == Code::limit;
    if (is_address)
        return Reply{550,
                     {"Mailbox unknown.  Either there is no mailbox associated with this",
                      "name or you do not have authorization to see it.", "5.1.1 User unknown"}};
    if (error.code == Code::denied)
        return Reply{550,
                     {"You do not have permission to post a message to this mailbox.",
                      "Please contact the owner of this mailbox in order to submit",
                      "your message.", "5.7.1 Permission denied"}};
    return trouble_reply(error);
}

Reply message_reply(const Error& error)
{
    if (error.code == Code::limit) return reply(552, "5.2.3 Message is too large");
    if (error.code == Code::syntax) return reply(554, cat("5.6.0 ", error.text));
    return trouble_reply(error);
}

Reply over_quota_reply(bool permanent, std::string_view session_id)
{
    return reply(permanent ? 552 : 452,
                 cat(permanent ? "5.2.2" : "4.2.2", " Over quota SESSIONID=<", session_id, ">"));
}

Result<Reply> read_reply(stream::Stream& stream)
{
    Reply r;
    for (size_t n = 0; n < kMaxReplyLines; ++n) {
        TRY_ASSIGN(std::string line, stream.read_line(kMaxReplyLine));
        const bool is_reply = line.size() >= 3 && line[0] >= '2' && line[0] <= '5' &&
                              is_digit(line[1]) && is_digit(line[2]);
        if (!is_reply) return Error{Code::syntax, cat("not a reply: ", line.substr(0, 100))};
        r.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
        bool more = line.size() > 3 && line[3] == '-';
        // Another server's bytes become part of our replies.
        std::erase_if(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
        r.lines.push_back(line.size() > 4 ? line.substr(4) : std::string());
        if (!more) return r;
    }
    return Error{Code::limit, "a reply of too many lines"};
}

std::string_view enhanced_code(const Reply& r)
{
    if (r.lines.empty()) return {};
    std::string_view text = r.lines.back();
    std::string_view word = text.substr(0, text.find(' '));
    if (word.size() < 5 || !is_digit(word[0]) || word[1] != '.') return {};
    return word;
}

}  // namespace rookery::lmtp
