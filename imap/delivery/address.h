// Address: a mailbox of RFC 5321 4.1.2, as the grammar of a protocol found it. Values.
#ifndef ROOKERY_IMAP_DELIVERY_ADDRESS_H
#define ROOKERY_IMAP_DELIVERY_ADDRESS_H

#include <optional>
#include <string>
#include <string_view>

namespace rookery::delivery {

struct Address {
    std::string text;    // as between the brackets, without a source route
    std::string local;   // without quotes
    std::string domain;  // "" if there was none
    bool empty() const { return text.empty(); }
};

// The user part of a local part and what is behind the first '+'.
struct LocalPart {
    std::string user;
    std::optional<std::string> detail;
};
LocalPart split_local_part(std::string_view local);

}  // namespace rookery::delivery

#endif
