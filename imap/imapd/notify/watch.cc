// Which mailboxes are watched, and what is told of one of them.
#include "imap/imapd/notify/watch.h"

#include <algorithm>
#include <utility>

#include "imap/imapd/namespace/metadata.h"
#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/special_use.h"
#include "imap/imapd/namespace/subscribed.h"
#include "imap/imapd/relay/router.h"
#include "imap/imapd/responder.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

using namespace notify_events;
using Kind = NotifyGroup::Kind;
using mboxlist::Event;
using model::MailboxEntry;
using model::MailboxName;
using model::Rights;

// An event is lost only where its sender has died between its change and the telling.
constexpr Seconds kSweep{900};
// What needs a look at the messages' server.
constexpr unsigned kOfMailbox = kMessages | kMailboxMetadataChange;

}  // namespace

Watch::Watch(ImapSession& session, NotifyRequest request)
    : s_(session), request_(std::move(request)), asked_(new_number())
{
}

Watch::~Watch() = default;

uint64_t Watch::new_number()
{
    static uint64_t last = 0;
    return ++last;
}

Deadline Watch::next_sweep() const
{
    constexpr Seconds kAtLeast{1};
    return Deadline::after(is_deaf_ ? std::max<Seconds>(s_.config.imapidlepoll(), kAtLeast)
                                    : kSweep);
}

// --- which mailboxes

void Watch::resolve_groups()
{
    for (const NotifyGroup& asked : request_.groups) {
        if (asked.is_of_selected() || asked.events == 0) continue;
        Group group{asked.kind, asked.events, {}};
        // A name that cannot be is one that does not exist (RFC 5465 3.1).
        for (const std::string& external : asked.names)
            if (auto name = s_.user.names->to_internal(external))
                group.names.insert(*std::move(name));
        if (asked.kind == Kind::personal)
            if (auto inbox = s_.user.names->inbox()) group.names.insert(*std::move(inbox));
        groups_.push_back(std::move(group));
    }
}

const std::set<MailboxName>& Watch::names_of(const Group& group) const
{
    return group.kind == Kind::subscribed ? subscribed_ : group.names;
}

bool Watch::matches(const Group& group, const MailboxName& name) const
{
    if (names_of(group).contains(name)) return true;
    if (group.kind == Kind::subscribed || group.kind == Kind::mailboxes) return false;
    for (auto above = name.parent(); above; above = above->parent())
        if (group.names.contains(*above)) return true;
    return false;
}

unsigned Watch::events_of(const MailboxName& name) const
{
    unsigned events = 0;
    for (const Group& group : groups_)
        if ((events | group.events) != events && matches(group, name)) events |= group.events;
    return events;
}

unsigned Watch::events_of_all() const
{
    unsigned events = 0;
    for (const Group& group : groups_) events |= group.events;
    return events;
}

bool Watch::wants_subscriptions() const
{
    const auto is_subscribed = [](const Group& g) { return g.kind == Kind::subscribed; };
    return (events_of_all() & kSubscriptionChange) != 0 ||
           std::any_of(groups_.begin(), groups_.end(), is_subscribed);
}

Status Watch::read_subscriptions()
{
    TRY_ASSIGN(const std::vector<MailboxName> names, subscribed_names(s_));
    subscribed_ = {names.begin(), names.end()};
    return success();
}

// limit: more of the list would have to be looked at than one session may ask for.
Status Watch::enumerate(const std::function<Status(const MailboxEntry&)>& each)
{
    size_t looked = 0;
    Status done = success();
    const auto tree = [&](const MailboxName& top) -> Status {
        TRY(s_.directory.scan(top.key(), [&](const MailboxEntry& entry) {
            if (entry.name != top && !top.is_above(entry.name)) return mboxlist::Next::stop();
            done = ++looked > kMaxLooked ? Status(Error{Code::limit, "too many mailboxes"})
                                         : each(entry.seen());
            return done ? mboxlist::Next::go_on() : mboxlist::Next::stop();
        }));
        return done;
    };
    for (const Group& group : groups_) {
        const bool one_by_one = group.kind == Kind::mailboxes || group.kind == Kind::subscribed;
        for (const MailboxName& name : names_of(group)) {
            if (!one_by_one) {
                TRY(tree(name));
            } else if (auto entry = s_.directory.lookup(name)) {
                TRY(each(entry->seen()));
            }
        }
    }
    return success();
}

bool Watch::is_here(const MailboxEntry& entry) const
{
    return s_.store != nullptr && entry.is_at(s_.config.servername());
}

std::string Watch::server_of(const MailboxEntry& entry) const
{
    return is_here(entry) ? std::string() : entry.server;
}

bool Watch::is_watchable(const MailboxEntry& entry) const
{
    const bool asks = s_.backends != nullptr && !s_.backends->is_relayed() && !entry.is_local();
    return (is_here(entry) || asks) && is_listed(s_, entry) && events_of(entry.name) != 0;
}

// limit: it is one too many.
Status Watch::add(const MailboxEntry& entry)
{
    const std::string key = entry.name.key();
    if (known_.contains(key) || !is_watchable(entry)) return success();
    if (known_.size() == kMaxWatched) return Error{Code::limit, "too many mailboxes"};
    const bool here = is_here(entry);
    const unsigned events = events_of(entry.name);
    Known known{.name = entry.name,
                .uniqueid = entry.uniqueid,
                .server = server_of(entry),
                .events = events,
                .readable = rights_on(s_, entry).has(Rights::read),
                .told = {},
                .seen = {},
                .notes = {}};
    if (here && known.readable && (events & kOfMailbox) != 0) {
        const std::string topic = mboxlist::topic_of(entry.name);
        by_topic_[topic] = key;
        if (!socket_ || !socket_->add(topic)) is_deaf_ = true;
        if ((events & kMessages) != 0) known.told = known.seen = state_of(entry);
        if ((events & kMailboxMetadataChange) != 0) known.notes = notes_of(entry, nullptr);
        notes_ += known.notes.size();
        if (notes_ > kMaxNotes) return Error{Code::limit, "too many entries of metadata"};
    }
    insert(std::move(known));
    return success();
}

void Watch::insert(Known known)
{
    count_server(known, 1);
    const std::string key = known.name.key();
    known_.emplace(key, std::move(known));
}

void Watch::forget(const std::string& key)
{
    const auto at = known_.find(key);
    if (at == known_.end()) return;
    const std::string topic = mboxlist::topic_of(at->second.name);
    if (by_topic_.erase(topic) > 0 && socket_ && topic != inbox_topic_) socket_->remove(topic);
    notes_ -= std::min(notes_, at->second.notes.size());
    count_server(at->second, -1);
    known_.erase(at);
}

void Watch::wait_for_names()
{
    std::set<std::string> topics;
    for (const Group& group : groups_)
        for (const MailboxName& name : names_of(group))
            topics.insert(mboxlist::topic_of_tree(name));
    if (wants_subscriptions())
        topics.insert(mboxlist::topic_of_subscriptions(s_.user.identity->userid));
    if ((events_of_all() & kServerMetadataChange) != 0) {
        topics.insert(std::string(mboxlist::kServerTopic));
        if (auto inbox = s_.user.names->inbox())
            topics.insert(inbox_topic_ = mboxlist::topic_of(*inbox));
    }
    if (!socket_) {
        auto bound = net::WakeupSocket::bind(s_.config.idlesocket(), mboxlist::kNamesTopic);
        if (bound) socket_.emplace(*std::move(bound));
    }
    for (const std::string& topic : topics)
        if (!socket_ || !socket_->add(topic)) is_deaf_ = true;
    if (is_deaf_) log::warning("not all that NOTIFY waits for wakes", {});
}

Status Watch::begin(Watch* before)
{
    resolve_groups();
    if (!groups_.empty()) {
        wait_for_names();  // before the look: nothing comes between the two
        if (wants_subscriptions()) {
            TRY(read_subscriptions());
            wait_for_names();
        }
        TRY(enumerate([&](const MailboxEntry& entry) { return add(entry); }));
        sweep_ = next_sweep();
    }
    // All that is known here; what is later shows as an event too.
    if (before != nullptr) TRY(before->take_rest());
    for (auto& [key, known] : known_) {
        if (!known.readable && (known.events & kOfMailbox) != 0) put_no_access(known);
        if (!known.told || is_selected(known.name)) continue;
        if (request_.status) {
            put_status(known, *known.told, true);
            continue;
        }
        const auto at = before != nullptr ? before->known_.find(key) : known_.end();
        if (before == nullptr || at == before->known_.end() || !at->second.told) continue;
        if (differs(known, *at->second.seen, *known.told)) put_status(known, *known.told, false);
    }
    if ((events_of_all() & kServerMetadataChange) != 0) look_at_server(true);
    return ask_servers(Asked::by_client);
}

// --- what is told of one

bool Watch::is_selected(const MailboxName& name)
{
    if (const RemoteSelection* remote = s_.remote()) return remote->name == name;
    const LocalSelection* local = s_.local();
    return local != nullptr && local->mailbox->entry().name == name;
}

std::string Watch::external(const MailboxName& name) const
{
    return external_name(s_, name);
}

std::optional<Watch::State> Watch::state_of(const MailboxEntry& entry)
{
    auto items = s_.store->status(entry, s_.user.identity->userid);
    if (!items) {
        log::info("a watched mailbox cannot be looked at",
                  {{"mailbox", entry.name.internal()}, {"reason", items.error()}});
        return std::nullopt;
    }
    return State{items->messages, items->uidnext, items->uidvalidity, items->unseen,
                 items->highestmodseq};
}

bool Watch::differs(const Known& known, const State& a, const State& b) const
{
    if (a.messages != b.messages || a.uidnext != b.uidnext || a.uidvalidity != b.uidvalidity)
        return true;
    if ((known.events & kFlagChange) == 0) return false;
    return a.unseen != b.unseen || (s_.user.condstore_enabled && a.modseq != b.modseq);
}

void Watch::put_status(const Known& known, const State& state, bool asked)
{
    std::string items =
        cat("MESSAGES ", state.messages, " UIDNEXT ", state.uidnext, " UIDVALIDITY ",
            state.uidvalidity);
    const bool flags = (known.events & kFlagChange) != 0;
    if (flags) cat_to(items, " UNSEEN ", state.unseen);
    if (s_.user.condstore_enabled || (asked && flags))
        cat_to(items, " HIGHESTMODSEQ ", state.modseq);
    s_.client.put("* STATUS ", wire_name(s_, external(known.name)), " (", items, ")\r\n");
}

void Watch::put_no_access(Known& known)
{
    put_list(known.name, "\\NoAccess", true);
    known.no_access = true;
}

// own: this session itself has changed it. sweep: no event said so.
Status Watch::look_at_messages(Known& known, bool own, bool sweep)
{
    if ((known.events & kMessages) == 0 || !known.readable || !known.server.empty())
        return success();
    auto entry = s_.directory.lookup(known.name);
    if (!entry || !is_here(entry->seen()) || !entry->is_there()) return success();
    const auto now = state_of(*entry);
    if (!now) return success();
    const auto& before = sweep ? known.seen : known.told;
    const bool tells = !own && !is_selected(known.name) &&
                       (!before || differs(known, *before, *now));
    known.seen = now;
    if (own) return success();
    if (tells) put_status(known, *now, false);
    if (tells || is_selected(known.name)) known.told = now;
    return s_.client.status();
}

// of_server: the private entries of the server, which an INBOX keeps.
Watch::Notes Watch::notes_of(const MailboxEntry& entry, Notes* of_server)
{
    Notes notes;
    auto* annotations = s_.store->annotations();
    auto all = annotations != nullptr && may_annotate(s_, entry, false)
                   ? annotations->list(entry)
                   : std::vector<mailbox::Annotation>();
    if (!all) return notes;
    for (const mailbox::Annotation& one : *all) {
        if (!one.userid.empty() && one.userid != s_.user.identity->userid) continue;
        const auto path = below(one.entry, kOfServer);
        if (path && !path->empty()) {
            if (of_server != nullptr && !one.userid.empty())
                (*of_server)[cat("/private", *path)] = stable_hash(one.value);
            continue;
        }
        notes[cat(one.userid.empty() ? "/shared" : "/private", one.entry)] =
            stable_hash(one.value);
    }
    if (decides_uses(s_, entry.name))
        if (auto uses = s_.store->special_use(entry); uses && !uses->empty())
            notes[std::string(kSpecialUseEntry)] = stable_hash(*uses);
    return notes;
}

// "* METADATA name entry entry": what has another value, has come or has gone (RFC 5464 4.4.2).
void Watch::put_changed(std::string_view external, const Notes& before, const Notes& now)
{
    std::string entries;
    for (const auto& [entry, hash] : now) {
        const auto at = before.find(entry);
        if (at == before.end() || at->second != hash)
            cat_to(entries, ' ', text::imap_astring(entry));
    }
    for (const auto& [entry, hash] : before)
        if (!now.contains(entry)) cat_to(entries, ' ', text::imap_astring(entry));
    if (!entries.empty())
        s_.client.put("* METADATA ", wire_name(s_, external), entries, "\r\n");
}

Status Watch::look_at_notes(Known& known, bool own)
{
    if ((known.events & kMailboxMetadataChange) == 0 || !known.readable || !known.server.empty())
        return success();
    auto entry = s_.directory.lookup(known.name);
    if (!entry || !is_here(entry->seen()) || !entry->is_there()) return success();
    Notes now = notes_of(*entry, nullptr);
    if (!own) put_changed(external(known.name), known.notes, now);
    notes_ = notes_ - std::min(notes_, known.notes.size()) + now.size();
    known.notes = std::move(now);
    return notes_ > kMaxNotes ? overflow() : success();
}

// A frontend's own messages are not its backends'.
void Watch::look_at_server(bool own)
{
    Notes now;
    const auto inbox = s_.user.names->inbox();
    if (inbox && s_.store != nullptr)
        if (auto entry = s_.directory.lookup(*inbox); entry && is_here(entry->seen()))
            (void)notes_of(*entry, &now);
    if (!s_.user.identity->relayed) {
        MetadataRequest shared;
        shared.entries.push_back({.written = "/shared", .path = {}});
        shared.options.depth = Depth::infinity;
        for (const auto& [entry, value] : server_metadata(s_, shared))
            if (!entry.starts_with("/shared/vendor/cmu/cyrus-imapd/freespace"))
                now[entry] = stable_hash(value);
    }
    if (!own) put_changed("", server_notes_, now);
    server_notes_ = std::move(now);
}

Status Watch::look_at_subscription(const MailboxName& name, bool now, bool own)
{
    if (subscribed_.contains(name) == now) return success();
    const unsigned events_before = events_of(name);
    if (now)
        subscribed_.insert(name);
    else
        subscribed_.erase(name);
    const unsigned events = events_of(name);
    const auto entry = s_.directory.lookup(name);
    const bool exists = entry && is_listed(s_, *entry);
    if (!own && ((events | events_before) & kSubscriptionChange) != 0)
        put_list(name, exists ? "" : "\\NonExistent", exists);
    if (events == events_before) return success();
    // Another set of mailboxes is meant from now on.
    const auto server = [&] {
        const auto at = known_.find(name.key());
        return at == known_.end() ? std::string() : at->second.server;
    };
    const std::string server_before = server();
    forget(name.key());
    if (exists) {
        if (socket_ && !socket_->add(mboxlist::topic_of_tree(name))) is_deaf_ = true;
        if (auto added = add(entry->seen()); !added) return overflow();
    }
    if (!server_before.empty() || !server().empty()) ask_again();
    return s_.client.status();
}

Status Watch::know_subscription(const MailboxName& name, bool now)
{
    return wants_subscriptions() ? look_at_subscription(name, now, true) : success();
}

// changed: internal names; was it only this session?
Status Watch::look_at_subscriptions(const std::map<std::string, bool>& changed)
{
    TRY_ASSIGN(const std::vector<MailboxName> now, subscribed_names(s_));
    for (const auto& [internal, own] : changed)
        if (auto name = MailboxName::from_internal(internal); name && goes_on())
            TRY(look_at_subscription(*name, std::binary_search(now.begin(), now.end(), *name),
                                     own));
    return success();
}

Status Watch::look_at_all_names()
{
    if (wants_subscriptions()) {
        std::vector<MailboxName> changed;
        if (auto now = subscribed_names(s_))
            std::set_symmetric_difference(subscribed_.begin(), subscribed_.end(), now->begin(),
                                          now->end(), std::back_inserter(changed));
        for (const MailboxName& name : changed)
            TRY(look_at_subscription(name, !subscribed_.contains(name), false));
    }
    return goes_on() ? look_at_list() : success();
}

Status Watch::look_at_all_mailboxes()
{
    for (auto& [key, known] : known_) {
        TRY(look_at_messages(known, false, true));
        TRY(look_at_notes(known, false));
        if (!goes_on()) return success();
    }
    if ((events_of_all() & kServerMetadataChange) != 0) look_at_server(false);
    return success();
}

// --- events

void Watch::read_events()
{
    if (!socket_) return;
    std::vector<std::string> come = socket_->take();
    if (come.size() > socket_->queue()) {
        all_names_.want();
        all_mailboxes_.want();
    }
    std::move(come.begin(), come.end(), std::back_inserter(events_));
}

Status Watch::take_rest()
{
    for (int round = 0; goes_on() && (round == 0 || !events_.empty()) && round < kRounds; ++round)
        TRY(take_events());
    return goes_on() && !groups_.empty() ? look_at_all_names() : success();
}

// What is about to be looked at with all is not looked at before: of a rename one side alone may
// have been told.
Status Watch::take_events()
{
    read_events();
    // Of one thing: was it only this session that changed it?
    std::map<Event::Kind, std::map<std::string, bool>> changed;
    for (const std::string& datagram : std::exchange(events_, {})) {
        const auto event = mboxlist::event_of(datagram);
        if (!event) continue;
        if (event->kind == Event::Kind::list) all_names_.want();
        const auto [at, is_new] = changed[event->kind].try_emplace(event->what, event->own);
        if (!is_new) at->second = at->second && event->own;
    }
    std::set<std::string> names;
    std::set<std::string> own_names;
    for (const auto& [what, own] : changed[Event::Kind::name])
        (own ? own_names : names).insert(model::key_of_internal(what));
    if (!own_names.empty()) TRY(look_at_names(own_names, true));
    if (!names.empty() && !all_names_.is_due()) TRY(look_at_names(names, false));
    if (const auto& subscriptions = changed[Event::Kind::subscription]; !subscriptions.empty())
        TRY(look_at_subscriptions(subscriptions));
    const bool all = all_mailboxes_.is_due();
    for (const auto& [kind, things] : changed)
        for (const auto& [what, own] : things) {
            if (!goes_on()) return success();
            if (!all || own) TRY(take_event(kind, what, own));
        }
    return success();
}

Status Watch::take_event(Event::Kind kind, const std::string& what, bool own)
{
    if (kind == Event::Kind::server) look_at_server(own);
    if (kind == Event::Kind::annotations && what == inbox_topic_) look_at_server(own);
    const auto topic = by_topic_.find(what);
    const auto at = topic != by_topic_.end() ? known_.find(topic->second) : known_.end();
    if (at == known_.end()) return success();
    if (kind == Event::Kind::messages) return look_at_messages(at->second, own, false);
    return kind == Event::Kind::annotations ? look_at_notes(at->second, own) : success();
}

Status Watch::tell()
{
    for (int round = 0; goes_on() && (round == 0 || !events_.empty()) && round < kRounds; ++round)
        TRY(take_events());
    if (goes_on() && sweep_.passed()) {
        sweep_ = next_sweep();
        all_names_.want();
        all_mailboxes_.want();
    }
    if (goes_on() && all_names_.is_due()) TRY(all_names_.take([&] { return look_at_all_names(); }));
    if (goes_on() && all_mailboxes_.is_due())
        TRY(all_mailboxes_.take([&] { return look_at_all_mailboxes(); }));
    TRY(read_servers());
    if (Status asked = ask_servers(Asked::later); asked.is(Code::limit)) return overflow();
    return s_.client.status();
}

// RFC 5465 5.8.
Status Watch::overflow()
{
    if (!goes_on()) return success();
    log::notice("NOTIFY is too much", {{"user", s_.user.identity->userid}});
    s_.client.put("* OK [NOTIFICATIONOVERFLOW] Too much is watched; NOTIFY NONE is in effect\r\n");
    stop();
    s_.user.events = SelectedEvents{.messages = false, .flags = false};
    return s_.client.status();
}

void Watch::stop()
{
    request_ = NotifyRequest{};
    request_.none = true;
    groups_.clear();
    subscribed_.clear();
    known_.clear();
    by_topic_.clear();
    servers_known_.clear();
    socket_.reset();
    events_.clear();
    all_names_ = all_mailboxes_ = Look();
    sweep_ = Deadline::never();
    notes_ = 0;
    asked_ = new_number();
}

void Watch::add_descriptors(std::vector<int>& fds) const
{
    if (socket_) fds.push_back(socket_->fd());
    if (s_.backends == nullptr) return;
    for (backend::Backend* open : s_.backends->open_connections())
        if (open->watched() != 0 && s_.remote_at(*open) == nullptr)
            fds.push_back(open->stream().fd());
}

Deadline Watch::due() const
{
    Deadline due = events_.empty() ? sweep_ : Deadline::after(Milliseconds(0));
    due = due.min(all_names_.due()).min(all_mailboxes_.due());
    for (const auto& [server, asking] : servers_) {
        const backend::Backend* backend = s_.backends->find(server);
        const bool is_busy = backend != nullptr && backend->in_command();
        if ((asking.lost || asking.waits) && !is_busy) due = due.min(asking.again);
    }
    return due;
}

}  // namespace rookery::imapd
