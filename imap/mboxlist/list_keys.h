// The keys of a mailbox list in an ordered store (doc/formats/mailboxes.md).
//
// Spaces of the store: 'M' names with their entries; '/' marks; and, if indexed, keys without
// values for scans that touch their own results only: 'S' by server, 'I' by ACL identifier
// (positive entries), 'P' pending. An index key ends in 0x01 and the name's key.
#ifndef ROOKERY_IMAP_MBOXLIST_LIST_KEYS_H
#define ROOKERY_IMAP_MBOXLIST_LIST_KEYS_H

#include <string>
#include <string_view>

#include "lib/base/strings.h"

namespace rookery::mboxlist::list_keys {

inline constexpr char kMarks = '/';
inline constexpr char kIdentifiers = 'I';
inline constexpr char kNames = 'M';
inline constexpr char kPending = 'P';
inline constexpr char kServers = 'S';
inline constexpr char kEnd = '\x01';  // of what an index is by; in no server, user or mailbox name
// ACL identifiers longer than this are not indexed: nobody can have such a name.
inline constexpr size_t kMaxIndexedIdentifier = 400;

inline std::string server_prefix(std::string_view server)
{
    return cat(kServers, server, kEnd);
}
inline std::string identifier_prefix(std::string_view identifier)
{
    return cat(kIdentifiers, identifier, kEnd);
}
inline std::string pending_prefix()
{
    return cat(kPending, kEnd);
}
// Those of an ACL's identifiers that have a place in the index.
inline bool is_indexed(std::string_view identifier)
{
    return !identifier.starts_with('-') && identifier.size() <= kMaxIndexedIdentifier;
}

}  // namespace rookery::mboxlist::list_keys

#endif
