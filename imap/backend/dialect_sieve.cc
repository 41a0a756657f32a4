// ManageSieve between servers, up to the end of the login (RFC 5804).
#include "imap/backend/dialect.h"
#include "imap/backend/reply_lines.h"
#include "imap/backend/sieve_lines.h"
#include "lib/base/strings.h"
#include "lib/text/base64.h"
#include "lib/text/imap_syntax.h"

namespace rookery::backend {
namespace {

using AuthStep = Dialect::AuthStep;

constexpr std::string_view kSession = "X-SESSION";

// Before the login, and of its steps.
Result<std::string> read_whole_line(stream::Stream& stream)
{
    return read_sieve_line(stream, 2 * kMaxReplyLine);
}

// `"SASL" "PLAIN LOGIN"` is SASL, AUTH=PLAIN and AUTH=LOGIN; `"STARTTLS"` is STARTTLS; of others
// the name counts.
void add_capability_line(std::string_view line, std::vector<std::string>& caps)
{
    text::ImapCursor cursor(line);
    const auto name = cursor.string();
    if (!name) return;
    caps.push_back(to_upper(*name));
    if (!equal_nocase(*name, "SASL") || !cursor.accept(' ')) return;
    const auto mechanisms = cursor.string();
    if (!mechanisms) return;
    for (const std::string_view word : split_words(*mechanisms))
        if (caps.size() < kMaxCapabilities) caps.push_back(cat("AUTH=", to_upper(word)));
}

// capabilities and what ends them
Status read_banner(stream::Stream& stream, std::string& banner, std::vector<std::string>& caps)
{
    caps.clear();
    for (size_t n = 0; n < kMaxReplyLines; ++n) {
        TRY_ASSIGN(std::string line, read_whole_line(stream));
        if (is_sieve_word(line, "OK")) {
            banner = std::move(line);
            return success();
        }
        if (is_sieve_word(line, "BYE") || is_sieve_word(line, "NO"))
            return Error{Code::unavailable, cat("refused: ", line.substr(0, 200))};
        if (!line.starts_with('"') && !line.starts_with('{'))
            return protocol_error("not a ManageSieve greeting", line);
        add_capability_line(line, caps);
    }
    return Error{Code::limit, "too many capabilities"};
}

Status ask_capabilities(stream::Stream& stream, std::vector<std::string>& caps)
{
    std::string ignored;
    TRY(send_line(stream, "CAPABILITY"));
    return read_banner(stream, ignored, caps);
}

Status start_tls(stream::Stream& stream)
{
    TRY(send_line(stream, "STARTTLS"));
    TRY_ASSIGN(const std::string line, read_whole_line(stream));
    if (is_sieve_word(line, "OK")) return success();
    if (is_sieve_word(line, "NO")) return refused_error("STARTTLS", line);
    return protocol_error("STARTTLS", line);
}

Status begin_auth(stream::Stream& stream, std::string_view mechanism, const std::string* initial)
{
    std::string line = "AUTHENTICATE ";
    text::put_quoted(line, mechanism);
    if (initial != nullptr) {
        line += ' ';
        text::put_literal(line, text::base64_encode(*initial), text::LiteralForm::plus);
    }
    return send_line(stream, line);
}

void put_session(stream::Stream& stream, std::string_view id)
{
    std::string line = cat(kSession, ' ');
    text::put_quoted(line, id);
    stream.put(line, "\r\n");
}

// Whoever does not want it after all logs the login without it.
Status session_taken(stream::Stream& stream)
{
    TRY_ASSIGN(const std::string line, read_whole_line(stream));
    if (is_sieve_word(line, "OK") || is_sieve_word(line, "NO")) return success();
    if (is_sieve_word(line, "BYE")) return Error{Code::closed, line.substr(0, 200)};
    return protocol_error(kSession, line);
}

// `OK (SASL "base64") "text"`: what the mechanism says with its success.
Result<std::string> success_data(std::string_view line)
{
    constexpr std::string_view kCode = "OK (SASL ";
    if (!starts_with_nocase(line, kCode)) return std::string();
    text::ImapCursor cursor(line.substr(kCode.size()));
    const auto data = cursor.string();
    if (!data) return protocol_error("AUTHENTICATE", line);
    return decode_challenge(*data);
}

// A challenge is base64 in a string of its own line.
Result<AuthStep> next_auth(stream::Stream& stream)
{
    TRY_ASSIGN(const std::string line, read_whole_line(stream));
    if (is_sieve_word(line, "OK")) {
        TRY_ASSIGN(std::string data, success_data(line));
        return AuthStep{AuthStep::Kind::success, std::move(data), {}};
    }
    if (is_sieve_word(line, "NO"))
        return AuthStep{AuthStep::Kind::failure, line.substr(line.size() > 2 ? 3 : 2), {}};
    // No word about the login: this process goes, another may be asked.
    if (is_sieve_word(line, "BYE")) return Error{Code::closed, line.substr(0, 200)};
    text::ImapCursor cursor(line);
    const auto text = cursor.string();
    if (!text) return protocol_error("AUTHENTICATE", line);
    TRY_ASSIGN(std::string challenge, decode_challenge(*text));
    return AuthStep{AuthStep::Kind::challenge, std::move(challenge), {}};
}

Status answer_auth(stream::Stream& stream, std::string_view data)
{
    std::string line;
    text::put_literal(line, text::base64_encode(data), text::LiteralForm::plus);
    return send_line(stream, line);
}

Status cancel_auth(stream::Stream& stream)
{
    return send_line(stream, "\"*\"");
}

Status ping(stream::Stream& stream)
{
    TRY(send_line(stream, "NOOP"));
    TRY_ASSIGN(const std::string line, read_whole_line(stream));
    if (!is_sieve_word(line, "OK")) return protocol_error("NOOP", line);
    return success();
}

constexpr Dialect kDialect = {
    .service = "sieve",
    .sasl_service = "sieve",
    .implicit_tls_port = {},
    .read_banner = read_banner,
    .ask_capabilities = ask_capabilities,
    .start_tls = start_tls,
    .capabilities_after_tls_come_by_themselves = true,
    .capabilities_after_layer_come_by_themselves = true,
    .begin_auth = begin_auth,
    .next_auth = next_auth,
    .answer_auth = answer_auth,
    .cancel_auth = cancel_auth,
    .session_capability = kSession,
    .put_session = put_session,
    .session_taken = session_taken,
    .initial_response_always = true,
    .ping = ping,
    .logout = "LOGOUT\r\n",
};

}  // namespace

const Dialect& sieve_dialect()
{
    return kDialect;
}

}  // namespace rookery::backend
