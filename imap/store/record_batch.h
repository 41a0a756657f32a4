// RecordBatch: changes to records in place, neighbours written together. Before the first write it
// asks its owner to begin, who marks the header dirty. A value of one change; one thread.
// Codes: those of the index and of begin.
#ifndef ROOKERY_IMAP_STORE_RECORD_BATCH_H
#define ROOKERY_IMAP_STORE_RECORD_BATCH_H

#include <functional>
#include <utility>
#include <vector>

#include "imap/store/index_file.h"

namespace rookery::store {

class RecordBatch {
 public:
    // The index outlives it.
    RecordBatch(IndexFile& index, std::function<Status()> begin)
        : index_(index), begin_(std::move(begin))
    {
    }

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
        if (!begun_) TRY(begin_());
        begun_ = true;
        Status written = index_.write_records(first_, records_);
        records_.clear();
        return written;
    }

 private:
    IndexFile& index_;
    std::function<Status()> begin_;
    std::vector<IndexRecord> records_;
    uint32_t first_ = 0;
    bool begun_ = false;
};

}  // namespace rookery::store

#endif
