// What SORT and THREAD compare of a message's header (RFC 5256, 5957), worked out once, for a
// cache: reading it is cheap.
//
// order_keys() makes the text of it, read_order_keys() finds its parts. It comes from disk, but
// whatever the bytes are, nothing fails. Values; OrderKeys borrows its text.
#ifndef ROOKERY_LIB_TEXT_ORDER_KEYS_H
#define ROOKERY_LIB_TEXT_ORDER_KEYS_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rookery::text {

inline constexpr size_t kMaxSortText = 1024;  // bytes of a text that count
inline constexpr size_t kMaxThreadReferences = 200;

struct OrderKeys {
    // By which texts compare as i;unicode-casemap, byte by byte (casemap()).
    std::string_view subject;  // its base
    std::string_view from, to, cc;
    std::string_view display_from, display_to;
    bool is_reply = false;      // says the subject
    std::string_view id;        // of Message-ID; may be empty
    std::string_view ancestors;  // take_id()
};

// Those of them by which messages are sorted.
enum class OrderText : uint8_t { subject, from, to, cc, display_from, display_to };
inline constexpr size_t kOrderTexts = 6;
std::string_view order_text(const OrderKeys& keys, OrderText which);

std::string order_keys(std::string_view header);
// none: that is no such text.
std::optional<OrderKeys> read_order_keys(std::string_view text);

// The next of the message IDs in References, or the first in In-Reply-To: the nearest is the last.
// At most kMaxThreadReferences, the last ones.
std::optional<std::string_view> take_id(std::string_view& ancestors);

}  // namespace rookery::text

#endif
