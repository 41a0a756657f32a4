// Each key of the order becomes a column of numbers, one for each message, which compare as the key
// does; then numbers are sorted. Of texts that is their rank: they are sorted by eight bytes at a
// time, and those that are equal so far by the next eight.
#include "imap/imapd/selected/sort.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "imap/imapd/selected/message_header.h"
#include "lib/text/order_keys.h"

namespace rookery::imapd {
namespace {

bool is_number(SortField field)
{
    return field == SortField::arrival || field == SortField::date || field == SortField::size;
}

std::string_view text_of(SortField field, const text::OrderKeys& keys)
{
    switch (field) {
        case SortField::cc: return keys.cc;
        case SortField::display_from: return keys.display_from;
        case SortField::display_to: return keys.display_to;
        case SortField::from: return keys.from;
        case SortField::subject: return keys.subject;
        case SortField::to: return keys.to;
        case SortField::arrival:
        case SortField::date:
        case SortField::size: break;
    }
    return {};
}

using Column = std::vector<uint64_t>;

// Negative ones first.
uint64_t number_in_order(int64_t n)
{
    return static_cast<uint64_t>(n) ^ (uint64_t{1} << 63);
}

// Texts one behind another, each of at most text::kMaxSortText bytes.
class Texts {
 public:
    void add(std::string_view text)
    {
        begins_.push_back(bytes_.size());
        bytes_.append(text);
    }

    // A number for each: the same for equal ones, else they compare as the texts do.
    Column ranks()
    {
        begins_.push_back(bytes_.size());
        Column ranks(begins_.size() - 1);
        std::vector<Item> items(ranks.size());
        for (uint32_t i = 0; i < items.size(); i++) items[i].text = i;
        rank(items, 0, ranks);
        return ranks;
    }

 private:
    struct Item {
        uint64_t bytes;  // eight of the text, the first the highest; behind its end zeros
        uint32_t size;   // of the text up to there
        uint32_t text;

        bool is_equal(const Item& other) const
        {
            return bytes == other.bytes && size == other.size;
        }
    };

    std::string_view text(uint32_t at) const
    {
        return std::string_view(bytes_).substr(begins_[at], begins_[at + 1] - begins_[at]);
    }

    // Of texts that are equal up to a place.
    void rank(std::span<Item> items, size_t place, Column& ranks)
    {
        const size_t next = place + 8;
        for (Item& item : items) {
            const std::string_view whole = text(item.text);
            item.size = static_cast<uint32_t>(std::min(whole.size(), next));
            item.bytes = 0;
            for (size_t i = place; i < next; i++)
                item.bytes = item.bytes << 8 |
                             (i < whole.size() ? static_cast<unsigned char>(whole[i]) : 0u);
        }
        std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
            return a.bytes != b.bytes ? a.bytes < b.bytes : a.size < b.size;
        });
        for (size_t begin = 0; begin < items.size();) {
            size_t end = begin + 1;
            while (end < items.size() && items[end].is_equal(items[begin])) end++;
            const auto equal = items.subspan(begin, end - begin);
            begin = end;
            if (equal.size() > 1 && equal.front().size == next) {
                rank(equal, next, ranks);
                continue;
            }
            next_rank_++;
            for (const Item& item : equal) ranks[item.text] = next_rank_;
        }
    }

    std::string bytes_;
    std::vector<size_t> begins_;
    uint64_t next_rank_ = 0;
};

Result<int64_t> number(mailbox::Mailbox& mailbox, SortField field, uint32_t sequence)
{
    if (field == SortField::date) return sent_time(mailbox, sequence);
    const mailbox::MessageInfo info = mailbox.message(sequence);
    if (field == SortField::size) return int64_t{info.size};
    return info.internaldate;
}

// A column for each key of the order. What is asked of a message is read once for all of them.
Result<std::vector<Column>> columns_of(mailbox::Mailbox& mailbox, std::span<const SortKey> order,
                                       std::span<const uint32_t> found)
{
    std::vector<Column> columns(order.size());
    std::vector<Texts> texts(order.size());
    for (const uint32_t sequence : found) {
        std::optional<text::OrderKeys> keys;  // only if one of them is asked for
        for (size_t i = 0; i < order.size(); i++) {
            if (is_number(order[i].field)) {
                TRY_ASSIGN(const int64_t n, number(mailbox, order[i].field, sequence));
                columns[i].push_back(number_in_order(n));
                continue;
            }
            if (!keys) {
                TRY_ASSIGN(keys, MessageHeader::or_empty(mailbox.order_keys(sequence)));
            }
            texts[i].add(text_of(order[i].field, *keys));
        }
    }
    for (size_t i = 0; i < order.size(); i++) {
        if (!is_number(order[i].field)) columns[i] = texts[i].ranks();
        if (order[i].reverse)
            for (uint64_t& n : columns[i]) n = ~n;
    }
    return columns;
}

}  // namespace

Result<int64_t> sent_time(mailbox::Mailbox& mailbox, uint32_t sequence)
{
    TRY_ASSIGN(const auto sent, MessageHeader::or_empty(mailbox.sent(sequence)));
    if (sent) return sent->seconds;
    return mailbox.message(sequence).internaldate;
}

Status sort_messages(mailbox::Mailbox& mailbox, std::span<const SortKey> order,
                     std::vector<uint32_t>& found)
{
    struct Placed {
        uint64_t number;  // of the first column
        size_t place;
    };
    TRY_ASSIGN(const std::vector<Column> columns, columns_of(mailbox, order, found));
    std::vector<Placed> places;
    places.reserve(found.size());
    for (size_t i = 0; i < found.size(); i++) places.push_back({columns[0][i], i});
    std::sort(places.begin(), places.end(), [&](const Placed& a, const Placed& b) {
        if (a.number != b.number) return a.number < b.number;
        for (size_t i = 1; i < columns.size(); i++) {
            const Column& more = columns[i];
            if (more[a.place] != more[b.place]) return more[a.place] < more[b.place];
        }
        return a.place < b.place;
    });
    std::vector<uint32_t> sorted;
    sorted.reserve(found.size());
    for (const Placed& placed : places) sorted.push_back(found[placed.place]);
    found = std::move(sorted);
    return success();
}

}  // namespace rookery::imapd
