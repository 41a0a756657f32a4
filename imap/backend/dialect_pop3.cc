// POP3 between servers, up to the end of the login and at the end of a session (RFC 1939, 2449,
// 2595, 5034; X-REUSE: doc/protocols/pop3.md).
#include "imap/backend/dialect.h"
#include "imap/backend/reply_lines.h"
#include "lib/base/strings.h"
#include "lib/text/base64.h"

namespace rookery::backend {
namespace {

using AuthStep = Dialect::AuthStep;

constexpr std::string_view kReuse = "X-REUSE";
constexpr std::string_view kSession = "X-SESSION";
constexpr size_t kMaxAuthLine = 255;  // with its CRLF (RFC 5034 4)

bool is_ok(std::string_view line)
{
    return line == "+OK" || line.starts_with("+OK ");
}

bool is_err(std::string_view line)
{
    return line == "-ERR" || line.starts_with("-ERR ");
}

std::string text_of(std::string_view line)
{
    const size_t space = line.find(' ');
    return std::string(space == line.npos ? std::string_view() : line.substr(space + 1));
}

Result<std::string> ask(stream::Stream& stream, std::string_view command)
{
    TRY(send_line(stream, command));
    TRY_ASSIGN(std::string line, read_reply_line(stream));
    if (!is_ok(line) && !is_err(line)) return protocol_error(command, line);
    return line;
}

Status read_banner(stream::Stream& stream, std::string& banner, std::vector<std::string>&)
{
    TRY_ASSIGN(banner, read_reply_line(stream));
    if (is_err(banner)) return Error{Code::unavailable, cat("refused: ", banner.substr(0, 200))};
    if (!is_ok(banner)) return protocol_error("not a POP3 greeting", banner);
    return success();
}

// "SASL PLAIN LOGIN" is SASL, AUTH=PLAIN and AUTH=LOGIN; STLS is STARTTLS too; of others the name
// counts.
void add_capability_line(std::string_view line, std::vector<std::string>& caps)
{
    const std::vector<std::string_view> words = split_words(line);
    if (words.empty() || caps.size() >= kMaxCapabilities) return;
    caps.push_back(to_upper(words[0]));
    if (caps.back() == "STLS") caps.push_back("STARTTLS");
    if (caps.back() != "SASL") return;
    for (size_t i = 1; i < words.size() && caps.size() < kMaxCapabilities; ++i)
        caps.push_back(cat("AUTH=", to_upper(words[i])));
}

// A server that does not know CAPA has none.
Status ask_capabilities(stream::Stream& stream, std::vector<std::string>& caps)
{
    caps.clear();
    TRY_ASSIGN(const std::string first, ask(stream, "CAPA"));
    if (is_err(first)) return success();
    for (size_t n = 0; n < kMaxReplyLines; ++n) {
        TRY_ASSIGN(const std::string line, read_reply_line(stream));
        if (line == ".") return success();
        add_capability_line(line, caps);
    }
    return Error{Code::limit, "too many capabilities"};
}

Status start_tls(stream::Stream& stream)
{
    TRY_ASSIGN(const std::string line, ask(stream, "STLS"));
    return is_ok(line) ? success() : refused_error("STLS", line);
}

Status begin_auth(stream::Stream& stream, std::string_view mechanism, const std::string* initial)
{
    std::string line = cat("AUTH ", mechanism);
    if (initial != nullptr)
        cat_to(line, ' ', initial->empty() ? "=" : text::base64_encode(*initial));
    return send_line(stream, line);
}

void put_session(stream::Stream& stream, std::string_view id)
{
    stream.put(kSession, ' ', id, "\r\n");
}

// Whoever does not want it after all logs the login without it.
Status session_taken(stream::Stream& stream)
{
    TRY_ASSIGN(const std::string line, read_reply_line(stream));
    if (!is_ok(line) && !is_err(line)) return protocol_error(kSession, line);
    return success();
}

// Of a login that was right, but for the maildrop (RFC 2449 8, RFC 3206): the server's own line.
Result<AuthStep> refusal(std::string line)
{
    std::string text = text_of(line);
    if (starts_with_nocase(text, "[IN-USE]") || starts_with_nocase(text, "[LOGIN-DELAY]"))
        return Error{Code::busy, std::move(line)};
    if (starts_with_nocase(text, "[SYS/")) return Error{Code::moved, std::move(line)};
    return AuthStep{AuthStep::Kind::failure, std::move(text), {}};
}

Result<AuthStep> next_auth(stream::Stream& stream)
{
    TRY_ASSIGN(std::string line, read_reply_line(stream));
    if (is_ok(line)) return AuthStep{AuthStep::Kind::success, {}, {}, text_of(line)};
    if (is_err(line)) return refusal(std::move(line));
    if (line != "+" && !line.starts_with("+ ")) return protocol_error("AUTH", line);
    TRY_ASSIGN(std::string challenge, decode_challenge(std::string_view(line).substr(1)));
    return AuthStep{AuthStep::Kind::challenge, std::move(challenge), {}};
}

Status login_command(stream::Stream& stream, std::string_view user, std::string_view password)
{
    if (cat(user, password).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        return Error{Code::syntax, "no line can have that name or password"};
    TRY_ASSIGN(std::string line, ask(stream, cat("USER ", user)));
    if (is_ok(line)) {
        TRY_ASSIGN(line, ask(stream, cat("PASS ", password)));
    }
    if (is_ok(line)) return success();
    return Error{Code::denied, cat("USER, PASS: ", line.substr(0, 200))};
}

Status ping(stream::Stream& stream)
{
    TRY_ASSIGN(const std::string line, ask(stream, "NOOP"));
    if (!is_ok(line)) return protocol_error("NOOP", line);
    return success();
}

// QUIT with all that it does, but for the end of the connection.
Result<std::string> unauthenticate(stream::Stream& stream, std::string_view, std::string_view,
                                   std::vector<std::string>&)
{
    TRY_ASSIGN(std::string line, ask(stream, kReuse));
    if (is_err(line)) return Error{Code::denied, std::move(line)};
    return line;
}

constexpr Dialect kDialect = {
    .service = "pop3",
    .sasl_service = "pop",
    .implicit_tls_port = "pop3s",
    .read_banner = read_banner,
    .ask_capabilities = ask_capabilities,
    .start_tls = start_tls,
    .begin_auth = begin_auth,
    .next_auth = next_auth,
    .answer_auth = answer_in_base64,
    .cancel_auth = cancel_with_star,
    .session_capability = kSession,
    .put_session = put_session,
    .session_taken = session_taken,
    .initial_response_always = true,
    .max_auth_line = kMaxAuthLine,
    .ping = ping,
    .unauthenticate = unauthenticate,
    .unauthenticate_capability = kReuse,
    .unauthenticate_commits = true,
    .asks_after_login = true,
    .capabilities_stay = true,
    .login_command = login_command,
    .logout = "QUIT\r\n",
};

}  // namespace

const Dialect& pop3_dialect()
{
    return kDialect;
}

}  // namespace rookery::backend
