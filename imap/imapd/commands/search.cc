// SEARCH, SORT and THREAD, and the same with UID (RFC 3501 6.4.4, 6.4.8; 4731; 5256).
#include <algorithm>
#include <span>
#include <vector>

#include "imap/imapd/command_table.h"
#include "imap/imapd/selected/message_set.h"
#include "imap/imapd/selected/search_eval.h"
#include "imap/imapd/selected/search_parse.h"
#include "imap/imapd/selected/sort.h"
#include "imap/imapd/selected/thread.h"
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
    session.client.put("* ", command.spec->traits.response);
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

void put_found(ImapSession& session, const Command& command, const SearchRequest& request,
               std::span<const uint32_t> found)
{
    if (!request.extended)
        put_numbers(session, command, request, found);
    else if (request.min || request.max || request.all || request.count || request.partial)
        put_extended(session, command, request, found);
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
        if (request.min) selection.saved.add(mailbox.message(found.front()).uid);
        if (request.max) selection.saved.add(mailbox.message(found.back()).uid);
        if (!request.partial) return;
        for (const uint32_t n : request.partial->of(found))
            selection.saved.add(mailbox.message(n).uid);
        return;
    }
    for (const uint32_t n : found) selection.saved.add(mailbox.message(n).uid);
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

// UPDATE, with a tag that is not in use. What is not followed is told all the same.
void follow_results(ImapSession& session, const Command& command, SearchKey root,
                    std::span<const SortKey> order, std::span<const uint32_t> found)
{
    LocalSelection& selection = *session.local();
    SearchUpdate update{command.tag, command.by_uid, std::move(root), {order.begin(), order.end()},
                        form_of(session.config), {}};
    for (const uint32_t n : found) update.uids.push_back(selection.mailbox->message(n).uid);
    if (!selection.updates.add(std::move(update), *selection.mailbox))
        session.client.put("* NO [NOUPDATE ", text::imap_string(command.tag),
                           "] Too many results are followed\r\n");
}

struct Found {
    std::vector<uint32_t> sequences;
    bool passed_over = false;

    Completion completion() const
    {
        if (passed_over) return Completion::ok("[EXPUNGEISSUED] Some messages no longer exist");
        return Completion::ok();
    }
};

// What all of them do after their arguments are read. A search that fails has saved nothing.
// followed: what is to be looked for again, if its results are followed.
Result<Found> find(ImapSession& session, const Command& command, SearchRequest& request,
                   SearchKey* followed = nullptr)
{
    TRY_ASSIGN(const auto selected, selected_with(session, model::Rights::read));
    if (request.update && selected->updates.has(command.tag))
        return Error{Code::syntax, "Tag reuse"};
    if (request.update && followed != nullptr) {
        *followed = request.root;
        pin_numbers(*followed, *selected->mailbox, selected->saved);
    }
    Found found;
    auto sequences = search_mailbox(*selected->mailbox, std::move(request.root),
                                    {form_of(session.config), wall_seconds(), &selected->saved},
                                    &found.passed_over);
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

// thread-list: a message and those below it, without recursion. A node with one below it goes on in
// the same list, with several each has one of its own.
void put_threads(ImapSession& session, const Command& command, const ThreadTree& tree)
{
    struct Step {
        uint32_t node;  // 0: end the list
        bool begins;    // a list
    };
    const mailbox::Mailbox& mailbox = *session.local()->mailbox;
    stream::Stream& out = session.client;
    out.put("* THREAD");
    std::vector<Step> steps;
    const auto push = [&](const std::vector<uint32_t>& children) {
        for (size_t i = children.size(); i-- > 0;) steps.push_back({children[i], true});
    };
    push(tree.nodes[0].children);
    if (!steps.empty()) out.put(' ');
    while (!steps.empty() && out.ok()) {
        const Step step = steps.back();
        steps.pop_back();
        if (step.node == 0) {
            out.put(')');
            continue;
        }
        const ThreadTree::Node& node = tree.nodes[step.node];
        if (step.begins) {
            out.put('(');
            steps.push_back({0, false});
        }
        if (node.message != 0) out.put(number_of(mailbox, command, node.message));
        if (node.message != 0 && !node.children.empty()) out.put(' ');
        if (node.children.size() == 1)
            steps.push_back({node.children.front(), node.message == 0});
        else
            push(node.children);
    }
    out.put("\r\n");
}

}  // namespace

Result<Completion> search(ImapSession& session, Command& command)
{
    TRY_ASSIGN(auto request, parse_search(session.reader));
    if (request.bad_charset) return bad_charset(session, request);
    SearchKey followed;
    TRY_ASSIGN(const Found found, find(session, command, request, &followed));
    if (request.save) save_result(*session.local(), request, found.sequences);
    if (request.update)
        follow_results(session, command, std::move(followed), {}, found.sequences);
    put_found(session, command, request, found.sequences);
    return found.completion();
}

// RFC 5256, 5957, 5267
Result<Completion> sort(ImapSession& session, Command& command)
{
    TRY_ASSIGN(auto request, parse_sort(session.reader));
    if (request.search.bad_charset) return bad_charset(session, request.search);
    SearchKey followed;
    TRY_ASSIGN(Found found, find(session, command, request.search, &followed));
    TRY(sort_messages(*session.local()->mailbox, request.order, found.sequences));
    if (request.search.save) save_result(*session.local(), request.search, found.sequences);
    if (request.search.update)
        follow_results(session, command, std::move(followed), request.order, found.sequences);
    put_found(session, command, request.search, found.sequences);
    return found.completion();
}

Result<Completion> thread(ImapSession& session, Command& command)
{
    TRY_ASSIGN(auto request, parse_thread(session.reader));
    if (request.search.bad_charset) return bad_charset(session, request.search);
    TRY_ASSIGN(const Found found, find(session, command, request.search));
    TRY_ASSIGN(const ThreadTree tree,
               thread_messages(*session.local()->mailbox, request.algorithm, found.sequences));
    put_threads(session, command, tree);
    return found.completion();
}

}  // namespace rookery::imapd::commands
