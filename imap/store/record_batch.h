// RecordBatch: changes to records in place, neighbours written together. The first write marks the
// header dirty. A value of one change; one thread.
#ifndef ROOKERY_IMAP_STORE_RECORD_BATCH_H
#define ROOKERY_IMAP_STORE_RECORD_BATCH_H

#include <vector>

#include "imap/store/mailbox_writer.h"

namespace rookery::store {

class RecordBatch {
 public:
    explicit RecordBatch(MailboxWriter& writer) : writer_(writer) {}

    Status add(uint32_t slot, const IndexRecord& record)
    {
        constexpr size_t kMost = 512;
        if (slot != first_ + records_.size() || records_.size() >= kMost) TRY(flush());
        if (records_.empty()) first_ = slot;
        records_.push_back(record);
        return success();
    }

    Status flush()
    {
        if (records_.empty()) return success();
        if (!begun_) TRY(writer_.begin_changes());
        begun_ = true;
        Status written = writer_.index.write_records(first_, records_);
        records_.clear();
        return written;
    }

 private:
    MailboxWriter& writer_;
    std::vector<IndexRecord> records_;
    uint32_t first_ = 0;
    bool begun_ = false;
};

}  // namespace rookery::store

#endif
