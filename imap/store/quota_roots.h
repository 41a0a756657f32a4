// QuotaRoots: the limits of the quota roots as they lie on disk, and their text copy.
//
// <configdirectory>/quotas.tdb, or quotas.flat (quota_db), made by the first set(); beside it
// quotas.limits, which is written anew at each change (doc/formats/quotas.md). A store that is
// lost, cut, not a store or of a newer version is renamed with a time stamp and made again from the
// copy by whoever meets it first, who logs it; the others find the new one. Open after fork.
// Codes: not_found (no such root), io, no_space, denied, busy; corrupt only where the damaged store
// cannot be put aside. One thread.
#ifndef ROOKERY_IMAP_STORE_QUOTA_ROOTS_H
#define ROOKERY_IMAP_STORE_QUOTA_ROOTS_H

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include "imap/mailbox/quota.h"
#include "lib/base/result.h"
#include "lib/config/config.h"
#include "lib/db/ordered_store.h"

namespace rookery::store {

class QuotaRoots {
 public:
    explicit QuotaRoots(const config::Config& config);

    Result<mailbox::QuotaLimits> get(const model::MailboxName& root);
    bool has(const model::MailboxName& root) { return get(root).ok(); }
    // All in order.
    Status each(const std::function<void(const model::MailboxName&)>& root);
    Status set(const model::MailboxName& root, const mailbox::QuotaLimits& limits);
    // No error if it is none.
    Status remove(const model::MailboxName& root);
    Status rename(const model::MailboxName& from, const model::MailboxName& to);

    // Reads everything, mends what is damaged, and writes the copy where it differs.
    Status verify();
    // Whether there is anything for verify() to do. Changes nothing.
    Result<bool> has_to_be_mended() const;

 private:
    using Work = std::function<Status(db::OrderedStore&)>;
    using Change = std::function<Status(db::Transaction&)>;

    Result<std::unique_ptr<db::OrderedStore>> open_store(const std::string& path) const;
    // The store, mended if need be; null while there is none and make is not set.
    Result<db::OrderedStore*> opened(bool make);
    // Does the work, and once more if the store had to be mended. Nothing while there is no store.
    Status read(const Work& work);
    Status change(bool make, const Change& change);
    Status change_locked(db::OrderedStore& store, const Change& change);
    // found: the damaged file, 0 if there is none.
    Status restore(const Error& why, ino_t found);
    Status make_from_copy(const Error& why, bool there);
    Status write_copy(db::OrderedStore& store);

    const std::string path_;
    const std::string copy_;
    const bool flat_;
    std::unique_ptr<db::OrderedStore> roots_;
    ino_t inode_ = 0;  // of the file that is open
    off_t size_ = 0;   // the largest that it was seen to have: it never shrinks
};

}  // namespace rookery::store

#endif
