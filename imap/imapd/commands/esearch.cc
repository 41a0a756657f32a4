// ESEARCH (RFC 7377): one search in the selected mailbox, or in many, wherever they are.
//
// Mailboxes of other servers are named to these, a batch at a time, all servers at once; each
// checks the user's rights again. A server that does not answer costs its mailboxes: the rest is
// told, and the answer is NO [UNAVAILABLE].
#include <algorithm>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <utility>

#include "imap/imapd/command_table.h"
#include "imap/imapd/namespace/placement.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/subscribed.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/message_parts.h"
#include "imap/imapd/relay/relay.h"
#include "imap/imapd/relay/relayed_search.h"
#include "imap/imapd/relay/retry.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/relay/selection.h"
#include "imap/imapd/responder.h"
#include "imap/imapd/selected/back_fill.h"
#include "imap/imapd/selected/progress.h"
#include "imap/imapd/selected/search_eval.h"
#include "imap/imapd/selected/search_run.h"
#include "lib/base/log.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd::commands {
namespace {

using Kind = SearchSource::Kind;
using model::MailboxEntry;
using model::Rights;

constexpr size_t kMaxSearched = 10'000;
// Of one command to another server: its line has to fit there.
constexpr size_t kMaxBatch = 400;

struct Searched {
    MailboxEntry entry;
    std::string external;
};

// --- which mailboxes

class Sources {
 public:
    explicit Sources(ImapSession& s) : s_(s) {}

    Status add(const SearchSource& source)
    {
        switch (source.kind) {
            case Kind::selected: has_selected_ = true; return success();
            case Kind::personal: return personal();
            case Kind::subscribed: return subscribed();
            case Kind::subtree:
            case Kind::subtree_one:
            case Kind::mailboxes: break;
        }
        for (const std::string& external : source.names) {
            if (too_many()) return success();
            auto name = s_.user.names->to_internal(external);
            if (name) TRY(named(source.kind, *name));
        }
        return success();
    }

    bool has_selected() const { return has_selected_; }
    bool too_many() const { return found_.size() > kMaxSearched; }
    // In the order of their names.
    const std::map<std::string, Searched>& found() const { return found_; }

 private:
    // explicitly: the user has named it, and need not see it in lists (RFC 7377 2.2).
    void take(const MailboxEntry& entry, bool explicitly)
    {
        const Rights needed = explicitly ? Rights::read : Rights::read | Rights::lookup;
        if (!entry.is_there() || !rights_on(s_, entry).has(needed) || too_many()) return;
        if (is_selected(entry.name)) return;  // a source of its own
        auto external = s_.user.names->to_external(entry.name);
        if (external) found_.try_emplace(entry.name.internal(), Searched{entry, *external});
    }

    bool is_selected(const model::MailboxName& name)
    {
        if (!has_selected_) return false;
        if (const RemoteSelection* remote = s_.remote()) return remote->name == name;
        const LocalSelection* local = s_.local();
        return local != nullptr && local->mailbox->entry().name == name;
    }

    Status tree(const model::MailboxName& top, bool one_level)
    {
        if (!walked_.insert({top.internal(), one_level}).second) return success();
        TRY_ASSIGN(const auto entries, tree_of(s_.directory, top));
        for (const MailboxEntry& entry : entries) {
            const auto above = entry.name.parent();
            if (!one_level || entry.name == top || (above && *above == top)) take(entry, false);
        }
        return success();
    }

    Status personal()
    {
        TRY_ASSIGN(const model::MailboxName inbox, s_.user.names->inbox());
        return tree(inbox, false);
    }

    Status subscribed()
    {
        TRY_ASSIGN(const auto names, subscribed_names(s_));
        for (const model::MailboxName& name : names) {
            auto entry = s_.directory.lookup(name);
            if (entry) take(*entry, false);
            if (!entry && !entry.is(Code::not_found)) return entry.error();
        }
        return success();
    }

    Status named(Kind kind, const model::MailboxName& name)
    {
        if (kind != Kind::mailboxes) return tree(name, kind == Kind::subtree_one);
        auto placed = place(s_, name);
        if (placed) take(*placed->entry, true);
        return placed || placed.is(Code::not_found) ? success() : Status(placed.error());
    }

    ImapSession& s_;
    std::map<std::string, Searched> found_;
    std::set<std::pair<std::string, bool>> walked_;  // trees, and whether of one level
    bool has_selected_ = false;
};

// --- at other servers

// What is selected is at another server: that knows all that there is to do.
Result<Completion> selected_there(ImapSession& s, const Command& command,
                                  const EsearchRequest& request)
{
    if (!ensure_selection(s)) return say_bye_lost(s);
    if (auto refused = release_held(s, command)) return *refused;
    const auto& followed = s.remote()->followed;
    if (request.search.update &&
        std::any_of(followed.begin(), followed.end(),
                    [&](const FollowedSearch& one) { return one.tag == command.tag; }))
        return Completion::bad("Tag reuse");
    RelayChannel channel(s, *s.remote()->backend);
    RelayedSearch search(s, command, channel);
    channel.verb(command.name);
    channel.raw(cat(return_text(request.search), request.program));
    Completion done = finish_at_selection(s, command, channel).result();
    RemoteSelection* remote = s.remote();
    if (remote == nullptr) return done;
    if (request.search.save) remote->saved = true;
    if (request.search.update && done.kind == Completion::Kind::ok && !search.is_refused())
        remote->followed.push_back({command.tag, channel.tag()});
    return done;
}

// The mailboxes of one server, a batch of them asked for.
class Elsewhere {
 public:
    Elsewhere(ImapSession& s, const Command& command, const EsearchRequest& request,
              backend::Backend& backend, std::vector<std::string>& names)
        : channel_(s, backend), search_(s, command, channel_)
    {
        std::string list;
        for (size_t n = 0; n < kMaxBatch && !names.empty(); ++n) {
            list += list.empty() ? "" : " ";
            text::put_string(list, names.back(), text::LiteralForm::plus);
            names.pop_back();
        }
        channel_.verb(command.name);
        channel_.raw(
            cat(" IN (mailboxes (", list, "))", return_text(request.search), request.program));
    }
    Status send() { return channel_.send_line(); }
    Completion finish()
    {
        auto answer = channel_.finish();
        if (!answer) return channel_.failed(answer.error());
        return (*std::move(answer)).completion();
    }
    Completion failed(const Error& error) { return channel_.failed(error); }

 private:
    RelayChannel channel_;
    RelayedSearch search_;
};

using ByServer = std::map<std::string, std::vector<std::string>>;

// All servers at once, until nothing is left to ask for. The answer is the first failure's.
Completion search_there(ImapSession& s, const Command& command, const EsearchRequest& request,
                        ByServer servers)
{
    Completion all = Completion::ok();
    const auto note = [&](Completion done) {
        if (all.kind == Completion::Kind::ok) all = std::move(done);
    };
    while (!servers.empty() && all.kind != Completion::Kind::disconnect) {
        std::list<Elsewhere> asked;
        for (auto at = servers.begin(); at != servers.end();) {
            auto backend = s.backends != nullptr
                               ? s.backends->get(at->first)
                               : Result<backend::Backend*>(Error{Code::unavailable, {}});
            if (backend) {
                tell_back_fill(s, **backend);
                Elsewhere& one = asked.emplace_back(s, command, request, **backend, at->second);
                if (auto sent = one.send(); !sent) {
                    note(one.failed(sent.error()));
                    asked.pop_back();
                    at->second.clear();
                }
            } else {
                note(Completion::from(backend.error()));
                at->second.clear();
            }
            at = at->second.empty() ? servers.erase(at) : std::next(at);
        }
        for (Elsewhere& one : asked) note(one.finish());
    }
    return all;
}

// --- here

std::string correlators(const ImapSession& s, std::string_view external, uint32_t uidvalidity)
{
    // Quoted, as RFC 7377 shows it.
    return cat(" MAILBOX ", wire_string(s, external), " UIDVALIDITY ", uidvalidity);
}

// tick: called for each message.
Status search_here(ImapSession& s, const Command& command, const SearchRequest& request,
                   const Searched& searched, const std::function<void()>& tick)
{
    auto opened =
        s.store->open(searched.entry, s.user.identity->userid, mailbox::OpenMode::read_only);
    // What is gone meanwhile, or damaged, has no messages that match.
    if (!opened) {
        log::info("a mailbox cannot be searched",
                  {{"mailbox", searched.entry.name.internal()}, {"reason", opened.error()}});
        return success();
    }
    mailbox::Mailbox& mailbox = **opened;
    SearchContext context{.form = search_form_of(s.config)};
    context.progress = [&](uint32_t, uint32_t) { tick(); };
    TRY_ASSIGN(const auto found, search_mailbox(mailbox, request.root, context));
    if (!found.empty())
        put_extended(s.client, mailbox, command, request, found,
                     correlators(s, searched.external, mailbox.uidvalidity()));
    return s.client.status();
}

Result<Completion> selected_here(ImapSession& s, const Command& command, SearchRequest request)
{
    if (auto busy = shed_back_fill(s)) return *std::move(busy);
    SearchKey followed;
    TRY_ASSIGN(const FoundMessages found, find_messages(s, command, request, &followed));
    keep_results(s, command, request, std::move(followed), {}, found.sequences);
    const mailbox::Mailbox& mailbox = *s.local()->mailbox;
    const std::string name = selected_name(s);
    if (!found.sequences.empty())
        put_extended(s.client, mailbox, command, request, found.sequences,
                     correlators(s, name, mailbox.uidvalidity()));
    return found.completion();
}

Result<Completion> search_selected(ImapSession& s, const Command& command,
                                   const EsearchRequest& request)
{
    return s.remote() != nullptr ? selected_there(s, command, request)
                                 : selected_here(s, command, request.search);
}

Completion search_all(ImapSession& s, const Command& command, const EsearchRequest& request,
                      const Sources& sources)
{
    ByServer elsewhere;
    bool any_here = false;
    for (const auto& [name, one] : sources.found()) {
        const bool here =
            one.entry.is_local() || (s.store != nullptr && one.entry.is_at(s.config.servername()));
        if (!here) elsewhere[one.entry.server].push_back(one.external);
        any_here = any_here || here;
    }
    if (any_here)
        if (auto busy = shed_back_fill(s)) return *std::move(busy);
    Completion all = Completion::ok();
    if (sources.has_selected()) {
        all = Completion::from(search_selected(s, command, request));
        if (all.kind == Completion::Kind::disconnect) return all;
    }
    // Of so many mailboxes how many are done, whatever their size.
    Progress progress(s.client, command.tag);
    uint64_t searched = 0;
    const auto tick = [&] { progress.step(searched, sources.found().size()); };
    for (const auto& [name, one] : sources.found()) {
        if (elsewhere.contains(one.entry.server) || s.store == nullptr) continue;
        if (auto done = search_here(s, command, request.search, one, tick); !done)
            return Completion::from(done.error());
        ++searched;
    }
    Completion there = search_there(s, command, request, std::move(elsewhere));
    const bool counts =
        all.kind == Completion::Kind::ok || there.kind == Completion::Kind::disconnect;
    return counts ? there : all;
}

}  // namespace

Result<Completion> esearch(ImapSession& s, Command& command)
{
    TRY_ASSIGN(EsearchRequest request, parse_esearch(s.reader));
    TRY(may_ask(s, request.search));
    command.by_uid = true;  // its results, not what it asks for (RFC 7377 2.1)
    SearchRequest& search = request.search;
    const bool has_selection = s.local() != nullptr || s.remote() != nullptr;
    const bool only_selected =
        std::all_of(request.sources.begin(), request.sources.end(),
                    [](const SearchSource& one) { return one.kind == Kind::selected; });
    const bool wants_selection =
        only_selected || search.update ||
        std::any_of(request.sources.begin(), request.sources.end(),
                    [](const SearchSource& one) { return one.kind == Kind::selected; });
    if (wants_selection && !has_selection) return Completion::bad("Please select a mailbox first");
    if (search.save && !only_selected)
        return Completion::bad("SAVE is for the selected mailbox alone");
    if (search.bad_charset) return bad_charset(s, search);
    if (only_selected) return search_selected(s, command, request);

    if (search.update) {
        s.client.put("* NO [NOUPDATE ", text::imap_string(command.tag),
                     "] Only results of the selected mailbox are followed\r\n");
        search.update = false;
    }
    // The selected one first: others are not searched twice.
    std::stable_partition(request.sources.begin(), request.sources.end(),
                          [](const SearchSource& one) { return one.kind == Kind::selected; });
    Sources sources(s);
    for (const SearchSource& source : request.sources) TRY(sources.add(source));
    if (sources.too_many()) return Completion::no("[LIMIT] Too many mailboxes");
    return search_all(s, command, request, sources);
}

}  // namespace rookery::imapd::commands
