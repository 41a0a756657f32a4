// NNTP between servers, up to the end of the login and at the end of a session (RFC 3977, 4642,
// 4643, 8054).
#include "imap/backend/dialect.h"
#include "imap/backend/reply_lines.h"
#include "lib/base/strings.h"
#include "lib/text/base64.h"

namespace rookery::backend {
namespace {

using AuthStep = Dialect::AuthStep;

constexpr int kCapabilities = 101;
constexpr int kDate = 111;
constexpr int kPosting = 200;
constexpr int kNoPosting = 201;
constexpr int kCompressed = 206;
constexpr int kAccepted = 281;
constexpr int kAcceptedWithData = 283;
constexpr int kSessionTaken = 290;
constexpr int kPasswordWanted = 381;
constexpr int kBeginTls = 382;
constexpr int kChallenge = 383;
constexpr int kGoesAway = 400;
constexpr std::string_view kNothing = "=";
constexpr std::string_view kSession = "X-SESSION";

struct Line {
    int code = 0;
    std::string text;  // whole
    std::string_view rest() const
    {
        return text.size() > 4 ? std::string_view(text).substr(4) : std::string_view();
    }
};

Result<Line> read(stream::Stream& stream, std::string_view what)
{
    TRY_ASSIGN(std::string line, read_reply_line(stream));
    const auto code = to_number<unsigned>(std::string_view(line).substr(0, 3), 599);
    if (line.size() < 3 || !code || *code < 100) return protocol_error(what, line);
    return Line{static_cast<int>(*code), std::move(line)};
}

Result<Line> ask(stream::Stream& stream, std::string_view command)
{
    TRY(send_line(stream, command));
    return read(stream, command);
}

Status read_banner(stream::Stream& stream, std::string& banner, std::vector<std::string>&)
{
    TRY_ASSIGN(Line line, read(stream, "not an NNTP greeting"));
    banner = line.text;
    if (line.code == kPosting || line.code == kNoPosting) return success();
    return Error{Code::unavailable, cat("refused: ", banner.substr(0, 200))};
}

// "SASL PLAIN LOGIN" is SASL, AUTH=PLAIN and AUTH=LOGIN; "COMPRESS DEFLATE" is COMPRESS=DEFLATE
// too; of others the first word counts, and with AUTHINFO its arguments.
void add_capability_line(std::string_view line, std::vector<std::string>& caps)
{
    const std::vector<std::string_view> words = split_words(line);
    if (words.empty() || caps.size() >= kMaxCapabilities) return;
    const std::string name = to_upper(words[0]);
    caps.push_back(name);
    const std::string_view family = name == "SASL" ? std::string_view("AUTH") : name;
    for (size_t i = 1; i < words.size() && caps.size() < kMaxCapabilities; ++i)
        caps.push_back(cat(family, '=', to_upper(words[i])));
}

// A server that does not know CAPABILITIES has none.
Status ask_capabilities(stream::Stream& stream, std::vector<std::string>& caps)
{
    caps.clear();
    TRY_ASSIGN(const Line first, ask(stream, "CAPABILITIES"));
    if (first.code != kCapabilities) return success();
    for (size_t n = 0; n < kMaxReplyLines; ++n) {
        TRY_ASSIGN(const std::string line, read_reply_line(stream));
        if (line == ".") return success();
        add_capability_line(line, caps);
    }
    return Error{Code::limit, "too many capabilities"};
}

Status start_tls(stream::Stream& stream)
{
    TRY_ASSIGN(const Line line, ask(stream, "STARTTLS"));
    return line.code == kBeginTls ? success() : refused_error("STARTTLS", line.text);
}

std::string encoded(std::string_view data)
{
    return data.empty() ? std::string(kNothing) : text::base64_encode(data);
}

Result<std::string> decoded(std::string_view data)
{
    if (data == kNothing) return std::string();
    return decode_challenge(data);
}

Status begin_auth(stream::Stream& stream, std::string_view mechanism, const std::string* initial)
{
    std::string line = cat("AUTHINFO SASL ", mechanism);
    if (initial != nullptr) cat_to(line, ' ', encoded(*initial));
    return send_line(stream, line);
}

Status answer_auth(stream::Stream& stream, std::string_view data)
{
    return send_line(stream, encoded(data));
}

Result<AuthStep> next_auth(stream::Stream& stream)
{
    TRY_ASSIGN(Line line, read(stream, "AUTHINFO SASL"));
    using Kind = AuthStep::Kind;
    if (line.code == kAccepted) return AuthStep{Kind::success, {}, {}, std::string(line.rest())};
    if (line.code == kAcceptedWithData) {
        TRY_ASSIGN(std::string data, decoded(line.rest()));
        return AuthStep{Kind::success, std::move(data), {}};
    }
    if (line.code == kChallenge) {
        TRY_ASSIGN(std::string challenge, decoded(line.rest()));
        return AuthStep{Kind::challenge, std::move(challenge), {}};
    }
    if (line.code < 400) return protocol_error("AUTHINFO SASL", line.text);
    // No word about the login: this process goes, another may be asked.
    if (line.code == kGoesAway) return Error{Code::closed, line.text};
    return AuthStep{Kind::failure, std::string(line.rest()), {}};
}

void put_session(stream::Stream& stream, std::string_view id)
{
    stream.put(kSession, ' ', id, "\r\n");
}

// Whoever does not want it after all logs the login without it.
Status session_taken(stream::Stream& stream)
{
    TRY_ASSIGN(const Line line, read(stream, kSession));
    if (line.code != kSessionTaken && line.code < 400) return protocol_error(kSession, line.text);
    return success();
}

Status login_command(stream::Stream& stream, std::string_view user, std::string_view password)
{
    if (cat(user, password).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
        return Error{Code::syntax, "no line can have that name or password"};
    TRY_ASSIGN(Line line, ask(stream, cat("AUTHINFO USER ", user)));
    if (line.code == kPasswordWanted) {
        TRY_ASSIGN(line, ask(stream, cat("AUTHINFO PASS ", password)));
    }
    if (line.code == kAccepted) return success();
    return Error{Code::denied, cat("AUTHINFO USER, PASS: ", line.text.substr(0, 200))};
}

Status become_reader(stream::Stream& stream)
{
    TRY_ASSIGN(const Line line, ask(stream, "MODE READER"));
    if (line.code == kPosting || line.code == kNoPosting) return success();
    return Error{Code::unavailable, cat("MODE READER: ", line.text.substr(0, 200))};
}

Status start_compress(stream::Stream& stream)
{
    TRY_ASSIGN(const Line line, ask(stream, "COMPRESS DEFLATE"));
    return line.code == kCompressed ? success() : refused_error("COMPRESS", line.text);
}

Status ping(stream::Stream& stream)
{
    TRY_ASSIGN(const Line line, ask(stream, "DATE"));
    if (line.code != kDate) return protocol_error("DATE", line.text);
    return success();
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
    .session_capability = kSession,
    .put_session = put_session,
    .session_taken = session_taken,
    .initial_response_always = true,
    .max_auth_line = 512,
    .ping = ping,
    .asks_after_login = true,
    .login_command = login_command,
    .start_compress = start_compress,
    .logout = "QUIT\r\n",
    .reader_capability = "MODE-READER",
    .become_reader = become_reader,
};

}  // namespace

const Dialect& nntp_dialect()
{
    return kDialect;
}

}  // namespace rookery::backend
