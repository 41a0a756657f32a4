#include "imap/imapd/selected/search_run.h"

#include <algorithm>

#include "imap/imapd/selected/message_set.h"
#include "imap/imapd/selected/progress.h"
#include "imap/imapd/selected/search_eval.h"
#include "imap/imapd/selected/search_updates.h"
#include "imap/imapd/selected/updates.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

uint32_t number_of(const mailbox::Mailbox& mailbox, const Command& command, uint32_t sequence)
{
    return command.by_uid ? mailbox.uid(sequence) : sequence;
}

// RFC 5182 2.4, 9394 3.2: with MIN, MAX or PARTIAL what these are, with ALL or COUNT too all of it.
void save_result(LocalSelection& selection, const SearchRequest& request,
                 std::span<const uint32_t> found)
{
    const bool some = request.min || request.max || request.partial;
    const bool ends_only = some && !request.all && !request.count;
    selection.saved = {};
    if (found.empty()) return;
    const mailbox::Mailbox& mailbox = *selection.mailbox;
    if (ends_only) {
        if (request.min) selection.saved.add(mailbox.uid(found.front()));
        if (request.max) selection.saved.add(mailbox.uid(found.back()));
        if (!request.partial) return;
        for (const uint32_t n : request.partial->of(found)) selection.saved.add(mailbox.uid(n));
        return;
    }
    for (const uint32_t n : found) selection.saved.add(mailbox.uid(n));
}

// OLDER and YOUNGER: messages join and leave the results without any change of their own.
bool changes_with_time(const SearchKey& key)
{
    return key.kind == SearchKey::Kind::older || key.kind == SearchKey::Kind::younger ||
           std::any_of(key.children.begin(), key.children.end(), changes_with_time);
}

// UPDATE, with a tag that is not in use. What is not followed is told all the same.
void follow_results(ImapSession& session, const Command& command, SearchKey root,
                    std::span<const SortKey> order, std::span<const uint32_t> found,
                    const std::optional<FetchRequest>& fetch)
{
    const auto refuse = [&](std::string_view why) {
        session.client.put("* NO [NOUPDATE ", text::imap_string(command.tag), "] ", why, "\r\n");
    };
    if (changes_with_time(root)) {
        refuse("Results that change with time alone are not followed");
        return;
    }
    LocalSelection& selection = *session.local();
    SearchUpdate update{command.tag,
                        command.by_uid,
                        std::move(root),
                        {order.begin(), order.end()},
                        search_form_of(session.config),
                        {},
                        fetch};
    for (const uint32_t n : found) update.uids.push_back(selection.mailbox->uid(n));
    if (!selection.updates.add(std::move(update), *selection.mailbox))
        refuse("Too many results are followed");
}

}  // namespace

text::SearchForm search_form_of(const config::Config& config)
{
    using Spaces = text::SearchForm::Spaces;
    text::SearchForm form;
    form.skips_diacritics = config.search_skipdiacrit();
    switch (config.search_whitespace()) {
        case config::SearchWhitespace::skip: form.spaces = Spaces::skip; break;
        case config::SearchWhitespace::merge: form.spaces = Spaces::merge; break;
        case config::SearchWhitespace::keep: form.spaces = Spaces::keep; break;
    }
    return form;
}

Status may_ask(const ImapSession& session, const SearchRequest& request)
{
    if (request.has_numbers && session.user.modes.uid_only)
        return Error{Code::syntax, std::string(kUidRequired)};
    // IMAP4rev2 alone goes on to allow it (RFC 9051 6.4.4).
    const auto& enabled = session.user.enabled;
    const bool is_utf8 = std::find(enabled.begin(), enabled.end(), "UTF8=ACCEPT") != enabled.end();
    if (request.has_charset && is_utf8)
        return Error{Code::syntax, "CHARSET is not allowed: all strings are UTF-8"};
    return success();
}

void as_rev2_has_it(const ImapSession& session, SearchRequest& request)
{
    if (session.user.modes.rev2 && !request.extended) request.extended = request.all = true;
}

std::string return_text(const SearchRequest& request)
{
    std::string options;
    const auto add = [&](bool wanted, std::string_view name) {
        if (wanted) cat_to(options, options.empty() ? "" : " ", name);
    };
    add(request.min, "MIN");
    add(request.max, "MAX");
    add(request.all, "ALL");
    add(request.count, "COUNT");
    if (request.partial) add(true, cat("PARTIAL ", request.partial->as_asked));
    add(request.save, "SAVE");
    add(request.update, "UPDATE");
    if (!request.update_fetch_text.empty()) add(true, request.update_fetch_text);
    return cat(" RETURN (", options, ')');
}

Completion FoundMessages::completion() const
{
    const std::string_view code = passed_over.expunged ? "[EXPUNGEISSUED] " : "";
    if (passed_over.damaged)
        return Completion::ok(cat(code, "Completed, but damaged messages were not searched"));
    if (passed_over.expunged) return Completion::ok(cat(code, "Some messages no longer exist"));
    return Completion::ok();
}

Result<FoundMessages> find_messages(ImapSession& session, const Command& command,
                                    SearchRequest& request, SearchKey* followed)
{
    TRY_ASSIGN(const auto selected, selected_with(session, model::Rights::read));
    if (request.update && selected->updates.has(command.tag))
        return Error{Code::syntax, "Tag reuse"};
    if (request.update && followed != nullptr) {
        *followed = request.root;
        pin_numbers(*followed, *selected->mailbox, selected->saved);
    }
    FoundMessages found;
    Progress progress(session.client, command.tag);
    SearchContext context{search_form_of(session.config), wall_seconds(), &selected->saved};
    context.progress = [&](uint32_t done, uint32_t goal) { progress.step(done, goal); };
    auto sequences =
        search_mailbox(*selected->mailbox, std::move(request.root), context, &found.passed_over);
    if (request.save) selected->saved = {};
    TRY_ASSIGN(found.sequences, std::move(sequences));
    if (request.has_modseq) session.user.condstore_enabled = true;
    return found;
}

Completion bad_charset(ImapSession& session, const SearchRequest& request)
{
    if (LocalSelection* selection = session.local(); selection != nullptr && request.save)
        selection->saved = {};
    return Completion::no("[BADCHARSET (UTF-8 US-ASCII ISO-8859-1)] Unknown charset");
}

void keep_results(ImapSession& session, const Command& command, const SearchRequest& request,
                  SearchKey followed, std::span<const SortKey> order,
                  std::span<const uint32_t> found)
{
    if (request.save) save_result(*session.local(), request, found);
    if (request.update)
        follow_results(session, command, std::move(followed), order, found, request.update_fetch);
}

uint64_t highest_modseq(const mailbox::Mailbox& mailbox, std::span<const uint32_t> found)
{
    uint64_t highest = 0;
    for (uint32_t n : found) highest = std::max(highest, mailbox.message(n).modseq);
    return highest;
}

// RFC 4731 3.1, 7162 3.1.10: the modseq is that of what is returned.
void put_extended(stream::Stream& out, const mailbox::Mailbox& mailbox, const Command& command,
                  const SearchRequest& request, std::span<const uint32_t> found,
                  std::string_view correlators)
{
    if (!request.min && !request.max && !request.all && !request.count && !request.partial) return;
    out.put("* ESEARCH (TAG ", text::imap_string(command.tag), correlators, ')',
            command.by_uid ? " UID" : "");
    std::vector<uint32_t> returned;
    if (!found.empty()) {
        if (request.min) {
            out.put(" MIN ", number_of(mailbox, command, found.front()));
            returned.push_back(found.front());
        }
        if (request.max) {
            out.put(" MAX ", number_of(mailbox, command, found.back()));
            returned.push_back(found.back());
        }
        if (request.all)
            out.put(" ALL ", command.by_uid ? uid_set(mailbox, found) : number_set(found));
        if (request.all || request.count) returned.assign(found.begin(), found.end());
    }
    if (request.partial) {
        const auto part = request.partial->of(found);
        const std::string numbers = command.by_uid ? uid_set(mailbox, part) : number_set(part);
        out.put(" PARTIAL (", request.partial->as_asked, ' ', part.empty() ? "NIL" : numbers, ')');
        if (!request.count) returned.insert(returned.end(), part.begin(), part.end());
    }
    if (request.count) out.put(" COUNT ", found.size());
    if (request.has_modseq && !returned.empty())
        out.put(" MODSEQ ", highest_modseq(mailbox, returned));
    out.put("\r\n");
}

}  // namespace rookery::imapd
