// arbitron: how many users read a mailbox, and how many are subscribed to it.
#include <dirent.h>

#include <ctime>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
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
    {'u', "report-users", "", "the names of the users behind each number"},
    {'d', "days", "days", "who has read it within so many days; else 30"},
    {'D', "dates", "dates", "who has last read it then: mmddyyyy, or mmddyyyy:mmddyyyy"},
    {'l', "detailed", "", "a line for each user: mailbox, user, r or s, and the time asked for"},
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

struct Span {
    int64_t from, to;  // both belong to it
    bool has(int64_t time) const { return from <= time && time <= to; }
};

// The first second of a day as mmddyyyy, by this machine's clock.
std::optional<int64_t> day_of(std::string_view text)
{
    if (text.size() != 8 || !to_number<uint32_t>(text)) return std::nullopt;
    const auto number = [&](size_t at, size_t size) {
        return static_cast<int>(*to_number<uint32_t>(text.substr(at, size)));
    };
    struct tm day {};
    day.tm_mon = number(0, 2) - 1;
    day.tm_mday = number(2, 2);
    day.tm_year = number(4, 4) - 1900;
    day.tm_isdst = -1;
    const struct tm asked = day;
    const time_t seconds = ::mktime(&day);
    if (seconds == -1 || day.tm_mon != asked.tm_mon || day.tm_mday != asked.tm_mday)
        return std::nullopt;
    return seconds;
}

Span span_of(const CommandLine& line)
{
    const int64_t now = wall_seconds();
    if (line.has("d") && line.has("D")) line.refuse("one of -d and -D");
    if (const auto dates = line.given("D")) {
        const std::string_view text = *dates;
        const size_t colon = text.find(':');
        const auto from = day_of(text.substr(0, colon));
        const auto last = colon == text.npos ? now : day_of(text.substr(colon + 1));
        if (!from || !last || *from > *last) line.refuse("-D takes a day, or two, as mmddyyyy");
        return {*from, colon == text.npos ? now : *last + kDay - 1};
    }
    const auto days = to_number<uint32_t>(line.value("d", "30"));
    if (!days) line.refuse("-d takes a number of days");
    return {now - *days * kDay, now};
}

// By unique id of the mailbox.
Result<Users> readers(Mailboxes& mailboxes, const std::vector<model::MailboxEntry>& entries,
                      const Span& when)
{
    std::set<std::string> ids;
    for (const model::MailboxEntry& entry : entries) ids.insert(entry.uniqueid);
    TRY_ASSIGN(const auto seen,
               store::LocalSync(mailboxes.store()).seen_of_mailboxes(ids, when.from));
    Users found;
    for (const auto& [uniqueid, one] : seen)
        if (when.has(std::max(one.last_read, one.last_change)))
            found[uniqueid].insert(one.userid);
    return found;
}

std::string time_of(int64_t seconds)
{
    const auto when = static_cast<time_t>(seconds);
    struct tm parts {};
    char text[32];
    if (::localtime_r(&when, &parts) == nullptr) return "?";
    return {text, ::strftime(text, sizeof text, "%m-%d-%Y %H:%M:%S", &parts)};
}

// As Cyrus' own, which its arbitronsort and reports of sites read.
class Print {
 public:
    Print(const CommandLine& line, const Span& when)
        : names_(line.has("u")),
          span_(line.has("l") ? cat(time_of(when.from), ',', time_of(when.to)) : "")
    {
    }

    // subscribers: null with -o.
    void tell(const std::string& mailbox, const std::set<std::string>& readers,
              const std::set<std::string>* subscribers) const
    {
        std::string out;
        if (!span_.empty()) {
            list(out, mailbox, 'r', readers);
            if (subscribers != nullptr) list(out, mailbox, 's', *subscribers);
            return print(out);
        }
        cat_to(out, mailbox, ' ', count(readers));
        if (subscribers != nullptr) cat_to(out, ' ', count(*subscribers));
        print(out + '\n');
    }

 private:
    void list(std::string& out, const std::string& mailbox, char kind,
              const std::set<std::string>& users) const
    {
        for (const std::string& user : users)
            cat_to(out, mailbox, ',', user, ',', kind, ',', span_, '\n');
    }

    std::string count(const std::set<std::string>& users) const
    {
        std::string out = cat(users.size());
        char before = ':';
        if (names_)
            for (const std::string& user : users) {
                cat_to(out, before, user);
                before = ',';
            }
        return out;
    }

    bool names_;
    std::string span_;
};

Result<int> run(const CommandLine& line, const config::Config& config)
{
    const Span when = span_of(line);
    TRY_ASSIGN(Mailboxes mailboxes, Mailboxes::open(config));
    TRY_ASSIGN(const auto entries, mailboxes.matching(line.operands()));
    TRY_ASSIGN(Users read, readers(mailboxes, entries, when));
    Users subscribed = line.has("o") ? Users() : subscribers(config);
    const Print printer(line, when);
    for (const model::MailboxEntry& entry : entries) {
        const auto& readers = read[entry.uniqueid];
        // What is a user's own is of interest where others read it.
        if (!entry.name.user().empty() && readers.empty()) continue;
        printer.tell(mailboxes.shown(entry.name), readers,
                     line.has("o") ? nullptr : &subscribed[entry.name.internal()]);
    }
    return 0;
}

}  // namespace

const Tool kArbitron{kProgram, run};

}  // namespace rookery::admin
