#include "imap/cluster/master_link.h"

#include "imap/cluster/master_position.h"
#include "imap/mupdate/refusal.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"

namespace rookery::cluster {
namespace {

using model::MailboxEntry;
using mupdate::Verb;

constexpr size_t kWindow = 200;  // commands sent ahead of their answers

Error no_master(const Error& why)
{
    return {Code::no_master, why.text};
}

// What the command would have been told by this server: its syntax was good.
Error refusal(const Client::Reply& reply)
{
    Error why = reply.error();
    if (why.code == Code::limit || why.code == Code::syntax) why.code = Code::bad_name;
    return why;
}

// Sends send(i) for each i < count, kWindow ahead, and gives each answer to take(i, reply).
template <class Send, class Take>
Status converse(Client& master, size_t count, const Send& send, const Take& take)
{
    for (size_t begin = 0; begin < count; begin += kWindow) {
        const size_t end = std::min(count, begin + kWindow);
        for (size_t i = begin; i < end; ++i) send(i);
        if (Status sent = master.flush(); !sent) return no_master(sent.error());
        for (size_t i = begin; i < end; ++i) {
            auto reply = master.reply();
            if (!reply) return no_master(reply.error());
            take(i, *reply);
        }
    }
    return success();
}

}  // namespace

bool MasterLink::is_needed() const
{
    return config::tells_master(config_);
}

std::string MasterLink::location(const MailboxEntry& entry) const
{
    if (config_.mupdate_config() == config::MupdateConfig::replicated) return entry.partition;
    return cat(config_.servername(), '!', entry.partition);
}

Result<std::unique_ptr<Client>> MasterLink::connect() const
{
    if (!is_needed()) return std::unique_ptr<Client>();
    auto master = Client::connect(config_);
    if (!master) return no_master(master.error());
    // A master that forgot names would give them away again.
    auto there = ask_position(config_, list_, **master);
    if (!there) return no_master(there.error());
    if (there->standing == mupdate::Standing::other)
        return Error{Code::no_master,
                     "the mupdate master was restored or replaced, and not promoted yet"};
    return std::move(*master);
}

Status MasterLink::reserve(std::span<const MailboxEntry> entries, Client& master) const
{
    Status refused = success();
    TRY(converse(
        master, entries.size(),
        [&](size_t i) {
            master.send(Verb::reserve, {entries[i].name.internal(), location(entries[i])});
        },
        [&](size_t i, const Client::Reply& reply) {
            if (reply.ok || !refused) return;
            Error why = refusal(reply);
            if (entries.size() > 1) why.text = cat(entries[i].name.internal(), ": ", why.text);
            refused = std::move(why);
        }));
    return refused;
}

Status MasterLink::give_back(const MailboxEntry& entry, Client& master) const
{
    const std::string name = entry.name.internal();
    auto found = master.find(name);
    if (!found) return no_master(found.error());
    if (!*found || (*found)->active || (*found)->location != location(entry)) return success();
    auto gone = master.remove_if_at(name, location(entry));
    return gone ? success() : Status(no_master(gone.error()));
}

Result<std::vector<bool>> MasterLink::activate(std::span<const MailboxEntry> entries,
                                               Client& master, std::optional<Error>* refused) const
{
    std::vector<bool> taken(entries.size());
    Status later = success();
    TRY(converse(
        master, entries.size(),
        [&](size_t i) {
            const MailboxEntry& entry = entries[i];
            master.send(Verb::activate,
                        {entry.name.internal(), location(entry), entry.acl.to_string()});
        },
        [&](size_t i, const Client::Reply& reply) {
            taken[i] = reply.ok;
            if (reply.ok) return;
            // A full disk there is no conflict: it is told again.
            const Error why = refusal(reply);
            if (mupdate::is_passing(why.code)) {
                later = no_master(why);
                return;
            }
            if (refused != nullptr) *refused = why;
            log::error("the mupdate master refuses a mailbox that is here",
                       {{"mailbox", entries[i].name.internal()}, {"reason", reply.text}});
        }));
    TRY(later);
    return taken;
}

Result<bool> MasterLink::activate(const MailboxEntry& entry, Client& master,
                                  std::optional<Error>* refused) const
{
    TRY_ASSIGN(const std::vector<bool> taken, activate(std::span(&entry, 1), master, refused));
    return static_cast<bool>(taken.front());
}

Status MasterLink::remove(const MailboxEntry& entry, Client& master) const
{
    const std::string name = entry.name.internal();
    auto reply = master.remove_if_at(name, location(entry));
    if (!reply) return no_master(reply.error());
    if (!reply->ok) {
        const Code why = reply->error().code;
        return Error{mupdate::is_passing(why) ? Code::no_master : Code::denied,
                     cat("the mupdate master refuses DELETE of ", name, ": ", reply->text)};
    }
    if (reply->text == "elsewhere")
        log::notice("a mailbox that was removed here is at another server now",
                    {{"mailbox", name}});
    return success();
}

}  // namespace rookery::cluster
