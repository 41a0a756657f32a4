#include "imap/mupdate/master/rules.h"

#include <algorithm>

#include "lib/base/strings.h"

namespace rookery::mupdate {

namespace {

Verdict refuse(Code code, std::string text)
{
    Verdict v;
    v.ok = false;
    v.code = code;
    v.text = std::move(text);
    return v;
}

Verdict become(ListEntry after, bool visible = true)
{
    Verdict v;
    v.changes = true;
    v.visible = visible;
    v.after = std::move(after);
    return v;
}

void drop_claims_of(Extra& extra, std::string_view server)
{
    std::erase_if(extra.claims, [&](const Claim& c) { return server_of(c.location) == server; });
}

Claim claim_by(const ListEntry& entry)
{
    return {entry.location.string(), entry.acl.string(), entry.identity.string(), wall_seconds()};
}

const Claim* claim_of(const ListEntry& entry, std::string_view server)
{
    for (const Claim& c : entry.extras().claims)
        if (server_of(c.location) == server) return &c;
    return nullptr;
}

bool move_is_open(const ListEntry& entry, MonotonicTime now)
{
    const auto& move = entry.extras().move;
    return move && (!move->settles || now < *move->settles);
}

// The first claim stays: the other one is written down.
Verdict refuse_and_record(const Question& q, std::string_view location, std::string_view acl)
{
    const std::string_view server = server_of(location);
    Verdict v = refuse(Code::exists, cat("mailbox is held by ", server_of(q.entry->location)));
    const Claim* known = claim_of(*q.entry, server);
    if (known != nullptr && known->location == location && known->acl == acl) return v;
    ListEntry after = *q.entry;
    Extra extra = after.extras();
    drop_claims_of(extra, server);
    extra.claims.push_back(
        {std::string(location), std::string(acl), q.caller.identity, wall_seconds()});
    after.set_extra(std::move(extra));
    v.changes = true;
    v.after = std::move(after);
    return v;
}

Verdict activate(const Question& q, std::string_view location, std::string_view acl, Extra extra)
{
    extra.lease_end.reset();
    drop_claims_of(extra, server_of(location));
    if (extra.move) extra.move->settles = q.now + q.policy.move_settle;
    ListEntry after;
    after.active = true;
    after.location = location;
    after.acl = acl;
    after.identity = q.caller.identity;
    after.set_extra(std::move(extra));
    return become(std::move(after));
}

// doc/rules.md 1.1: the holder or one other server may activate, the later wins.
std::optional<Verdict> activate_in_move(const Question& q, std::string_view location,
                                        std::string_view acl)
{
    const ListEntry& entry = *q.entry;
    const std::string_view server = server_of(location);
    Extra extra = entry.extras();
    Move& move = *extra.move;
    const std::string holder(server_of(move.from_location));
    if (server != holder) {
        if (move.other_server.empty()) move.other_server = server;
        if (server != move.other_server) return std::nullopt;
    }
    // The one that does not have it now stays on record.
    const bool by_holder = server == holder;
    drop_claims_of(extra, server);
    if (entry.active && server_of(entry.location) != server) {
        drop_claims_of(extra, server_of(entry.location));
        extra.claims.push_back(claim_by(entry));
    } else if (!entry.active && !by_holder && claim_of(entry, holder) == nullptr) {
        extra.claims.push_back(
            {move.from_location, move.from_acl, entry.identity.string(), wall_seconds()});
    }
    return activate(q, location, acl, std::move(extra));
}

}  // namespace

Result<DeleteGuard> DeleteGuard::parse(std::string_view text)
{
    DeleteGuard guard;
    if (text.ends_with('%')) {
        TRY_ASSIGN(guard.percent, to_number<unsigned>(text.substr(0, text.size() - 1), 100));
        return guard;
    }
    if (text.empty()) return guard;
    TRY_ASSIGN(guard.number, to_number<uint64_t>(text));
    return guard;
}

uint64_t DeleteGuard::allowed(uint64_t entries) const
{
    if (percent > 0) return std::max(kAlwaysAllowed, entries / 100 * percent);
    return number > 0 ? number : UINT64_MAX;
}

bool lease_ended(const ListEntry& entry, MonotonicTime now)
{
    const auto& end = entry.extras().lease_end;
    return !entry.active && end && now >= *end;
}

namespace {

// Another server has said that it has a mailbox of this name, and was refused. What a move has left
// behind says no such thing (doc/rules.md 1.1).
const Claim* heir_of(const ListEntry& entry)
{
    const auto& move = entry.extras().move;
    for (const Claim& c : entry.extras().claims) {
        const std::string_view server = server_of(c.location);
        if (!move || (server != server_of(move->from_location) && server != move->other_server))
            return &c;
    }
    return nullptr;
}

// The holder has it no more, and the name stays. The move, if there was one, is over.
ListEntry passed_to(const ListEntry& entry, const Claim& heir)
{
    Extra extra = entry.extras();
    if (extra.move) {
        drop_claims_of(extra, server_of(extra.move->from_location));
        drop_claims_of(extra, extra.move->other_server);
    }
    extra.move.reset();
    extra.lease_end.reset();
    drop_claims_of(extra, server_of(heir.location));
    ListEntry after;
    after.active = true;
    after.location = heir.location;
    after.acl = heir.acl;
    after.identity = heir.identity;
    after.set_extra(std::move(extra));
    return after;
}

// A reservation that is over but still there is looked at as what it becomes; what is decided then
// tells that too.
template <class Decide>
Verdict decide_now(const Question& q, const Decide& decide)
{
    auto ended = q.entry != nullptr ? decide_lease_end(*q.entry, q.now) : std::nullopt;
    if (!ended || !ended->after) return decide(q);
    Question now = q;
    now.entry = &*ended->after;
    Verdict v = decide(now);
    if (!v.changes) v.after = std::move(ended->after);
    v.changes = true;
    v.visible = true;
    return v;
}

Verdict activate_now(const Question& q, std::string_view location, std::string_view acl)
{
    if (q.entry == nullptr || lease_ended(*q.entry, q.now)) return activate(q, location, acl, {});
    const std::string_view server = server_of(location);
    if (move_is_open(*q.entry, q.now)) {
        if (auto verdict = activate_in_move(q, location, acl)) return *std::move(verdict);
    } else if (server_of(q.entry->location) == server) {
        Extra extra = q.entry->extras();
        if (q.entry->active) extra.move.reset();
        if (q.entry->active && q.entry->location == location && q.entry->acl == acl &&
            claim_of(*q.entry, server) == nullptr)
            return {};
        return activate(q, location, acl, std::move(extra));
    }
    if (!q.policy.last_claim_wins) return refuse_and_record(q, location, acl);
    Extra extra = q.entry->extras();
    extra.move.reset();
    drop_claims_of(extra, server_of(q.entry->location));
    if (q.entry->active) extra.claims.push_back(claim_by(*q.entry));
    return activate(q, location, acl, std::move(extra));
}

Verdict reserve_now(const Question& q, std::string_view location)
{
    ListEntry after;
    after.location = location;
    after.identity = q.caller.identity;
    if (q.entry == nullptr || lease_ended(*q.entry, q.now)) {
        Extra extra;
        extra.lease_end = q.now + q.policy.lease;
        after.set_extra(std::move(extra));
        return become(std::move(after));
    }
    if (q.entry->location != location) return refuse(Code::exists, "mailbox already exists");
    Extra extra = q.entry->extras();
    if (extra.lease_end) extra.lease_end = q.now + q.policy.lease;
    after.acl = q.entry->acl;
    after.set_extra(std::move(extra));
    return become(std::move(after), q.entry->active);
}

Verdict deactivate_now(const Question& q, std::string_view location)
{
    if (q.entry == nullptr || !q.entry->active)
        return refuse(Code::reserved, "mailbox not currently active");
    Extra extra = q.entry->extras();
    Move move;
    move.from_location = q.entry->location.string();
    move.from_acl = q.entry->acl.string();
    if (server_of(location) != server_of(move.from_location))
        move.other_server = server_of(location);
    move.opened = wall_seconds();
    extra.move = std::move(move);
    ListEntry after = *q.entry;
    after.active = false;
    after.location = location;
    after.identity = q.caller.identity;
    after.set_extra(std::move(extra));
    return become(std::move(after));
}

Verdict without_claim_of(const ListEntry& entry, std::string_view server)
{
    ListEntry after = entry;
    Extra extra = after.extras();
    drop_claims_of(extra, server);
    // Where it came from has let go of it: the move is over (doc/rules.md 1.1).
    if (extra.move && server_of(extra.move->from_location) == server) extra.move.reset();
    after.set_extra(std::move(extra));
    return become(std::move(after), false);
}

bool moved_from(const ListEntry& entry, std::string_view server)
{
    const auto& move = entry.extras().move;
    return entry.active && move && server_of(move->from_location) == server;
}

Verdict delete_now(const Question& q, std::string_view expected)
{
    if (q.entry == nullptr) return refuse(Code::not_found, "mailbox doesn't exist");
    const ListEntry& entry = *q.entry;
    if (!expected.empty() && server_of(entry.location) != server_of(expected)) {
        if (claim_of(entry, server_of(expected)) != nullptr ||
            moved_from(entry, server_of(expected)))
            return without_claim_of(entry, server_of(expected));
        return refuse(Code::exists, cat("mailbox is held by ", server_of(entry.location)));
    }
    if (q.caller.listed_server && q.caller.deletes >= q.caller.deletes_allowed)
        return refuse(Code::limit, "too many removals in one sync (mupdate_max_deletes)");
    if (q.caller.listed_server && server_of(entry.location) != *q.caller.listed_server) {
        if (claim_of(entry, *q.caller.listed_server) == nullptr)
            return refuse(Code::exists, cat("mailbox is held by ", server_of(entry.location)));
        return without_claim_of(entry, *q.caller.listed_server);
    }
    // doc/rules.md 1.4: who only has claims at other servers does not mean this mailbox.
    bool claims_elsewhere = false;
    for (const Claim& c : entry.extras().claims)
        claims_elsewhere |= c.identity == q.caller.identity;
    if (entry.active && claims_elsewhere && entry.identity != q.caller.identity)
        return refuse(Code::exists, cat("mailbox is held by ", server_of(entry.location)));
    const bool only_reserved = entry.extras().lease_end.has_value();
    if (q.additions_only && !only_reserved)
        return refuse(Code::unavailable,
                      "additions only, until all servers have told their mailboxes");
    if (const Claim* heir = heir_of(entry)) return become(passed_to(entry, *heir));
    Verdict v;
    v.changes = true;
    v.visible = true;
    return v;
}

Verdict resolve_now(const Question& q, std::string_view server)
{
    if (q.entry == nullptr) return refuse(Code::not_found, "mailbox doesn't exist");
    const ListEntry& entry = *q.entry;
    const Claim* claim = claim_of(entry, server);
    // Who has only reserved the name has no mailbox yet.
    const bool holds = server_of(entry.location) == server && !entry.extras().lease_end;
    if (!holds && claim == nullptr)
        return refuse(Code::denied, cat("mailbox is not claimed by ", server));
    ListEntry after = entry;
    Extra extra = after.extras();
    if (!holds) {
        after.active = true;
        after.location = claim->location;
        after.acl = claim->acl;
        after.identity = claim->identity;
        extra.move.reset();
    }
    extra.claims.clear();
    extra.lease_end.reset();
    after.set_extra(std::move(extra));
    return become(std::move(after), !holds);
}

}  // namespace

std::optional<Verdict> decide_lease_end(const ListEntry& entry, MonotonicTime now)
{
    if (!lease_ended(entry, now)) return std::nullopt;
    if (const Claim* heir = heir_of(entry)) return become(passed_to(entry, *heir));
    Verdict gone;
    gone.changes = true;
    gone.visible = true;
    return gone;
}

Verdict decide_activate(const Question& q, std::string_view location, std::string_view acl)
{
    return decide_now(q, [&](const Question& now) { return activate_now(now, location, acl); });
}

Verdict decide_reserve(const Question& q, std::string_view location)
{
    return decide_now(q, [&](const Question& now) { return reserve_now(now, location); });
}

Verdict decide_deactivate(const Question& q, std::string_view location)
{
    return decide_now(q, [&](const Question& now) { return deactivate_now(now, location); });
}

Verdict decide_delete(const Question& q, std::string_view expected)
{
    return decide_now(q, [&](const Question& now) { return delete_now(now, expected); });
}

Verdict decide_resolve(const Question& q, std::string_view server)
{
    return decide_now(q, [&](const Question& now) { return resolve_now(now, server); });
}

std::optional<Shown> shown_in_find(const ListEntry& entry, const Caller& caller)
{
    if (caller.listed_server) {
        if (server_of(entry.location) != *caller.listed_server) return std::nullopt;
        const auto& move = entry.extras().move;
        if (!entry.active && move && server_of(move->from_location) != *caller.listed_server)
            return std::nullopt;
    }
    return shown_to_all(entry);
}

std::optional<Shown> shown_in_list(const ListEntry& entry, std::string_view prefix)
{
    if (entry.location.starts_with(prefix)) return shown_to_all(entry);
    if (!prefix.ends_with('!')) return std::nullopt;
    for (const Claim& c : entry.extras().claims)
        if (c.location.starts_with(prefix)) return Shown{true, c.location, c.acl};
    return std::nullopt;
}

}  // namespace rookery::mupdate
