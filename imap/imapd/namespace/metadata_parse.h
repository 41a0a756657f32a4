// The arguments of GETMETADATA and SETMETADATA (RFC 5464 5).
//
// Codes: syntax (also a name that no entry can have), limit (kMaxMetadataEntries,
// kMaxMetadataBytes), over_quota (a value longer than an annotation may be: NO, not BAD; the rest
// of the command is unread), and the reader's.
#ifndef ROOKERY_IMAP_IMAPD_NAMESPACE_METADATA_PARSE_H
#define ROOKERY_IMAP_IMAPD_NAMESPACE_METADATA_PARSE_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/imapd/command_reader.h"
#include "imap/mboxlist/list_pattern.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// Entries of one command, and their values.
inline constexpr size_t kMaxMetadataEntries = 200;
inline constexpr size_t kMaxMetadataBytes = 1u << 20;

enum class Depth : unsigned char { zero, one, infinity };

// "/shared/Comment": names are the same in any case of letters. What asks for values may have
// wildcards, as in LIST with "/" between the levels: Cyrus' tools and frontends write them.
struct EntryName {
    std::string written;
    bool is_private = false;
    std::string path;  // "/comment"; "" for "/shared" alone, lower case
    std::optional<mboxlist::ListPattern> pattern = std::nullopt;
    std::string full() const;
};

struct MetadataOptions {
    std::optional<uint32_t> max_size;
    Depth depth = Depth::zero;
};

struct MetadataRequest {
    std::vector<EntryName> entries;
    MetadataOptions options;
    // Is the entry of this name (lower case) asked for?
    bool wants(std::string_view name) const;
    // By its very name, not by what is above it or a wildcard.
    bool names(std::string_view name) const;
};

struct MetadataChange {
    EntryName entry;
    std::optional<std::string> value;  // NIL: it goes
};

// What GETMETADATA has in front of the entries: [options SP] and a mailbox, or, as Cyrus has it,
// "(" mailbox *(SP mailbox) ")". A list whose first word is an option's name has options.
struct MetadataHead {
    std::optional<MetadataOptions> options;
    std::vector<std::string> names;  // one at least
};
Result<MetadataHead> parse_metadata_head(CommandReader& reader);
// How many arguments of options stand behind the mailbox's name, where the head has none: 0 or 1.
// Nothing is taken.
Result<size_t> options_ahead(CommandReader& reader, const MetadataHead& head);
// What follows the mailbox's name in GETMETADATA, CRLF included. before: options that stood before
// the name.
Result<MetadataRequest> parse_getmetadata(CommandReader& reader,
                                          const std::optional<MetadataOptions>& before);
// The same, without CRLF, for another server.
std::string metadata_arguments(const MetadataRequest& request);
// entry *(SP entry) ")"
Result<std::vector<EntryName>> rest_of_entries(CommandReader& reader);
// "(" entry SP value *(SP entry SP value) ")". A value may be an atom too: Cyrus' frontends write
// short ones so.
Result<std::vector<MetadataChange>> parse_entry_values(CommandReader& reader);

// Is the entry of this name one of those that asked means?
bool is_asked_by(const EntryName& asked, const MetadataOptions& options, std::string_view name);
// What of an entry's path is behind base: "" for the entry itself, "/b" for "/a/b" below "/a"; none
// if it is not below.
std::optional<std::string_view> below(std::string_view path, std::string_view base);

}  // namespace rookery::imapd

#endif
