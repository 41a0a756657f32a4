// LocalAnnotations: annotations in the mailbox's own directory. Implements imap/mailbox (see there
// for codes).
//
// One file, read without a lock, replaced as a whole under the mailbox lock. No file: none.
// Borrows the store. One thread.
#ifndef ROOKERY_IMAP_STORE_LOCAL_ANNOTATIONS_H
#define ROOKERY_IMAP_STORE_LOCAL_ANNOTATIONS_H

#include "imap/mailbox/annotations.h"
#include "imap/store/mailbox_access.h"

namespace rookery::store {

class LocalAnnotations final : public mailbox::Annotations {
 public:
    explicit LocalAnnotations(const MailboxAccess& store) : store_(store) {}

    Result<std::vector<mailbox::Annotation>> list(const model::MailboxEntry& mailbox) override;
    Status set(const model::MailboxEntry& mailbox,
               std::span<const mailbox::AnnotationChange> changes) override;

 private:
    const MailboxAccess& store_;
};

}  // namespace rookery::store

#endif
