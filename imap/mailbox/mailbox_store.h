// The local side of a server: mailboxes with messages. Interfaces only; imap/store implements them,
// tests fake them, proxyd and lmtpproxyd link neither.
//
// Ownership: a MailboxStore belongs to the session's main; Mailbox and StagedMessage objects are
// unique_ptr given to the caller and must not outlive the store. One process opens a mailbox many
// times if it likes. Thread rule: one thread.
// Durability: what create, append, store_flags, expunge answered is on disk (fsync) when they
// return. A mailbox that the list has and the disk has not is io, never not_found: mail waits.
// Codes: not_found, exists, io, no_space, corrupt, limit, busy, over_quota, moved.
#ifndef ROOKERY_IMAP_MAILBOX_MAILBOX_STORE_H
#define ROOKERY_IMAP_MAILBOX_MAILBOX_STORE_H

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/mailbox/annotations.h"
#include "imap/mailbox/mailbox.h"
#include "imap/model/mailbox_entry.h"
#include "lib/base/clock.h"
#include "lib/base/result.h"

namespace rookery::mailbox {

struct StatusItems {
    uint32_t messages = 0;
    uint32_t recent = 0;
    uint32_t unseen = 0;
    uint32_t uidnext = 1;
    uint32_t uidvalidity = 0;
    uint64_t highestmodseq = 0;
    uint64_t size = 0;
    uint32_t deleted = 0;       // with \Deleted
    uint64_t deleted_size = 0;  // of these
    int64_t changed = 0;        // when anything was, seconds since the epoch
};

// Which UIDs there are: what a list of newsgroups tells of each.
struct Extent {
    uint32_t messages = 0;
    uint32_t first_uid = 0;  // 0: none
    uint32_t uidnext = 1;
    uint32_t uidvalidity = 0;
};

// One message for one mailbox, and what became of it.
struct GroupItem {
    const model::MailboxEntry* entry = nullptr;
    std::string userid;
    AppendItem item;
    Result<AppendResult> result = Error{Code::io, "not tried"};
};

// A maildrop is one session's at a time (RFC 1939 8). Held while the object and its process live;
// sessions of IMAP do not ask for it.
class MaildropLock {
 public:
    virtual ~MaildropLock() = default;
    // Notes a poll at this time, in seconds since the epoch, where the last ones leave room for it:
    // one every `apart`, and `padding` of them before that counts (popminpoll, poppollpadding).
    // False: it is too early.
    virtual Result<bool> note_poll(int64_t now, Seconds apart, int padding) = 0;
};

struct DiskSpace {
    uint64_t free_kilobytes = 0;
    uint64_t total_kilobytes = 0;
};

class MailboxStore {
 public:
    virtual ~MailboxStore() = default;

    // Makes the directory, header and empty index of entry (uniqueid must be set; uidvalidity 0 =
    // choose). Gives the uidvalidity. exists if a directory with a header is there.
    virtual Result<uint32_t> create(const model::MailboxEntry& entry) = 0;
    // What a create() of this entry that did not come to its end has left, goes: header, index and
    // directory, never a message (exists: there is one) and never another mailbox (uniqueid).
    virtual Status discard(const model::MailboxEntry& entry) = 0;
    // Removes the mailbox and its messages from disk. No error if that was done already; a mailbox
    // with another uniqueid stays, and is logged. After an error the mailbox is as it was, or, if
    // uniqueid_at() does not find it any more, half gone: remove() again.
    virtual Status remove(const model::MailboxEntry& entry) = 0;
    // Moves directory of from to that of to (also to another partition); keeps uniqueid and UIDs.
    // No error if that was done already (known by the uniqueid).
    virtual Status rename(const model::MailboxEntry& from, const model::MailboxEntry& to) = 0;
    // The way back from any point of rename(from, to): the mailbox is at from, and nothing at to.
    virtual Status rename_back(const model::MailboxEntry& from, const model::MailboxEntry& to) = 0;
    // The uniqueid of the mailbox at the entry's place, whatever the entry says; not_found.
    virtual Result<std::string> uniqueid_at(const model::MailboxEntry& entry) = 0;
    // What the store keeps by user follows the user, or ends with him. No error if that was done.
    virtual Status rename_user(const std::string& from, const std::string& to) = 0;
    virtual Status remove_user(const std::string& userid) = 0;
    // Tells the store that the ACL changed (kept in the header so that reconstruct finds it).
    virtual Status acl_changed(const model::MailboxEntry& entry) = 0;
    // What the mailbox is for (RFC 6154), "\\Sent \\Archive"; "": nothing in particular.
    virtual Result<std::string> special_use(const model::MailboxEntry& entry) = 0;
    virtual Status set_special_use(const model::MailboxEntry& entry, const std::string& uses) = 0;
    // True if the mailbox directory holds a header.
    virtual bool has(const model::MailboxEntry& entry) = 0;
    // True if it holds at least one message file.
    virtual bool has_messages(const model::MailboxEntry& entry) = 0;

    // userid: whose \Seen and \Recent; owner \Seen lives in the index.
    virtual Result<std::unique_ptr<Mailbox>> open(const model::MailboxEntry& entry,
                                                  const std::string& userid, OpenMode mode) = 0;
    // busy at once: another session has it.
    virtual Result<std::unique_ptr<MaildropLock>> lock_maildrop(
        const model::MailboxEntry& /*entry*/)
    {
        return Error{Code::unsupported, "no maildrops"};
    }
    // STATUS without opening a view.
    virtual Result<StatusItems> status(const model::MailboxEntry& entry,
                                       const std::string& userid) = 0;

    // A message on its way in, on the partition's own file system so that it can be linked.
    // Memory does not grow with its size.
    virtual Result<std::unique_ptr<StagedMessage>> stage(const std::string& partition) = 0;

    // Appends all of the messages or none: files and index are durable, UIDs given in order, other
    // sessions woken. keep_staged: one staged message may go to several mailboxes (hard link).
    virtual Result<AppendResult> append(const model::MailboxEntry& entry, const std::string& userid,
                                        std::span<const AppendItem> items) = 0;
    // Each into its mailbox; each succeeds or fails for itself (those of one user for one mailbox
    // together), and what succeeded is durable when this returns. A staged message may be in
    // several items.
    virtual void append_group(std::span<GroupItem> items)
    {
        for (GroupItem& i : items) i.result = append(*i.entry, i.userid, {&i.item, 1});
    }
    // Names of the partitions that are configured.
    virtual std::vector<std::string> partitions() const = 0;
    // Of all partitions; those on one file system count once.
    virtual Result<DiskSpace> space() const
    {
        return Error{Code::unsupported, "the store does not know its space"};
    }
    // Null if it keeps none.
    virtual Annotations* annotations() { return nullptr; }
    // Which UIDs a mailbox has, without reading more than what stands in front of the first one.
    // unsupported: it is to be opened.
    virtual Result<Extent> extent(const model::MailboxEntry& /*entry*/)
    {
        return Error{Code::unsupported, "it is to be opened"};
    }
};

}  // namespace rookery::mailbox

#endif
