// Making and keeping rookery.words (word_index.h): what squatter(8) does with one mailbox.
//
// What came since is added; segments that are not much longer than that are made one with it, so
// that there are few. Sessions go on meanwhile: the mailbox is locked for the one rename alone. A
// message that cannot be read, or has more words than text::kMostTerms, is left out, and so always
// read by a search. Where no message is left, no words of those that were there are either. Memory:
// a segment's (WordSegmentMaker::kFull) and a message's. Codes: not_found, moved, io (it went away,
// or to another place), busy, no_space. One thread.
#ifndef ROOKERY_IMAP_STORE_WORD_INDEXING_H
#define ROOKERY_IMAP_STORE_WORD_INDEXING_H

#include <cstdint>
#include <functional>

#include "imap/model/mailbox_entry.h"
#include "imap/store/local_store.h"
#include "lib/base/result.h"

namespace rookery::store {

struct IndexingReport {
    uint32_t added = 0;     // messages whose words are in the index now
    uint32_t left_out = 0;  // that cannot be read, or have too many words
};

struct IndexingOptions {
    bool anew = false;                     // as if there were no index
    std::function<bool()> stopped = {};    // asked before each message; true: nothing is changed
};

Result<IndexingReport> index_words(LocalStore& store, const model::MailboxEntry& entry,
                                   const IndexingOptions& options);

}  // namespace rookery::store

#endif
