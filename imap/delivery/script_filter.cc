#include "imap/delivery/script_filter.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "imap/mboxlist/find_mailbox.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/sieve/run.h"
#include "imap/submission/automatic.h"
#include "imap/submission/entry_format.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::delivery {
namespace {

using model::MailboxEntry;

constexpr size_t kMaxReasonLines = 20;
constexpr size_t kMaxReasonLine = 400;

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;  // clang has none of its own for aggregates before 17

bool is_plain(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte >= 0x20 && byte < 0x7f) || c == '\r' || c == '\n' || c == '\t';
    });
}

// Replies are ASCII (RFC 5429 2.1.2).
text::SmtpReply refusal_with(std::string_view reason)
{
    text::SmtpReply reply{550, {}};
    if (is_plain(reason))
        for (std::string_view line : split(reason, '\n', false))
            if (reply.lines.size() < kMaxReasonLines && !trim(line).empty())
                reply.lines.push_back(cat("5.7.1 ", trim(line).substr(0, kMaxReasonLine)));
    if (reply.lines.empty())
        reply.lines.emplace_back("5.7.1 The recipient does not want this message");
    return reply;
}

// The owner hears of what is wrong with the script, not of trouble that is this system's.
Decision failed(Decision kept, const Recipient& recipient, const std::string& why, Code code)
{
    if (code == Code::syntax || code == Code::limit)
        kept.broken = why;
    else
        log::warning("a script is not run to its end: the message is kept",
                     {{"user", recipient.userid}, {"reason", why}});
    return kept;
}

}  // namespace

bool is_final(const Error& error)
{
    return error.code == Code::not_found || error.code == Code::denied ||
           error.code == Code::bad_name;
}

struct ScriptFilter::Run {
    const Transaction& t;
    const Recipient& recipient;
    ScriptEnvironment& environment;
    MailboxEntry kept_in;  // where mail goes without a script
    std::string_view header;
    std::string own_address;
    Decision decision;
    std::string script;
};

Result<Decision> ScriptFilter::decide(const Transaction& t, const Recipient& recipient,
                                      std::string_view message)
{
    TRY_ASSIGN(MailboxEntry entry, parts_.recipients.target(recipient, t.sender));
    Decision kept;
    kept.copies.push_back({entry, {}, 0});
    if (parts_.scripts == nullptr) return kept;
    const ScriptEnvironment::Parts parts{parts_.config, parts_.directory, parts_.store,
                                         *parts_.scripts, parts_.seen};
    auto found = ScriptEnvironment::script_of(parts, recipient);
    if (!found) return failed(std::move(kept), recipient, found.error().text, found.error().code);
    if (found->program == nullptr) return kept;
    ScriptEnvironment environment(parts, t, recipient, entry.name, message);
    auto actions = sieve::run(*found->program, environment);
    if (!actions)
        return failed(std::move(kept), recipient, cat(found->name, ": ", actions.error().text),
                      actions.error().code);
    Run run{.t = t,
            .recipient = recipient,
            .environment = environment,
            .kept_in = std::move(entry),
            .header = message.substr(0, text::header_size(message)),
            .own_address = account_address(parts_.config, recipient),
            .decision = {},
            .script = found->name};
    run.decision.edits = std::move(actions->edits);
    run.decision.marks = std::move(actions->duplicates);
    for (const sieve::Action& action : actions->list) TRY(take(run, action));
    return std::move(run.decision);
}

Copy ScriptFilter::copy_to(const Run& run, const MailboxEntry& entry,
                           const std::vector<std::string>& flags, size_t edits) const
{
    Copy copy{entry, {}, edits};
    // What is no flag here is no reason to lose the mail.
    for (const std::string& flag : flags) (void)model::add_flag(copy.flags, flag);
    if (entry.is_local() && !run.recipient.userid.empty())
        model::settable_flags(run.environment.mailboxes().rights(entry)).apply(copy.flags);
    return copy;
}

// Of several into one mailbox the last counts, with its flags and its edits: an edited message is
// the same message (RFC 5293 6).
void ScriptFilter::add(Run& run, Copy copy)
{
    for (Copy& there : run.decision.copies)
        if (there.entry.name == copy.entry.name) {
            there = std::move(copy);
            return;
        }
    run.decision.copies.push_back(std::move(copy));
}

// Not to himself, and not what has been here before: it would come back and be sent for ever.
bool ScriptFilter::may_redirect(Run& run, const std::string& address)
{
    const submission::Outgoing mail{run.t.envelope.from, {address}, run.recipient.userid};
    if (Status can = submission::check_outgoing(mail); !can) {
        log::notice("a script's mail is not sent",
                    {{"user", run.recipient.userid}, {"reason", can.error()}});
        return false;
    }
    const auto own = run.environment.own_addresses();
    const auto is_it = [&](const std::string& a) { return equal_nocase(a, address); };
    return !is_it(run.recipient.address) && std::none_of(own.begin(), own.end(), is_it) &&
           !submission::is_looping(run.header, run.own_address);
}

Status ScriptFilter::take(Run& run, const sieve::Action& action)
{
    return std::visit(
        Overloaded{
            [&](const sieve::Keep& keep) {
                add(run, copy_to(run, run.kept_in, keep.flags, action.edits));
                return success();
            },
            [&](const sieve::FileInto& file) -> Status {
                TRY_ASSIGN(auto entry, find_target(run, file.to));
                add(run, copy_to(run, entry ? *entry : run.kept_in, file.to.flags, action.edits));
                return success();
            },
            [&](const sieve::Redirect& redirect) {
                if (may_redirect(run, redirect.address))
                    return take_sending(run, action, std::nullopt);
                add(run, copy_to(run, run.kept_in, {}, action.edits));
                return success();
            },
            [&](const sieve::Discard&) { return success(); },
            [&](const sieve::Reject& reject) {
                refuse(run, action, reject);
                return success();
            },
            [&](const sieve::Vacation& vacation) {
                return take_sending(run, action, vacation.fcc);
            },
            [&](const sieve::Notify& notify) { return take_sending(run, action, notify.fcc); },
        },
        action.what);
}

Status ScriptFilter::take_sending(Run& run, const sieve::Action& action,
                                  const std::optional<sieve::Target>& fcc)
{
    Sending sending{action, std::nullopt};
    if (fcc) {
        TRY_ASSIGN(auto entry, find_target(run, *fcc));
        sending.fcc = copy_to(run, entry ? *entry : run.kept_in, fcc->flags, 0);
    }
    run.decision.sendings.push_back(std::move(sending));
    return success();
}

// To the sender's server, which is still there to hear it, wherever that can say the reason (RFC
// 5429 2.1.1, 2.2.1); a reason that no reply can hold goes by mail, if anybody is there to read it.
void ScriptFilter::refuse(Run& run, const sieve::Action& action, const sieve::Reject& reject)
{
    const bool by_mail = !reject.refuse && !is_plain(reject.reason) &&
                         submission::may_reject(run.t.envelope.from, run.header).ok();
    if (by_mail)
        run.decision.sendings.push_back({action, std::nullopt});
    else
        run.decision.refusal = refusal_with(reject.reason);
}

// By what it is for, or its id, before its name (RFC 8579 4, 9042 4).
Result<MailboxEntry> ScriptFilter::find(Run& run, const sieve::Target& to)
{
    ScriptMailboxes& mailboxes = run.environment.mailboxes();
    if (!to.mailbox_id.empty())
        if (auto entry = mailboxes.with_id(to.mailbox_id); entry || !is_final(entry.error()))
            return entry;
    if (!to.special_use.empty())
        if (auto entry = mailboxes.with_use(to.special_use, to.mailbox);
            entry || !is_final(entry.error()))
            return entry;
    auto entry = mailboxes.named(to.mailbox);
    if (!entry.is(Code::not_found) || !parts_.make) return entry;
    TRY_ASSIGN(const model::MailboxName name,
               script_mailbox(parts_.config, run.recipient, to.mailbox));
    if (!to.create && !is_made_when_named(run.recipient, name)) return entry;
    // One that is there and is not the owner's to put mail into stays as it is.
    if (mailboxes.find(to.mailbox)) return entry;
    return make(run, to, name);
}

// Without its asking for it (anysievefolder, autocreate_sieve_folders): a folder of the owner's.
bool ScriptFilter::is_made_when_named(const Recipient& recipient,
                                      const model::MailboxName& name) const
{
    if (recipient.userid.empty()) return false;
    const config::Config& config = parts_.config;
    if (config.anysievefolder()) {
        const auto inbox = model::MailboxName::inbox_of(recipient.userid, config.defaultdomain());
        return inbox && inbox->is_above(name);
    }
    const auto folders = mboxlist::listed(config.autocreate_sieve_folders());
    return std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
        const auto named = mboxlist::folder_of(config, recipient.userid, folder);
        return named && *named == name;
    });
}

Result<MailboxEntry> ScriptFilter::make(Run& run, const sieve::Target& to,
                                        const model::MailboxName& name)
{
    // No mail waits until it can be made.
    auto made = parts_.make(name, script_owner(parts_.config, run.recipient));
    if (!made) return Error{Code::denied, made.error().text};
    MailboxEntry entry = *std::move(made);
    if (to.special_use.empty() || !entry.is_local()) return entry;
    if (Status done = parts_.store->set_special_use(entry, to.special_use); !done)
        log::warning("a mailbox does not get its special use",
                     {{"mailbox", name.internal()}, {"reason", done.error()}});
    return entry;
}

// None: nowhere that mail could go, which was logged.
Result<std::optional<MailboxEntry>> ScriptFilter::find_target(Run& run, const sieve::Target& to)
{
    auto entry = find(run, to);
    if (entry) {
        TRY(model::require_settled(*entry));
        return std::optional(*std::move(entry));
    }
    if (!is_final(entry.error())) return entry.error();
    log::notice("a script's mailbox is not there: the message is kept",
                {{"user", run.recipient.userid},
                 {"script", run.script},
                 {"mailbox", to.mailbox},
                 {"reason", entry.error()}});
    return std::optional<MailboxEntry>();
}

Result<MailboxEntry> ScriptFilter::look_again(const Copy& copy, const Recipient& recipient)
{
    TRY(parts_.directory.catch_up());
    TRY_ASSIGN(MailboxEntry entry,
               mboxlist::find_mailbox(parts_.directory, copy.entry.name, model::require_settled));
    if (entry.server == copy.entry.server) return Error{Code::not_found, "its server refuses it"};
    const ScriptMailboxes mailboxes(parts_.config, parts_.directory, parts_.store, recipient);
    if (!mailboxes.may_deliver(entry)) return Error{Code::denied, "no right to post"};
    return entry;
}

}  // namespace rookery::delivery
