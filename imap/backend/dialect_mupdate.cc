// MUPDATE, up to the end of the login (doc/protocols/mupdate.md).
#include "imap/backend/dialect.h"
#include "imap/backend/reply_lines.h"
#include "lib/base/strings.h"
#include "lib/text/base64.h"
#include "lib/text/imap_syntax.h"

namespace rookery::backend {
namespace {

using AuthStep = Dialect::AuthStep;

// `AUTH "PLAIN" "DIGEST-MD5"` is AUTH, AUTH=PLAIN and AUTH=DIGEST-MD5.
void add_banner_line(std::string_view words, std::vector<std::string>& caps)
{
    text::ImapCursor cursor(words);
    std::string keyword;
    while (caps.size() < kMaxCapabilities) {
        const auto word = cursor.astring();
        if (!word) return;
        caps.push_back(keyword.empty() ? to_upper(*word) : cat(keyword, '=', to_upper(*word)));
        if (keyword.empty()) keyword = caps.back();
        while (cursor.accept(' ')) continue;
    }
}

Status read_banner(stream::Stream& stream, std::string& banner, std::vector<std::string>& caps)
{
    caps.clear();
    for (size_t n = 0; n < kMaxReplyLines; n++) {
        TRY_ASSIGN(std::string line, read_reply_line(stream));
        if (starts_with_nocase(line, "* BYE"))
            return Error{Code::unavailable, cat("refused: ", line.substr(0, 200))};
        if (!line.starts_with("* ")) return protocol_error("not a MUPDATE banner", line);
        if (starts_with_nocase(line, "* OK")) {
            banner = std::move(line);
            return success();
        }
        add_banner_line(std::string_view(line).substr(2), caps);
    }
    return Error{Code::limit, "MUPDATE banner has too many lines"};
}

// There is no such command: the banner comes again when there is something new to say.
Status ask_capabilities(stream::Stream& stream, std::vector<std::string>& caps)
{
    std::string banner;
    return read_banner(stream, banner, caps);
}

Status start_tls(stream::Stream& stream)
{
    TRY(send_line(stream, "S01 STARTTLS"));
    TRY_ASSIGN(std::string line, read_reply_line(stream));
    if (starts_with_nocase(line, "S01 OK")) return success();
    if (!starts_with_nocase(line, "S01 ")) return protocol_error("STARTTLS", line);
    return refused_error("STARTTLS", line.substr(4));
}

Status begin_auth(stream::Stream& stream, std::string_view mechanism, const std::string* initial)
{
    std::string line = "A01 AUTHENTICATE ";
    text::put_quoted(line, mechanism);
    if (initial == nullptr) return send_line(stream, line);
    line += ' ';
    text::put_literal(line, text::base64_encode(*initial), text::LiteralForm::plus);
    return send_line(stream, line);
}

// Challenges are lines of base64 without any mark (doc/protocols/mupdate.md).
Result<AuthStep> next_auth(stream::Stream& stream)
{
    TRY_ASSIGN(std::string line, read_reply_line(stream));
    if (starts_with_nocase(line, "A01 OK")) return AuthStep{AuthStep::Kind::success, {}, {}};
    if (starts_with_nocase(line, "A01 "))
        return AuthStep{AuthStep::Kind::failure, line.substr(4), {}};
    if (starts_with_nocase(line, "* BYE"))
        return Error{Code::unavailable, cat("refused: ", line.substr(0, 200))};
    TRY_ASSIGN(std::string challenge, decode_challenge(line));
    return AuthStep{AuthStep::Kind::challenge, std::move(challenge), {}};
}

Status start_compress(stream::Stream& stream)
{
    TRY(send_line(stream, "Z01 COMPRESS \"DEFLATE\""));
    TRY_ASSIGN(std::string line, read_reply_line(stream));
    if (starts_with_nocase(line, "Z01 OK")) return success();
    if (!starts_with_nocase(line, "Z01 ")) return protocol_error("COMPRESS", line);
    return refused_error("COMPRESS", line.substr(4));
}

Status ping(stream::Stream& stream)
{
    TRY(send_line(stream, "N01 NOOP"));
    TRY_ASSIGN(std::string line, read_reply_line(stream));
    if (!starts_with_nocase(line, "N01 OK")) return protocol_error("NOOP", line);
    return success();
}

constexpr Dialect kDialect = {
    .service = "mupdate",
    .sasl_service = "mupdate",
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
    .logout = "Q01 LOGOUT\r\n",
};

}  // namespace

const Dialect& mupdate_dialect()
{
    return kDialect;
}

}  // namespace rookery::backend
