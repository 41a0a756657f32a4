// Text of order_keys(): a byte, which is 1 for a reply; then strings, each behind its length in two
// bytes, low first: the keys, the message ID, the ancestors.
#include "lib/text/order_keys.h"

#include <algorithm>

#include "lib/text/casemap.h"
#include "lib/text/rfc5322_header.h"
#include "lib/text/threading.h"

namespace rookery::text {
namespace {

void put(std::string& out, std::string_view text)
{
    out.push_back(static_cast<char>(text.size() & 0xff));
    out.push_back(static_cast<char>(text.size() >> 8));
    out.append(text);
}

// Each is shorter than 64 kB.
std::optional<std::string_view> take(std::string_view& text)
{
    if (text.size() < 2) return std::nullopt;
    const size_t size = static_cast<unsigned char>(text[0]) |
                        static_cast<size_t>(static_cast<unsigned char>(text[1])) << 8;
    if (size > text.size() - 2) return std::nullopt;
    const std::string_view taken = text.substr(2, size);
    text.remove_prefix(2 + size);
    return taken;
}

std::vector<std::string> ids_in(std::string_view header, std::string_view name, size_t max)
{
    const auto value = find_field(header, name);
    return value ? message_ids(*value, max) : std::vector<std::string>();
}

}  // namespace

std::string order_keys(std::string_view header)
{
    const auto value = find_field(header, "subject");
    const BaseSubject subject = value ? base_subject(*value) : BaseSubject{};
    std::string out(1, subject.is_reply ? '\1' : '\0');
    for (const std::string& text :
         {subject.text, first_mailbox(header, "from"), first_mailbox(header, "to"),
          first_mailbox(header, "cc"), display_name(header, "from"), display_name(header, "to")})
        put(out, std::string_view(casemap(text)).substr(0, kMaxSortText));
    const auto own = ids_in(header, "message-id", 1);
    put(out, own.empty() ? "" : std::string_view(own.front()));
    auto named = ids_in(header, "references", kMaxThreadReferences);
    if (named.empty()) {
        named = ids_in(header, "in-reply-to", kMaxThreadReferences);
        if (named.size() > 1) named.resize(1);
    }
    for (const std::string& id : named) put(out, id);
    return out;
}

std::optional<OrderKeys> read_order_keys(std::string_view text)
{
    if (text.empty()) return std::nullopt;
    OrderKeys keys;
    keys.is_reply = text[0] == '\1';
    text.remove_prefix(1);
    for (std::string_view* key : {&keys.subject, &keys.from, &keys.to, &keys.cc,
                                  &keys.display_from, &keys.display_to, &keys.id}) {
        const auto taken = take(text);
        if (!taken) return std::nullopt;
        *key = *taken;
    }
    keys.ancestors = text;
    return keys;
}

std::string_view order_text(const OrderKeys& keys, OrderText which)
{
    switch (which) {
        case OrderText::subject: return keys.subject;
        case OrderText::from: return keys.from;
        case OrderText::to: return keys.to;
        case OrderText::cc: return keys.cc;
        case OrderText::display_from: return keys.display_from;
        case OrderText::display_to: return keys.display_to;
    }
    return {};
}

std::optional<std::string_view> take_id(std::string_view& ancestors)
{
    return take(ancestors);
}

}  // namespace rookery::text
