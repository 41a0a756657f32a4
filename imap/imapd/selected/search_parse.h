// What a SEARCH command asks for (RFC 3501 6.4.4), as a tree of keys; SORT and THREAD (RFC 5256)
// ask for the same in another order.
//
// Strings are UTF-8 after parsing, whatever CHARSET the client used. NOT, OR and lists nest up to
// the reader's max_depth; at most kMaxSearchKeys keys. Codes: syntax, limit, and the reader's.
// An unknown charset is no error here: the command is read to its end and bad_charset is set.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_SEARCH_PARSE_H
#define ROOKERY_IMAP_IMAPD_SELECTED_SEARCH_PARSE_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imap/imapd/command_reader.h"
#include "imap/imapd/selected/fetch_parse.h"
#include "imap/imapd/selected/partial_range.h"
#include "imap/imapd/selected/search_sources.h"
#include "imap/model/sequence_set.h"
#include "lib/base/result.h"
#include "lib/text/text_search.h"

namespace rookery::imapd {

inline constexpr size_t kMaxSearchKeys = 2000;

struct SearchKey {
    enum class Kind {
        all,          // ALL; also the whole program and a list: every child must match
        either,       // OR: two children
        negated,      // NOT: one child
        sequence,     // set: message numbers
        uid,          // set: UIDs
        flags_set,    // bits: all of them set
        flags_clear,  // bits: all of them clear
        recent,
        old,
        keyword,    // text
        unkeyword,  // text
        before,     // day: of INTERNALDATE
        on,
        since,
        saved_before,  // day: on which it came into this mailbox (RFC 8514)
        saved_on,
        saved_since,
        older,  // number: seconds before now, of INTERNALDATE (RFC 5032)
        younger,
        sent_before,  // day: of the Date: header
        sent_on,
        sent_since,
        larger,     // number
        smaller,    // number
        header,     // name, text
        addresses,  // name of the field, text
        body,       // text
        text,       // text
        modseq,     // modseq: at least (RFC 7162)
        emailid,    // text (RFC 8474)
        nothing,    // THREADID: no message has one
    } kind = Kind::all;
    uint32_t bits = 0;
    uint32_t number = 0;
    uint64_t modseq = 0;
    int64_t day = 0;
    int64_t time = 0;  // of older and younger, when the search begins
    std::string name;
    std::string text;
    std::optional<text::TextMatcher> matcher;  // of text that is looked for, when the search begins
    model::SequenceSet without;                // UIDs of messages that have no such text; the same
    model::SequenceSet set;                    // as the client wrote it, '*' not resolved
    std::vector<SearchKey> children;
};

struct SearchRequest {
    SearchKey root;
    bool bad_charset = false;
    bool has_charset = false;
    bool has_modseq = false;
    bool has_numbers = false;  // message numbers as a key
    // RETURN (RFC 4731): an ESEARCH response with these.
    bool extended = false;
    bool min = false;
    bool max = false;
    bool all = false;
    bool count = false;
    std::optional<PartialRange> partial;  // RFC 9394; not with all
    bool update = false;  // RFC 5267: how the results change is told; no response by itself
    // What is told of messages that are new in them (RFC 5465 7), also as the client wrote it.
    std::optional<FetchRequest> update_fetch;
    std::string update_fetch_text;
    bool save = false;  // for "$" (RFC 5182); alone it asks for no response
};

// SP ["IN" SP "(" sources ")" SP] and what parse_search() takes (RFC 7377).
struct EsearchRequest {
    std::vector<SearchSource> sources;  // none: the selected mailbox
    SearchRequest search;
    // As the client wrote it, without sources and RETURN: [SP "CHARSET" SP astring] SP keys.
    std::string program;
};
Result<EsearchRequest> parse_esearch(CommandReader& reader);
// A SEARCH, written down in the same way.
Result<EsearchRequest> parse_recorded_search(CommandReader& reader);

enum class SortField { arrival, cc, date, display_from, display_to, from, size, subject, to };
struct SortKey {
    SortField field = SortField::arrival;
    bool reverse = false;
};
inline constexpr size_t kMaxSortKeys = 50;

enum class ThreadAlgorithm { ordered_subject, references, refs };

// Behind the command's name: SP ["RETURN" SP "(" options ")" SP] ["CHARSET" SP astring SP] keys
// CRLF.
Result<SearchRequest> parse_search(CommandReader& reader);
// SP ["RETURN" SP "(" options ")" SP] "(" sort keys ")" SP charset SP keys CRLF.
struct SortRequest {
    std::vector<SortKey> order;  // each field once
    SearchRequest search;
};
Result<SortRequest> parse_sort(CommandReader& reader);
// SP algorithm SP charset SP keys CRLF.
struct ThreadRequest {
    ThreadAlgorithm algorithm = ThreadAlgorithm::references;
    SearchRequest search;
};
Result<ThreadRequest> parse_thread(CommandReader& reader);

}  // namespace rookery::imapd

#endif
