#include "imap/imapd/selected/sort.h"

#include <algorithm>
#include <string>

#include "imap/imapd/selected/message_header.h"
#include "lib/text/search_form.h"
#include "lib/text/threading.h"

namespace rookery::imapd {
namespace {

bool is_number(SortField field)
{
    return field == SortField::arrival || field == SortField::date || field == SortField::size;
}

std::string_view field_name(SortField field)
{
    if (field == SortField::cc) return "cc";
    if (field == SortField::from || field == SortField::display_from) return "from";
    if (field == SortField::to || field == SortField::display_to) return "to";
    return "subject";
}

std::string text_of(SortField field, std::string_view header)
{
    const std::string_view name = field_name(field);
    if (field == SortField::display_from || field == SortField::display_to)
        return text::display_name(header, name);
    if (field != SortField::subject) return text::first_mailbox(header, name);
    const auto value = text::find_field(header, name);
    return value ? text::base_subject(*value).text : "";
}

bool is_lost(const Error& error)
{
    return error.code == Code::not_found || error.code == Code::corrupt;
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
        MessageHeader header(mailbox_, sequence);
        for (const SortKey& key : order_) {
            Key value;
            if (is_number(key.field)) {
                TRY_ASSIGN(value.number, number(key.field, sequence));
            } else {
                TRY_ASSIGN(const std::string text, text_key(key.field, header));
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

    static Result<std::string> text_key(SortField field, MessageHeader& header)
    {
        auto bytes = header.with(field_name(field));
        if (!bytes) return is_lost(bytes.error()) ? Result<std::string>("") : bytes.error();
        const std::string key = text::collation_key(text_of(field, *bytes));
        return key.substr(0, kMaxSortText);
    }

    mailbox::Mailbox& mailbox_;
    std::span<const SortKey> order_;
    std::vector<Key> keys_;
    std::string texts_;
};

}  // namespace

Result<int64_t> sent_time(mailbox::Mailbox& mailbox, uint32_t sequence)
{
    auto sent = mailbox.sent(sequence);
    if (!sent && !is_lost(sent.error())) return sent.error();
    if (sent && *sent) return (*sent)->seconds;
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
