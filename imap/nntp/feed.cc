#include "imap/nntp/feed.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"

namespace rookery::nntp {
namespace {

using submission::Sent;
using Outcome = submission::Sent::Outcome;

constexpr size_t kMaxState = 4096;
// So many articles in a row within which the connection ends: it is not the article.
constexpr size_t kMaxFailures = 3;
// So many entries are tried by who put them; rookery-feed(8) has the rest.
constexpr size_t kMaxOwnTries = 1000;

}  // namespace

Feed::~Feed()
{
    for (auto& [name, link] : links_)
        if (link.connection) link.connection->quit();
}

std::string Feed::directory(const config::Config& config)
{
    return cat(config.configdirectory(), "/newsfeed");
}

Result<submission::Queue*> Feed::queue()
{
    if (!queue_) {
        TRY_ASSIGN(queue_,
                   submission::Queue::open(directory(config_),
                                           [this](const auto& mail, std::string_view article) {
                                               return carry(mail, article);
                                           }));
    }
    return &*queue_;
}

Status Feed::put(const ArticleHeader& article, std::span<const std::string_view> text)
{
    keep_last();
    std::vector<submission::Outgoing> entries;
    for (const Peer& peer : peers_)
        if (takes(peer, article))
            entries.push_back({.from = article.message_id,
                               .to = {peer.name},
                               .owner = {},
                               .kind = submission::Kind::feed});
    if (entries.empty()) return success();
    TRY_ASSIGN(submission::Queue * queue, this->queue());
    TRY_ASSIGN(const auto ids, queue->put(entries, text));
    for (size_t i = 0; i < ids.size(); ++i) last_.push_back({ids[i], entries[i].to.front()});
    return success();
}

void Feed::keep_last()
{
    const size_t room = kMaxOwnTries - std::min(kMaxOwnTries, put_.size());
    last_.resize(std::min(room, last_.size()));
    for (Own& own : std::exchange(last_, {})) put_.push_back(std::move(own));
}

void Feed::take_back()
{
    for (const Own& own : std::exchange(last_, {}))
        if (auto gone = queue_->remove(own.id); !gone)
            log::error("an article that was not taken may be fed",
                       {{"id", own.id}, {"reason", gone.error()}});
}

void Feed::push()
{
    keep_last();
    const std::vector<Own> all = std::exchange(put_, {});
    for (const Peer& peer : peers_) {
        for (const Own& own : all)
            if (own.peer == peer.name && !signals::terminate_pending())
                try_entry(own.id, submission::When::now, nullptr);
        finish();
    }
    for (auto& [name, link] : links_) {
        link.window.reset();
        if (link.connection) std::exchange(link.connection, nullptr)->quit();
    }
}

std::string Feed::away_file(const Peer& peer) const
{
    return cat(directory(config_), '/', peer.name, ".away");
}

submission::TryState Feed::away_state(const Peer& peer) const
{
    auto text = read_file(away_file(peer), kMaxState);
    auto state = text ? submission::parse_try_state(*text) : text.error();
    return state ? *state : submission::TryState();
}

// Whatever is in the queue for it waits, and counts no try.
Sent Feed::goes_away(const Peer& peer, Link& link, const Error& why)
{
    link.window.reset();
    link.connection.reset();
    link.is_away = true;
    if (signals::terminate_pending()) return {Outcome::away, why.text};
    submission::TryState state = away_state(peer);
    state.tries++;
    state.next = wall_seconds() + submission::retry_after(state.tries);
    state.reason = why.text;
    if (auto kept = replace_file(away_file(peer), to_text(state)); !kept)
        log::warning("state of a newspeer is not kept",
                     {{"peer", peer.name}, {"reason", kept.error()}});
    log::warning("a newspeer is away",
                 {{"peer", peer.name}, {"tries", state.tries}, {"reason", why}});
    return {Outcome::away, why.text};
}

Status Feed::reach(const Peer& peer, Link& link)
{
    if (link.connection) return success();
    TRY_ASSIGN(link.connection, PeerConnection::open(config_, peer));
    return success();
}

const Peer* Feed::find(std::string_view name) const
{
    const auto peer =
        std::find_if(peers_.begin(), peers_.end(), [&](const Peer& p) { return p.name == name; });
    return peer == peers_.end() ? nullptr : &*peer;
}

Feed::Link& Feed::link_to(const Peer& peer)
{
    const auto [at, is_new] = links_.try_emplace(peer.name);
    if (is_new && patience_ == Patience::waits)
        at->second.is_away = away_state(peer).next > wall_seconds();
    return at->second;
}

bool Feed::is_away(std::string_view name)
{
    const Peer* const peer = find(name);
    return peer != nullptr && link_to(*peer).is_away;
}

Sent Feed::carry(const submission::Outgoing& mail, std::string_view article)
{
    const std::string& name = mail.to.front();
    const Peer* const peer = find(name);
    if (peer == nullptr) return {Outcome::refused, cat(name, " is no newspeer any more")};
    Link& link = link_to(*peer);
    if (link.is_away) return {Outcome::away, cat(name, " is away")};
    if (auto there = reach(*peer, link); !there) return goes_away(*peer, link, there.error());
    return give(*peer, link, mail.from, article);
}

Sent Feed::give(const Peer& peer, Link& link, std::string_view message_id, std::string_view article)
{
    auto verdict = link.connection->give(message_id, article);
    if (!verdict) return lost(peer, link, verdict.error());
    return outcome_of(peer, link, *std::move(verdict));
}

// A connection that ends within an article may do so because of it: that one waits for itself.
Sent Feed::lost(const Peer& peer, Link& link, const Error& why)
{
    link.window.reset();
    link.connection.reset();
    if (signals::terminate_pending()) return {Outcome::away, why.text};
    if (why.code == Code::denied) {
        // It may be this article alone: others come before it the next time.
        (void)goes_away(peer, link, why);
        return {Outcome::failed_for_now, why.text};
    }
    if (++link.failures >= kMaxFailures) return goes_away(peer, link, why);
    return {Outcome::failed_for_now, why.text};
}

Sent Feed::outcome_of(const Peer& peer, Link& link, PeerConnection::Verdict verdict)
{
    link.failures = 0;
    (void)::unlink(away_file(peer).c_str());
    switch (verdict.taken) {
        case PeerConnection::Taken::yes: break;
        case PeerConnection::Taken::refused: return {Outcome::refused, std::move(verdict.said)};
        case PeerConnection::Taken::later:
            return {Outcome::failed_for_now, std::move(verdict.said)};
    }
    return {};
}

// --- several at once

void Feed::try_entry(const std::string& id, submission::When when, const Report& report)
{
    submission::Tried instead = submission::Tried::later;
    auto queue = this->queue();
    auto trial = queue ? (*queue)->begin_try(id, when, instead) : std::nullopt;
    if (!trial) {
        if (report) report(id, instead);
        return;
    }
    submit({.trial = *std::move(trial), .report = report});
    submit_again();
}

void Feed::submit(FeedWindow::Article article)
{
    const submission::Outgoing mail = article.trial.mail();
    const std::string& name = mail.to.front();
    const Peer* const peer = find(name);
    if (peer == nullptr)
        return end(std::move(article), {Outcome::refused, cat(name, " is no newspeer any more")});
    Link& link = link_to(*peer);
    while (link.window && link.window->is_full()) advance(*peer, link);
    if (link.is_away) return end(std::move(article), {Outcome::away, cat(name, " is away")});
    if (auto there = reach(*peer, link); !there) {
        const Sent sent = goes_away(*peer, link, there.error());
        return end(std::move(article), sent);
    }
    if (!link.connection->streams()) {
        const Sent sent = give(*peer, link, mail.from, article.trial.message());
        return end(std::move(article), sent);
    }
    if (!link.window) link.window.emplace(*link.connection);
    link.window->offer(std::move(article));
}

// What a connection left behind when it ended at another article.
void Feed::submit_again()
{
    while (!again_.empty()) {
        FeedWindow::Article article = std::move(again_.front());
        again_.pop_front();
        if (signals::terminate_pending())
            end(std::move(article), {Outcome::away, "told to end"});
        else
            submit(std::move(article));
    }
}

// One answer further. Without a window afterwards the connection has ended.
void Feed::advance(const Peer& peer, Link& link)
{
    auto answered = link.window->next();
    if (answered) {
        if (!*answered) return;
        const Sent sent = outcome_of(peer, link, std::move((*answered)->verdict));
        return end(std::move((*answered)->article), sent);
    }
    auto rest = link.window->rest();
    const Sent sent = lost(peer, link, answered.error());
    end(std::move(rest.front()), sent);
    for (size_t i = 1; i < rest.size(); ++i) again_.push_back(std::move(rest[i]));
}

void Feed::end(FeedWindow::Article article, const Sent& sent)
{
    const std::string id = article.trial.id();
    const auto report = std::move(article.report);
    const submission::Tried tried = queue_->end_try(std::move(article.trial), sent);
    if (report) report(id, tried);
}

void Feed::finish()
{
    for (bool is_busy = true; is_busy;) {
        is_busy = false;
        for (const Peer& peer : peers_) {
            Link& link = link_to(peer);
            while (link.window && !link.window->is_empty()) {
                advance(peer, link);
                is_busy = true;
            }
        }
        submit_again();
    }
}

}  // namespace rookery::nntp
