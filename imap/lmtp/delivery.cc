// One message to the recipients of one transaction.
#include "imap/lmtp/delivery.h"

#include <map>

#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_date.h"
#include "master/service.h"

namespace rookery::lmtp {
namespace {

// xtext of AUTH= (RFC 4954 5, RFC 3461 4).
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

// "Not here": the list was stale, not the sender wrong.
bool says_unknown(const Reply& r)
{
    return r.code >= 500 &&
           (enhanced_code(r).starts_with("5.1.") || (r.code == 550 && enhanced_code(r).empty()));
}

// Another server's trouble with us is no verdict on the recipient.
Reply as_temporary(const Reply& r)
{
    if (r.code < 500) return r;
    return reply(451, cat("4.4.3 Remote server refused: ",
                          r.lines.empty() ? "" : std::string_view(r.lines.back())));
}

std::string mail_command(const Transaction& t, const backend::Backend& backend)
{
    std::string line = cat("MAIL FROM:<", t.mail.from.text, ">");
    if (backend.has_capability("AUTH")) {
        bool nobody = !t.mail.auth || t.mail.auth->empty();
        cat_to(line, " AUTH=", nobody ? std::string("<>") : to_xtext(*t.mail.auth));
    }
    if (t.mail.eight_bit && backend.has_capability("8BITMIME")) line.append(" BODY=8BITMIME");
    return line;
}

}  // namespace

struct Delivery::Remote {
    const std::string& server;
    backend::Backend* backend = nullptr;
    const std::vector<size_t>& which;
    bool envelope_done = false;
};

Delivery::Delivery(const config::Config& config, Recipients& recipients,
                   mailbox::MailboxStore* store, mailbox::Quotas* quotas, Duplicates* duplicates,
                   backend::BackendPool& backends)
    : config_(config),
      recipients_(recipients),
      store_(store),
      quotas_(quotas),
      duplicates_(duplicates),
      backends_(backends)
{
}

Reply Delivery::success_reply(const Transaction& t) const
{
    return reply(250, cat("2.1.5 Ok SESSIONID=<", t.session_id, ">"));
}

std::vector<Reply> Delivery::deliver(const Transaction& t)
{
    replies_.assign(t.recipients.size(), reply_for(Error{Code::io, "not tried"}));
    strays_.assign(t.recipients.size(), false);
    std::map<std::string, std::vector<size_t>> by_server;
    for (size_t i = 0; i < t.recipients.size(); ++i) {
        if (t.recipients[i].server.empty())
            replies_[i] = deliver_local(t, t.recipients[i]);
        else
            by_server[t.recipients[i].server].push_back(i);
    }
    for (const auto& [server, which] : by_server) deliver_remote(t, server, which);
    retry_strays(t);
    copies_.clear();
    return std::move(replies_);
}

Result<mailbox::StagedMessage*> Delivery::staged_on(const Transaction& t,
                                                    const std::string& partition)
{
    if (t.partition == partition) return t.message;
    for (auto& [name, copy] : copies_)
        if (name == partition) return copy.get();
    TRY_ASSIGN(auto copy, store_->stage(partition));
    TRY_ASSIGN(std::string_view text, t.message->map());
    TRY(copy->write(text));
    copies_.emplace_back(partition, std::move(copy));
    return copies_.back().second.get();
}

Status Delivery::store_message(const Transaction& t, const Recipient& recipient)
{
    TRY_ASSIGN(model::MailboxEntry entry, recipients_.target(recipient, t.sender));
    const bool known_again = duplicates_ != nullptr && !t.message_id.empty();
    const DeliveredMessage known{t.message_id, t.date, entry.uniqueid};
    if (known_again && duplicates_->was_delivered(known)) {
        log::notice("dupelim: eliminated duplicate message", {{"mailbox", entry.name.internal()},
                                                              {"id", t.message_id},
                                                              {"date", t.date},
                                                              {"session", t.session_id}});
        return success();
    }
    TRY_ASSIGN(mailbox::StagedMessage * staged, staged_on(t, entry.partition));
    if (quotas_ != nullptr && !recipient.ignore_quota) {
        mailbox::QuotaUsage more;
        more.bytes = staged->size();
        more.messages = 1;
        TRY(quotas_->check(entry.name, more, config_.lmtp_strict_quota()));
    }
    mailbox::AppendItem item;
    item.message = staged;
    item.internaldate = wall_seconds();
    item.zone_minutes = text::local_zone_minutes(item.internaldate);
    TRY(store_->append(entry, recipient.userid, {&item, 1}));
    if (known_again) duplicates_->mark(known, item.internaldate);
    master::counters::add(master::counters::Kind::messages);
    log::notice(
        "delivered",
        {{"mailbox", entry.name.internal()}, {"size", staged->size()}, {"session", t.session_id}});
    return success();
}

Reply Delivery::deliver_local(const Transaction& t, const Recipient& recipient)
{
    bool hard_quota = config_.lmtp_over_quota_perm_failure();
    if (store_ == nullptr) return reply_for(Error{Code::config, "a local mailbox, and no store"});
    Status done = store_message(t, recipient);
    if (done) return success_reply(t);
    log::warning("not delivered", {{"mailbox", recipient.mailbox.internal()},
                                   {"reason", done.error()},
                                   {"session", t.session_id}});
    // It was there at RCPT: whoever asks again hears what is right then.
    if (done.is(Code::not_found)) return reply_for(Error{Code::moved, {}});
    return reply_for(done.error(), hard_quota);
}

Result<Reply> Delivery::ask(stream::Stream& stream, std::string_view command)
{
    stream.put(command, "\r\n");
    TRY(stream.flush());
    return read_reply(stream);
}

Status Delivery::send_envelope(const Transaction& t, Remote& remote, std::vector<size_t>& accepted)
{
    stream::Stream& stream = remote.backend->stream();
    // A server that does not even answer this is not there: no reason to wait for a whole command.
    stream.set_timeout(config_.client_timeout());
    TRY_ASSIGN(Reply reset, ask(stream, "RSET"));
    stream.set_timeout(config_.lmtptxn_timeout());
    if (!reset.is_positive()) return Error{Code::unavailable, reset.to_string()};
    TRY_ASSIGN(Reply mail, ask(stream, mail_command(t, *remote.backend)));
    if (!mail.is_positive()) {
        for (size_t i : remote.which) replies_[i] = as_temporary(mail);
        return success();
    }
    for (size_t i : remote.which) {
        const Recipient& r = t.recipients[i];
        bool ignore = r.ignore_quota && remote.backend->has_capability("IGNOREQUOTA");
        TRY_ASSIGN(replies_[i],
                   ask(stream, cat("RCPT TO:<", r.address, ">", ignore ? " IGNOREQUOTA" : "")));
        if (replies_[i].is_positive())
            accepted.push_back(i);
        else if (says_unknown(replies_[i]))
            strays_[i] = true;
    }
    return success();
}

Status Delivery::send_message(const Transaction& t, Remote& remote,
                              const std::vector<size_t>& accepted)
{
    stream::Stream& stream = remote.backend->stream();
    TRY_ASSIGN(std::string_view text, t.message->map());
    TRY_ASSIGN(Reply go, ask(stream, "DATA"));
    if (go.code != 354) {
        for (size_t i : accepted) replies_[i] = as_temporary(go);
        return success();
    }
    put_dotted(stream, text);
    TRY(stream.flush());
    stream.set_timeout(config_.lmtp_backend_timeout());
    size_t answered = 0;
    Status status = success();
    for (; answered < accepted.size(); ++answered) {
        auto answer = read_reply(stream);
        if (!answer) {
            status = answer.error();
            break;
        }
        replies_[accepted[answered]] = answer->is_positive() ? success_reply(t) : *answer;
    }
    // Those that were not answered: it may be there and may come twice, but it is not lost.
    for (; answered < accepted.size(); ++answered)
        replies_[accepted[answered]] = reply_for(status.error());
    return status;
}

void Delivery::deliver_remote(const Transaction& t, const std::string& server,
                              const std::vector<size_t>& which)
{
    Status status = success();
    std::vector<size_t> accepted;
    Remote remote{server, nullptr, which, false};
    master::scoreboard::set_backend(server);
    // A kept connection may have been closed by the other side: a new one is tried once.
    for (int attempt = 0; attempt < 2 && !remote.envelope_done; ++attempt) {
        bool kept = backends_.find(server) != nullptr;
        accepted.clear();
        auto got = backends_.get(server);
        if (!got) {
            status = got.error();
            break;
        }
        remote.backend = *got;
        status = send_envelope(t, remote, accepted);
        remote.envelope_done = status.ok();
        if (!status) {
            backends_.drop(remote.backend);
            if (!kept) break;
        }
    }
    if (!remote.envelope_done) {
        master::counters::add(master::counters::Kind::backend_failures);
        log::warning("server not reached", {{"server", server}, {"reason", status.error()}});
        const Error seen =
            status.is(Code::maintenance) ? status.error() : Error{Code::unavailable, {}};
        for (size_t i : which) replies_[i] = reply_for(seen);
        return;
    }
    if (accepted.empty()) return;
    for (size_t i : accepted) replies_[i] = reply_for(Error{Code::unavailable, {}});
    status = send_message(t, remote, accepted);
    if (status) return;
    log::warning("delivery to server", {{"server", server}, {"reason", status.error()}});
    backends_.drop(remote.backend);
}

void Delivery::retry_strays(const Transaction& t)
{
    std::map<std::string, std::vector<size_t>> by_server;
    for (size_t i = 0; i < t.recipients.size(); ++i) {
        if (!strays_[i]) continue;
        strays_[i] = false;
        replies_[i] = reply_for(Error{Code::behind, {}});
        auto server = recipients_.look_again(t.recipients[i]);
        if (!server) continue;
        if (server->empty())
            replies_[i] = deliver_local(t, t.recipients[i]);
        else if (*server != t.recipients[i].server)
            by_server[*server].push_back(i);
    }
    for (const auto& [server, which] : by_server) deliver_remote(t, server, which);
    for (size_t i = 0; i < strays_.size(); ++i)
        if (strays_[i]) replies_[i] = reply_for(Error{Code::behind, {}});
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

}  // namespace rookery::lmtp
