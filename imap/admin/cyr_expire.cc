// cyr_expire: removes for good what was deleted long enough ago: mailboxes below deletedprefix
// (-D), files and records of expunged messages (-X), the memory of delivered messages (-E), and
// with that the messages that are older than their mailbox's annotation "expire" allows.
#include <unistd.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "imap/admin/progress.h"
#include "imap/admin/tool.h"
#include "imap/cluster/operations.h"
#include "imap/delivery/delivery_memory.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/store/local_store.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/clock.h"
#include "lib/base/command_line.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/option_spec.h"

namespace {

using namespace rookery;
using model::MailboxEntry;

constexpr std::string_view kName = "cyr_expire";

constexpr Option kOptions[] = {
    {'A', "archive-duration", "time", ""},
    {'C', "config", "file", "read this imapd.conf"},
    {'D', "delete-duration", "time", "mailboxes that were deleted before; days, or as 12h"},
    {'E', "expire-duration", "time", "what is remembered of deliveries before"},
    {'X', "expunge-duration", "time", "messages that were expunged before"},
    {'a', "ignore-annotations", "", "leave messages, however old their mailbox lets them be"},
    {'c', "no-conversations", "", ""},
    {'p', "prefix", "prefix", "only this mailbox and what is below"},
    {'q', "quiet", "", "no progress"},
    {'t', "prune-userflags", "", ""},
    {'u', "userid", "user", "only this user's"},
    {'v', "verbose", "", "tell what is removed"},
    {'x', "no-expunge", "", "remove no messages, whatever else is said"},
};
constexpr Program kProgram = {
    "cyr_expire", "removes for good what was deleted long enough ago", kOptions, "", 0, 0};

struct Arguments {
    std::string config_path = config::default_path();
    std::optional<Seconds> deleted, delivered, expunged;
    std::string prefix;  // internal name: itself and what is below
    std::string user;
    bool ignore_annotations = false;
    bool verbose = false;
    bool quiet = false;
};

// How many days a message may be in a mailbox, and in those below that say nothing else.
constexpr std::string_view kExpireEntry = "/vendor/cmu/cyrus-imapd/expire";
constexpr int64_t kDay = 86400;

// Days unless it says otherwise, as in "30" and "12h".
std::optional<Seconds> time_option(const CommandLine& line, std::string_view option)
{
    const auto text = line.given(option);
    if (!text) return std::nullopt;
    auto given = config::parse_duration(*text, 86400);
    if (!given || *given < 0) line.refuse(cat("-", option, ' ', *text, ": no time"));
    return Seconds(*given);
}

Arguments parse(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    Arguments a;
    a.config_path = line.value("C", a.config_path);
    a.deleted = time_option(line, "D");
    a.delivered = time_option(line, "E");
    a.expunged = time_option(line, "X");
    a.prefix = line.value("p");
    a.user = line.value("u");
    a.verbose = line.has("v");
    a.quiet = line.has("q");
    // Alone too they are in cron jobs, and nothing is to be done for them here.
    const bool taken = time_option(line, "A") || line.has("t");
    if (!a.deleted && !a.delivered && !a.expunged && !taken)
        line.refuse("one of -D, -E, -X is missing");
    a.ignore_annotations = line.has("a") || line.has("x");
    if (line.has("x")) a.expunged.reset();
    return a;
}

class Expire {
 public:
    Expire(const Arguments& a, const config::Config& config)
        : a_(a),
          config_(config),
          store_(store::store_options(config)),
          now_(wall_seconds()),
          progress_("mailboxes", {.quiet = a.quiet})
    {
    }

    // All of it, whatever fails on the way; the last failure.
    Status run()
    {
        if (a_.delivered) keep(forget_deliveries());
        if (a_.delivered && !a_.ignore_annotations) keep(expire_by_annotation());
        if (a_.deleted || a_.expunged) keep(go_through_list());
        if (progress_.stopped())
            admin::complain(progress_.interrupted("what is left is removed the next time\n"));
        return status_;
    }

 private:
    void keep(Status done)
    {
        if (!done) status_ = std::move(done);
    }

    void tell(const std::string& text) const
    {
        if (a_.verbose) admin::print(text + "\n");
        log::notice(text);
    }

    bool is_wanted(const MailboxEntry& entry) const
    {
        const std::string& name = entry.name.internal();
        if (!a_.user.empty() && owner(entry) != a_.user) return false;
        return a_.prefix.empty() || name == a_.prefix || name.starts_with(a_.prefix + ".");
    }

    // Also of a tree that waits below deletedprefix.
    std::string owner(const MailboxEntry& entry) const
    {
        if (!entry.name.is_deleted(config_.deletedprefix())) return entry.name.user();
        std::string_view was = entry.name.local().substr(config_.deletedprefix().size() + 1);
        was = was.substr(0, was.rfind('.'));
        std::string domain(entry.name.domain());
        auto before = model::MailboxName::from_internal(domain.empty() ? std::string(was)
                                                                       : cat(domain, '!', was));
        return before ? before->user() : std::string();
    }

    Status forget_deliveries()
    {
        TRY_ASSIGN(auto delivered,
                   delivery::DeliveryMemory::open(delivery::DeliveryMemory::path(config_)));
        TRY_ASSIGN(uint64_t count, delivered.prune(now_ - a_.delivered->count()));
        tell(cat("forgotten deliveries: ", count));
        return success();
    }

    Status expire_by_annotation()
    {
        std::vector<MailboxEntry> entries;
        {
            TRY_ASSIGN(auto list, mboxlist::open_directory(config_));
            TRY(list->scan_server("", [&](const MailboxEntry& entry) {
                if (entry.state == model::EntryState::active &&
                    !entry.name.is_deleted(config_.deletedprefix()))
                    entries.push_back(entry);
                return mboxlist::Next::go_on();
            }));
        }
        // In the order of the list: what is above comes first.
        std::map<std::string, int64_t> days;
        uint64_t messages = 0;
        progress_.expect(entries.size());
        for (const MailboxEntry& entry : entries) {
            if (progress_.stopped()) break;
            progress_.working_on(entry.name.internal());
            progress_.advance();
            auto own = days_of(entry);
            // A level that is no mailbox says nothing, and what is above it counts.
            for (auto above = entry.name.parent(); own.is(Code::not_found) && above;
                 above = above->parent())
                if (const auto inherited = days.find(above->internal()); inherited != days.end())
                    own = inherited->second;
            if (!own) {
                if (!own.is(Code::not_found)) keep(own.error());
                continue;
            }
            days[entry.name.internal()] = *own;
            if (is_wanted(entry) && *own > 0) messages += remove_older(entry, *own);
        }
        tell(cat("removed old messages: ", messages));
        return success();
    }

    // not_found: it says nothing. 0: none is too old.
    Result<int64_t> days_of(const MailboxEntry& entry)
    {
        TRY_ASSIGN(const auto all, store_.annotations()->list(entry));
        for (const mailbox::Annotation& one : all) {
            if (one.entry != kExpireEntry || !one.userid.empty()) continue;
            const auto days = to_number<uint32_t>(one.value, 1u << 20);
            if (days) return int64_t{*days};
        }
        return Error{Code::not_found, "no such annotation"};
    }

    uint64_t remove_older(const MailboxEntry& entry, int64_t days)
    {
        auto box = store_.open(entry, entry.name.user(), mailbox::OpenMode::maildrop);
        Status done = box ? success() : Status(box.error());
        model::SequenceSet uids;
        uint64_t count = 0;
        for (uint32_t n = 1; done && n <= (*box)->exists(); n++) {
            const mailbox::MessageInfo info = (*box)->message(n);
            if (info.expunged || info.internaldate > now_ - days * kDay) continue;
            uids.add(info.uid);
            count++;
        }
        if (done && count > 0) done = (*box)->remove(uids);
        if (done) return count;
        log::warning("old messages stay",
                     {{"mailbox", entry.name.internal()}, {"reason", done.error()}});
        keep(std::move(done));
        return 0;
    }

    Status go_through_list()
    {
        TRY_ASSIGN(auto list, mboxlist::open_directory(config_));
        cluster::Operations operations(config_, *list, store_, nullptr);
        std::vector<MailboxEntry> old;
        uint64_t messages = 0;
        uint64_t all = 0;
        TRY(list->scan_server("", [&](const MailboxEntry&) {
            ++all;
            return mboxlist::Next::go_on();
        }));
        progress_.expect(all);
        progress_.reach(0);
        TRY(list->scan_server("", [&](const MailboxEntry& entry) {
            if (progress_.stopped()) return mboxlist::Next::stop();
            progress_.working_on(entry.name.internal());
            progress_.advance();
            if (!is_wanted(entry) || entry.state != model::EntryState::active)
                return mboxlist::Next::go_on();
            auto deleted = entry.name.deleted_at(config_.deletedprefix());
            if (deleted && a_.deleted && *deleted <= now_ - a_.deleted->count())
                old.push_back(entry);
            else if (a_.expunged)
                messages += expire_messages(entry);
            return mboxlist::Next::go_on();
        }));
        for (const MailboxEntry& entry : old) {
            if (progress_.stopped()) break;
            progress_.working_on(entry.name.internal());
            // It may have been taken back meanwhile.
            const auto check = [&](const MailboxEntry& now) {
                return now.uniqueid == entry.uniqueid
                           ? success()
                           : Status(Error{Code::not_found, "it is another one now"});
            };
            Status gone = operations.remove(entry.name, check, cluster::Operations::Tell::master);
            if (gone) tell(cat("removed ", entry.name.internal()));
            keep(std::move(gone));
        }
        if (a_.expunged) tell(cat("removed expunged messages: ", messages));
        if (a_.deleted) tell(cat("removed mailboxes: ", old.size()));
        return success();
    }

    uint64_t expire_messages(const MailboxEntry& entry)
    {
        auto count = store_.expire(entry, now_ - a_.expunged->count(), true);
        if (count) return *count;
        log::warning("expunged messages stay",
                     {{"mailbox", entry.name.internal()}, {"reason", count.error()}});
        keep(count.error());
        return 0;
    }

    const Arguments& a_;
    const config::Config& config_;
    store::LocalStore store_;
    int64_t now_;
    Status status_ = success();
    admin::Progress progress_;
};

}  // namespace

int main(int argc, char** argv)
{
    const Arguments a = parse(argc, argv);
    const config::Config config = admin::start(a.config_path, kName);
    if (auto ready = auth::SaslClient::init_library(config); !ready)
        return admin::failed(kName, ready.error());
    const Status done = Expire(a, config).run();
    return admin::exit_status(done ? 0 : admin::failed(kName, done.error()));
}
