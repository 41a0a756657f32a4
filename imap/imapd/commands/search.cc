// SEARCH and UID SEARCH (RFC 3501 6.4.4, 6.4.8; 4731).
#include <algorithm>
#include <span>
#include <vector>

#include "imap/imapd/command_table.h"
#include "imap/imapd/selected/message_set.h"
#include "imap/imapd/selected/search_eval.h"
#include "imap/imapd/selected/search_parse.h"
#include "imap/imapd/selected/updates.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {

namespace {

uint32_t number_of(const mailbox::Mailbox& mailbox, const Command& command, uint32_t sequence)
{
    return command.by_uid ? mailbox.message(sequence).uid : sequence;
}

uint64_t highest_modseq(const mailbox::Mailbox& mailbox, std::span<const uint32_t> found)
{
    uint64_t highest = 0;
    for (uint32_t n : found) highest = std::max(highest, mailbox.message(n).modseq);
    return highest;
}

void put_numbers(ImapSession& session, const Command& command, const SearchRequest& request,
                 std::span<const uint32_t> found)
{
    const mailbox::Mailbox& mailbox = *session.local()->mailbox;
    session.client.put("* SEARCH");
    for (uint32_t n : found) session.client.put(' ', number_of(mailbox, command, n));
    if (request.has_modseq && !found.empty())
        session.client.put(" (MODSEQ ", highest_modseq(mailbox, found), ')');
    session.client.put("\r\n");
}

// RFC 4731 3.1, 7162 3.1.10: the modseq is that of what is returned.
void put_extended(ImapSession& session, const Command& command, const SearchRequest& request,
                  std::span<const uint32_t> found)
{
    const mailbox::Mailbox& mailbox = *session.local()->mailbox;
    stream::Stream& out = session.client;
    out.put("* ESEARCH (TAG ", text::imap_string(command.tag), ')', command.by_uid ? " UID" : "");
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
    if (request.count) out.put(" COUNT ", found.size());
    if (request.has_modseq && !found.empty())
        out.put(" MODSEQ ", highest_modseq(mailbox, returned));
    out.put("\r\n");
}

text::SearchForm form_of(const config::Config& config)
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

}  // namespace

Result<Completion> search(ImapSession& session, Command& command)
{
    TRY_ASSIGN(auto request, parse_search(session.reader));
    if (request.bad_charset)
        return Completion::no("[BADCHARSET (UTF-8 US-ASCII ISO-8859-1)] Unknown charset");
    TRY_ASSIGN(const auto selected, selected_with(session, model::Rights::read));
    mailbox::Mailbox& mailbox = *selected->mailbox;
    bool passed_over = false;
    TRY_ASSIGN(const auto found,
               search_mailbox(mailbox, std::move(request.root), form_of(session.config),
                              wall_seconds(), &passed_over));
    if (request.has_modseq) session.user.condstore_enabled = true;
    if (request.extended)
        put_extended(session, command, request, found);
    else
        put_numbers(session, command, request, found);
    if (passed_over) return Completion::ok("[EXPUNGEISSUED] Some messages no longer exist");
    return Completion::ok();
}

}  // namespace rookery::imapd::commands
