// What a FETCH command asks for (RFC 3501 section 6.4.5, 9: fetch, fetch-att, section).
//
// Codes: syntax, limit (more than kMaxFetchItems attributes, kMaxHeaderNames header names,
// kMaxSectionDepth part numbers), and the reader's.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_FETCH_PARSE_H
#define ROOKERY_IMAP_IMAPD_SELECTED_FETCH_PARSE_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imap/imapd/command_reader.h"
#include "lib/base/result.h"
#include "lib/text/sections.h"

namespace rookery::imapd {

inline constexpr size_t kMaxFetchItems = 200;
inline constexpr size_t kMaxHeaderNames = 500;
inline constexpr size_t kMaxSectionDepth = 100;

// The modifier of PREVIEW. Where that is asked for alone, it stands where the modifiers of FETCH
// do, and is the caller's to read.
inline constexpr std::string_view kLazy = "LAZY";

struct Partial {
    uint32_t offset = 0;
    uint32_t count = 0;
};

struct FetchItem {
    enum class Kind {
        flags,
        uid,
        internaldate,
        size,      // RFC822.SIZE
        modseq,    // RFC 7162
        savedate,  // RFC 8514
        preview,   // RFC 8970
        emailid,   // RFC 8474
        threadid,  // RFC 8474: NIL
        mailboxids,  // mailbox_ids.h
        envelope,
        body,
        bodystructure,
        section,      // BODY[...], RFC822, RFC822.HEADER, RFC822.TEXT, BINARY[...]
        binary_size,  // BINARY.SIZE[...] (RFC 3516)
    } kind = Kind::flags;
    bool lazy = false;    // of a preview
    bool binary = false;  // of a section: without its transfer encoding (RFC 3516)
    // Of a section:
    std::string label;  // as it is answered, "BODY[1.HEADER.FIELDS (To)]"
    std::vector<uint32_t> path;
    text::SectionText what = text::SectionText::whole;
    enum class Fields { all, only, all_but } fields = Fields::all;  // with what == header
    std::vector<std::string> names;
    bool peek = true;  // false: sets \Seen
    std::optional<Partial> partial;
};

struct FetchRequest {
    std::vector<FetchItem> items;
    bool in_list = false;  // they stood in parentheses
    bool has(FetchItem::Kind kind) const;
    bool sets_seen() const;
    bool reads_bodies() const;  // more of the messages than their headers
};

// BODY.PEEK of the section that a text names, "1.2.MIME" or "HEADER.FIELDS (To Cc)"; "": of all.
// Names of fields are those of RFC 5322. syntax: there is no such.
Result<FetchItem> parse_section(std::string_view text);

// The attributes behind the sequence set and its SP, up to the end of the line, which is not taken.
Result<FetchRequest> parse_fetch(CommandReader& reader);
// The same of what is told of messages that nobody has asked for yet, as they come: what is looked
// for in other mailboxes is no part of it.
Result<FetchRequest> parse_pushed_fetch(CommandReader& reader);

}  // namespace rookery::imapd

#endif
