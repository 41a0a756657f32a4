// unexpunge: shows the messages of a mailbox that were expunged and have their files still
// (expunge_mode: delayed), and takes them back.
#include <algorithm>

#include "imap/admin/tool.h"
#include "imap/admin/tools/mailboxes.h"
#include "imap/admin/tools/message_text.h"
#include "imap/admin/tools/tool_table.h"
#include "imap/store/expunged.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/option_spec.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'l', "list", "", "show what can be taken back"},
    {'a', "all", "", "take back all, but for what was moved to another mailbox"},
    {'t', "within-time", "time", "the same, of what was expunged so long ago or later (30m, 2d)"},
    {'u', "uids", "", "take back the messages with these UIDs"},
    {'d', "unset-deleted", "", "take the \\Deleted flag off"},
    {'f', "set-flag", "flag", "give what comes back this flag"},
    {'v', "verbose", "", "tell the UIDs before and after"},
};
constexpr Program kProgram{.name = "unexpunge",
                           .purpose = "takes back messages that were expunged",
                           .options = kOptions,
                           .operands = "mailbox [uid ...]",
                           .least = 1,
                           .most = kAnyNumber};

Status print_list(Mailboxes& mailboxes, const model::MailboxEntry& entry)
{
    TRY_ASSIGN(const auto all, store::list_expunged(mailboxes.store(), entry));
    TRY_ASSIGN(const Fd directory, mailboxes.store().open_directory(entry));
    for (const store::ExpungedMessage& one : all) {
        auto file = store::MappedFile::open(directory.get(), store::message_name(one.record.uid));
        const std::string_view header =
            file ? (*file)->bytes().substr(0, one.record.header_size) : std::string_view();
        std::string out = message_text({.uid = one.record.uid,
                                        .size = one.record.size,
                                        .received = one.record.internaldate,
                                        .expunged = one.record.last_updated},
                                       header);
        if (one.went_elsewhere) out += "\tIt was moved to another mailbox.\n";
        print(out + '\n');
    }
    return success();
}

std::vector<uint32_t> uids_in(const CommandLine& line)
{
    std::vector<uint32_t> uids;
    for (size_t i = 1; i < line.operands().size(); i++) {
        const auto uid = to_number<uint32_t>(line.operands()[i]);
        if (!uid || *uid == 0) line.refuse(cat("\"", line.operands()[i], "\" is no UID"));
        uids.push_back(*uid);
    }
    return uids;
}

store::TakeBack what_to_take(const CommandLine& line, const std::vector<uint32_t>& uids)
{
    store::TakeBack how{
        .is_wanted = nullptr, .without_deleted = line.has("d"), .flag = line.value("f")};
    model::FlagList flags;
    if (!how.flag.empty() && !model::add_flag(flags, how.flag)) line.refuse("that is no flag");
    if (line.has("u")) {
        how.is_wanted = [&uids](const store::ExpungedMessage& one) {
            return std::find(uids.begin(), uids.end(), one.record.uid) != uids.end();
        };
        return how;
    }
    int64_t since = 0;
    if (const auto time = line.given("t")) {
        const auto seconds = config::parse_duration(*time, 1);
        if (!seconds || *seconds < 0) line.refuse(cat("\"", *time, "\" is no time"));
        since = wall_seconds() - *seconds;
    }
    how.is_wanted = [since](const store::ExpungedMessage& one) {
        return !one.went_elsewhere && one.record.last_updated >= since;
    };
    return how;
}

Result<int> run(const CommandLine& line, const config::Config& config)
{
    const size_t ways = size_t{line.has("l")} + line.has("a") + line.has("t") + line.has("u");
    if (ways != 1) line.refuse("one of -l, -a, -t and -u is needed");
    const std::vector<uint32_t> uids = uids_in(line);
    if (uids.empty() == line.has("u")) line.refuse("UIDs go with -u");
    const store::TakeBack how = what_to_take(line, uids);
    TRY_ASSIGN(Mailboxes mailboxes, Mailboxes::open(config));
    TRY_ASSIGN(const auto name, mailboxes.name_of(line.operands().front()));
    TRY_ASSIGN(const auto entry, mailboxes.find(name));
    if (line.has("l")) {
        TRY(print_list(mailboxes, entry));
        return 0;
    }
    print(cat("restoring ", line.has("a") ? "all " : "", "expunged messages in mailbox '",
              mailboxes.shown(name), "'\n"));
    TRY_ASSIGN(const auto back, store::take_back(mailboxes.store(), entry, how));
    for (const auto& [before, after] : back)
        if (line.has("v"))
            print(cat("Unexpunged ", mailboxes.shown(name), ": ", before, " => ", after, '\n'));
    print(cat("restored ", back.size(), " expunged messages\n"));
    log::notice("expunged messages taken back",
                {{"mailbox", name.internal()}, {"messages", back.size()}});
    return back.size() < uids.size() ? 1 : 0;
}

}  // namespace

const Tool kUnexpunge{kProgram, run};

}  // namespace rookery::admin
