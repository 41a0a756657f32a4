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
    TRY_ASSIGN(last_, queue->put(entries, text));
    return success();
}

void Feed::keep_last()
{
    const size_t room = kMaxOwnTries - std::min(kMaxOwnTries, put_.size());
    last_.resize(std::min(room, last_.size()));
    put_.insert(put_.end(), last_.begin(), last_.end());
    last_.clear();
}

void Feed::take_back()
{
    for (const std::string& id : std::exchange(last_, {}))
        if (auto gone = queue_->cancel(id); !gone)
            log::error("an article that was not taken may be fed",
                       {{"id", id}, {"reason", gone.error()}});
}

void Feed::push()
{
    keep_last();
    for (const std::string& id : std::exchange(put_, {})) {
        if (signals::terminate_pending()) return;
        queue_->send_now(id);
    }
    for (auto& [name, link] : links_)
        if (link.connection) std::exchange(link.connection, nullptr)->quit();
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

// A connection that ends within an article may do so because of it: that one waits for itself.
Sent Feed::give(const Peer& peer, Link& link, std::string_view message_id, std::string_view article)
{
    auto verdict = link.connection->give(message_id, article);
    if (!verdict) {
        const Error& why = verdict.error();
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
    link.failures = 0;
    (void)::unlink(away_file(peer).c_str());
    switch (verdict->taken) {
        case PeerConnection::Taken::yes: break;
        case PeerConnection::Taken::refused: return {Outcome::refused, std::move(verdict->said)};
        case PeerConnection::Taken::later:
            return {Outcome::failed_for_now, std::move(verdict->said)};
    }
    return {};
}

}  // namespace rookery::nntp
