// How messages compare by a text of their headers: rookery.ranks knows it of most, the others are
// read and put between them.
#include <algorithm>
#include <optional>

#include "imap/store/local_mailbox.h"
#include "imap/store/ranks_file.h"
#include "lib/base/log.h"
#include "lib/text/text_ranks.h"

namespace rookery::store {
namespace {

constexpr size_t kFewest = 1000;  // of fewer messages nothing is kept
constexpr size_t kOften = 32;     // they are kept once one of so many is new
// Where more than one of so many is new all are read; where no more than that are asked for, these.
constexpr size_t kMany = 16;

// none: the message is gone or damaged.
Result<std::optional<std::string_view>> text_in(Result<text::OrderKeys> keys, text::OrderText which)
{
    if (keys) return std::optional(text::order_text(*keys, which));
    if (keys.is(Code::not_found) || keys.is(Code::corrupt))
        return std::optional<std::string_view>();
    return std::move(keys).error();
}

template <class Row>
std::vector<Row> merged(const std::vector<Row>& a, const std::vector<Row>& b)
{
    std::vector<Row> out(a.size() + b.size());
    std::merge(a.begin(), a.end(), b.begin(), b.end(), out.begin(),
               [](const Row& x, const Row& y) { return x.sequence < y.sequence; });
    return out;
}

}  // namespace

Result<std::vector<uint32_t>> LocalMailbox::ranks(text::OrderText which,
                                                  std::span<const uint32_t> sequences)
{
    std::vector<Ranked> known;
    if (exists() >= kFewest && sequences.size() * kMany > exists()) known = known_ranks(which);
    const size_t were_known = known.size();
    std::vector<Ranked> fresh;
    auto at = known.begin();
    for (const uint32_t sequence : sequences) {
        while (at != known.end() && at->sequence < sequence) ++at;
        if (at == known.end() || at->sequence != sequence) fresh.push_back({sequence, 0});
    }
    if (!fresh.empty()) {
        const bool are_few = fresh.size() * kMany <= known.size();
        TRY_ASSIGN(const bool are_placed, are_few ? place(which, known, fresh) : false);
        if (!are_placed) {
            known = merged(known, fresh);
            TRY(rank(which, known));
        }
        // Those that cannot be read are new each time.
        const size_t added = known.size() - std::min(were_known, known.size());
        if (known.size() >= kFewest && added * kOften >= known.size()) keep_ranks(which, known);
    }
    std::vector<uint32_t> out;
    out.reserve(sequences.size());
    at = known.begin();
    for (const uint32_t sequence : sequences) {
        while (at != known.end() && at->sequence < sequence) ++at;
        out.push_back(at != known.end() && at->sequence == sequence ? at->rank : 0);
    }
    return out;
}

// Of the messages of this view.
std::vector<LocalMailbox::Ranked> LocalMailbox::known_ranks(text::OrderText which) const
{
    const std::vector<RankRow> rows = RanksFile::read(directory_.get()).rows(which);
    std::vector<Ranked> known;
    known.reserve(std::min<size_t>(rows.size(), exists()));
    auto row = rows.begin();
    slots_.for_each([&](uint32_t sequence, uint32_t slot) {
        const uint32_t uid = index_.uid(slot);
        while (row != rows.end() && row->uid < uid) ++row;
        if (row != rows.end() && row->uid == uid && row->mark == rank_mark(index_.guid(slot)))
            known.push_back({sequence, row->rank});
    });
    return known;
}

// Those of the messages that are there and well; their texts, one for each.
Result<std::vector<LocalMailbox::Ranked>> LocalMailbox::read_texts(
    text::OrderText which, const std::vector<Ranked>& messages, text::TextRanks& texts)
{
    std::vector<Ranked> there;
    there.reserve(messages.size());
    for (const Ranked& message : messages) {
        TRY_ASSIGN(const auto text, text_in(order_keys(message.sequence), which));
        if (!text) continue;
        texts.add(*text);
        there.push_back(message);
    }
    return there;
}

Status LocalMailbox::rank(text::OrderText which, std::vector<Ranked>& messages)
{
    text::TextRanks texts;
    TRY_ASSIGN(messages, read_texts(which, messages, texts));
    const std::vector<uint32_t> ranks = texts.ranks();
    for (size_t i = 0; i < ranks.size(); i++) messages[i].rank = ranks[i];
    return success();
}

// Puts fresh ones among the known, which get other ranks. False: one of the known, with which they
// are compared, is lost.
Result<bool> LocalMailbox::place(text::OrderText which, std::vector<Ranked>& known,
                                 const std::vector<Ranked>& fresh)
{
    // A message for each text that is known, in order.
    struct Known {
        uint32_t sequence;
        std::optional<std::string> text;  // once it is read
        uint32_t rank;                    // among all
    };
    uint32_t highest = 0;
    for (const Ranked& one : known) highest = std::max(highest, one.rank);
    std::vector<uint32_t> by_rank(highest + 1);  // one of those, 0: there is none
    for (const Ranked& one : known) by_rank[one.rank] = one.sequence;
    std::vector<Known> order;
    for (uint32_t& one : by_rank) {
        if (one == 0) continue;
        order.push_back({one, std::nullopt, 0});
        one = static_cast<uint32_t>(order.size() - 1);  // now its place
    }

    // Where each text of fresh ones belongs, in order.
    struct Spot {
        size_t text;
        size_t place = 0;  // before that
        bool is_equal = false;
        uint32_t rank = 0;  // among all
    };
    text::TextRanks texts;
    TRY_ASSIGN(std::vector<Ranked> placed, read_texts(which, fresh, texts));
    const std::vector<uint32_t> ranks = texts.ranks();
    std::vector<Spot> spots(ranks.empty() ? 0 : *std::max_element(ranks.begin(), ranks.end()));
    for (size_t i = 0; i < ranks.size(); i++) spots[ranks[i] - 1].text = i;
    size_t low = 0;
    for (Spot& spot : spots) {
        for (size_t high = order.size(); low < high && !spot.is_equal;) {
            const size_t middle = low + (high - low) / 2;
            Known& one = order[middle];
            if (!one.text) {
                // This goes to and fro, where order_keys() would begin anew.
                TRY_ASSIGN(const auto text, text_in(order_keys_once(one.sequence), which));
                if (!text) return false;
                one.text = *text;
            }
            const int compared = std::string_view(*one.text).compare(texts.text(spot.text));
            if (compared < 0)
                low = middle + 1;
            else
                high = middle;
            if (compared == 0) low = middle;
            spot.is_equal = compared == 0;
        }
        spot.place = low;
    }

    uint32_t last = 0;
    auto spot = spots.begin();
    for (size_t i = 0; i <= order.size(); i++) {
        for (; spot != spots.end() && spot->place == i && !spot->is_equal; ++spot)
            spot->rank = ++last;
        if (i == order.size()) break;
        order[i].rank = ++last;
        if (spot != spots.end() && spot->place == i) (spot++)->rank = last;
    }
    for (Ranked& one : known) one.rank = order[by_rank[one.rank]].rank;
    for (size_t i = 0; i < placed.size(); i++) placed[i].rank = spots[ranks[i] - 1].rank;
    known = merged(known, placed);
    return true;
}

// Where that is not possible now whoever sorts next does it.
void LocalMailbox::keep_ranks(text::OrderText which, const std::vector<Ranked>& messages) const
{
    std::vector<RankRow> rows;
    rows.reserve(messages.size());
    for (const Ranked& one : messages) {
        const uint32_t slot = slots_.slot(one.sequence);
        rows.push_back({index_.uid(slot), rank_mark(index_.guid(slot)), one.rank});
    }
    const auto writer = MailboxWriter::open(store_.options().paths, directory_.get(),
                                            name_hash_of(entry_), Milliseconds(0));
    Status kept = success();
    if (writer) {
        RanksFile file = RanksFile::read(directory_.get());
        file.set(which, rows);
        kept = file.put_in_place(directory_.get());
    } else {
        kept = writer.error();
    }
    if (!kept) log::debug("ranks are not kept", {{"reason", kept.error()}});
}

}  // namespace rookery::store
