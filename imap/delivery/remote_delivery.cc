// The recipients of one transaction that are at other servers.
#include "imap/delivery/remote_delivery.h"

#include <algorithm>

#include "imap/backend/reply_lines.h"
#include "lib/base/log.h"
#include "lib/base/log_session.h"
#include "lib/base/strings.h"
#include "lib/service/counters.h"
#include "lib/service/scoreboard.h"

namespace rookery::delivery {
namespace {

using Reply = text::SmtpReply;

// RCPT commands before their answers are read: both must fit what the network holds.
constexpr size_t kGroup = 100;

// "Not here": the list was stale, not the sender wrong.
bool says_unknown(const Reply& r)
{
    const std::string_view code = text::enhanced_code(r.last_line());
    return r.code >= 500 && (code.starts_with("5.1.") || (r.code == 550 && code.empty()));
}

// Another server's trouble with us is no verdict on the recipient, and what is no refusal is no
// success where something else was to be said.
Reply as_temporary(const Reply& r)
{
    if (r.code / 100 == 4) return r;
    return Reply{451, {cat("4.4.3 Remote server refused: ", r.last_line())}};
}

// The other side's good-bye, at whatever command, is no answer to it.
Result<Reply> read_answer(stream::Stream& stream)
{
    TRY_ASSIGN(Reply r, backend::read_smtp_reply(stream));
    if (r.code == 421) return Error{Code::closed, r.to_string()};
    return r;
}

// RCPT: what the protocol or our login was found wrong with says nothing about the recipient.
bool is_about_us(const Reply& r)
{
    return (r.code >= 500 && r.code < 505) || r.code == 530 || r.code == 555;
}

std::string mail_command(const Transaction& t, const backend::Backend& backend)
{
    std::string line = cat("MAIL FROM:<", t.envelope.from, ">");
    if (backend.has_capability("AUTH")) {
        bool nobody = !t.envelope.auth || t.envelope.auth->empty();
        cat_to(line, " AUTH=", nobody ? std::string("<>") : to_xtext(*t.envelope.auth));
    }
    if (t.envelope.eight_bit && backend.has_capability("8BITMIME")) line.append(" BODY=8BITMIME");
    return line;
}

// What is left of a wait that several servers share; a moment at least for what is there already.
Milliseconds left_of(Deadline deadline)
{
    return std::max(Milliseconds(deadline.poll_ms()), Milliseconds(1000));
}

}  // namespace

std::string to_xtext(std::string_view text)
{
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (char c : text) {
        auto u = static_cast<unsigned char>(c);
        if (u > 0x20 && u < 0x7f && c != '+' && c != '=') {
            out.push_back(c);
            continue;
        }
        cat_to(out, '+', kDigits[u >> 4], kDigits[u & 15]);
    }
    return out;
}

// One server's transaction.
struct RemoteDelivery::Part {
    const std::string& server;
    const std::vector<size_t>& which;
    backend::Backend* backend = nullptr;  // null: nothing more to do here
    bool kept = false;                    // the connection is of an earlier transaction
    size_t asked = 0;                     // of which, how many RCPT were sent
    std::vector<size_t> accepted{};
    size_t answered = 0;  // of accepted, after the message

    stream::Stream& stream() const { return backend->stream(); }
};

RemoteDelivery::RemoteDelivery(const config::Config& config, backend::BackendPool& backends)
    : config_(config), backends_(backends)
{
}

std::map<size_t, RemoteDelivery::Answer> RemoteDelivery::deliver(const Transaction& t,
                                                                 const ByServer& to)
{
    std::vector<Part> parts;
    for (const auto& [server, which] : to) {
        parts.push_back(Part{.server = server, .which = which});
        Status opened = open(t, parts.back());
        if (!opened) give_up(parts.back(), opened.error());
    }
    // A server that does not even answer the first command is not there.
    const Deadline probed = Deadline::after(config_.client_timeout());
    for (Part& part : parts)
        if (part.backend != nullptr) envelope(t, part, probed);
    for (Part& part : parts) {
        if (part.backend == nullptr) continue;
        Status sent = send_message(t, part);
        if (!sent) lost(part, sent.error());
    }
    const Deadline answered = Deadline::after(config_.lmtp_backend_timeout());
    for (Part& part : parts) {
        if (part.backend == nullptr) continue;
        Status read = read_outcomes(part, answered);
        if (!read) lost(part, read.error());
    }
    return std::exchange(answers_, {});
}

Status RemoteDelivery::open(const Transaction& t, Part& part)
{
    service::scoreboard::set_backend(part.server);
    backend::Backend* kept = backends_.find(part.server);
    // An answer that nobody has asked for would be taken for that of the next command.
    if (kept != nullptr && !kept->is_silent()) backends_.drop(std::exchange(kept, nullptr));
    part.kept = kept != nullptr;
    part.asked = 0;
    part.accepted.clear();
    TRY_ASSIGN(part.backend, backends_.get(part.server));
    part.stream().put("RSET\r\n", mail_command(t, *part.backend), "\r\n");
    put_recipients(t, part);
    // What goes wrong here is found when the answer is read.
    (void)part.stream().flush();
    return success();
}

void RemoteDelivery::put_recipients(const Transaction& t, Part& part)
{
    const bool can_ignore = part.backend->has_capability("IGNOREQUOTA");
    for (size_t n = 0; n < kGroup && part.asked < part.which.size(); ++n) {
        const Recipient& r = t.recipients[part.which[part.asked++]];
        part.stream().put("RCPT TO:<", r.address, ">",
                          r.ignore_quota && can_ignore ? " IGNOREQUOTA\r\n" : "\r\n");
    }
}

Status RemoteDelivery::read_envelope(const Transaction& t, Part& part, Deadline probed)
{
    stream::Stream& stream = part.stream();
    stream.set_timeout(left_of(probed));
    TRY_ASSIGN(Reply reset, read_answer(stream));
    if (!reset.is_positive()) return Error{Code::unavailable, reset.to_string()};
    stream.set_timeout(config_.lmtptxn_timeout());
    TRY_ASSIGN(Reply mail, read_answer(stream));
    for (size_t read = 0; read < part.which.size();) {
        while (read < part.asked) {
            const size_t i = part.which[read++];
            TRY_ASSIGN(Reply rcpt, read_answer(stream));
            if (!mail.is_positive()) {
                answers_[i] = {Outcome::refused(as_temporary(mail))};
                continue;
            }
            if (rcpt.code / 100 == 3) return Error{Code::syntax, rcpt.to_string()};
            if (rcpt.is_positive()) part.accepted.push_back(i);
            answers_[i] = {Outcome::refused(is_about_us(rcpt) ? as_temporary(rcpt) : rcpt),
                           says_unknown(rcpt)};
        }
        put_recipients(t, part);
        TRY(stream.flush());
    }
    if (part.accepted.empty()) {
        part.backend = nullptr;
        return success();
    }
    stream.put("DATA\r\n");
    return stream.flush();
}

void RemoteDelivery::envelope(const Transaction& t, Part& part, Deadline probed)
{
    Status status = read_envelope(t, part, probed);
    // A kept connection may have been closed by the other side: a new one is tried once.
    if (!status && part.kept) {
        backends_.drop(part.backend);
        part.backend = nullptr;
        status = open(t, part);
        if (status) status = read_envelope(t, part, Deadline::after(config_.client_timeout()));
    }
    if (!status) give_up(part, status.error());
}

Status RemoteDelivery::send_message(const Transaction& t, Part& part)
{
    service::scoreboard::set_backend(part.server);
    stream::Stream& stream = part.stream();
    TRY_ASSIGN(std::string_view text, t.message->map());
    TRY_ASSIGN(Reply go, read_answer(stream));
    if (go.code < 400 && go.code != 354) return Error{Code::syntax, go.to_string()};
    if (go.code != 354) {
        for (size_t i : part.accepted) answers_[i] = {Outcome::refused(as_temporary(go))};
        part.backend = nullptr;
        return success();
    }
    put_dotted(stream, text);
    return stream.flush();
}

Status RemoteDelivery::read_outcomes(Part& part, Deadline answered)
{
    service::scoreboard::set_backend(part.server);
    stream::Stream& stream = part.stream();
    stream.set_timeout(left_of(answered));
    for (; part.answered < part.accepted.size(); ++part.answered) {
        TRY_ASSIGN(Reply r, read_answer(stream));
        if (r.code / 100 == 3) return Error{Code::syntax, r.to_string()};
        std::string session(log::session_named_in(r.last_line()));
        answers_[part.accepted[part.answered]] = {
            r.is_positive() ? Outcome{} : Outcome::refused(std::move(r)), false,
            std::move(session)};
        stream.set_timeout(config_.lmtp_backend_timeout());
    }
    return success();
}

// Before the message was sent: nobody has it there.
void RemoteDelivery::give_up(Part& part, const Error& error)
{
    service::counters::add(service::counters::Kind::backend_failures);
    log::warning("server not reached", {{"server", part.server}, {"reason", error}});
    const Error seen = error.code == Code::maintenance ? error : Error{Code::unavailable, {}};
    for (size_t i : part.which) answers_[i] = {{seen}};
    if (part.backend != nullptr) backends_.drop(part.backend);
    part.backend = nullptr;
}

// Those that were not answered: it may be there and may come twice, but it is not lost.
void RemoteDelivery::lost(Part& part, const Error& error)
{
    log::warning("delivery to server", {{"server", part.server}, {"reason", error}});
    for (size_t n = part.answered; n < part.accepted.size(); ++n)
        answers_[part.accepted[n]] = {{Error{Code::unavailable, {}}}};
    backends_.drop(part.backend);
    part.backend = nullptr;
}

void put_dotted(stream::Stream& stream, std::string_view text)
{
    while (!text.empty()) {
        size_t end = text.find("\r\n.");
        bool at_dot = text.front() == '.';
        if (at_dot) stream.put('.');
        size_t take = end == std::string_view::npos ? text.size() : end + 2;
        // In pieces, so that one line of any length does not fill memory.
        for (std::string_view line = text.substr(0, take); !line.empty();) {
            std::string_view piece = line.substr(0, stream::Stream::kWriteBuffer);
            stream.put(piece);
            line.remove_prefix(piece.size());
        }
        if (take == text.size() && !text.ends_with("\r\n")) stream.put("\r\n");
        text.remove_prefix(take);
    }
    stream.put(".\r\n");
}

}  // namespace rookery::delivery
