// SyncServer: this server's side of the replication dialect, for one connection of another node.
//
// What comes in is kept apart until MUPDATEPUSH: its list entry is reserved (here, nothing
// pending), so no delivery, no client and no agent touches it. Only such mailboxes are ever changed
// or removed here; one that is active, or freezing for a move away, is refused. A copy that this
// server moved away earlier and has not purged yet makes room, if its new holder is confirmed.
// What is not pushed when the connection ends stays for the next; the agent removes it where the
// mailbox is in use elsewhere. Uploaded messages lie staged until a MAILBOX uses them or restart()
// drops them. Holds a name's lock while it changes the list. Codes: those of the stores and the
// list. One thread.
#ifndef ROOKERY_IMAP_SYNC_SERVER_H
#define ROOKERY_IMAP_SYNC_SERVER_H

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "imap/cluster/name_locks.h"
#include "imap/mailbox/mailbox_store.h"
#include "imap/mailbox/quota.h"
#include "imap/mailbox/sync_store.h"
#include "imap/mboxlist/directory.h"
#include "imap/sync/dlist.h"
#include "imap/sync/mailbox_dlist.h"
#include "imap/sync/services.h"
#include "lib/config/config.h"

namespace rookery::sync {

// What this server is made of, for those who copy; all of it outlives them.
struct LocalSide {
    const config::Config& config;
    mboxlist::Directory& directory;
    mailbox::MailboxStore& store;
    mailbox::SyncStore& sync;
    mailbox::Quotas& quotas;
};

class SyncServer final : public SyncService {
 public:
    // True if an entry that says "moved" may go for good now.
    using MakeRoom = std::function<Status(const model::MailboxEntry&)>;

    SyncServer(const LocalSide& here, MakeRoom make_room);
    ~SyncServer() override;

    Status get(stream::Stream& peer) override;
    Status apply(stream::Stream& peer) override;
    void restart() override;

 private:
    using Run = Status (SyncServer::*)(const Dlist&, stream::Stream&);
    struct Verb {
        std::string_view name;
        Run run;
    };
    static const Verb kGet[];
    static const Verb kApply[];

    // --- SYNCGET (server_get.cc)
    Status get_user(const Dlist& value, stream::Stream& peer);
    Status get_meta(const Dlist& value, stream::Stream& peer);
    Status get_mailboxes(const Dlist& value, stream::Stream& peer);
    Status get_uniqueids(const Dlist& value, stream::Stream& peer);
    Status get_full_mailbox(const Dlist& value, stream::Stream& peer);
    Status get_quota(const Dlist& value, stream::Stream& peer);
    Status get_annotation(const Dlist& value, stream::Stream& peer);
    Status get_message(const Dlist& value, stream::Stream& peer);
    Status get_script(const Dlist& value, stream::Stream& peer);
    Status get_room(const Dlist& value, stream::Stream& peer);
    Status check_strangers(const std::string& userid, const std::set<std::string>& coming);
    Status tell_mailbox(const model::MailboxEntry& entry, bool records, stream::Stream& peer);
    Status tell_quota(const model::MailboxName& name, stream::Stream& peer);
    Status tell_user_data(const std::string& userid, stream::Stream& peer);

    // --- SYNCAPPLY (server_apply.cc)
    Status nothing(const Dlist& value, stream::Stream& peer);
    Status apply_capabilities(const Dlist& value, stream::Stream& peer);
    Status apply_reserve(const Dlist& value, stream::Stream& peer);
    Status apply_mailbox(const Dlist& value, stream::Stream& peer);
    Status apply_rename(const Dlist& value, stream::Stream& peer);
    Status apply_unmailbox(const Dlist& value, stream::Stream& peer);
    Status apply_unuser(const Dlist& value, stream::Stream& peer);
    Status apply_expunge(const Dlist& value, stream::Stream& peer);
    Status apply_annotation(const Dlist& value, stream::Stream& peer);
    Status apply_unannotation(const Dlist& value, stream::Stream& peer);
    Status annotate(const Dlist& value, bool set);
    Status apply_quota(const Dlist& value, stream::Stream& peer);
    Status apply_unquota(const Dlist& value, stream::Stream& peer);
    Status apply_seen(const Dlist& value, stream::Stream& peer);
    Status apply_sub(const Dlist& value, stream::Stream& peer);
    Status apply_unsub(const Dlist& value, stream::Stream& peer);
    Status apply_script(const Dlist& value, stream::Stream& peer);
    Status apply_unscript(const Dlist& value, stream::Stream& peer);
    Status apply_activate(const Dlist& value, stream::Stream& peer);
    Status apply_unactivate(const Dlist& value, stream::Stream& peer);

    Status take_file(const FileHead& head, stream::Stream& peer);
    Result<model::MailboxEntry> lookup_incoming(const std::string& internal);
    // A user's mailboxes, without what an earlier user of that name deleted here.
    Result<std::vector<model::MailboxEntry>> mailboxes_of(const std::string& userid);
    Status prepare_entry(model::MailboxEntry& entry);
    // exists, busy: what is there is in use, and nothing of that name comes in.
    static Status check_free(const model::MailboxEntry& there);
    // Where what comes from such a partition goes.
    Result<std::string> place(const std::string& partition) const;
    void bring(const model::MailboxName& name);
    Status remove_incoming(const model::MailboxEntry& entry);
    Result<mailbox::SyncFile> file_of(const mailbox::Guid& guid) const;
    Status put(const model::MailboxEntry& entry);

    LocalSide here_;
    MakeRoom make_room_;
    cluster::NameLocks locks_;
    // Of what comes in by this connection: nobody takes it for left over.
    cluster::NameLocks bringing_;
    std::map<std::string, cluster::NameLocks::Held> brought_;
    std::map<mailbox::Guid, std::unique_ptr<mailbox::StagedMessage>> staged_;
    struct Found {
        model::MailboxEntry mailbox;
        uint32_t uid;
    };
    std::map<mailbox::Guid, Found> found_;             // of those that RESERVE asked for
    std::optional<std::set<std::string>> active_ids_;  // uniqueids of what is active here
    RecordCollector records_;                          // of the MAILBOX that is being read
};

}  // namespace rookery::sync

#endif
