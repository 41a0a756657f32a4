// The header file of a mailbox: what does not fit a record, as text. doc/formats/header.md.
//
// name, uniqueid, ACL, special use and the keyword names in the order of their bits. Replaced as a
// whole, durably; read without a lock. A mailbox exists when its directory holds this file.
// Codes: not_found, corrupt (checksum or form), io, no_space, limit (a value with a line break).
#ifndef ROOKERY_IMAP_STORE_HEADER_FILE_H
#define ROOKERY_IMAP_STORE_HEADER_FILE_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::store {

inline constexpr const char* kHeaderName = "rookery.header";

struct HeaderFile {
    std::string name;
    std::string uniqueid;
    std::string acl;
    std::string special_use;   // "\\Sent", with spaces between several
    uint32_t uidvalidity = 0;  // a second copy, for when the index is lost
    std::vector<std::string> keywords;

    static Result<HeaderFile> read(int directory);
    Status write(int directory) const;

    // The bit of a keyword, in any case of letters.
    std::optional<size_t> keyword(std::string_view name) const;

    static Result<HeaderFile> parse(std::string_view text);
    Result<std::string> to_text() const;
};

// Writes name.NEW and renames it over name, in directory, all synced.
Status replace_in(int directory, const std::string& name, std::string_view bytes);
// At most max bytes of a file in directory.
Result<std::string> read_in(int directory, const std::string& name, size_t max);
// Makes the names in a directory durable.
Status sync_names(int directory);

}  // namespace rookery::store

#endif
