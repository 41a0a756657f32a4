// NNTP between servers, up to the end of the login (RFC 3977, 4642, 4643).
#include "imap/backend/dialect.h"
#include "imap/backend/reply_lines.h"
#include "lib/base/strings.h"
#include "lib/text/base64.h"

namespace rookery::backend {
namespace {

using AuthStep = Dialect::AuthStep;

constexpr size_t kMaxAuthLine = 512;  // RFC 3977 3.1, with its CRLF

struct NntpReply {
    int code = 0;
    std::string line;
    std::string_view text() const
    {
        return std::string_view(line).substr(std::min<size_t>(line.size(), 4));
    }
};

Result<NntpReply> read_reply(stream::Stream& stream, std::string_view command)
{
    TRY_ASSIGN(std::string line, read_reply_line(stream));
    const auto code = to_number<uint32_t>(std::string_view(line).substr(0, 3), 599);
    if (!code || *code < 100 || (line.size() > 3 && line[3] != ' '))
        return protocol_error(command, line);
    return NntpReply{static_cast<int>(*code), std::move(line)};
}

Result<NntpReply> ask(stream::Stream& stream, std::string_view command)
{
    TRY(send_line(stream, command));
    return read_reply(stream, command);
}

Status read_banner(stream::Stream& stream, std::string& banner, std::vector<std::string>&)
{
    TRY_ASSIGN(NntpReply reply, read_reply(stream, "not an NNTP greeting"));
    banner = std::move(reply.line);
    if (reply.code == 400 || reply.code == 502)
        return Error{Code::unavailable, cat("refused: ", banner.substr(0, 200))};
    // 200: posting is allowed, 201: it is not.
    if (reply.code != 200 && reply.code != 201)
        return protocol_error("not an NNTP greeting", banner);
    return success();
}

// "SASL PLAIN LOGIN" is SASL, AUTH=PLAIN and AUTH=LOGIN; of others the name counts, and "AUTHINFO
// USER SASL" is AUTHINFO, AUTHINFO=USER and AUTHINFO=SASL.
void add_capability_line(std::string_view line, std::vector<std::string>& caps)
{
    const std::vector<std::string_view> words = split_words(line);
    if (words.empty() || caps.size() >= kMaxCapabilities) return;
    const std::string keyword = to_upper(words[0]);
    caps.push_back(keyword);
    const std::string_view family = keyword == "SASL" ? "AUTH" : std::string_view(keyword);
    for (size_t i = 1; i < words.size() && caps.size() < kMaxCapabilities; ++i)
        caps.push_back(cat(family, '=', to_upper(words[i])));
}

// A server that does not know CAPABILITIES has none.
Status ask_capabilities(stream::Stream& stream, std::vector<std::string>& caps)
{
    caps.clear();
    TRY_ASSIGN(const NntpReply first, ask(stream, "CAPABILITIES"));
    if (first.code >= 400) return success();
    if (first.code != 101) return protocol_error("CAPABILITIES", first.line);
    for (size_t n = 0; n < kMaxReplyLines; ++n) {
        TRY_ASSIGN(const std::string line, read_reply_line(stream));
        if (line == ".") return success();
        add_capability_line(line, caps);
    }
    return Error{Code::limit, "too many capabilities"};
}

Status start_tls(stream::Stream& stream)
{
    TRY_ASSIGN(const NntpReply reply, ask(stream, "STARTTLS"));
    if (reply.code == 382) return success();
    if (reply.code >= 400) return refused_error("STARTTLS", reply.line);
    return protocol_error("STARTTLS", reply.line);
}

Status begin_auth(stream::Stream& stream, std::string_view mechanism, const std::string* initial)
{
    std::string line = cat("AUTHINFO SASL ", mechanism);
    if (initial != nullptr)
        cat_to(line, ' ', initial->empty() ? "=" : text::base64_encode(*initial));
    return send_line(stream, line);
}

// 283 and 383 bring base64, or "=" for none (RFC 4643 2.4).
Result<AuthStep> next_auth(stream::Stream& stream)
{
    TRY_ASSIGN(const NntpReply reply, read_reply(stream, "AUTHINFO"));
    const auto data = [&]() { return reply.text() == "=" ? std::string_view() : reply.text(); };
    if (reply.code == 281) return AuthStep{AuthStep::Kind::success, {}, {}};
    if (reply.code == 283) {
        TRY_ASSIGN(std::string last, decode_challenge(data()));
        return AuthStep{AuthStep::Kind::success, std::move(last), {}};
    }
    if (reply.code == 383) {
        TRY_ASSIGN(std::string challenge, decode_challenge(data()));
        return AuthStep{AuthStep::Kind::challenge, std::move(challenge), {}};
    }
    // No word about the login: this process goes, another may be asked.
    if (reply.code == 400) return Error{Code::closed, reply.line};
    if (reply.code > 400) return AuthStep{AuthStep::Kind::failure, reply.line, {}};
    return protocol_error("AUTHINFO", reply.line);
}

// An empty line is no answer in NNTP.
Status answer_auth(stream::Stream& stream, std::string_view data)
{
    return send_line(stream, data.empty() ? "=" : text::base64_encode(data));
}

Status login_command(stream::Stream& stream, std::string_view user, std::string_view password)
{
    if (cat(user, password).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        return Error{Code::syntax, "no line can have that name or password"};
    TRY_ASSIGN(NntpReply reply, ask(stream, cat("AUTHINFO USER ", user)));
    if (reply.code == 381) {
        TRY_ASSIGN(reply, ask(stream, cat("AUTHINFO PASS ", password)));
    }
    if (reply.code == 281) return success();
    return Error{Code::denied, cat("AUTHINFO: ", reply.line.substr(0, 200))};
}

Status ping(stream::Stream& stream)
{
    TRY_ASSIGN(const NntpReply reply, ask(stream, "DATE"));
    if (reply.code != 111) return protocol_error("DATE", reply.line);
    return success();
}

// RFC 8054.
Status start_compress(stream::Stream& stream)
{
    TRY_ASSIGN(const NntpReply reply, ask(stream, "COMPRESS DEFLATE"));
    if (reply.code == 206) return success();
    if (reply.code >= 400) return refused_error("COMPRESS", reply.line);
    return protocol_error("COMPRESS", reply.line);
}

constexpr Dialect kDialect = {
    .service = "nntp",
    .sasl_service = "nntp",
    .implicit_tls_port = "nntps",
    .read_banner = read_banner,
    .ask_capabilities = ask_capabilities,
    .start_tls = start_tls,
    .begin_auth = begin_auth,
    .next_auth = next_auth,
    .answer_auth = answer_auth,
    .cancel_auth = cancel_with_star,
    .initial_response_always = true,
    .max_auth_line = kMaxAuthLine,
    .ping = ping,
    .asks_after_login = true,
    .login_command = login_command,
    .start_compress = start_compress,
    .logout = "QUIT\r\n",
};

}  // namespace

const Dialect& nntp_dialect()
{
    return kDialect;
}

}  // namespace rookery::backend
