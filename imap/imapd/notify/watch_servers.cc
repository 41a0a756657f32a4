// What is at other servers: asked of them on this session's connections, by the same command.
#include <list>

#include "imap/imapd/notify/watch.h"
#include "imap/imapd/relay/channel.h"
#include "imap/imapd/relay/lines.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/relay/selection.h"
#include "imap/imapd/responder.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

using namespace notify_events;
using Kind = NotifyGroup::Kind;
using model::MailboxName;

// Before a server that cannot be reached is asked again.
constexpr Seconds kAgain{5};
// A server looks at each mailbox that it is told of, so it has a rest for each, but for so few.
constexpr size_t kFew = 100;
constexpr Milliseconds kRest{2};
// Of a mailbox that another server has.
constexpr unsigned kThere = kMessages | kMailboxName | kMailboxMetadataChange;

struct OldName {
    std::string name;
    std::string old;  // "" = it has none
    bool subscribed = false;
    bool no_access = false;
    bool has_children = false;
};

// What follows "* LIST ".
std::optional<OldName> read_list(std::string_view text)
{
    auto list = text::parse_mailbox_list(text);
    if (!list) return std::nullopt;
    OldName read{list->name, {}, list->has_flag("\\Subscribed"), list->has_flag("\\NoAccess"),
                 list->has_flag("\\HasChildren")};
    text::ImapCursor cursor(text);
    const bool at_more = cursor.list() && cursor.space() && cursor.value() && cursor.space() &&
                         cursor.astring() && cursor.accept(' ') && cursor.accept('(');
    if (!at_more) return read;
    const auto item = cursor.astring();
    if (!item || !equal_nocase(*item, "OLDNAME") || !cursor.space() || !cursor.accept('('))
        return read;
    if (auto old = cursor.astring()) read.old = *std::move(old);
    return read;
}

bool says_overflow(std::string_view text)
{
    const auto code = text::response_code(text);
    return code && code->is("NOTIFICATIONOVERFLOW");
}

// "(subtree (a b) (MessageNew ...))"
std::string group_text(std::string_view filter, std::span<const std::string> names, unsigned events,
                       const std::string& fetch = {})
{
    std::string out = cat('(', filter);
    for (size_t i = 0; i < names.size(); ++i) {
        out += i == 0 ? " (" : " ";
        text::put_string(out, names[i], text::LiteralForm::plus);
    }
    return cat(out, names.empty() ? "" : ")", ' ', notify_event_list(events, fetch), ')');
}

}  // namespace

std::string Watch::inbox_server() const
{
    if ((events_of_all() & kServerMetadataChange) == 0 && !wants_subscriptions()) return {};
    auto inbox = place_inbox(s_);
    return inbox ? inbox->server : std::string();
}

void Watch::count_server(const Known& known, int more)
{
    if (known.server.empty() || (known.events & kThere) == 0) return;
    size_t& count = servers_known_[known.server];
    count += static_cast<size_t>(more);
    if (count == 0) servers_known_.erase(known.server);
}

std::set<std::string> Watch::wanted_servers()
{
    std::set<std::string> wanted;
    if (goes_on() && !groups_.empty()) {
        for (const auto& [server, count] : servers_known_) wanted.insert(server);
        if (std::string server = inbox_server(); !server.empty()) wanted.insert(server);
    }
    const RemoteSelection* remote = s_.remote();
    if (remote != nullptr && remote->backend != nullptr)
        wanted.insert(remote->backend->server());
    return wanted;
}

Watch::Request Watch::request_for(const std::string& server, bool status)
{
    std::string groups;
    size_t count = 0;
    const auto put = [&](const std::string& text) { cat_to(groups, ' ', text); };
    if (const NotifyGroup* selected = request_.selected(); selected != nullptr)
        put(group_text(selected->kind == Kind::selected ? "selected" : "selected-delayed", {},
                       selected->events, request_.fetch_text));
    const bool has_inbox = server == inbox_server();
    for (const Group& group : groups_) {
        const unsigned events = group.events & (kThere | (has_inbox ? kServerMetadataChange : 0));
        if (events == 0) continue;
        if (group.kind == Kind::personal) {
            put(group_text("personal", {}, events));
            continue;
        }
        // Another server does not know what the user is subscribed to.
        std::vector<std::string> names;
        for (const MailboxName& name : names_of(group)) {
            const auto at = known_.find(name.key());
            const bool there = at != known_.end() && at->second.server == server;
            if (group.kind != Kind::subscribed || there) names.push_back(external(name));
        }
        count += names.size();
        if (!names.empty())
            put(group_text(group.kind == Kind::subtree ? "subtree" : "mailboxes", names, events));
    }
    if (has_inbox && wants_subscriptions()) put(group_text("subscribed", {}, kSubscriptionChange));
    if (!goes_on()) return {" NONE", 0};
    // SET tells of the selected mailbox what has come together, whatever follows.
    if (groups.empty()) put(group_text("personal", {}, 0));
    return {cat(status ? " SET STATUS" : " SET", groups), count};
}

// All at once. Failures show as servers that are to be asked again. A server that tells nothing yet
// tells the STATUS of what is there, unless the client has just said that it does not want it.
Status Watch::ask_servers(Asked why)
{
    if (s_.backends == nullptr || s_.backends->is_relayed() || is_asking_) return success();
    const std::set<std::string> wanted = wanted_servers();
    std::erase_if(servers_, [&](const auto& one) { return !wanted.contains(one.first); });
    struct One {
        One(ImapSession& session, backend::Backend& at, bool stop, Milliseconds after)
            : backend(&at), channel(session, at), stops(stop), rest(after)
        {
        }
        backend::Backend* backend;
        RelayChannel channel;
        bool stops;
        Milliseconds rest;  // before it is asked again
    };
    std::list<One> asked;
    const uint64_t number = asked_;  // another from a server's answer that comes meanwhile
    is_asking_ = true;
    const auto send = [&](backend::Backend& backend, const Request& request, bool stops) {
        const auto names = static_cast<int>(request.names > kFew ? request.names : 0);
        One& one = asked.emplace_back(s_, backend, stops, kRest * names);
        one.channel.verb("NOTIFY");
        one.channel.raw(request.text);
        (void)one.channel.send_line();
    };
    for (backend::Backend* open : s_.backends->open_connections())
        if (open->watched() != 0 && !open->in_command() && !wanted.contains(open->server()))
            send(*open, {" NONE", 0}, true);
    for (const std::string& server : wanted) {
        backend::Backend* backend = s_.backends->find(server);
        Asking& asking = servers_[server];
        if (backend != nullptr && backend->watched() == asked_) {
            asking.lost = asking.waits = false;
            continue;
        }
        if (backend != nullptr && backend->in_command()) continue;
        if (!asking.again.passed()) {
            asking.waits = true;
            continue;
        }
        auto got = s_.backends->get(server);
        if (!got || !(*got)->has_capability("NOTIFY")) {
            asking.lost = true;
            asking.again = Deadline::after(kAgain);
            continue;
        }
        enable_at(s_, **got);
        const bool is_news = (why == Asked::later && (*got)->watched() == 0) || asking.waits;
        const bool status = request_.status && why == Asked::by_client;
        send(**got, request_for(server, status || is_news), false);
    }
    bool too_much = false;
    for (One& one : asked) {
        const std::string server = one.backend->server();
        auto answer = one.channel.finish();
        Asking& asking = servers_[server];
        if (answer && answer->ok()) {
            one.backend->set_watched(one.stops ? 0 : number);
            asking = {.again = Deadline::after(one.rest), .waits = number != asked_};
            continue;
        }
        asking.lost = true;
        asking.again = Deadline::after(kAgain);
        if (answer) {
            too_much = too_much || says_overflow(answer->text);
            one.backend->set_watched(number);
        } else if (s_.remote_at(*one.backend) == nullptr) {
            lose_backend(s_, *one.backend);
        }
    }
    is_asking_ = false;
    if (too_much) return Error{Code::limit, "too much for a server"};
    return s_.client.status();
}

void Watch::ask_again()
{
    asked_ = new_number();
}

void Watch::before_select(backend::Backend& backend)
{
    if (is_asking_ || backend.watched() == asked_ || !backend.has_capability("NOTIFY")) return;
    const auto asking = servers_.find(backend.server());
    const bool is_put_off = asking != servers_.end() && asking->second.waits;
    // Another connection told of its mailboxes, or another server did, up to now.
    const bool goes_on_here = asking != servers_.end() || s_.remote() != nullptr;
    const bool is_news = is_put_off || (backend.watched() == 0 && goes_on_here);
    is_asking_ = true;
    RelayChannel channel(s_, backend);
    channel.verb("NOTIFY");
    channel.raw(request_for(backend.server(), is_news).text);
    const uint64_t number = asked_;  // another from a server's answer that comes meanwhile
    auto answer = channel.finish();
    is_asking_ = false;
    if (!answer || !answer->ok()) return;
    backend.set_watched(number);
    servers_[backend.server()] = {.waits = number != asked_};
}

// Of all but the selected mailbox's, which the engine listens to.
Status Watch::read_servers()
{
    if (s_.backends == nullptr) return success();
    for (backend::Backend* open : s_.backends->open_connections()) {
        if (open->watched() == 0 || s_.remote_at(*open) != nullptr) continue;
        const Status read = read_server(*open);
        if (!s_.client.ok()) return s_.client.status();
        if (read) continue;
        log::info("a server that was to tell of its mailboxes is lost",
                  {{"server", open->server()}, {"reason", read.error()}});
        servers_[open->server()] = Asking{.lost = true};
        s_.backends->drop(open);
    }
    return success();
}

Status Watch::read_server(backend::Backend& backend)
{
    stream::Stream& from = backend.stream();
    backend::ReplyReader replies(from);
    for (;;) {
        TRY_ASSIGN(const bool there, from.wait_input(Deadline::after(Milliseconds(0))));
        if (!there) return success();
        TRY_ASSIGN(const backend::Reply reply, replies.next());
        if (reply.kind != backend::Reply::Kind::untagged || reply.word == "BYE")
            return Error{Code::closed, reply.head.substr(0, 200)};
        TRY_ASSIGN(const bool done, on_line(backend, replies, reply));
        const bool passes = reply.word == "STATUS" || reply.word == "METADATA";
        if (done || !passes)
            TRY(replies.drop_rest());
        else
            TRY(pass_untagged(s_, backend, replies, reply));
    }
}

// A server that has the mailbox now, and was not told yet that it is selected.
bool Watch::is_status_of_selected(const backend::Reply& reply)
{
    if (reply.word != "STATUS") return false;
    const auto external = text::ImapCursor(reply.text()).astring();
    auto name = external ? s_.user.names->to_internal(*external) : Result<MailboxName>(Error{});
    return name && is_selected(*name);
}

Result<bool> Watch::on_line(backend::Backend& from, backend::ReplyReader& replies,
                            const backend::Reply& reply)
{
    if (is_status_of_selected(reply)) return true;
    if (from.watched() == 0 && !is_asking_) return false;
    if (reply.word == "OK" && says_overflow(reply.text())) {
        TRY(overflow());
        return true;
    }
    if (reply.word != "LIST" || !replies.complete()) return false;
    const auto read = read_list(reply.text());
    if (!read || !goes_on()) return true;
    auto name = s_.user.names->to_internal(read->name);
    if (!name) return true;
    if (read->old.empty()) {
        // Names are told from the list here; subscriptions are where the INBOX is.
        if (wants_subscriptions() && !read->no_access && from.server() == inbox_server())
            TRY(look_at_subscription(*name, read->subscribed, false));
        return true;
    }
    auto old = s_.user.names->to_internal(read->old);
    if (!old) return true;
    rename_known(*old, *name);
    if ((events_of(*name) & kMailboxName) != 0) {
        // The list here may not have those below it yet.
        if (known_.contains(name->key()))
            put_come(*name, &*old, {}, read->has_children ? "\\HasChildren" : "");
    }
    return true;
}

// What servers know of these names comes before what the list here says: a new name is there
// sooner.
Status Watch::catch_up_with(const std::set<std::string>& keys)
{
    if (s_.backends == nullptr || s_.backends->is_relayed() || is_asking_) return success();
    if ((events_of_all() & kMailboxName) == 0) return success();
    std::set<std::string> servers;
    for (const std::string& key : keys) {
        if (const auto at = known_.find(key); at != known_.end()) servers.insert(at->second.server);
        auto name = MailboxName::from_key(key);
        if (!name) continue;
        if (auto entry = s_.directory.lookup(*name)) servers.insert(entry->seen().server);
    }
    for (const std::string& server : servers) {
        backend::Backend* backend = server.empty() ? nullptr : s_.backends->find(server);
        if (backend == nullptr || backend->watched() == 0) continue;
        if (backend->in_command()) {
            if (s_.remote_at(*backend) != nullptr && s_.user.ask_in_idle) s_.user.ask_in_idle();
            continue;
        }
        RelayChannel channel(s_, *backend);
        channel.verb("NOOP");
        channel.filter([&](backend::ReplyReader& replies,
                           const backend::Reply& line) -> Result<bool> {
            RemoteSelection* remote = s_.remote_at(*backend);
            const bool follows = remote != nullptr && !remote->held.empty();
            const bool waits = changes_numbers(line) || follows;
            if (remote == nullptr || !waits || s_.user.events.expunge_at_once) return false;
            TRY(hold_untagged(*remote, replies, line));
            return true;
        });
        // Whose loss shows where it is listened to.
        (void)channel.finish();
    }
    return s_.client.status();
}

}  // namespace rookery::imapd
