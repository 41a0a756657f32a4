// Rebuilding a mailbox from its message files: what reconstruct does.
//
// The files say which messages there are and what their UIDs are. Of the old index is taken what is
// intact and fits the file (same GUID): flags, dates, modseq; the rest starts anew. A file that was
// cut (it is shorter) keeps flags and date, and gets its present size and GUID. A message that
// was expunged stays so, one whose file is missing becomes so. Each that is lost or another one is
// logged. UIDs are never lowered; without the old index header UIDVALIDITY is new,
// because nobody knows which UIDs were given out. Sessions that have the mailbox open go on, by
// UIDs, if UIDVALIDITY stays. Codes: not_found, busy, io, no_space. One thread.
#ifndef ROOKERY_IMAP_STORE_REBUILD_H
#define ROOKERY_IMAP_STORE_REBUILD_H

#include <cstdint>
#include <string>

#include "imap/store/local_store.h"
#include "lib/base/result.h"

namespace rookery::store {

struct RebuildReport {
    uint32_t messages = 0;  // in the mailbox now
    uint32_t found = 0;     // of these, without a usable record before
    uint32_t lost = 0;      // had a record, have no file
    uint32_t changed = 0;   // have a record, and a file that is not the one that it was made from
    bool new_uidvalidity = false;
    bool new_header = false;  // made from the name: the ACL must be set again
};

// 32 hexadecimal digits.
std::string new_uniqueid();

// The mailbox in directory, which is known as entry (its uniqueid may be "": the header's, or, with
// make_header, a new one). make_header: even if there is no header; else not_found.
Result<RebuildReport> rebuild(const LocalStore& store, const model::MailboxEntry& entry,
                              bool make_header);

}  // namespace rookery::store

#endif
