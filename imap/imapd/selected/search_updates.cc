// A client keeps each result list in its order, so a change is told by place where there is an
// order other than the mailbox's: removals from the end, so that no place moves before it is used;
// insertions from the begin, so that each place counts those before it. Runs of neighbours go in
// one pair. In the order of the mailbox the place is 0, and the client finds it.
#include "imap/imapd/selected/search_updates.h"

#include <algorithm>
#include <iterator>

#include "imap/imapd/selected/message_set.h"
#include "imap/imapd/selected/search_eval.h"
#include "imap/imapd/selected/sort.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

void put_line(stream::Stream& out, const SearchUpdate& update, std::string_view what,
              std::string_view pairs)
{
    out.put("* ESEARCH (TAG ", text::imap_string(update.tag), ')', update.by_uid ? " UID " : " ",
            what, " (", pairs, ")\r\n");
}

void add_pair(std::string& pairs, size_t place, const std::vector<uint32_t>& numbers)
{
    cat_to(pairs, pairs.empty() ? "" : " ", place, ' ', number_set(numbers));
}

// UIDs to sequence numbers and back, both ascending.
std::vector<uint32_t> uids_of(const mailbox::Mailbox& mailbox, std::span<const uint32_t> sequences)
{
    std::vector<uint32_t> uids;
    uids.reserve(sequences.size());
    for (const uint32_t n : sequences) uids.push_back(mailbox.uid(n));
    return uids;
}

std::vector<uint32_t> difference(std::span<const uint32_t> a, std::span<const uint32_t> b)
{
    std::vector<uint32_t> left;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(left));
    return left;
}

}  // namespace

void pin_numbers(SearchKey& root, const mailbox::Mailbox& mailbox, const model::SequenceSet& saved)
{
    for (SearchKey& child : root.children) pin_numbers(child, mailbox, saved);
    if (root.set.is_saved_result()) {
        root.kind = SearchKey::Kind::uid;
        root.set = saved;
    }
    if (root.kind != SearchKey::Kind::sequence) return;
    root.set.resolve(mailbox.exists());
    model::SequenceSet uids;
    for (const auto& range : root.set.ranges())
        for (uint32_t n = range.first; n <= std::min(range.last, mailbox.exists()); ++n)
            uids.add(mailbox.uid(n));
    root.kind = SearchKey::Kind::uid;
    root.set = std::move(uids);
}

bool SearchUpdates::has(std::string_view tag) const
{
    return std::any_of(all_.begin(), all_.end(),
                       [&](const SearchUpdate& one) { return one.tag == tag; });
}

bool SearchUpdates::add(SearchUpdate update, const mailbox::Mailbox& mailbox)
{
    size_t results = update.uids.size();
    for (const SearchUpdate& one : all_) results += one.uids.size();
    if (all_.size() == kMax || (!all_.empty() && results > kMaxResults)) return false;
    if (!update.order.empty() && update.uids.size() > kMaxOrdered) return false;
    // What waits for the others is not new to this one.
    const uint32_t exists = mailbox.exists();
    if (all_.empty()) next_uid_ = exists == 0 ? 1 : mailbox.uid(exists) + 1;
    all_.push_back(std::move(update));
    return true;
}

bool SearchUpdates::cancel(std::string_view tag)
{
    const size_t before = all_.size();
    std::erase_if(all_, [&](const SearchUpdate& one) { return one.tag == tag; });
    if (all_.empty()) changed_.clear();
    return all_.size() < before;
}

void SearchUpdates::changed(const mailbox::Mailbox& mailbox, std::span<const uint32_t> sequences)
{
    if (all_.empty()) return;
    for (const uint32_t n : sequences) changed_.push_back(mailbox.uid(n));
}

// gone: UIDs, ascending.
void SearchUpdates::remove(stream::Stream& out, SearchUpdate& update,
                           std::span<const uint32_t> gone, const NumberOf& number_of)
{
    const auto is_gone = [&](uint32_t uid) {
        return std::binary_search(gone.begin(), gone.end(), uid);
    };
    std::string pairs;
    std::vector<uint32_t> numbers;
    for (size_t end = update.uids.size(); end > 0;) {
        size_t begin = end;
        while (begin > 0 && is_gone(update.uids[begin - 1])) --begin;
        if (begin == end) {
            --end;
            continue;
        }
        std::vector<uint32_t> run;
        for (size_t i = begin; i < end; ++i) run.push_back(number_of(update.uids[i]));
        if (update.order.empty())
            numbers.insert(numbers.end(), run.begin(), run.end());
        else
            add_pair(pairs, begin + 1, run);
        end = begin;
    }
    std::sort(numbers.begin(), numbers.end());
    if (!numbers.empty()) add_pair(pairs, 0, numbers);
    if (pairs.empty()) return;
    put_line(out, update, "REMOVEFROM", pairs);
    std::erase_if(update.uids, is_gone);
}

// come: UIDs, ascending, of messages in the view.
Status SearchUpdates::insert(stream::Stream& out, SearchUpdate& update,
                             std::span<const uint32_t> come, mailbox::Mailbox& mailbox)
{
    if (come.empty()) return success();
    const auto number_of = [&](uint32_t uid) {
        return update.by_uid ? uid : mailbox.sequence_of(uid);
    };
    std::string pairs;
    update.uids.insert(update.uids.end(), come.begin(), come.end());
    if (update.order.empty()) {
        std::sort(update.uids.begin(), update.uids.end());
        std::vector<uint32_t> numbers;
        for (const uint32_t uid : come) numbers.push_back(number_of(uid));
        add_pair(pairs, 0, numbers);
    } else {
        std::vector<uint32_t> sequences;
        for (const uint32_t uid : update.uids)
            if (const uint32_t n = mailbox.sequence_of(uid); n != 0) sequences.push_back(n);
        std::sort(sequences.begin(), sequences.end());
        TRY(sort_messages(mailbox, update.order, sequences));
        update.uids = uids_of(mailbox, sequences);
        const auto is_new = [&](uint32_t uid) {
            return std::binary_search(come.begin(), come.end(), uid);
        };
        for (size_t begin = 0; begin < update.uids.size();) {
            std::vector<uint32_t> run;
            size_t end = begin;
            for (; end < update.uids.size() && is_new(update.uids[end]); ++end)
                run.push_back(number_of(update.uids[end]));
            if (!run.empty()) add_pair(pairs, begin + 1, run);
            begin = std::max(end, begin + 1);
        }
    }
    put_line(out, update, "ADDTO", pairs);
    return success();
}

void SearchUpdates::tell_expunged(stream::Stream& out, const mailbox::Changes& changes)
{
    // Their numbers ascend with their UIDs; they are those of before the first EXPUNGE.
    const std::vector<uint32_t> numbers(changes.expunged.rbegin(), changes.expunged.rend());
    const auto& uids = changes.expunged_uids;
    for (SearchUpdate& update : all_)
        remove(out, update, uids, [&](uint32_t uid) {
            if (update.by_uid) return uid;
            const auto at = std::lower_bound(uids.begin(), uids.end(), uid) - uids.begin();
            return numbers[static_cast<size_t>(at)];
        });
}

// come: UIDs of new messages.
Status SearchUpdates::fetch(stream::Stream& out, const FetchRequest& request,
                            std::span<const uint32_t> come, mailbox::Mailbox& mailbox,
                            const FetchForm& form)
{
    for (const uint32_t uid : come) {
        const auto sent = put_fetch(out, mailbox, mailbox.sequence_of(uid), request, form);
        if (!sent && !sent.is(Code::not_found)) return sent.error();
        TRY(out.status());
    }
    return success();
}

Status SearchUpdates::tell_changed(stream::Stream& out, mailbox::Mailbox& mailbox,
                                   const mailbox::Changes& changes, const FetchForm& form)
{
    if (all_.empty()) return success();
    std::vector<uint32_t> looked_at = changes.flags;
    for (const uint32_t uid : std::exchange(changed_, {}))
        if (const uint32_t n = mailbox.sequence_of(uid); n != 0) looked_at.push_back(n);
    for (uint32_t n = first_from(mailbox, next_uid_); n <= mailbox.exists(); ++n)
        looked_at.push_back(n);
    if (looked_at.empty()) return success();
    std::sort(looked_at.begin(), looked_at.end());
    model::SequenceSet within;
    for (const uint32_t n : looked_at) within.add(n);
    const uint32_t first_new = next_uid_;
    next_uid_ = std::max(next_uid_, mailbox.uid(mailbox.exists()) + 1);
    const std::vector<uint32_t> candidates = [&] {
        std::vector<uint32_t> uids = uids_of(mailbox, looked_at);
        uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
        return uids;
    }();
    for (SearchUpdate& update : all_) {
        SearchContext context{.form = update.form};
        context.within = &within;
        TRY_ASSIGN(const auto found, search_mailbox(mailbox, update.root, context));
        const std::vector<uint32_t> hits = uids_of(mailbox, found);
        remove(out, update, difference(candidates, hits),
               [&](uint32_t uid) { return update.by_uid ? uid : mailbox.sequence_of(uid); });
        std::vector<uint32_t> there = update.uids;
        std::sort(there.begin(), there.end());
        const std::vector<uint32_t> come = difference(hits, there);
        const auto is_new = std::lower_bound(come.begin(), come.end(), first_new);
        if (update.fetch) TRY(fetch(out, *update.fetch, {is_new, come.end()}, mailbox, form));
        TRY(insert(out, update, come, mailbox));
    }
    return success();
}

}  // namespace rookery::imapd
