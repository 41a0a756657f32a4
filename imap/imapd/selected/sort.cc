// Each key of the order becomes a column of numbers, one for each message, which compare as the key
// does; then numbers are sorted. Of texts that is their rank.
#include "imap/imapd/selected/sort.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "imap/imapd/selected/message_header.h"
#include "lib/text/order_keys.h"

namespace rookery::imapd {
namespace {

// none: it is a number.
std::optional<text::OrderText> text_of(SortField field)
{
    switch (field) {
        case SortField::cc: return text::OrderText::cc;
        case SortField::display_from: return text::OrderText::display_from;
        case SortField::display_to: return text::OrderText::display_to;
        case SortField::from: return text::OrderText::from;
        case SortField::subject: return text::OrderText::subject;
        case SortField::to: return text::OrderText::to;
        case SortField::arrival:
        case SortField::date:
        case SortField::size: break;
    }
    return std::nullopt;
}

using Column = std::vector<uint64_t>;

// Negative ones first.
uint64_t number_in_order(int64_t n)
{
    return static_cast<uint64_t>(n) ^ (uint64_t{1} << 63);
}

Result<int64_t> number(mailbox::Mailbox& mailbox, SortField field, uint32_t sequence)
{
    if (field == SortField::date) return sent_time(mailbox, sequence);
    const mailbox::MessageInfo info = mailbox.message(sequence);
    if (field == SortField::size) return int64_t{info.size};
    return info.internaldate;
}

// A column for each key of the order.
Result<Column> column_of(mailbox::Mailbox& mailbox, const SortKey& key,
                         std::span<const uint32_t> found)
{
    Column column;
    column.reserve(found.size());
    if (const auto text = text_of(key.field)) {
        TRY_ASSIGN(const std::vector<uint32_t> ranks, mailbox.ranks(*text, found));
        column.assign(ranks.begin(), ranks.end());
    } else {
        for (const uint32_t sequence : found) {
            TRY_ASSIGN(const int64_t n, number(mailbox, key.field, sequence));
            column.push_back(number_in_order(n));
        }
    }
    if (key.reverse)
        for (uint64_t& n : column) n = ~n;
    return column;
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
    std::vector<Column> columns;
    for (const SortKey& key : order) {
        TRY_ASSIGN(Column column, column_of(mailbox, key, found));
        columns.push_back(std::move(column));
    }
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
