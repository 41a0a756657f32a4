// The arguments of SELECT and EXAMINE (RFC 3501 6.3.1, 4466 2.2, 7162 3.2.5).
//
// Read to their end before anything else happens: a line that is wrong changes nothing.
// Codes: syntax (an unknown parameter too), limit, and the reader's.
#ifndef ROOKERY_IMAP_IMAPD_SELECTED_SELECT_PARSE_H
#define ROOKERY_IMAP_IMAPD_SELECTED_SELECT_PARSE_H

#include <cstdint>
#include <optional>
#include <string>

#include "imap/imapd/command_reader.h"
#include "imap/model/sequence_set.h"
#include "lib/base/result.h"

namespace rookery::imapd {

// What the client knows of the mailbox.
struct Resync {
    uint32_t uidvalidity = 0;
    uint64_t modseq = 0;
    std::optional<model::SequenceSet> known;
};

struct SelectParameters {
    bool condstore = false;
    std::optional<Resync> qresync;
    bool has_numbers = false;  // QRESYNC came with message numbers
};

// [SP "(" select-param *(SP select-param) ")"] CRLF
Result<SelectParameters> parse_select_parameters(CommandReader& reader);
// The same for another server: with a space in front, or nothing.
std::string to_string(const SelectParameters& parameters);

}  // namespace rookery::imapd

#endif
