// What a move that failed has left at the server that it was to go to. A source of ours removes it
// by itself; one of Cyrus goes away and leaves it.
#include "imap/cluster/list_marks.h"
#include "imap/cluster/operations.h"
#include "imap/mboxlist/subscriptions.h"
#include "imap/mupdate/master/list_entry.h"
#include "imap/scripts/scripts.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::cluster {
namespace {

using model::MailboxEntry;
using model::MailboxName;

constexpr size_t kMaxDropped = 10000;  // copies looked at in one run
constexpr Milliseconds kTryOnce{0};

// The source may have removed its own before this one was pushed: a copy goes only where the
// mailbox is in use elsewhere, and not while that server has it reserved.
Result<bool> is_in_use_elsewhere(const MailboxName& name, const std::string& own_name,
                                 Client& master)
{
    TRY_ASSIGN(const auto record, master.find(name.internal()));
    return record && record->active && mupdate::server_of(record->location) != own_name;
}

Status remove_user_data(const config::Config& config, const MailboxName& inbox)
{
    const std::string userid = inbox.user();
    mboxlist::Subscriptions subscriptions(config.configdirectory(), userid);
    TRY(subscriptions.remove_all());
    TRY_ASSIGN(scripts::Scripts own, scripts::Scripts::of(config, userid));
    return own.remove_all();
}

}  // namespace

// True if it is gone.
Result<bool> Operations::drop_copy(const MailboxName& name, NameLocks& incoming, Client& master)
{
    auto held = parts_.locks.lock(name, kTryOnce);
    if (!held) return false;
    const auto nobody_brings_it = incoming.lock(name, kTryOnce);
    if (!nobody_brings_it) return false;
    auto entry = parts_.list.lookup(name);
    if (entry.is(Code::not_found)) return true;
    if (!entry) return entry.error();
    if (!entry->is_incoming()) return true;
    TRY_ASSIGN(const bool elsewhere, is_in_use_elsewhere(name, parts_.config.servername(), master));
    if (!elsewhere) return false;
    if (parts_.quotas != nullptr) TRY(parts_.quotas->remove(name));
    if (name.is_inbox()) TRY(remove_user_data(parts_.config, name));
    TRY(parts_.store.remove(*entry));
    TRY(parts_.release(name));
    log::notice("what a failed move left here is removed", {{"mailbox", name.internal()}});
    return true;
}

Status Operations::drop_incoming(Client& master, bool look)
{
    if (!look && mark_of(parts_.list, kIncomingMark).empty()) return success();
    // Before the list is looked at: what comes in meanwhile sets it again.
    TRY(set_mark(parts_.list, kIncomingMark, ""));
    std::vector<MailboxName> copies;
    TRY(parts_.list.scan_server("", [&](const MailboxEntry& entry) {
        if (entry.is_incoming()) copies.push_back(entry.name);
        return copies.size() < kMaxDropped ? mboxlist::Next::go_on() : mboxlist::Next::stop();
    }));
    NameLocks incoming(parts_.config, NameLocks::kIncoming);
    bool any_left = copies.size() == kMaxDropped;
    Status worst = success();
    for (const MailboxName& name : copies) {
        const auto gone = drop_copy(name, incoming, master);
        if (!gone) worst = gone.error();
        any_left = any_left || !gone || !*gone;
    }
    if (any_left) TRY(set_mark(parts_.list, kIncomingMark, "1"));
    return worst;
}

}  // namespace rookery::cluster
