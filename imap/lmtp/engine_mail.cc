// MAIL, RCPT and DATA.
#include "config.h"

#include <algorithm>

#include "imap/delivery/spooled_message.h"
#include "imap/lmtp/engine.h"
#include "imap/lmtp/grammar.h"
#include "imap/session/data_reader.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_date.h"

namespace rookery::lmtp {
namespace {

constexpr size_t kMaxLogged = 300;  // of arguments that are none

Reply for_argument(const Error& error, std::string_view syntax_text)
{
    if (error.code == Code::unsupported) return reply(555, cat("5.5.4 ", error.text));
    if (error.code == Code::limit) return reply(501, "5.5.4 Argument is too long");
    return reply(501, cat("5.5.4 ", syntax_text, " (", error.text, ")"));
}

}  // namespace

bool Engine::may_mail()
{
    if (transaction_) {
        say(503, "5.5.1 nested MAIL command");
        return false;
    }
    if (!greeted_) {
        say(503, "5.5.1 Say LHLO first");
        return false;
    }
    if (ends_with_template()) return false;
    if (authenticated()) return true;
    if (config_.soft_noauth())
        say(430, "4.7.0 Authentication required");
    else
        say(530, "5.7.0 Authentication required");
    return false;
}

void Engine::mail(std::string_view arguments)
{
    if (!may_mail()) return;
    auto parsed = parse_mail(arguments);
    if (!parsed) {
        log::notice("sender refused",
                    {{"from", arguments.substr(0, kMaxLogged)}, {"reason", parsed.error()}});
        return say(for_argument(parsed.error(), "Syntax error in MAIL FROM"));
    }
    if (parsed->size > max_size()) {
        log::notice("sender refused", {{"from", cat('<', parsed->from.text, '>')},
                                       {"size", parsed->size},
                                       {"reason", "the message is too large"}});
        return say(552, "5.2.3 Message is too large");
    }
    delivery::Transaction t;
    t.envelope = {parsed->from.text, parsed->auth, parsed->eight_bit, parsed->size};
    t.sender = delivery::sender_identity(parsed->auth);
    t.session_id = kit_.session_id();
    t.id = next_id();
    transaction_ = std::move(t);
    kit_.begin_session();
    say(250, "2.1.0 ok");
}

void Engine::log_refused(std::string_view address, const Error& error) const
{
    const std::string& from = transaction_->envelope.from;
    log::notice("recipient refused", {{"from", cat('<', from, '>')},
                                      {"to", cat('<', address, '>')},
                                      {"kind", code_name(error.code)},
                                      {"reason", error}});
}

void Engine::rcpt(std::string_view arguments)
{
    if (!transaction_) return say(503, "5.5.1 Need MAIL command");
    if (transaction_->recipients.size() >= static_cast<size_t>(config_.lmtp_max_recipients()))
        return say(452, "4.5.3 Too many recipients");
    auto parsed = parse_rcpt(arguments);
    if (!parsed) return say(for_argument(parsed.error(), "Syntax error in RCPT TO"));
    auto recipient = recipients_.resolve(parsed->to, transaction_->sender);
    // It is not sent round in a circle by lists that name each other's server.
    if (recipient && !recipient->server.empty() && backends_.is_relayed())
        recipient = Error{Code::moved, cat("it is at ", recipient->server)};
    if (!recipient) {
        log_refused(parsed->to.text, recipient.error());
        return say(recipient_reply(recipient.error()));
    }
    recipient->ignore_quota = parsed->ignore_quota;
    if (auto room =
            delivery_.has_room(*recipient, transaction_->sender, transaction_->envelope.size);
        !room) {
        log_refused(parsed->to.text, room.error());
        return say(over_quota_reply(config_.lmtp_over_quota_perm_failure(), kit_.session_id()));
    }
    transaction_->recipients.push_back(*std::move(recipient));
    say(250, "2.1.5 ok");
}

// On the partition of the first local recipient, so that the mailbox can link it.
Result<std::unique_ptr<mailbox::StagedMessage>> Engine::make_staged(std::string& partition)
{
    for (const delivery::Recipient& r : transaction_->recipients) {
        if (!r.server.empty() || store_ == nullptr) continue;
        auto entry = recipients_.target(r, transaction_->sender);
        if (!entry) continue;
        partition = entry->partition;
        return store_->stage(partition);
    }
    return std::unique_ptr<mailbox::StagedMessage>(
        std::make_unique<delivery::SpooledMessage>(config_.temp_path()));
}

// An Atom (RFC 5321 4.4): the session's id without the server's name and its dots.
std::string Engine::next_id()
{
    std::string_view session = kit_.session_id();
    session.remove_prefix(config_.servername().size() + 1);
    return cat(session, '-', ++transactions_);
}

std::string Engine::front_of_message() const
{
    std::string_view with = kit_.tls_active() ? "LMTPSA" : "LMTPA";
    const std::string& host = kit_.client().host;
    text::DateTime now{wall_seconds(), 0};
    now.zone_minutes = text::local_zone_minutes(now.seconds);
    std::string front =
        cat("Return-Path: <", transaction_->envelope.from, ">\r\nReceived: from ",
            helo_.empty() ? std::string("unknown") : helo_, " (",
            host.empty() ? std::string("unknown") : host, ")\r\n\t by ", config_.servername(),
            " (Rookery) with ", with, " id ", transaction_->id, ";\r\n\t ",
            text::format_header_date(now), "\r\nX-Cyrus-Session-Id: ", kit_.session_id(), "\r\n");
    // Where it is kept, the user's script has its say.
    if (store_ != nullptr) front += "X-Sieve: Rookery Sieve " PACKAGE_VERSION "\r\n";
    return front;
}

delivery::FilterOptions Engine::filter_options() const
{
    delivery::FilterOptions o;
    text::DateTime now{wall_seconds(), 0};
    now.zone_minutes = text::local_zone_minutes(now.seconds);
    o.front = front_of_message();
    // Added where the message is kept: what a proxy had made would be taken for the sender's there,
    // and the same message that comes again would be another.
    if (store_ != nullptr) {
        o.date = text::format_header_date(now);
        // Unique by the session and the clock; a session takes longer than this for a message.
        auto ticks = monotonic_now().time_since_epoch().count();
        o.message_id = cat("<rookery-", ticks, '-', kit_.session_id(), '@',
                           auth::host_of(config_.servername()), ">");
    }
    o.max_size = max_size() + o.front.size();
    o.munge_8bit = config_.munge8bit();
    o.reject_8bit = config_.reject8bit();
    return o;
}

void Engine::data(std::string_view)
{
    if (!transaction_) return say(503, "5.5.1 Need MAIL command");
    if (transaction_->recipients.empty()) return say(503, "5.5.1 No recipients");
    std::string partition;
    auto staged = make_staged(partition);
    if (!staged) {
        log::error("cannot take a message", {{"reason", staged.error()}});
        return say(trouble_reply(staged.error()));
    }
    say(354, "go ahead");
    if (!client_.flush()) return;
    session::SessionKit::await_nothing(client_);
    receive(**staged, partition);
    forget_transaction();
}

void Engine::receive(mailbox::StagedMessage& staged, const std::string& partition)
{
    delivery::MessageFilter filter(staged, filter_options());
    session::DataReader reader([&](std::string_view piece) { filter.add(piece); });
    if (!reader.read(client_)) return;  // the client left: nothing was promised
    auto complete = filter.finish();
    size_t count = transaction_->recipients.size();
    std::vector<Reply> replies;
    if (complete) {
        transaction_->message = &staged;
        transaction_->partition = partition;
        transaction_->message_id = filter.own_id();
        transaction_->date = filter.own_date();
        transaction_->digest = filter.digest();
        // What anybody else wrote there says nothing.
        if (backends_.is_relayed()) transaction_->origin = filter.came_by();
        for (const delivery::Outcome& o : delivery_.deliver(*transaction_))
            replies.push_back(
                outcome_reply(o, config_.lmtp_over_quota_perm_failure(), transaction_->session_id));
    } else {
        log::warning("message refused", {{"id", filter.own_id()},
                                         {"from", cat('<', transaction_->envelope.from, '>')},
                                         {"recipients", count},
                                         {"reason", complete.error()}});
        replies.assign(count, message_reply(complete.error()));
    }
    for (const Reply& r : replies) say(r);
    // Pipelined commands may follow; what was delivered is told at once.
    const Status flushed = client_.flush();
    if (!flushed) log::info("client is gone");
    if (complete) delivery_.told(flushed.ok());
}

}  // namespace rookery::lmtp
