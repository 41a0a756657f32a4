// The capabilities that a frontend has only where its backends have them, and what servers announce
// of these as one number for the health table (doc/formats/health.md).
//
// A name in kFromBackends is announced by this server as well, and narrowed by what others lack.
// The low 56 bits stand for kFromBackends, in its order: new names go to the end. The high 8 say
// how many names the writer knew, so that a name which came later counts as not heard of rather
// than as missing. 0: the server was not heard at all.
#ifndef ROOKERY_IMAP_BACKEND_ANNOUNCED_H
#define ROOKERY_IMAP_BACKEND_ANNOUNCED_H

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rookery::backend {

using Announced = uint64_t;

// With '=' at the end: whatever the value is.
inline constexpr std::array<std::string_view, 41> kFromBackends = {
    "ACL",
    "RIGHTS=kxten",
    "CONDSTORE",
    "QRESYNC",
    "ESEARCH",
    "MOVE",
    "MULTIAPPEND",
    "UIDPLUS",
    "UNSELECT",
    "OBJECTID",
    "STATUS=SIZE",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "QUOTA",
    "QUOTASET",
    "QUOTA=RES-STORAGE",
    "QUOTA=RES-MESSAGE",
    "QUOTA=RES-MAILBOX",
    "APPENDLIMIT=",
    "METADATA",
    "LIST-METADATA",
    "WITHIN",
    "SORT",
    "SORT=DISPLAY",
    "ESORT",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "THREAD=REFS",
    "SEARCHRES",
    "SAVEDATE",
    "PREVIEW",
    "BINARY",
    "REPLACE",
    "PARTIAL",
    "CONTEXT=SEARCH",
    "CONTEXT=SORT",
    "MULTISEARCH",
    "INPROGRESS",
    "UIDONLY",
    "X-ROOKERY-REV2",
    "NOTIFY",
};
inline constexpr unsigned kAnnouncedBits = 56;
static_assert(kFromBackends.size() <= kAnnouncedBits);

constexpr bool is_from_backends(std::string_view name)
{
    return std::find(kFromBackends.begin(), kFromBackends.end(), name) != kFromBackends.end();
}

// What a server announced after the login.
Announced announced(const std::vector<std::string>& capabilities);
// The bits of the names that it was asked about and did not announce.
Announced missing_in(Announced announced);
// Is it one of kFromBackends, and among those missing?
bool is_missing(Announced missing, std::string_view name);

}  // namespace rookery::backend

#endif
