// The URL of a message, or of a part of one, relative to a session (RFC 5092, imsg-or-part and
// iabsolute-path): what CATENATE takes.
//
// One with a scheme or a server, of a mailbox alone, or with anything behind the part, is none.
// Values.
#ifndef ROOKERY_LIB_TEXT_IMAP_URL_H
#define ROOKERY_LIB_TEXT_IMAP_URL_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rookery::text {

struct ImapUrl {
    bool from_root = false;  // a "/" at its begin: the mailbox is the whole name
    std::string mailbox;     // decoded, UTF-8; "": the one that the URL is relative to
    std::optional<uint32_t> uidvalidity;
    uint32_t uid = 0;
    std::string section;  // decoded; "": all of it
    struct Range {
        uint32_t offset = 0;
        std::optional<uint32_t> count;  // none: to the end
    };
    std::optional<Range> partial;
};

std::optional<ImapUrl> parse_imap_url(std::string_view url);

}  // namespace rookery::text

#endif
