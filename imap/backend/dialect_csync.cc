// The replication protocol of Cyrus, csync, up to the end of the login: what synctest speaks
// (doc/protocols/cyrus.md 3). No server of ours speaks it: moves carry its values over IMAP.
#include "imap/backend/dialect.h"
#include "imap/backend/reply_lines.h"
#include "lib/base/strings.h"
#include "lib/text/base64.h"

namespace rookery::backend {
namespace {

using AuthStep = Dialect::AuthStep;

bool is_word(std::string_view line, std::string_view word)
{
    return line == word || (line.starts_with(word) && line[word.size()] == ' ');
}

Result<std::string> ask(stream::Stream& stream, std::string_view command)
{
    TRY(send_line(stream, command));
    return read_reply_line(stream);
}

// "* SASL PLAIN LOGIN" is AUTH=PLAIN and AUTH=LOGIN, "* STARTTLS" and "* COMPRESS DEFLATE" what
// they say; "* OK server Cyrus sync server" ends them.
Status read_banner(stream::Stream& stream, std::string& banner, std::vector<std::string>& caps)
{
    caps.clear();
    for (size_t n = 0; n < kMaxReplyLines; ++n) {
        TRY_ASSIGN(std::string line, read_reply_line(stream));
        if (!line.starts_with("* ")) return protocol_error("not a csync greeting", line);
        const std::string_view rest = std::string_view(line).substr(2);
        if (is_word(rest, "OK")) {
            banner = std::move(line);
            return success();
        }
        if (is_word(rest, "BYE"))
            return Error{Code::unavailable, cat("refused: ", line.substr(0, 200))};
        const std::vector<std::string_view> words = split_words(rest);
        if (words.empty() || caps.size() >= kMaxCapabilities) continue;
        caps.push_back(to_upper(words[0]));
        if (caps.back() != "SASL") continue;
        for (size_t i = 1; i < words.size() && caps.size() < kMaxCapabilities; ++i)
            caps.push_back(cat("AUTH=", to_upper(words[i])));
    }
    return Error{Code::limit, "too many capabilities"};
}

// They come with the greeting, and nobody can ask for them.
Status ask_capabilities(stream::Stream&, std::vector<std::string>&)
{
    return success();
}

Status start_tls(stream::Stream& stream)
{
    TRY_ASSIGN(const std::string line, ask(stream, "STARTTLS"));
    if (is_word(line, "OK")) return success();
    if (is_word(line, "NO") || is_word(line, "BAD")) return refused_error("STARTTLS", line);
    return protocol_error("STARTTLS", line);
}

Status begin_auth(stream::Stream& stream, std::string_view mechanism, const std::string* initial)
{
    std::string line = cat("AUTHENTICATE ", mechanism);
    if (initial != nullptr)
        cat_to(line, ' ', initial->empty() ? "=" : text::base64_encode(*initial));
    return send_line(stream, line);
}

Result<AuthStep> next_auth(stream::Stream& stream)
{
    TRY_ASSIGN(const std::string line, read_reply_line(stream));
    if (is_word(line, "OK")) return AuthStep{AuthStep::Kind::success, {}, {}};
    if (is_word(line, "NO") || is_word(line, "BAD"))
        return AuthStep{AuthStep::Kind::failure, line.substr(0, 200), {}};
    if (!is_word(line, "+")) return protocol_error("AUTHENTICATE", line);
    TRY_ASSIGN(std::string challenge,
               decode_challenge(std::string_view(line).substr(std::min<size_t>(line.size(), 2))));
    return AuthStep{AuthStep::Kind::challenge, std::move(challenge), {}};
}

Status ping(stream::Stream& stream)
{
    TRY_ASSIGN(const std::string line, ask(stream, "NOOP"));
    if (!is_word(line, "OK")) return protocol_error("NOOP", line);
    return success();
}

Status start_compress(stream::Stream& stream)
{
    TRY_ASSIGN(const std::string line, ask(stream, "COMPRESS DEFLATE"));
    if (is_word(line, "OK")) return success();
    if (is_word(line, "NO") || is_word(line, "BAD")) return refused_error("COMPRESS", line);
    return protocol_error("COMPRESS", line);
}

constexpr Dialect kDialect = {
    .service = "csync",
    .sasl_service = "csync",
    .implicit_tls_port = {},
    .read_banner = read_banner,
    .ask_capabilities = ask_capabilities,
    .start_tls = start_tls,
    .capabilities_after_tls_come_by_themselves = true,
    .begin_auth = begin_auth,
    .next_auth = next_auth,
    .answer_auth = answer_in_base64,
    .cancel_auth = cancel_with_star,
    .initial_response_always = true,
    .ping = ping,
    .start_compress = start_compress,
    .logout = "EXIT\r\n",
};

}  // namespace

const Dialect& csync_dialect()
{
    return kDialect;
}

}  // namespace rookery::backend
