#include "imap/delivery/script_mail.h"

#include <utility>
#include <variant>

#include "imap/submission/automatic.h"
#include "imap/submission/compose.h"
#include "imap/submission/notification.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::delivery {
namespace {

using submission::Kind;
using submission::Outgoing;

constexpr std::string_view kNul("\0", 1);

submission::Making making(const config::Config& config)
{
    const int64_t now = wall_seconds();
    return {config.servername(), {now, text::local_zone_minutes(now)}, submission::new_unique()};
}

// Delivery's own first line is of this delivery only.
std::string_view without_return_path(std::string_view message)
{
    text::HeaderCursor cursor(message);
    const auto first = cursor.next();
    if (first && equal_nocase(first->name, "Return-Path")) message.remove_prefix(first->raw.size());
    return message;
}

// What is wrong with what a script wants to send concerns that alone: it would be as wrong at the
// next try.
Status tolerate(const Recipient& recipient, Status done)
{
    if (!done.is(Code::syntax) && !done.is(Code::limit) && !done.is(Code::denied)) return done;
    log::notice("a script's mail is not sent",
                {{"user", recipient.userid}, {"reason", done.error()}});
    return success();
}

}  // namespace

// The mail of one decision until all of it is in the queue.
struct ScriptMail::Batch {
    const Transaction& t;
    const Recipient& recipient;
    const MessageVariants& variants;
    const Decision& decision;
    const Store& store;
    std::string_view message;
    std::vector<std::string> ids;
    std::vector<std::string> claims;
};

void ScriptMail::take_back(Batch& batch)
{
    for (const std::string& id : batch.ids)
        if (Status done = queue_->cancel(id); !done)
            log::warning("mail cannot be taken back", {{"id", id}, {"reason", done.error()}});
    if (Status done = sent_.remove(batch.claims); !done)
        log::warning("a claim cannot be taken back", {{"reason", done.error()}});
}

Status ScriptMail::queue(const Transaction& t, const Recipient& recipient, const Decision& decision,
                         const MessageVariants& variants, const Store& store,
                         std::vector<std::string>& ids)
{
    if (decision.sendings.empty()) return success();
    if (!queue_) {
        TRY_ASSIGN(queue_, submission::Queue::open(config_));
    }
    TRY_ASSIGN(const std::string_view message, t.message->map());
    Batch batch{t, recipient, variants, decision, store, message, {}, {}};
    for (const Sending& sending : decision.sendings) {
        Status done = put(batch, sending);
        if (done) continue;
        take_back(batch);
        return done;
    }
    ids.insert(ids.end(), batch.ids.begin(), batch.ids.end());
    return success();
}

void ScriptMail::send(std::vector<std::string>& ids)
{
    for (const std::string& id : std::exchange(ids, {})) queue_->send_now(id);
}

Status ScriptMail::put(Batch& batch, const Sending& sending)
{
    const auto& what = sending.action.what;
    if (const auto* redirect = std::get_if<sieve::Redirect>(&what))
        return put(batch, *redirect,
                   MessageVariants::Edits(batch.decision.edits).first(sending.action.edits));
    if (const auto* reject = std::get_if<sieve::Reject>(&what)) return put(batch, *reject);
    if (const auto* vacation = std::get_if<sieve::Vacation>(&what))
        return put(batch, *vacation, sending.fcc);
    if (const auto* notify = std::get_if<sieve::Notify>(&what))
        return put(batch, *notify, sending.fcc);
    return success();
}

Status ScriptMail::put(Batch& batch, const Outgoing& mail, std::span<const std::string_view> text)
{
    TRY_ASSIGN(auto ids, queue_->put({&mail, 1}, text));
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
    return success();
}

// True: it is ours to send. Where nobody knows, nothing is sent.
bool ScriptMail::claim(Batch& batch, std::string key, int64_t seconds)
{
    if (seconds <= 0) return true;
    const auto ours = sent_.claim(key, wall_seconds() + seconds);
    if (!ours) log::warning("not known whether it was sent before", {{"reason", ours.error()}});
    if (!ours.value_or(false)) return false;
    batch.claims.push_back(std::move(key));
    return true;
}

Status ScriptMail::put(Batch& batch, const sieve::Redirect& redirect, MessageVariants::Edits edits)
{
    TRY_ASSIGN(const EditedMessage edited, batch.variants.text(edits));
    const std::string trace = submission::redirect_trace(account_address(config_, batch.recipient));
    const std::string_view pieces[] = {
        trace, edits.empty() ? std::string_view() : without_return_path(edited.header),
        edits.empty() ? without_return_path(edited.body) : edited.body};
    const Outgoing mail{
        batch.t.envelope.from, {redirect.address}, batch.recipient.userid, Kind::redirect};
    // That it can be sent was seen when it was decided: the message may be nowhere else.
    return put(batch, mail, pieces);
}

Status ScriptMail::put(Batch& batch, const sieve::Reject& reject)
{
    const std::string& sender = batch.t.envelope.from;
    const auto mail =
        submission::rejection({written_address(config_, batch.recipient), sender, reject.reason},
                              without_return_path(batch.message), making(config_));
    return tolerate(
        batch.recipient,
        put(batch, {"", {sender}, batch.recipient.userid, Kind::reject}, mail.pieces()));
}

Status ScriptMail::put(Batch& batch, const sieve::Vacation& vacation,
                       const std::optional<Copy>& fcc)
{
    const std::string key = cat("vacation", kNul, account_address(config_, batch.recipient), kNul,
                                to_lower(vacation.to), kNul, vacation.handle);
    if (!claim(batch, key, static_cast<int64_t>(vacation.seconds))) return success();
    const std::string own = written_address(config_, batch.recipient);
    auto answer =
        submission::vacation_answer({vacation.from.empty() ? own : vacation.from, own, vacation.to,
                                     vacation.subject, vacation.reason, vacation.is_mime},
                                    batch.message, making(config_));
    if (!answer) return tolerate(batch.recipient, answer.error());
    TRY(tolerate(
        batch.recipient,
        put(batch, {"", {vacation.to}, batch.recipient.userid, Kind::vacation}, answer->pieces())));
    if (fcc) batch.store(*fcc, answer->text());
    return success();
}

// The retry of a delivery tells the same, and is no news.
Status ScriptMail::put(Batch& batch, const sieve::Notify& notify, const std::optional<Copy>& fcc)
{
    const std::string_view header = batch.message.substr(0, text::header_size(batch.message));
    if (Status may = submission::may_notify(header); !may) return tolerate(batch.recipient, may);
    const std::string key = cat("notify", kNul, batch.recipient.address, kNul, batch.t.digest, kNul,
                                notify.method, kNul, notify.message);
    if (!claim(batch, key, kNotifyTime)) return success();
    auto made =
        submission::notification({notify.method, notify.from, notify.message, notify.importance,
                                  batch.t.envelope.from, written_address(config_, batch.recipient)},
                                 batch.message, making(config_));
    if (!made) return tolerate(batch.recipient, made.error());
    TRY(tolerate(batch.recipient,
                 put(batch, {made->from, made->to, batch.recipient.userid, Kind::notify},
                     made->mail.pieces())));
    if (fcc) batch.store(*fcc, made->mail.text());
    return success();
}

std::optional<std::string> ScriptMail::notice(const Recipient& recipient, const std::string& broken)
{
    const std::string own = account_address(config_, recipient);
    const auto ours = sent_.claim(cat("broken", kNul, own), wall_seconds() + kNoticeTime);
    if (!ours.value_or(false)) return std::nullopt;
    const std::string script = broken.substr(0, broken.find(':'));
    return submission::broken_script_notice({own, script, broken}, making(config_)).text();
}

}  // namespace rookery::delivery
