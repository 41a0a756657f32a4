// ipurge: removes messages that are old or large, in many mailboxes at once.
#include "imap/admin/tool.h"
#include "imap/admin/tools/mailboxes.h"
#include "imap/admin/tools/message_text.h"
#include "imap/admin/tools/tool_table.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/imap_date.h"
#include "lib/text/rfc5322_header.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'f', "include-user-mailboxes", "", "also mailboxes of users; else only shared ones"},
    {'d', "days", "days", "messages that are older"},
    {'b', "bytes", "bytes", "messages that are larger"},
    {'k', "kbytes", "kbytes", "the same, in units of 1024 bytes"},
    {'m', "mbytes", "mbytes", "the same, in units of 1048576 bytes"},
    {'x', "exact-match", "", "of exactly that age or size"},
    {'X', "delivery-time", "", "the age is that of the delivery, not of the Date field"},
    {'i', "invert-match", "", "what is younger or smaller, or with -x what is not exactly so"},
    {'s', "skip-flagged", "", "leave messages with \\Flagged"},
    {'o', "only-deleted", "", "only messages with \\Deleted"},
    {'n', "dry-run", "", "remove nothing, show what would go"},
    {'v', "verbose", "", "name each mailbox before its counts"},
};
constexpr Program kProgram{.name = "ipurge",
                           .purpose = "removes messages that are old or large",
                           .options = kOptions,
                           .operands = "[pattern ...]",
                           .least = 0,
                           .most = kAnyNumber};

constexpr int64_t kDay = 86400;

struct Limits {
    std::optional<int64_t> days;
    std::optional<uint64_t> bytes;
};

struct Counts {
    uint64_t messages = 0, bytes = 0;
    void add(uint64_t size)
    {
        messages++;
        bytes += size;
    }
};

Limits limits_of(const CommandLine& line)
{
    const auto number = [&](std::string_view option) {
        std::optional<uint64_t> n;
        if (const auto text = line.given(option)) {
            const auto given = to_number<uint64_t>(*text, uint64_t{1} << 40);
            if (!given) line.refuse(cat("-", option, " needs a number"));
            n = *given;
        }
        return n;
    };
    Limits limits;
    if (const auto days = number("d")) limits.days = static_cast<int64_t>(*days);
    if (const auto b = number("b")) limits.bytes = *b;
    if (const auto k = number("k")) limits.bytes = *k * 1024;
    if (const auto m = number("m")) limits.bytes = *m * 1024 * 1024;
    if (!limits.days && !limits.bytes && !line.has("o"))
        line.refuse("one of -d, -b, -k, -m and -o is needed");
    return limits;
}

class Purge {
 public:
    Purge(const CommandLine& line, Limits limits) : line_(line), limits_(limits) {}

    Status run(Mailboxes& mailboxes, const model::MailboxEntry& entry)
    {
        TRY_ASSIGN(auto box,
                   mailboxes.store().open(entry, entry.name.user(), mailbox::OpenMode::maildrop));
        if (line_.has("v")) print(cat("Working on ", mailboxes.shown(entry.name), "...\n"));
        Counts all, gone;
        model::SequenceSet uids;
        for (uint32_t n = 1; n <= box->exists(); n++) {
            const mailbox::MessageInfo info = box->message(n);
            all.add(info.size);
            TRY_ASSIGN(const bool goes, is_wanted(*box, n, info));
            if (!goes) continue;
            gone.add(info.size);
            uids.add(info.uid);
            if (line_.has("n")) TRY(show(*box, n, info));
        }
        if (!uids.empty() && !line_.has("n")) TRY(box->remove(uids));
        if (gone.messages > 0 && !line_.has("n"))
            log::notice("purged", {{"mailbox", entry.name.internal()},
                                   {"messages", gone.messages},
                                   {"bytes", gone.bytes}});
        tell(all, gone);
        return success();
    }

 private:
    // by: how much more than the limit.
    bool fits(int64_t by) const
    {
        const bool fits = line_.has("x") ? by == 0 : by > 0;
        return fits != line_.has("i");
    }

    Result<bool> is_wanted(mailbox::Mailbox& box, uint32_t n, const mailbox::MessageInfo& info)
    {
        if (info.expunged) return false;
        if (line_.has("s") && (info.system_flags & model::kFlagged) != 0) return false;
        if (line_.has("o") && (info.system_flags & model::kDeleted) == 0) return false;
        if (limits_.days) {
            TRY_ASSIGN(const int64_t date, date_of(box, n, info));
            const int64_t age = (now_ - date) / kDay;
            // Older is counted in seconds, exactly so in whole days.
            const int64_t more = now_ - date - *limits_.days * kDay;
            if (!fits(line_.has("x") ? age - *limits_.days : more)) return false;
        }
        if (limits_.bytes)
            return fits(static_cast<int64_t>(info.size) - static_cast<int64_t>(*limits_.bytes));
        return true;
    }

    Result<int64_t> date_of(mailbox::Mailbox& box, uint32_t n, const mailbox::MessageInfo& info)
    {
        if (line_.has("X")) return info.internaldate;
        auto content = box.content(n);
        if (content.is(Code::not_found)) return now_;  // gone meanwhile
        if (!content) return std::move(content).error();
        const std::string_view bytes = (*content)->bytes();
        const auto field = text::find_field(bytes.substr(0, text::header_size(bytes)), "Date");
        const auto date = text::parse_header_date(text::unfold(field.value_or("")));
        return date ? date->seconds : info.internaldate;
    }

    static Status show(mailbox::Mailbox& box, uint32_t n, const mailbox::MessageInfo& info)
    {
        auto content = box.content(n);
        if (!content && !content.is(Code::not_found)) return std::move(content).error();
        const std::string_view bytes = content ? (*content)->bytes() : std::string_view();
        print(message_text(
                  {.uid = info.uid, .size = info.size, .received = info.internaldate},
                  bytes.substr(0, text::header_size(bytes))) +
              '\n');
        return success();
    }

    static void tell(const Counts& all, const Counts& gone)
    {
        print(cat("Total messages    \t\t ", all.messages,
                  "\nTotal bytes       \t\t ", all.bytes, "\nDeleted messages  \t\t ",
                  gone.messages, "\nDeleted bytes     \t\t ", gone.bytes,
                  "\nRemaining messages\t\t ", all.messages - gone.messages,
                  "\nRemaining bytes   \t\t ", all.bytes - gone.bytes, '\n'));
    }

    const CommandLine& line_;
    const Limits limits_;
    const int64_t now_ = wall_seconds();
};

Result<int> run(const CommandLine& line, const config::Config& config)
{
    Purge purge(line, limits_of(line));
    TRY_ASSIGN(Mailboxes mailboxes, Mailboxes::open(config));
    TRY_ASSIGN(const auto entries, mailboxes.matching(line.operands()));
    int code = 0;
    for (const model::MailboxEntry& entry : entries) {
        if (!line.has("f") && !entry.name.user().empty()) continue;
        if (Status done = purge.run(mailboxes, entry); !done)
            code = failed(cat("ipurge: ", mailboxes.shown(entry.name)), done.error());
    }
    return code;
}

}  // namespace

const Tool kIpurge{kProgram, run};

}  // namespace rookery::admin
