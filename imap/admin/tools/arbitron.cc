// arbitron: how many users read a mailbox, and how many are subscribed to it.
#include <dirent.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "imap/admin/tool.h"
#include "imap/admin/tools/mailboxes.h"
#include "imap/admin/tools/tool_table.h"
#include "imap/mboxlist/subscriptions.h"
#include "imap/store/local_sync.h"
#include "lib/base/clock.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'o', "no-subscribers", "", "readers only"},
    {'u', "report-users", "", "the names of the readers, a line for each"},
    {'d', "days", "days", "who has read it within so many days; else 30"},
    {'l', "detailed", "", ""},
    {'p', "prune-seen", "months", ""},
};
constexpr Program kProgram{.name = "arbitron",
                           .purpose = "counts readers and subscribers of mailboxes",
                           .options = kOptions,
                           .operands = "[pattern ...]",
                           .least = 0,
                           .most = kAnyNumber};

constexpr int64_t kDay = 86400;
constexpr std::string_view kSuffix = ".sub";

using Users = std::map<std::string, std::set<std::string>>;

std::vector<std::string> names_in(const std::string& folder)
{
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
    while (const dirent* one = dir ? ::readdir(dir.get()) : nullptr)
        if (one->d_name[0] != '.') names.emplace_back(one->d_name);
    return names;
}

// The users of one domain who have subscriptions: user/<letter>/<user>.sub, where a dot of the user
// is written "^" and a slash "%2f".
void collect_users(const std::string& folder, const std::string& domain,
                   std::set<std::string>& users)
{
    for (const std::string& letter : names_in(folder + "/user"))
        for (const std::string& name : names_in(cat(folder, "/user/", letter))) {
            if (!name.ends_with(kSuffix)) continue;
            std::string user = name.substr(0, name.size() - kSuffix.size());
            std::replace(user.begin(), user.end(), '^', '.');
            for (size_t at = 0; (at = user.find("%2f", at)) != user.npos;)
                user.replace(at++, 3, "/");
            users.insert(domain.empty() ? user : cat(user, '@', domain));
        }
}

// By internal name of the mailbox.
Users subscribers(const config::Config& config)
{
    std::set<std::string> users;
    const std::string& top = config.configdirectory();
    collect_users(top, "", users);
    for (const std::string& letter : names_in(top + "/domain"))
        for (const std::string& domain : names_in(cat(top, "/domain/", letter)))
            collect_users(cat(top, "/domain/", letter, '/', domain), domain, users);
    Users found;
    for (const std::string& user : users) {
        auto names = mboxlist::Subscriptions(config.configdirectory(), user).names();
        if (!names) continue;
        for (const model::MailboxName& name : *names) found[name.internal()].insert(user);
    }
    return found;
}

// By unique id of the mailbox.
Result<Users> readers(Mailboxes& mailboxes, const std::vector<model::MailboxEntry>& entries,
                      int64_t since)
{
    std::set<std::string> ids;
    for (const model::MailboxEntry& entry : entries) ids.insert(entry.uniqueid);
    TRY_ASSIGN(const auto seen, store::LocalSync(mailboxes.store()).seen_of_mailboxes(ids, since));
    Users found;
    for (const auto& [uniqueid, one] : seen)
        if (one.last_read >= since || one.last_change >= since) found[uniqueid].insert(one.userid);
    return found;
}

Result<int> run(const CommandLine& line, const config::Config& config)
{
    const auto days = to_number<uint32_t>(line.value("d", "30"));
    if (!days) line.refuse("-d takes a number of days");
    TRY_ASSIGN(Mailboxes mailboxes, Mailboxes::open(config));
    TRY_ASSIGN(const auto entries, mailboxes.matching(line.operands()));
    TRY_ASSIGN(Users read, readers(mailboxes, entries, wall_seconds() - *days * kDay));
    Users subscribed = line.has("o") ? Users() : subscribers(config);
    for (const model::MailboxEntry& entry : entries) {
        const std::string name = mailboxes.shown(entry.name);
        const auto& of_it = read[entry.uniqueid];
        if (line.has("u")) {
            for (const std::string& user : of_it) print(cat(name, ' ', user, '\n'));
            continue;
        }
        print(cat(name, ' ', of_it.size(),
                  line.has("o") ? "" : cat(' ', subscribed[entry.name.internal()].size()), '\n'));
    }
    return 0;
}

}  // namespace

const Tool kArbitron{kProgram, run};

}  // namespace rookery::admin
