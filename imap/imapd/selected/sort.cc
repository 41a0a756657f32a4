#include "imap/imapd/selected/sort.h"

#include <algorithm>
#include <optional>
#include <string>

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

// The keys of all messages lie one behind another: a number each, and of texts where they are.
class Sorter {
 public:
    Sorter(mailbox::Mailbox& mailbox, std::span<const SortKey> order)
        : mailbox_(mailbox), order_(order)
    {
    }

    Status add(uint32_t sequence)
    {
        std::optional<text::OrderKeys> keys;  // read once, and only if one of them is asked for
        for (const SortKey& key : order_) {
            Key value;
            if (is_number(key.field)) {
                TRY_ASSIGN(value.number, number(key.field, sequence));
            } else {
                if (!keys) {
                    TRY_ASSIGN(keys, MessageHeader::or_empty(mailbox_.order_keys(sequence)));
                }
                const std::string_view text = text_of(key.field, *keys);
                value.begin = texts_.size();
                value.size = text.size();
                texts_.append(text);
            }
            keys_.push_back(value);
        }
        return success();
    }

    // Of messages by the order in which they were added.
    bool is_before(size_t a, size_t b) const
    {
        for (size_t i = 0; i < order_.size(); i++) {
            const Key& x = keys_[a * order_.size() + i];
            const Key& y = keys_[b * order_.size() + i];
            int order = 0;
            if (is_number(order_[i].field))
                order = x.number < y.number ? -1 : x.number > y.number ? 1 : 0;
            else
                order = text(x).compare(text(y));
            if (order != 0) return (order < 0) != order_[i].reverse;
        }
        return false;
    }

 private:
    struct Key {
        int64_t number = 0;
        size_t begin = 0;
        size_t size = 0;
    };

    std::string_view text(const Key& key) const
    {
        return std::string_view(texts_).substr(key.begin, key.size);
    }

    Result<int64_t> number(SortField field, uint32_t sequence)
    {
        if (field == SortField::date) return sent_time(mailbox_, sequence);
        const mailbox::MessageInfo info = mailbox_.message(sequence);
        if (field == SortField::size) return int64_t{info.size};
        return info.internaldate;
    }

    mailbox::Mailbox& mailbox_;
    std::span<const SortKey> order_;
    std::vector<Key> keys_;
    std::string texts_;
};

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
    Sorter sorter(mailbox, order);
    std::vector<uint32_t> places(found.size());
    for (uint32_t i = 0; i < found.size(); i++) {
        places[i] = i;
        TRY(sorter.add(found[i]));
    }
    std::stable_sort(places.begin(), places.end(),
                     [&](uint32_t a, uint32_t b) { return sorter.is_before(a, b); });
    for (uint32_t& place : places) place = found[place];
    found = std::move(places);
    return success();
}

}  // namespace rookery::imapd
