// LMTP between servers, up to the end of the login (doc/protocols/cyrus.md 3, RFC 4954 section 4);
// and SMTP, which differs in the greeting alone.
#include <unistd.h>

#include "imap/backend/dialect.h"
#include "imap/backend/reply_lines.h"
#include "lib/base/strings.h"
#include "lib/text/base64.h"

namespace rookery::backend {
namespace {

using AuthStep = Dialect::AuthStep;
using text::SmtpReply;

constexpr size_t kMaxAuthLine = 512;

Result<SmtpReply> ask(stream::Stream& stream, std::string_view command, int expected)
{
    TRY(send_line(stream, command));
    TRY_ASSIGN(SmtpReply reply, read_smtp_reply(stream));
    if (reply.code != expected) return protocol_error(command, reply.summary());
    return reply;
}

Status read_banner(stream::Stream& stream, std::string& banner, std::vector<std::string>&)
{
    TRY_ASSIGN(SmtpReply reply, read_smtp_reply(stream));
    banner = reply.summary();
    if (reply.first_digit() == 4) return Error{Code::unavailable, cat("refused: ", banner)};
    if (reply.code != 220) return protocol_error("not an LMTP greeting", banner);
    return success();
}

// "AUTH PLAIN LOGIN" is AUTH, AUTH=PLAIN and AUTH=LOGIN; "SIZE 10" is SIZE and SIZE=10.
void add_extension(std::string_view line, std::vector<std::string>& caps)
{
    std::vector<std::string_view> words = split_words(line);
    if (words.empty()) return;
    std::string keyword = to_upper(words[0]);
    for (size_t i = 1; i < words.size() && caps.size() < kMaxCapabilities; i++)
        caps.push_back(cat(keyword, '=', to_upper(words[i])));
    caps.push_back(std::move(keyword));
}

Status say_hello(stream::Stream& stream, std::string_view command, std::vector<std::string>& caps)
{
    caps.clear();
    TRY_ASSIGN(SmtpReply reply, ask(stream, command, 250));
    for (size_t i = 1; i < reply.lines.size(); i++) add_extension(reply.lines[i], caps);
    return success();
}

Status ask_capabilities(stream::Stream& stream, std::vector<std::string>& caps)
{
    return say_hello(stream, "LHLO lmtpproxyd", caps);
}

// RFC 5321 4.1.4: the name of this host, or the literal of its address where it has none that is
// one.
Status ask_extensions(stream::Stream& stream, std::vector<std::string>& caps)
{
    char name[256] = {};
    std::string_view host = "[127.0.0.1]";
    if (::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' &&
        std::string_view(name).find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
            std::string_view::npos)
        host = name;
    return say_hello(stream, cat("EHLO ", host), caps);
}

Status start_tls(stream::Stream& stream)
{
    TRY(send_line(stream, "STARTTLS"));
    TRY_ASSIGN(SmtpReply reply, read_smtp_reply(stream));
    if (reply.code == 220) return success();
    if (reply.first_digit() == 4 || reply.first_digit() == 5)
        return refused_error("STARTTLS", reply.summary());
    return protocol_error("STARTTLS", reply.summary());
}

Status begin_auth(stream::Stream& stream, std::string_view mechanism, const std::string* initial)
{
    std::string line = cat("AUTH ", mechanism);
    if (initial != nullptr)
        cat_to(line, ' ', initial->empty() ? "=" : text::base64_encode(*initial));
    return send_line(stream, line);
}

Result<AuthStep> next_auth(stream::Stream& stream)
{
    TRY_ASSIGN(SmtpReply reply, read_smtp_reply(stream));
    if (reply.code == 235) return AuthStep{AuthStep::Kind::success, {}, {}};
    if (reply.code == 334) {
        TRY_ASSIGN(std::string challenge, decode_challenge(reply.last_line()));
        return AuthStep{AuthStep::Kind::challenge, std::move(challenge), {}};
    }
    // No word about the login: this process goes, another may be asked.
    if (reply.code == 421) return Error{Code::closed, reply.summary()};
    if (reply.first_digit() == 4 || reply.first_digit() == 5)
        return AuthStep{AuthStep::Kind::failure, reply.summary(), {}};
    return protocol_error("AUTH", reply.summary());
}

Status ping(stream::Stream& stream)
{
    TRY(ask(stream, "NOOP", 250));
    return success();
}

constexpr Dialect kLmtp = {
    .service = "lmtp",
    .sasl_service = "lmtp",
    .implicit_tls_port = {},
    .read_banner = read_banner,
    .ask_capabilities = ask_capabilities,
    .start_tls = start_tls,
    .begin_auth = begin_auth,
    .next_auth = next_auth,
    .answer_auth = answer_in_base64,
    .cancel_auth = cancel_with_star,
    .initial_response_always = true,
    .max_auth_line = kMaxAuthLine,
    .ping = ping,
    .logout = "QUIT\r\n",
};

constexpr Dialect smtp_of(Dialect dialect)
{
    dialect.service = "smtp";
    dialect.sasl_service = "smtp";
    dialect.implicit_tls_port = "submissions";
    dialect.ask_capabilities = ask_extensions;
    return dialect;
}
constexpr Dialect kSmtp = smtp_of(kLmtp);

}  // namespace

const Dialect& lmtp_dialect()
{
    return kLmtp;
}

const Dialect& smtp_dialect()
{
    return kSmtp;
}

}  // namespace rookery::backend
