#include "imap/cluster/push.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "imap/mupdate/master/list_entry.h"
#include "imap/mupdate/master/rules.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::cluster {

using mupdate::DeleteGuard;
using mupdate::server_of;
using mupdate::StatusLine;
using mupdate::Verb;

namespace {

using model::EntryState;
using model::MailboxEntry;

constexpr size_t kWindow = 200;

class Pusher {
 public:
    Pusher(const config::Config& config, Operations& local, const PushOptions& options,
           Client& master)
        : config_(config), local_(local), options_(options), master_(master)
    {
    }

    Result<PushSummary> run()
    {
        TRY(settle());
        TRY(read_master());
        TRY(read_local());
        if (!options_.warn_only)
            for (const MailboxEntry& entry : arrived_) TRY(local_.push(entry.name));
        TRY(remove_gone());
        for (const MailboxEntry& entry : to_tell_) {
            if (!goes_on()) {
                TRY(collect(0));
                return Error{Code::busy, "interrupted"};
            }
            TRY(tell(entry));
            ++told_;
        }
        TRY(collect(0));
        return summary_;
    }

 private:
    void say(std::string_view what, const std::string& name) const
    {
        if (options_.say) options_.say(cat(what, ": ", name));
    }

    bool goes_on() const { return !options_.go_on || options_.go_on(told_, to_tell_.size()); }

    Status read_master()
    {
        TRY_ASSIGN(auto records, master_.list(cat(config_.servername(), '!')));
        for (auto& record : records) known_.emplace(record.name, std::move(record));
        return master_.offers("STATUS") ? read_claims() : success();
    }

    // What is pending is told first, by what began it. With -w it is only named.
    Status settle()
    {
        TRY(local_.list().scan_pending([&](const MailboxEntry& entry) {
            if (!settled_.insert(entry.name.internal()).second) return mboxlist::Next::go_on();
            say("Settle", entry.name.internal());
            return mboxlist::Next::go_on();
        }));
        summary_.settled = settled_.size();
        if (options_.warn_only) return success();
        if (Status done = local_.settle_all(&master_); !done)
            log::warning("pending changes are left", {{"error", done.error()}});
        return success();
    }

    // LIST shows a claim of ours as if the mailbox were here alone; STATUS tells the difference.
    // It also tells what makes a claim to another server's mailbox succeed.
    Status read_claims()
    {
        TRY_ASSIGN(auto lines, master_.status());
        for (const StatusLine& line : lines) {
            auto words = split(line.value, ' ');
            if (line.key == "conflicts" && line.value == "last") last_wins_ = true;
            if (line.key == "move" && words.size() >= 4 &&
                (server_of(words[1]) == config_.servername() ||
                 server_of(words[2]) == config_.servername() || words[2] == "-"))
                moving_.emplace(
                    line.value.substr(static_cast<size_t>(words[3].data() - line.value.data())));
            if (line.key != "conflict" || words.size() < 5) continue;
            if (server_of(words[2]) != config_.servername()) continue;
            std::string name =
                line.value.substr(static_cast<size_t>(words[4].data() - line.value.data()));
            claimed_.emplace(std::move(name), server_of(words[1]));
        }
        return success();
    }

    Status read_local()
    {
        return local_.list().scan_server("", [&](const MailboxEntry& entry) {
            look_at(entry);
            return mboxlist::Next::go_on();
        });
    }

    void look_at(const MailboxEntry& entry)
    {
        const std::string& name = entry.name.internal();
        auto known = known_.find(name);
        // The master heard of a mailbox that came in, and this server did not hear the answer.
        if (entry.is_incoming() && known != known_.end() && known->second.active &&
            known->second.location == local_.link().location(entry))
            arrived_.push_back(entry);
        if (settled_.contains(name)) {
            if (known != known_.end()) known_.erase(known);
            return;
        }
        // What is on its way is the agent's affair, or somebody works on it.
        if (entry.pending != model::Pending::none || entry.state != EntryState::active) {
            ++summary_.pending;
            if (known != known_.end()) known_.erase(known);
            return;
        }
        ++summary_.mailboxes;
        bool same = false;
        if (known != known_.end()) {
            const Client::Record& record = known->second;
            same = record.active && record.location == local_.link().location(entry) &&
                   record.acl == entry.acl.to_string();
            known_.erase(known);
        } else {
            unknown_.insert(name);
        }
        auto claimed = claimed_.find(name);
        if (claimed != claimed_.end() && !options_.authoritative)
            conflict(name, cat("held by ", claimed->second));
        else if (same && claimed == claimed_.end())
            ++summary_.unchanged;
        else
            to_tell_.push_back(entry);
    }

    // Claims of ours to what another server holds and what is not here any more: no mailbox goes.
    Status drop_claims()
    {
        for (const auto& [name, holder] : claimed_) {
            auto known = known_.find(name);
            if (known == known_.end()) continue;
            if (!options_.warn_only) {
                TRY_ASSIGN(Client::Reply reply, master_.run(Verb::remove, {name}));
                if (!reply.ok)
                    log::info("the mupdate master keeps a claim",
                              {{"mailbox", name}, {"reason", reply.text}});
            }
            known_.erase(known);
        }
        return success();
    }

    // What the master lists for us and is not here.
    Status remove_gone()
    {
        TRY(drop_claims());
        if (known_.empty()) return success();
        if (options_.additions_only) {
            summary_.removals_held = true;
            return success();
        }
        auto guard = DeleteGuard::parse(config_.mupdate_max_deletes());
        const uint64_t allowed = guard ? guard->allowed(summary_.mailboxes + known_.size()) : 0;
        const bool none_here = summary_.mailboxes + summary_.pending == 0;
        if (!options_.authoritative && (none_here || known_.size() > allowed)) {
            summary_.removals_held = true;
            log::error("too many removals: the master keeps what is not here",
                       {{"removals", known_.size()}, {"mailboxes", summary_.mailboxes}});
            return success();
        }
        for (const auto& [name, record] : known_) {
            say("Remove from MUPDATE", name);
            ++summary_.removed;
            if (options_.warn_only) continue;
            TRY_ASSIGN(Client::Reply reply, master_.run(Verb::remove, {name}));
            if (reply.ok) continue;
            --summary_.removed;
            ++summary_.failed;
            log::warning("the mupdate master refuses DELETE",
                         {{"mailbox", name}, {"reason", reply.text}});
        }
        return success();
    }

    void conflict(const std::string& name, std::string_view why)
    {
        ++summary_.conflicts;
        say("Conflict", cat(name, " (", why, ")"));
        log::error("a mailbox of this server is held by another",
                   {{"mailbox", name}, {"reason", why}});
    }

    // FIND on the connection that listed our mailboxes shows nothing of other servers'.
    Result<Client*> others()
    {
        if (!second_) {
            TRY_ASSIGN(second_, Client::connect(config_));
        }
        return second_.get();
    }

    // Which server ACTIVATE would be refused for: with -a, only one that is making the mailbox.
    Result<std::optional<std::string>> holder_of(const std::string& name)
    {
        TRY_ASSIGN(Client * master, others());
        TRY_ASSIGN(auto there, master->find(name));
        if (!there || server_of(there->location) == config_.servername() ||
            (options_.authoritative && there->active))
            return std::optional<std::string>();
        return std::optional<std::string>(server_of(there->location));
    }

    Status tell(const MailboxEntry& entry)
    {
        const std::string& name = entry.name.internal();
        // Another server may hold it: then it is left to the administrator. Our master refuses the
        // claim and writes it down; one of Cyrus would take it.
        const bool cyrus = !master_.offers("STATUS");
        if (unknown_.contains(name) && (options_.warn_only || (cyrus && !options_.authoritative))) {
            TRY(collect(0));
            TRY_ASSIGN(auto holder, holder_of(name));
            if (holder && !last_wins_ && !moving_.contains(name)) {
                conflict(name, cat("held by ", *holder));
                return success();
            }
        }
        if (options_.warn_only) {
            say("Force Activate", name);
            ++summary_.activated;
            return success();
        }
        master_.send(Verb::activate, {name, local_.link().location(entry), entry.acl.to_string()});
        sent_.push_back(entry);
        return sent_.size() < kWindow ? success() : collect(kWindow / 2);
    }

    // Takes answers until no more than `left` are outstanding.
    Status collect(size_t left)
    {
        if (sent_.size() > left) TRY(master_.flush());
        while (sent_.size() > left) {
            const MailboxEntry entry = std::move(sent_.front());
            sent_.pop_front();
            TRY_ASSIGN(Client::Reply reply, master_.reply());
            if (reply.ok) {
                say("Force Activate", entry.name.internal());
                ++summary_.activated;
            } else if (reply.error().code == Code::exists) {
                if (!options_.authoritative)
                    TRY(refused(entry.name.internal(), reply.text));
                else
                    TRY(take_over(entry));
            } else {
                ++summary_.failed;
                log::warning("the mupdate master refuses ACTIVATE",
                             {{"mailbox", entry.name.internal()}, {"reason", reply.text}});
            }
        }
        return success();
    }

    Status refused(const std::string& name, const std::string& why)
    {
        TRY_ASSIGN(auto holder, holder_of(name));
        conflict(name, holder ? cat("held by ", *holder) : why);
        return success();
    }

    // -a at a master where the first claim stays: DEACTIVATE in the holder's name opens a move, and
    // the move is to us. A second connection sees who the holder is (doc/rules.md 1.3).
    Status take_over(const MailboxEntry& entry)
    {
        const std::string& name = entry.name.internal();
        TRY_ASSIGN(Client * second, others());
        TRY_ASSIGN(auto holder, second->find(name));
        if (holder && holder->active) TRY(second->run(Verb::deactivate, {name, holder->location}));
        TRY_ASSIGN(Client::Reply reply,
                   second->run(Verb::activate,
                               {name, local_.link().location(entry), entry.acl.to_string()}));
        if (reply.ok) {
            say("Force Activate", name);
            ++summary_.activated;
            log::notice("a mailbox was taken over",
                        {{"mailbox", name}, {"from", holder ? holder->location : ""}});
        } else {
            TRY(refused(name, reply.text));
        }
        return success();
    }

    const config::Config& config_;
    Operations& local_;
    const PushOptions& options_;
    Client& master_;
    std::unique_ptr<Client> second_;
    std::map<std::string, Client::Record> known_;  // the master's, less what is here too
    std::map<std::string, std::string> claimed_;   // ours that another server holds: which
    std::set<std::string> unknown_;                // here, and the master lists it nowhere for us
    std::set<std::string> settled_;                // was pending
    std::set<std::string> moving_;                 // from or to us
    bool last_wins_ = false;                       // at this master
    std::vector<MailboxEntry> to_tell_;
    std::vector<MailboxEntry> arrived_;
    std::deque<MailboxEntry> sent_;
    uint64_t told_ = 0;
    PushSummary summary_;
};

}  // namespace

Result<PushSummary> push_all(const config::Config& config, Operations& local, Client& master,
                             const PushOptions& options)
{
    return Pusher(config, local, options, master).run();
}

std::string to_string(const PushSummary& s)
{
    std::string out =
        cat(s.mailboxes, " mailboxes: ", s.unchanged, " unchanged, ", s.activated, " activated, ",
            s.removed, " removed from MUPDATE, ", s.conflicts, " conflicts");
    if (s.settled > 0) cat_to(out, ", ", s.settled, " settled");
    if (s.failed > 0) cat_to(out, ", ", s.failed, " refused");
    if (s.pending > 0) cat_to(out, ", ", s.pending, " pending");
    if (s.removals_held) cat_to(out, "; removals held back");
    return out;
}

}  // namespace rookery::cluster
