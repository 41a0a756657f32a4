#include "imap/mupdate/replica/replica.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "imap/mboxlist/entry_codec.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/model/location.h"
#include "imap/mupdate/master/recovery.h"
#include "imap/mupdate/master/rules.h"
#include "imap/mupdate/server/kick_server.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/db/boot_identity.h"
#include "lib/db/ordered_store.h"

namespace rookery::mupdate {

namespace {

constexpr std::string_view kMark = "mupdate-replica";
constexpr std::string_view kPositionMark = "mupdate-position";  // at the master
constexpr std::string_view kFeederMark = "mupdate-feeder";      // at another replica
constexpr unsigned kMaxDoublings = 5;
// With removals held back the whole list is asked for again after so long: what the backends have
// told the master since then is no removal any more.
constexpr Seconds kLookAgain{60};
constexpr size_t kMaxKicks = 1000;
constexpr size_t kWalkStep = 4096;

void drain(int fd)
{
    char bytes[64];
    while (::read(fd, bytes, sizeof bytes) > 0) {
    }
}

void poke(int fd)
{
    if (::write(fd, "w", 1) < 0) log::debug("woken already");
}

// What no other boot is called; where the system does not tell, what nothing else is called.
std::string this_boot()
{
    auto boot = db::boot_identity();
    return boot ? *std::move(boot) : cat("unknown ", ::getpid(), ' ', wall_seconds());
}

// Of names that are gone one in 2^64 is taken for one that is there, until the next dump.
uint64_t hash_of(const std::string& key)
{
    return stable_hash(key);
}

bool is_same(const model::MailboxEntry& a, const model::MailboxEntry& b)
{
    return a.state == b.state && a.server == b.server && a.partition == b.partition &&
           a.acl.to_string() == b.acl.to_string();
}

Status make_wake_pipe(Pipe& pipe)
{
    TRY_ASSIGN(pipe, make_pipe());
    TRY(set_nonblocking(pipe.read_end.get(), true));
    return set_nonblocking(pipe.write_end.get(), true);
}

}  // namespace

Replica::Replica(const config::Config& config, StoredList& list, ServerTable& servers,
                 std::function<void()> on_synced)
    : config_(config), list_(list), servers_(servers), on_synced_(std::move(on_synced))
{
}

Replica::~Replica()
{
    stop();
}

Result<bool> Replica::load()
{
    auto mark = list_.mark(kMark);
    // Written without syncs: after the machine went down, no page of it is to be trusted.
    rewrite_ = !mark || *mark != this_boot();
    TRY(check_list());
    if (!rewrite_) load_position();
    shown_.lock()->position = position_;
    if (auto known = list_.mark(model::kServersMark); known && !servers_.replace(*known))
        log::warning("the states of servers cannot be read", {{"text", *known}});
    std::random_device random;
    list_.set_line({(uint64_t{random()} << 32) | random() | 1, {}});
    return list_.size() > 0 && mark.ok();
}

void Replica::load_position()
{
    for (bool feeder : {false, true}) {
        auto text = list_.mark(feeder ? kFeederMark : kPositionMark);
        auto position = text ? parse_position(*text) : std::nullopt;
        if (!position) continue;
        position_ = *position;
        behind_feeder_ = feeder;
    }
}

// A server's own mailboxes are not given up for a wrong index: ctl_cyrusdb(8) looks at that.
Status Replica::check_list()
{
    if (!is_unified()) {
        TRY_ASSIGN(const uint64_t size, mboxlist::list_size(config_));
        return rewrite_ || size <= mboxlist::kCheckedAtStart ? list_.check() : success();
    }
    if (!rewrite_) return success();
    std::string from;
    do {
        TRY_ASSIGN(from, list_.walk(from, kWalkStep, [](const model::MailboxEntry&) {}));
    } while (!from.empty());
    return success();
}

Status Replica::start()
{
    TRY(make_wake_pipe(wake_));
    TRY(make_wake_pipe(stop_pipe_));
    TRY(open_kick_socket());
    TRY(thread_.start([this] { run(); }));
    return kick_thread_.start([this] { run_kicks(); });
}

void Replica::stop()
{
    if (!wake_.write_end) return;
    kicks_.lock()->stopping = true;
    poke(wake_.write_end.get());
    poke(stop_pipe_.write_end.get());
    thread_.join();
    kick_thread_.join();
}

bool Replica::stopping()
{
    return kicks_.lock()->stopping;
}

void Replica::run()
{
    while (!stopping()) {
        Status ended = session();
        if (!ended && mboxlist::is_unusable(ended.error())) look_at_list();
        batch_.clear();
        seen_ = {};
        load_.reset();
        in_dump_ = false;
        noop_sent_ = false;
        kicks_.lock()->master = false;
        position_ = shown_.lock()->position;
        position_moved_ = false;
        show_connected(false);
        answer(false);
        if (stopping()) return;
        log::warning("the mupdate master is lost", {{"server", config_.mupdate_server()},
                                                    {"reason", ended ? "" : ended.error().text}});
        pause();
    }
}

// Was it the list that ended the session? Then nothing but another list helps.
void Replica::look_at_list()
{
    if (!mboxlist::is_soft_list(config_)) return;
    const Status good = list_.check();
    if (good || !mboxlist::is_unusable(good.error())) return;
    log::error("the mailbox list is damaged", {{"error", good.error()}});
    list_is_damaged_ = true;
}

// mupdate_retry_delay, twice as long after each failure in a row, and up to as much again by
// chance, so that replicas do not come back all at once.
void Replica::pause()
{
    std::random_device random;
    const auto base = Milliseconds(config_.mupdate_retry_delay()).count();
    const int64_t half = (base << std::min(failures_, kMaxDoublings)) / 2;
    std::uniform_int_distribution<int64_t> jitter(0, half);
    const Deadline deadline = Deadline::after(Milliseconds(half + jitter(random)));
    ++failures_;
    while (!stopping() && !deadline.passed()) {
        pollfd p{wake_.read_end.get(), POLLIN, 0};
        if (::poll(&p, 1, deadline.poll_ms()) > 0) drain(p.fd);
        if (shown_.lock()->accept_restored) return;
    }
}

Status Replica::session()
{
    TRY_ASSIGN(std::unique_ptr<Client> client, Client::connect(config_));
    kicks_.lock()->master = true;
    show_connected(true);
    recovering_ = false;
    TRY(choose_position(!client->is_master()));
    if (!client->offers("SERVER-STATES")) TRY(take_servers({}));
    TRY(tell_master(*client));
    if (client->offers("SERIAL-UPDATE"))
        client->send(Verb::since, {cat(position_.epoch), cat(position_.serial)});
    else
        client->send(Verb::update, {});
    TRY(client->flush());
    TRY(receive_dump(*client));
    failures_ = 0;
    TRY(stream(*client));
    // A master misses those that go without a word.
    client->logout();
    return success();
}

// Before its first list, so that it knows who asks for that.
Status Replica::tell_master(Client& client)
{
    if (!figures_ || !client.offers("FIGURES")) return success();
    tell_again_ = Deadline::after(Milliseconds(0));
    put_noop(client);
    TRY(client.flush());
    TRY(client.reply());
    return success();
}

// Where this list stood counts at whom it was: a replica that feeds replicas has a line of its own.
// A list without names has nothing that any master could take from it.
Status Replica::choose_position(bool feeder)
{
    bool forget = std::exchange(shown_.lock()->accept_restored, false);
    if (!is_unified() && position_.epoch != 0) {
        TRY_ASSIGN(const bool empty, list_.is_empty());
        forget = forget || empty;
    }
    if (feeder != behind_feeder_ || forget) {
        const mboxlist::Mark mark{std::string(behind_feeder_ ? kFeederMark : kPositionMark), {}};
        TRY(list_.commit({}, {&mark, 1}));
        behind_feeder_ = feeder;
        position_ = {};
        shown_.lock()->position = position_;
    }
    return success();
}

// An empty list is filled beside itself, all at once: that is quicker, and nobody sees half of it.
// Empty is a list without names, whatever else has been written to it. A load that came to nothing
// (a name twice in the dump, another writer) is not tried again: the next dump goes by commits.
Status Replica::begin_dump()
{
    in_dump_ = true;
    seen_ = {};
    load_.reset();
    if (is_unified() || std::exchange(load_failed_, false)) return success();
    auto load = list_.bulk_load();
    if (load.is(Code::unsupported)) return success();
    if (!load) return load.error();
    TRY_ASSIGN(const bool empty, list_.is_empty());
    if (empty) load_ = *std::move(load);
    return success();
}

// Until OK. Anything else that ends it ends the session, and removes nothing.
Status Replica::receive_dump(Client& client)
{
    TRY(begin_dump());
    Deadline silence = Deadline::after(Client::kAnswer);
    for (;;) {
        TRY_ASSIGN(std::optional<Response> response, client.take_buffered());
        if (!response) {
            if (stopping()) return Error{Code::closed, "shutting down"};
            if (silence.passed()) return Error{Code::timeout, "the dump has stopped"};
            TRY_ASSIGN(bool readable, client.wait(wake_.read_end.get(), silence));
            if (!readable) {
                drain(wake_.read_end.get());
                continue;
            }
            TRY(client.fill());
            silence = Deadline::after(Client::kAnswer);
            continue;
        }
        if (response->kind == Response::Kind::ok)
            return in_dump_ ? finish_dump() : finish_changes();
        TRY(take(*response, in_dump_));
    }
}

// The list was as the master says; what has changed since comes with the stream.
Status Replica::finish_changes()
{
    log::notice("the mailbox list is current but for what changed",
                {{"entries", list_.size()}, {"serial", position_.serial}});
    on_synced_();
    return success();
}

// POSITION epoch serial what: the list that follows ("list", or "recovering" where some may still
// be missing from it) or the changes ("changes"), or that all up to there was sent ("current").
// "other": a list that never was where this one is.
Status Replica::take_position(const Response& response)
{
    auto epoch = to_number<uint64_t>(response.arguments[0]);
    auto serial = to_number<uint64_t>(response.arguments[1]);
    if (!epoch || !serial) return Error{Code::syntax, "POSITION without numbers"};
    const std::string& what = response.arguments[2];
    const bool refused = what == standing_word(Standing::other);
    shown_.lock()->refused = refused;
    if (refused) failures_ = 0;  // it may be promoted any time
    if (refused)
        return Error{Code::denied, "its list never was where this one is: restored or replaced? "
                                   "See \"murder promote\""};
    position_ = {*epoch, *serial};
    position_moved_ = true;
    if (what == "changes") {
        in_dump_ = false;
        load_.reset();
    }
    recovering_ |= what == standing_word(Standing::recovering);
    return success();
}

// SERVERS text: what administrators have said of servers, all of it.
Status Replica::take_servers(const std::string& text)
{
    if (auto taken = servers_.replace(text); !taken) {
        // Of a later version, maybe: no reason not to follow the list.
        log::warning("the states of servers cannot be read", {{"error", taken.error()}});
        return success();
    }
    if (load_) return success();  // written with the load
    const mboxlist::Mark mark{std::string(model::kServersMark), text};
    return list_.commit({}, {&mark, 1});
}

// How many of the removals that a dump means may not be done.
uint64_t Replica::removals_to_hold(uint64_t gone)
{
    if (gone == 0 || std::exchange(shown_.lock()->accept, false)) return 0;
    auto guard = DeleteGuard::parse(config_.mupdate_max_deletes());
    const uint64_t allowed = guard ? guard->allowed(list_.size()) : 0;
    if (!seen_.empty() && !recovering_ && gone <= allowed) return 0;
    log::error("the master's list would remove too many mailboxes: they stay until "
               "\"murder resync --accept-deletes\"",
               {{"removals", gone},
                {"entries", list_.size()},
                {"mupdate_max_deletes", config_.mupdate_max_deletes()},
                {"master", recovering_ ? "recovering" : "whole"}});
    return gone;
}

// What is in the list, is not this server's own, and was not in the dump.
Result<std::vector<model::MailboxName>> Replica::missing_from_dump()
{
    std::sort(seen_.begin(), seen_.end());
    std::vector<model::MailboxName> missing;
    std::string from;
    do {
        TRY_ASSIGN(from, list_.walk(from, kWalkStep, [&](const model::MailboxEntry& entry) {
            const bool shown =
                entry.elsewhere || (!entry.is_local() && entry.state != model::EntryState::deleted);
            if (shown && !std::binary_search(seen_.begin(), seen_.end(), hash_of(entry.name.key())))
                missing.push_back(entry.name);
        }));
    } while (!from.empty());
    return missing;
}

Status Replica::finish_dump()
{
    if (load_) return finish_load();
    // The position is that of the whole: it must not stand before the removals are done.
    const bool moved = std::exchange(position_moved_, false);
    TRY(commit());
    in_dump_ = false;
    TRY_ASSIGN(std::vector<model::MailboxName> gone, missing_from_dump());
    const uint64_t held = removals_to_hold(gone.size());
    shown_.lock()->held_removals = held;
    if (held > 0) gone.clear();
    for (model::MailboxName& name : gone) TRY(add(removal(std::move(name))));
    // With removals held back the list is not the master's: next time all of it is wanted again.
    if (held > 0 || !moved) position_ = {};
    position_moved_ = true;
    TRY(commit());
    const mboxlist::Mark mark{std::string(kMark), this_boot()};
    TRY(list_.commit({}, {&mark, 1}));
    log::notice("the mailbox list is complete",
                {{"entries", seen_.size()}, {"removed", gone.size()}});
    seen_ = {};
    rewrite_ = false;
    on_synced_();
    return success();
}

// The first list of all: nothing can be missing from it.
Status Replica::finish_load()
{
    if (!std::exchange(position_moved_, false)) position_ = {};
    uint64_t version = 0;
    const mboxlist::Mark marks[] = {{std::string(kMark), this_boot()},
                                    {position_mark(), position_text()},
                                    {std::string(model::kServersMark), servers_.text(version)}};
    const uint64_t entries = load_->size();
    load_failed_ = true;
    TRY(list_.finish(*load_, marks));
    load_failed_ = false;
    load_.reset();
    in_dump_ = false;
    {
        auto shown = shown_.lock();
        shown->position = position_;
        shown->held_removals = 0;
        shown->accept = false;
    }
    log::notice("the mailbox list is complete", {{"entries", entries}, {"removed", 0}});
    rewrite_ = false;
    on_synced_();
    return success();
}

std::string Replica::position_mark() const
{
    return std::string(behind_feeder_ ? kFeederMark : kPositionMark);
}

std::string Replica::position_text() const
{
    return position_.epoch == 0 ? std::string() : to_text(position_);
}

void Replica::show_connected(bool connected)
{
    auto shown = shown_.lock();
    if (shown->connected == connected && shown->since != 0) return;
    shown->connected = connected;
    shown->since = wall_seconds();
}

std::vector<StatusLine> Replica::status()
{
    auto shown = shown_.lock();
    return {{"master", config_.mupdate_server()},
            {"connected", cat(shown->connected ? "yes" : "no", ' ', shown->since)},
            {"heard", cat(shown->heard)},
            {"position", to_text(shown->position)},
            {"held-removals", cat(shown->held_removals)},
            {"refused", shown->refused ? "yes" : "no"}};
}

// The thread of the connection lets it go, and asks for the whole list again.
bool Replica::accept_deletes()
{
    {
        auto shown = shown_.lock();
        if (shown->held_removals == 0) return false;
        shown->accept = true;
    }
    kicks_.lock()->again = true;
    poke(wake_.write_end.get());
    return true;
}

bool Replica::accept_restored()
{
    {
        auto shown = shown_.lock();
        if (!shown->refused) return false;
        shown->accept_restored = true;
        shown->refused = false;
    }
    poke(wake_.write_end.get());
    return true;
}

bool Replica::is_unified() const
{
    return config_.mupdate_config() == config::MupdateConfig::unified;
}

mboxlist::Change Replica::removal(model::MailboxName name) const
{
    return is_unified() ? mboxlist::Change::hear_gone(std::move(name))
                        : mboxlist::Change::erase(std::move(name));
}

// One line of the master becomes a change of the list. Lines that are about the stream go their own
// way; an entry that cannot be read or kept here is logged and passed over, so that one name costs
// itself. In a dump each name is noted, so that what was not named can go at its end, and what is
// in the list already as it is is not written again.
Status Replica::take(const Response& response, bool in_dump)
{
    using Kind = Response::Kind;
    if (response.kind == Kind::other || response.kind == Kind::status) return success();
    if (response.kind == Kind::no || response.kind == Kind::bad || response.kind == Kind::bye)
        return Error{Code::unavailable, cat("the master ended the stream: ", response.text)};
    if (response.kind == Kind::position) return take_position(response);
    if (response.kind == Kind::servers) return take_servers(response.arguments[0]);
    if (response.kind == Kind::ok) {
        noop_sent_ = false;
        return success();
    }
    if (in_dump && response.kind == Kind::remove)
        return Error{Code::syntax, "DELETE in the middle of a dump"};
    auto name = model::MailboxName::from_internal(response.arguments[0]);
    if (!name) {
        log::warning("a mailbox name of the master is not legal here",
                     {{"mailbox", response.arguments[0]}});
        return success();
    }
    const std::string key = name->key();
    if (in_dump && !load_) seen_.push_back(hash_of(key));
    if (response.kind == Kind::remove) return add(removal(*std::move(name)));
    auto location = model::parse_location(response.arguments[1]);
    const bool active = response.kind == Kind::mailbox;
    if (active && response.arguments[2] != acl_text_) {
        auto acl = model::Acl::parse(response.arguments[2]);
        if (acl) acl_text_ = response.arguments[2];
        if (acl) acl_ = *std::move(acl);
        if (!acl) location = acl.error();
    }
    if (!location) {
        log::warning("an entry of the master cannot be read",
                     {{"mailbox", name->internal()}, {"location", response.arguments[1]}});
        return success();
    }
    if (location->server.empty()) location->server = std::exchange(location->partition, {});
    // What the master says of this server's own mailboxes, it said first.
    if (is_unified() && location->server == config_.servername()) return success();
    model::MailboxEntry entry{*std::move(name),
                              active ? model::EntryState::active : model::EntryState::reserved,
                              std::move(location->server),
                              std::move(location->partition),
                              active ? acl_ : model::Acl(),
                              {},
                              0,
                              0,
                              model::Pending::none};
    if (const size_t bytes = mboxlist::encode_entry(entry).size();
        bytes > db::kMaxValue || !model::is_server_name(entry.server)) {
        log::warning("an entry of the master cannot be kept",
                     {{"mailbox", entry.name.internal()}, {"bytes", bytes}});
        return success();
    }
    if (load_) return add_to_load(entry);
    if (is_unified()) return add(mboxlist::Change::hear(std::move(entry)));
    if (in_dump && rewrite_) return add(mboxlist::Change::put(std::move(entry)));
    auto before = list_.lookup(entry.name);
    if (!before && !before.is(Code::not_found)) return before.error();
    // A reservation carries no ACL: the one that is known goes on being shown.
    if (!active && before) entry.acl = before->acl;
    if (in_dump && before && is_same(*before, entry)) return success();
    return add(mboxlist::Change::put(std::move(entry)));
}

Status Replica::add_to_load(const model::MailboxEntry& entry)
{
    Status added = load_->add(entry);
    load_failed_ = !added;
    return added;
}

Status Replica::add(mboxlist::Change change)
{
    batch_.push_back(std::move(change));
    return batch_.size() < kBatch ? success() : commit();
}

Status Replica::commit()
{
    if (batch_.empty() && !position_moved_) return success();
    // In a dump the position waits for its end.
    const bool with_position = position_moved_ && !in_dump_;
    const mboxlist::Mark mark{position_mark(), position_text()};
    if (batch_.empty() && !with_position) return success();
    TRY(list_.commit(batch_, {&mark, with_position ? size_t{1} : size_t{0}}));
    if (with_position) {
        position_moved_ = false;
        shown_.lock()->position = position_;
    }
    batch_.clear();
    return success();
}

Status Replica::send_noop(Client& client)
{
    {
        auto kicks = kicks_.lock();
        std::move(kicks->waiting.begin(), kicks->waiting.end(), std::back_inserter(kicks->asked));
        kicks->waiting.clear();
    }
    put_noop(client);
    noop_sent_ = true;
    return client.flush();
}

// A NOOP, or FIGURES, which is one too, where the last are old.
void Replica::put_noop(Client& client)
{
    if (!figures_ || !client.offers("FIGURES") || !tell_again_.passed())
        return client.send(Verb::noop, {});
    tell_again_ = Deadline::after(config_.mupdate_retry_delay());
    const std::vector<std::string> words = figures_().words();
    const std::vector<std::string_view> arguments(words.begin(), words.end());
    client.send(Verb::figures, arguments);
}

void Replica::answer(bool ok)
{
    auto kicks = kicks_.lock();
    const std::string_view word = ok ? "ok" : "behind";
    if (!ok)
        std::move(kicks->waiting.begin(), kicks->waiting.end(), std::back_inserter(kicks->asked));
    if (!ok) kicks->waiting.clear();
    for (const Fd& fd : kicks->asked)
        if (::send(fd.get(), word.data(), word.size(), MSG_NOSIGNAL) < 0)
            log::debug("who kicked has gone");
    kicks->asked.clear();
}

Status Replica::stream(Client& client)
{
    const Milliseconds interval = config_.mupdate_retry_delay();
    Deadline silence = Deadline::after(interval);
    const bool holds = shown_.lock()->held_removals > 0;
    const Deadline look_again = holds ? Deadline::after(kLookAgain) : Deadline::never();
    for (;;) {
        for (;;) {
            TRY_ASSIGN(std::optional<Response> response, client.take_buffered());
            if (!response) break;
            const bool is_answer = response->kind == Response::Kind::ok;
            TRY(take(*response, false));
            if (!is_answer) continue;
            TRY(commit());
            shown_.lock()->heard = wall_seconds();
            answer(true);
        }
        TRY(commit());
        if (stopping()) return success();
        if (std::exchange(kicks_.lock()->again, false) || look_again.passed())
            return Error{Code::closed, "the whole list is wanted again"};
        if (!noop_sent_ && !kicks_.lock()->waiting.empty()) {
            TRY(send_noop(client));
            silence = Deadline::after(interval);
        }
        if (silence.passed()) {
            if (noop_sent_) return Error{Code::timeout, "no answer to NOOP"};
            TRY(send_noop(client));
            silence = Deadline::after(interval);
        }
        TRY_ASSIGN(bool readable, client.wait(wake_.read_end.get(), silence));
        if (!readable) {
            drain(wake_.read_end.get());
            continue;
        }
        TRY(client.fill());
        silence = Deadline::after(interval);
    }
}

Status Replica::open_kick_socket()
{
    TRY_ASSIGN(kick_socket_, KickServer::listen(mboxlist::kick_socket_path(config_)));
    return success();
}

void Replica::run_kicks()
{
    for (;;) {
        pollfd fds[2] = {{kick_socket_.get(), POLLIN, 0}, {stop_pipe_.read_end.get(), POLLIN, 0}};
        ::poll(fds, 2, -1);
        if (fds[1].revents != 0) return;
        Fd client(::accept(kick_socket_.get(), nullptr, nullptr));
        if (!client) continue;
        (void)set_cloexec(client.get(), true);
        (void)set_nonblocking(client.get(), true);
        auto kicks = kicks_.lock();
        if (!kicks->master || kicks->waiting.size() >= kMaxKicks) {
            if (::send(client.get(), "behind", 6, MSG_NOSIGNAL) < 0) continue;
        } else {
            kicks->waiting.push_back(std::move(client));
            poke(wake_.write_end.get());
        }
    }
}

}  // namespace rookery::mupdate
