// Lines of a peer before and during the login.
#include "imap/backend/reply_lines.h"

#include "lib/base/strings.h"
#include "lib/text/base64.h"
#include "lib/text/imap_syntax.h"

namespace rookery::backend {

Result<std::string> read_reply_line(stream::Stream& stream)
{
    return stream.read_line(kMaxReplyLine);
}

Result<text::SmtpReply> read_smtp_reply(stream::Stream& stream)
{
    text::SmtpReplyReader reader;
    for (;;) {
        TRY_ASSIGN(const std::string line, stream.read_line(text::SmtpReplyReader::kMaxLine));
        TRY_ASSIGN(const bool last, reader.add(line));
        if (last) return reader.take();
    }
}

Status send_line(stream::Stream& stream, std::string_view line)
{
    stream.put(line, "\r\n");
    return stream.flush();
}

Error protocol_error(std::string_view what, std::string_view line)
{
    return Error{Code::syntax, cat(what, ": ", line.substr(0, 200))};
}

Error refused_error(std::string_view what, std::string_view answer)
{
    return Error{Code::unsupported, cat(what, " is refused: ", answer.substr(0, 200))};
}

Result<std::string> decode_challenge(std::string_view base64)
{
    auto decoded = text::base64_decode(trim(base64), kMaxReplyLine);
    if (!decoded) return protocol_error("not a SASL challenge", base64);
    return decoded;
}

Status answer_in_base64(stream::Stream& stream, std::string_view data)
{
    return send_line(stream, text::base64_encode(data));
}

Status cancel_with_star(stream::Stream& stream)
{
    return send_line(stream, "*");
}

void add_capabilities(std::string_view words, std::vector<std::string>& caps)
{
    for (std::string_view word : split_words(words)) {
        if (caps.size() >= kMaxCapabilities) return;
        caps.push_back(to_upper(word));
    }
}

bool add_capability_code(std::string_view line, std::vector<std::string>& caps)
{
    for (int word = 0; word < 2; ++word) {
        const size_t space = line.find(' ');
        if (space == std::string_view::npos) return false;
        line.remove_prefix(space + 1);
    }
    const auto code = text::response_code(line);
    if (!code || !code->is("CAPABILITY")) return false;
    add_capabilities(code->arguments, caps);
    return true;
}

}  // namespace rookery::backend
