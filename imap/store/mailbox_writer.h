// MailboxWriter: the one process that may change a mailbox now, and the steps of a change.
//
// open() takes the mailbox lock, believes the committed prefix of the index and puts right what a
// writer that died has left: counts, records, messages on their way out (local_mailbox_move.cc).
// Then: change records in place after begin_changes(), or write records beyond header.records,
// adjust header, and commit(). Until commit nothing is acknowledged; if it fails the header that
// was there is put back, with UIDs never lowered.
// Codes: busy, not_found, moved, corrupt, io, no_space, limit (keywords). Thread rule: one thread.
#ifndef ROOKERY_IMAP_STORE_MAILBOX_WRITER_H
#define ROOKERY_IMAP_STORE_MAILBOX_WRITER_H

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "imap/mailbox/mailbox.h"
#include "imap/store/cache_file.h"
#include "imap/store/header_file.h"
#include "imap/store/index_file.h"
#include "imap/store/mailbox_lock.h"
#include "imap/store/mailbox_path.h"
#include "imap/store/move_record.h"

namespace rookery::store {

// A message that is to come into a mailbox, from a file that exists and is durable.
struct NewMessage {
    int from_directory = -1;  // AT_FDCWD for a path
    std::string from;
    IndexRecord record;  // flags, date, size, guid; the rest is filled in by append
    std::vector<std::string> keywords;
    std::string cache_entry;  // "" = none
};

// Adds a record to, or takes it from, the counts of a header.
void tally(IndexHeader& header, const IndexRecord& record, bool add);

class MailboxWriter {
 public:
    // paths: where the target of a move that was cut short is looked for.
    // name_hash: of the name under which the caller knows the mailbox; none = whatever it is.
    // thawing: whoever froze it may open it all the same.
    static Result<MailboxWriter> open(const PathOptions& paths, int directory,
                                      std::optional<uint64_t> name_hash, Milliseconds wait,
                                      bool thawing = false);

    IndexHeader header;
    IndexFile index;

    int directory() const { return directory_.get(); }
    Result<HeaderFile*> names();
    // The bits of keywords; names that are new get one, durably.
    Result<model::KeywordBits> add_keywords(const std::vector<std::string>& keywords);
    // The bits of those that exist.
    Result<model::KeywordBits> find_keywords(const std::vector<std::string>& keywords);

    // All of the messages or none. Files are linked if link, else copied. before_commit is told the
    // first UID and the origin of the records, when only these and the header are still to be
    // written; its error is the append's.
    using BeforeCommit = std::function<Status(uint32_t first, uint64_t origin)>;
    // In two steps, between which the caller makes the names in the directory durable: the
    // messages have their places, and they count. give_up_append() is the way back from the first.
    // placing: told before each how many have their places.
    using Placing = std::function<void(uint64_t message)>;
    Status begin_append(std::span<NewMessage> messages, bool link, const Placing& placing);
    Result<mailbox::AppendResult> finish_append(std::span<NewMessage> messages,
                                                const BeforeCommit& before_commit);
    void give_up_append(std::span<const NewMessage> messages);

    // The three steps of a move out of this mailbox, see local_mailbox_move.cc. room: how many
    // records will come before this is over.
    Status begin_move(const MoveRecord& record, uint32_t room);
    // Expunges these UIDs; the move is over. to: the unique id of where they went, perhaps to this
    // mailbox itself, under other UIDs.
    Status finish_move(std::span<const uint32_t> uids, const MoveRecord& record);
    // Expunges these UIDs, all or none of them, whatever ends when; durably.
    Status remove(std::span<const uint32_t> uids);
    // A move or a removal that was begun and about which nothing else is known.
    Status settle(const PathOptions& paths);

    Status begin_changes();
    Status commit(bool durable);
    // Makes records that are not intact again from their message files, counts everything, and
    // commits. corrupt: the others are not in order.
    Status repair();
    // Removes files of messages expunged at or before the time, if no view is open; drop also
    // takes their records out of the index. Gives how many files went.
    Result<uint32_t> collect(int64_t expunged_before, bool drop);

 private:
    MailboxWriter(Fd directory, MailboxLock lock)
        : directory_(std::move(directory)), lock_(std::move(lock))
    {
    }
    Status recover();
    // state: what their records say then.
    Status expunge(std::span<const uint32_t> uids, uint32_t state = kRecordExpunged);
    Status note_down(std::string_view text, uint32_t room);
    Status begin_removal(const std::vector<uint32_t>& uids);
    Status finish_removal(std::span<const uint32_t> uids);
    Status settle_move(const PathOptions& paths, std::string_view text);
    Status settle_removal(std::string_view text);
    std::optional<uint32_t> slot_of(uint32_t uid) const;
    // Gives how many there were.
    Result<uint32_t> mend_records();
    Status write_mended(uint32_t slot, const std::vector<uint32_t>& uids);
    Status place_all(std::span<NewMessage> messages, bool link, const Placing& placing);
    void cache_all(std::span<NewMessage> messages);
    Status drop_records(int64_t expunged_before);

    Fd directory_;
    MailboxLock lock_;
    IndexHeader committed_;
    std::optional<HeaderFile> names_;
};

}  // namespace rookery::store

#endif
