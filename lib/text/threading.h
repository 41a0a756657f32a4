// What sorting and threading compare of a header (RFC 5256).
//
// Everything is read leniently and nothing fails. Values.
#ifndef ROOKERY_LIB_TEXT_THREADING_H
#define ROOKERY_LIB_TEXT_THREADING_H

#include <string>
#include <string_view>
#include <vector>

namespace rookery::text {

struct BaseSubject {
    std::string text;       // UTF-8
    bool is_reply = false;  // or forwarded
};
// Of the value of a Subject: header (2.1).
BaseSubject base_subject(std::string_view value);

// The message IDs in a value, without brackets, quoting and space, at most max of them: the last.
std::vector<std::string> message_ids(std::string_view value, size_t max);

// How DISPLAYFROM and DISPLAYTO read the addresses of all fields of that name (RFC 5957), and the
// mailbox of the first address, by which FROM, TO and CC sort.
std::string display_name(std::string_view header, std::string_view name);
std::string first_mailbox(std::string_view header, std::string_view name);

}  // namespace rookery::text

#endif
