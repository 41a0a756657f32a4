// Restoring: one dump that is read and put back, member by member (dump_format.h).
//
// A mailbox that is not there is made with all that it had, under a unique id that follows from the
// dump and the name: by it a second run knows what an earlier one has made, and goes on with it.
// Any other mailbox that is there stays untouched, unless messages are to be added to it. One
// thread; codes: those of the archive, of the list and the store; exists: it is there.
#ifndef ROOKERY_IMAP_ADMIN_TOOLS_RESTORING_H
#define ROOKERY_IMAP_ADMIN_TOOLS_RESTORING_H

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "imap/admin/local_parts.h"
#include "imap/admin/progress.h"
#include "imap/admin/tools/dump_format.h"
#include "imap/admin/tools/tar.h"
#include "imap/model/namespace.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::admin {

struct RestoreOptions {
    std::optional<model::MailboxName> as;  // the root's new name
    std::string partition;                 // "": as it was, where there is one of that name
    bool add = false;                      // messages to mailboxes that are there
    bool keep_uidvalidity = false;
    bool only_say = false;
    bool verbose = false;
    bool quiet = false;
};

class Restoring {
 public:
    Restoring(const config::Config& config, LocalParts& parts, RestoreOptions options);

    // True if all of it is there now; what is not was told. busy: interrupted, between mailboxes or
    // before the one that was being read; said again it goes on.
    Result<bool> run(TarReader& archive);

 private:
    // The mailbox whose members come.
    struct Current {
        std::string folder;
        model::MailboxEntry entry;
        mailbox::SyncMailbox box;
        bool is_new = false;
        bool refused = false;
        std::set<std::string> have{};  // GUIDs of messages that are there
        std::map<uint32_t, std::unique_ptr<mailbox::StagedMessage>> staged{};
        std::vector<mailbox::Annotation> annotations{};
        std::vector<mailbox::SyncSeen> seen{};
    };

    void say(std::string_view what, const Error& why);
    std::string shown(const model::MailboxName& name) const;
    Result<model::MailboxName> target_of(const model::MailboxName& name) const;
    std::string user_of(std::string_view user) const;
    Status take_all(TarReader& archive, Progress& progress);
    Status take(const TarMember& member, TarReader& archive);
    Status take_mailbox_part(const DumpPart& part, const TarMember& member, TarReader& archive);
    Status begin_mailbox(const DumpPart& part, std::string text);
    Status look_at(Current& current);
    Status take_message(uint32_t uid, TarReader& archive);
    Status finish_mailbox();
    Status make_mailbox(Current& current);
    Status add_messages(Current& current);
    Status put_annotations(const Current& current);
    Status take_quotas(std::string text);
    Status take_subscriptions(std::string_view text);
    Status take_script(const std::string& name, std::string content);
    Status take_active(std::string_view text);
    Status take_seen_elsewhere(std::string text);
    Result<std::string> partition_for(const std::string& before) const;

    const config::Config& config_;
    LocalParts& parts_;
    const RestoreOptions options_;
    const model::Namespace names_;
    std::optional<DumpHead> head_;
    std::optional<model::MailboxName> root_;
    std::optional<model::MailboxName> as_;
    std::optional<Current> current_;
    bool good_ = true;
    bool is_whole_ = false;
    uint64_t mailboxes_ = 0, messages_ = 0;
};

}  // namespace rookery::admin

#endif
