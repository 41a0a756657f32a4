// SEARCH, SORT and THREAD, and the same with UID (RFC 3501 6.4.4, 6.4.8; 4731; 5256).
#include <span>
#include <vector>

#include "imap/imapd/command_table.h"
#include "imap/imapd/selected/back_fill.h"
#include "imap/imapd/selected/search_parse.h"
#include "imap/imapd/selected/search_run.h"
#include "imap/imapd/selected/sort.h"
#include "imap/imapd/selected/thread.h"

namespace rookery::imapd::commands {

namespace {

uint32_t number_of(const mailbox::Mailbox& mailbox, const Command& command, uint32_t sequence)
{
    return command.by_uid ? mailbox.uid(sequence) : sequence;
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

void put_found(ImapSession& session, const Command& command, const SearchRequest& request,
               std::span<const uint32_t> found)
{
    if (!request.extended)
        put_numbers(session, command, request, found);
    else
        put_extended(session.client, *session.local()->mailbox, command, request, found);
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
    TRY(may_ask(session, request));
    as_rev2_has_it(session, request);
    if (request.bad_charset) return bad_charset(session, request);
    if (auto busy = shed_back_fill(session)) return *std::move(busy);
    SearchKey followed;
    TRY_ASSIGN(const FoundMessages found, find_messages(session, command, request, &followed));
    keep_results(session, command, request, std::move(followed), {}, found.sequences);
    put_found(session, command, request, found.sequences);
    return found.completion();
}

// RFC 5256, 5957, 5267
Result<Completion> sort(ImapSession& session, Command& command)
{
    TRY_ASSIGN(auto request, parse_sort(session.reader));
    TRY(may_ask(session, request.search));
    if (request.search.bad_charset) return bad_charset(session, request.search);
    if (auto busy = shed_back_fill(session)) return *std::move(busy);
    SearchKey followed;
    TRY_ASSIGN(FoundMessages found, find_messages(session, command, request.search, &followed));
    TRY(sort_messages(*session.local()->mailbox, request.order, found.sequences));
    keep_results(session, command, request.search, std::move(followed), request.order,
                 found.sequences);
    put_found(session, command, request.search, found.sequences);
    return found.completion();
}

Result<Completion> thread(ImapSession& session, Command& command)
{
    TRY_ASSIGN(auto request, parse_thread(session.reader));
    TRY(may_ask(session, request.search));
    if (request.search.bad_charset) return bad_charset(session, request.search);
    if (auto busy = shed_back_fill(session)) return *std::move(busy);
    TRY_ASSIGN(const FoundMessages found, find_messages(session, command, request.search));
    TRY_ASSIGN(const ThreadTree tree,
               thread_messages(*session.local()->mailbox, request.algorithm, found.sequences));
    put_threads(session, command, tree);
    return found.completion();
}

}  // namespace rookery::imapd::commands
