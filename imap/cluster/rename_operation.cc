#include "imap/cluster/rename_operation.h"

#include <algorithm>
#include <random>

#include "imap/mupdate/refusal.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::cluster {
namespace {

using mboxlist::Change;
using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;
using model::Pending;

constexpr std::string_view kAsking = "asking";
constexpr std::string_view kDecided = "decided";
constexpr std::string_view kBack = "back";
constexpr size_t kPairs = mboxlist::kMaxBatch / 2;  // of one transaction

// 16 letters, as a mark's name allows.
std::string new_id()
{
    std::random_device random;
    std::string id;
    while (id.size() < 16) {
        unsigned word = random();
        for (int i = 0; i < 8; ++i, word >>= 4) id += static_cast<char>('a' + (word & 15));
    }
    return id;
}

Error lost_master()
{
    return {Code::no_master, "the mupdate master cannot be reached"};
}

}  // namespace

RenameOperation::RenameOperation(OperationParts& parts, std::vector<Pair> pairs)
    : parts_(parts), id_(new_id()), pairs_(std::move(pairs))
{
    for (Pair& pair : pairs_) {
        pair.from.operation = pair.to.operation = id_;
        pair.from.other = model::Counterpart{pair.to.name, pair.to.partition};
        pair.to.other = model::Counterpart{pair.from.name, pair.from.partition};
    }
}

Result<RenameOperation> RenameOperation::left(OperationParts& parts, const std::string& id)
{
    RenameOperation operation(parts, id);
    std::vector<MailboxEntry> targets;
    TRY(parts.list.scan_pending([&](const MailboxEntry& entry) {
        if (entry.operation == id && entry.pending == Pending::rename_in && entry.other)
            targets.push_back(entry);
        return mboxlist::Next::go_on();
    }));
    for (MailboxEntry& target : targets) {
        // Both sides are always written in one transaction.
        auto source = parts.list.lookup(target.other->name);
        if (!source || source->operation != id)
            return Error{Code::corrupt,
                         cat("a rename lost its other side: ", target.name.internal())};
        operation.pairs_.push_back({*std::move(source), std::move(target)});
    }
    return operation;
}

std::vector<MailboxName> RenameOperation::names() const
{
    std::vector<MailboxName> names;
    for (const Pair& pair : pairs_) {
        names.push_back(pair.from.name);
        names.push_back(pair.to.name);
    }
    return names;
}

std::vector<MailboxEntry> RenameOperation::targets() const
{
    std::vector<MailboxEntry> targets;
    for (const Pair& pair : pairs_) targets.push_back(pair.to);
    return targets;
}

std::string RenameOperation::mark() const
{
    return cat("rename-", id_);
}

// Names in the deleted namespace are never refused: the time in them is ours.
bool RenameOperation::is_into_deleted() const
{
    const std::string& prefix = parts_.config.deletedprefix();
    return std::all_of(pairs_.begin(), pairs_.end(),
                       [&](const Pair& pair) { return pair.to.name.is_deleted(prefix); });
}

Status RenameOperation::set_stage(std::string_view stage)
{
    const mboxlist::Mark mark_now{mark(), std::string(stage)};
    return parts_.list.commit_marked({}, {&mark_now, 1});
}

// change() alters a pair and gives its changes of the list. The last transaction leaves the stage.
Status RenameOperation::commit_pairs(const std::function<void(Pair&, std::vector<Change>&)>& change,
                                     std::string_view stage_at_end)
{
    const mboxlist::Mark end{mark(), std::string(stage_at_end)};
    for (size_t begin = 0; begin < pairs_.size(); begin += kPairs) {
        const size_t stop = std::min(pairs_.size(), begin + kPairs);
        std::vector<Change> changes;
        for (size_t i = begin; i < stop; ++i) change(pairs_[i], changes);
        TRY(parts_.list.commit_marked(
            changes, std::span<const mboxlist::Mark>(&end, stop == pairs_.size() ? 1 : 0)));
    }
    return success();
}

Status RenameOperation::write_intents(std::string_view stage)
{
    // A large one says "asking" until all of its intents are there.
    if (pairs_.size() > kPairs) TRY(set_stage(kAsking));
    return commit_pairs(
        [](Pair& pair, std::vector<Change>& changes) {
            pair.from = with(pair.from, EntryState::active, Pending::rename_out);
            pair.to = with(pair.to, EntryState::reserved, Pending::rename_in);
            changes.push_back(Change::put(pair.to));
            changes.push_back(Change::put(pair.from));
        },
        stage);
}

Status RenameOperation::run(Client* master)
{
    Status begun = write_intents(master != nullptr ? kAsking : kDecided);
    if (begun && master != nullptr) {
        begun = parts_.link.reserve(targets(), *master);
        const bool may_pass = !begun && mupdate::is_passing(begun.error().code);
        if (begun.is(Code::no_master) || (may_pass && is_into_deleted())) {
            if (!is_into_deleted()) return begun;  // the agent finds out and gives the names back
            // Who removes a mailbox does not wait for a master that has no room for its new name.
            if (!may_pass) master = nullptr;
            begun = success();
        }
        if (begun) begun = set_stage(kDecided);
    }
    if (begun) {
        TRY(move(master));
        Status told = announce(master);
        if (told.is(Code::exists)) return told;
        if (!told)
            log::warning("the mupdate master will be told later",
                         {{"change", "RENAME"},
                          {"mailbox", pairs_.front().from.name.internal()},
                          {"reason", told.error()}});
        return success();
    }
    if (Status undone = undo(master); !undone)
        log::warning(
            "a rename will be undone later",
            {{"mailbox", pairs_.front().from.name.internal()}, {"reason", undone.error()}});
    return begun;
}

Status RenameOperation::resume(Client* master)
{
    auto stage = parts_.list.mark(mark());
    if (!stage && !stage.is(Code::not_found)) return stage.error();
    if (!stage || *stage != kDecided)
        return stage && *stage == kBack ? go_back(master) : undo(master);
    TRY(move(master));
    return announce(master);
}

// In the store and in the list; after a failure the way is back.
Status RenameOperation::move(Client* master)
{
    for (size_t i = pairs_.size(); i-- > 0;) {
        const Pair& pair = pairs_[i];
        Status moved = parts_.store.rename(pair.from, pair.to);
        if (moved) continue;
        log::error("rename", {{"mailbox", pair.from.name.internal()}, {"reason", moved.error()}});
        if (Status back = go_back(master); !back)
            log::error("a rename will be undone later",
                       {{"mailbox", pair.from.name.internal()}, {"reason", back.error()}});
        return moved;
    }
    TRY(commit_pairs(
        [](Pair& pair, std::vector<Change>& changes) {
            pair.from = with(pair.from, EntryState::deleted, Pending::rename_out);
            pair.to = with(pair.to, EntryState::active, Pending::rename_in);
            changes.push_back(Change::put(pair.to));
            changes.push_back(Change::put(pair.from));
        },
        kDecided));
    for (const Pair& pair : pairs_) change_belongings(pair, false);
    return success();
}

// What belongs to a mailbox by its name, and to a user.
void RenameOperation::change_belongings(const Pair& pair, bool back)
{
    const bool is_deletion = pair.to.name.is_deleted(parts_.config.deletedprefix());
    if (parts_.quotas != nullptr) {
        const Status done = is_deletion ? parts_.quotas->remove(pair.from.name)
                            : back      ? parts_.quotas->rename(pair.to.name, pair.from.name)
                                        : parts_.quotas->rename(pair.from.name, pair.to.name);
        if (!done)
            log::warning("a quota root is left behind",
                         {{"root", pair.from.name.internal()}, {"reason", done.error()}});
    }
    if (!is_deletion && !back) {
        Status kept =
            parts_.users.rename_annotator(pair.to, pair.from.name.user(), pair.to.name.user());
        if (!kept)
            log::warning("private annotations are left behind",
                         {{"mailbox", pair.to.name.internal()}, {"reason", kept.error()}});
    }
    if (pair.from.name.is_inbox()) change_users(pair, back);
}

void RenameOperation::change_users(const Pair& pair, bool back)
{
    Status done = success();
    if (pair.to.name.is_inbox())
        done = back ? parts_.users.rename(pair.to.name, pair.from.name)
                    : parts_.users.rename(pair.from.name, pair.to.name);
    else if (pair.to.name.is_deleted(parts_.config.deletedprefix()))
        done = parts_.users.remove(pair.from.name);
    if (!done)
        log::warning("a user's data are left behind",
                     {{"user", pair.from.name.user()}, {"reason", done.error()}});
}

Status RenameOperation::go_back(Client* master)
{
    TRY(set_stage(kBack));
    for (const Pair& pair : pairs_) TRY(parts_.store.rename_back(pair.from, pair.to));
    return undo(master);
}

Status RenameOperation::undo(Client* master)
{
    if (parts_.link.is_needed()) {
        if (master == nullptr) return lost_master();
        for (const Pair& pair : pairs_) TRY(parts_.link.give_back(pair.to, *master));
    }
    return commit_pairs(
        [](Pair& pair, std::vector<Change>& changes) {
            changes.push_back(Change::release(pair.to.name));
            changes.push_back(Change::put(settled(pair.from)));
        },
        {});
}

// The master refuses the new name of one: it has its old one again.
Status RenameOperation::take_back(Pair& pair)
{
    TRY(parts_.store.rename_back(pair.from, pair.to));
    change_belongings(pair, true);
    const Change changes[] = {Change::release(pair.to.name), Change::put(settled(pair.from))};
    return parts_.list.commit(changes);
}

Status RenameOperation::announce(Client* master)
{
    if (parts_.link.is_needed()) {
        if (master == nullptr) return lost_master();
        TRY_ASSIGN(const std::vector<bool> taken, parts_.link.activate(targets(), *master));
        std::vector<Pair> done;
        for (size_t i = 0; i < taken.size(); ++i) {
            if (taken[i])
                done.push_back(std::move(pairs_[i]));
            else
                TRY(take_back(pairs_[i]));
        }
        pairs_ = std::move(done);
        for (const Pair& pair : pairs_) TRY(parts_.link.remove(pair.from, *master));
    }
    if (pairs_.empty()) {
        TRY(set_stage({}));
        return Error{Code::exists, "the mailbox is active at another server"};
    }
    TRY(commit_pairs(
        [](Pair& pair, std::vector<Change>& changes) {
            changes.push_back(Change::put(settled(pair.to)));
            changes.push_back(Change::release(pair.from.name));
        },
        {}));
    told_ = true;
    return success();
}

}  // namespace rookery::cluster
