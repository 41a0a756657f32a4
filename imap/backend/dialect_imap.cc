// IMAP between servers, up to the end of the login (doc/protocols/cyrus.md 3).
#include "imap/backend/dialect.h"
#include "imap/backend/reply_lines.h"
#include "lib/base/log_session.h"
#include "lib/base/strings.h"
#include "lib/text/base64.h"
#include "lib/text/imap_syntax.h"

namespace rookery::backend {
namespace {

using AuthStep = Dialect::AuthStep;

Status read_banner(stream::Stream& stream, std::string& banner, std::vector<std::string>& caps)
{
    TRY_ASSIGN(banner, read_reply_line(stream));
    if (starts_with_nocase(banner, "* BYE"))
        return Error{Code::unavailable, cat("refused: ", banner.substr(0, 200))};
    if (!starts_with_nocase(banner, "* OK")) return protocol_error("not an IMAP greeting", banner);
    add_capability_code(banner, caps);
    return success();
}

// Lines up to the tagged one; its text after the tag and a space.
Result<std::string> read_to_tag(stream::Stream& stream, std::string_view tag,
                                std::vector<std::string>* caps)
{
    for (size_t n = 0; n < kMaxReplyLines; n++) {
        TRY_ASSIGN(std::string line, read_reply_line(stream));
        if (line.starts_with(tag) && line.size() > tag.size() && line[tag.size()] == ' ')
            return line.substr(tag.size() + 1);
        if (starts_with_nocase(line, "* BYE"))
            return Error{Code::unavailable, cat("refused: ", line.substr(0, 200))};
        if (caps != nullptr && starts_with_nocase(line, "* CAPABILITY ")) {
            caps->clear();
            add_capabilities(std::string_view(line).substr(13), *caps);
        }
    }
    return Error{Code::limit, cat("too many lines before the answer to ", tag)};
}

Status ask_capabilities(stream::Stream& stream, std::vector<std::string>& caps)
{
    caps.clear();
    TRY(send_line(stream, "C01 CAPABILITY"));
    TRY_ASSIGN(std::string end, read_to_tag(stream, "C01", &caps));
    if (!starts_with_nocase(end, "OK")) return protocol_error("CAPABILITY", end);
    return success();
}

Status start_tls(stream::Stream& stream)
{
    TRY(send_line(stream, "S01 STARTTLS"));
    TRY_ASSIGN(std::string end, read_to_tag(stream, "S01", nullptr));
    if (!starts_with_nocase(end, "OK")) return refused_error("STARTTLS", end);
    return success();
}

// Our session, where it is fit for a tag: so the other server's log names it without a question.
std::string auth_tag()
{
    const std::string& session = log::session();
    return log::is_session_id(session) ? session : "A01";
}

Status begin_auth(stream::Stream& stream, std::string_view mechanism, const std::string* initial)
{
    const std::string command = cat(auth_tag(), " AUTHENTICATE ", mechanism);
    if (initial == nullptr) return send_line(stream, command);
    std::string encoded = initial->empty() ? std::string("=") : text::base64_encode(*initial);
    return send_line(stream, cat(command, ' ', encoded));
}

Result<AuthStep> next_auth(stream::Stream& stream)
{
    AuthStep step{AuthStep::Kind::failure, {}, {}};
    const std::string tag = cat(auth_tag(), ' ');
    for (size_t n = 0; n < kMaxReplyLines; n++) {
        TRY_ASSIGN(std::string line, read_reply_line(stream));
        if (line.starts_with('+')) {
            TRY_ASSIGN(step.data, decode_challenge(std::string_view(line).substr(1)));
            step.kind = AuthStep::Kind::challenge;
            return step;
        }
        if (starts_with_nocase(line, cat(tag, "OK"))) {
            step.text = line.substr(tag.size());
            step.capabilities.clear();
            add_capability_code(line, step.capabilities);
            step.kind = AuthStep::Kind::success;
            return step;
        }
        if (line.starts_with(tag)) {
            step.data = line.substr(tag.size());
            return step;
        }
        if (!line.starts_with("* ")) return protocol_error("AUTHENTICATE", line);
    }
    return Error{Code::limit, "too many lines during AUTHENTICATE"};
}

Status login_command(stream::Stream& stream, std::string_view user, std::string_view password)
{
    std::string line = "L01 LOGIN ";
    text::put_quoted(line, user);
    line += ' ';
    text::put_quoted(line, password);
    TRY(send_line(stream, line));
    TRY_ASSIGN(std::string end, read_to_tag(stream, "L01", nullptr));
    if (starts_with_nocase(end, "OK")) return success();
    return Error{Code::denied, cat("LOGIN: ", end.substr(0, 200))};
}

Status start_compress(stream::Stream& stream)
{
    TRY(send_line(stream, "Z01 COMPRESS DEFLATE"));
    TRY_ASSIGN(std::string end, read_to_tag(stream, "Z01", nullptr));
    return starts_with_nocase(end, "OK") ? success() : refused_error("COMPRESS", end);
}

Status ping(stream::Stream& stream)
{
    TRY(send_line(stream, "N01 NOOP"));
    TRY_ASSIGN(std::string end, read_to_tag(stream, "N01", nullptr));
    if (!starts_with_nocase(end, "OK")) return protocol_error("NOOP", end);
    return success();
}

// The mailbox may have news before: whole lines, and few.
Status end_of_unselect(stream::Stream& stream, std::string_view tag)
{
    for (size_t n = 0; n < kMaxReplyLines; n++) {
        TRY_ASSIGN(std::string line, read_reply_line(stream));
        if (starts_with_nocase(line, cat(tag, " OK"))) return success();
        if (!line.starts_with("* ") || starts_with_nocase(line, "* BYE") || line.ends_with('}'))
            return protocol_error("UNSELECT", line);
    }
    return Error{Code::limit, "UNSELECT: too many lines"};
}

// Nothing may come before the answer: it would be about what the last user did.
Result<std::string> unauthenticate(stream::Stream& stream, std::string_view tag,
                                   std::string_view unselect, std::vector<std::string>& caps)
{
    if (!unselect.empty()) stream.put(unselect, " UNSELECT\r\n");
    TRY(send_line(stream, cat(tag, " UNAUTHENTICATE")));
    if (!unselect.empty()) TRY(end_of_unselect(stream, unselect));
    TRY_ASSIGN(std::string line, read_reply_line(stream));
    if (!starts_with_nocase(line, cat(tag, " OK"))) return protocol_error("UNAUTHENTICATE", line);
    caps.clear();
    add_capability_code(line, caps);
    return line;
}

constexpr Dialect kDialect = {
    .service = "imap",
    .sasl_service = "imap",
    .implicit_tls_port = "imaps",
    .read_banner = read_banner,
    .ask_capabilities = ask_capabilities,
    .start_tls = start_tls,
    .begin_auth = begin_auth,
    .next_auth = next_auth,
    .answer_auth = answer_in_base64,
    .cancel_auth = cancel_with_star,
    .initial_response_always = false,
    .ping = ping,
    .unauthenticate = unauthenticate,
    .unauthenticate_capability = "UNAUTHENTICATE",
    .asks_after_login = true,
    .login_command = login_command,
    .start_compress = start_compress,
    .heeds_proxy_compress = true,
    .logout = "Q01 LOGOUT\r\n",
};

}  // namespace

const Dialect& imap_dialect()
{
    return kDialect;
}

}  // namespace rookery::backend
