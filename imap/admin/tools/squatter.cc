// squatter: indexes the words of mailboxes, so that SEARCH BODY and SEARCH TEXT need not read them.
#include <unistd.h>

#include "imap/admin/progress.h"
#include "imap/admin/tool.h"
#include "imap/admin/tools/mailboxes.h"
#include "imap/admin/tools/tool_table.h"
#include "imap/store/word_indexing.h"
#include "lib/base/daemonise.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

using model::MailboxEntry;

// Those without words are taken for the sake of scripts that are written for Cyrus.
constexpr Option kOptions[] = {
    kConfigOption,
    {'d', "nodaemon", "", "with -R: stay in the foreground"},
    {'r', "recursive", "", "what is below the mailboxes too"},
    {'R', "rolling", "", "go on in the background: look every ten minutes"},
    {'u', "user", "", "the operands are users: all of their mailboxes"},
    {'v', "verbose", "", "tell how many messages were indexed, for each mailbox"},
    {'X', "reindex", "", "index all messages, those too that are indexed"},
    {'a', "squat-annot", "", ""},
    {'B', "skip-locked", "", ""},
    {'e', "attachextract", "url", ""},
    {'f', "synclog", "file", ""},
    {'F', "filter", "", ""},
    {'i', "incremental", "", ""},
    {'I', "indexfrom", "", ""},
    {'l', "list", "", ""},
    {'L', "audit", "", ""},
    {'n', "channel", "channel", ""},
    {'N', "name", "name", ""},
    {'o', "copydb", "", ""},
    {'p', "allow-partials", "", ""},
    {'P', "reindex-partials", "", ""},
    {'S', "sleep", "seconds", ""},
    {'s', "squat-skip", "minutes", ""},
    {'t', "compact-from", "tiers", ""},
    {'T', "reindex-tier", "path", ""},
    {'U', "only-upgrade", "", ""},
    {'z', "compact", "tier", ""},
    {'Z', "internalindex", "", ""},
};
constexpr Program kProgram{.name = "squatter",
                           .purpose = "indexes the words of mailboxes, for SEARCH BODY and TEXT",
                           .options = kOptions,
                           .operands = "[mailbox ...]",
                           .least = 0,
                           .most = kAnyNumber};

constexpr unsigned kBetweenLooks = 600;  // seconds

class Squatter {
 public:
    explicit Squatter(const CommandLine& line) : line_(line) {}

    Result<int> run(const config::Config& config)
    {
        TRY_ASSIGN(Mailboxes mailboxes, Mailboxes::open(config));
        TRY_ASSIGN(const auto entries, chosen(mailboxes, config));
        Progress progress("mailboxes indexed", {.quiet = line_.has("R")});
        progress.expect(entries.size());
        for (const MailboxEntry& entry : entries) {
            if (progress.stopped()) break;
            progress.working_on(mailboxes.shown(entry.name));
            index(mailboxes, entry, progress);
            progress.advance();
        }
        stopped_ = progress.stopped();
        if (!stopped_) return code_;
        complain(progress.interrupted("the next run goes on there\n"));
        return exit_status(code_);
    }
    bool is_stopped() const { return stopped_; }

 private:
    Result<std::vector<MailboxEntry>> chosen(Mailboxes& mailboxes, const config::Config& config)
    {
        if (line_.operands().empty()) return mailboxes.matching({});
        std::vector<MailboxEntry> all;
        for (const std::string& text : line_.operands()) {
            TRY_ASSIGN(const auto name,
                       line_.has("u") ? model::MailboxName::inbox_of(text, config.defaultdomain())
                                      : mailboxes.name_of(text));
            TRY_ASSIGN(auto some, mailboxes.below(name, line_.has("r") || line_.has("u")));
            if (some.empty()) {
                complain(cat("squatter: ", text, ": no mailbox of that name on this server\n"));
                code_ = 1;
            }
            for (MailboxEntry& entry : some) all.push_back(std::move(entry));
        }
        return all;
    }

    void index(Mailboxes& mailboxes, const MailboxEntry& entry, const Progress& progress)
    {
        const std::string shown = mailboxes.shown(entry.name);
        const auto report = store::index_words(
            mailboxes.store(), entry,
            {.anew = line_.has("X"), .stopped = [&progress] { return progress.stopped(); }});
        if (!report && !is_there(mailboxes, entry)) return;
        if (!report) {
            code_ = failed(cat("squatter: ", shown), report.error());
            return;
        }
        if (report->added > 0)
            log::info("words indexed", {{"mailbox", entry.name.internal()},
                                        {"messages", report->added},
                                        {"left_out", report->left_out}});
        if (line_.has("v")) print(cat(shown, ": ", report->added, " messages indexed\n"));
    }

    // Or was it deleted, moved or renamed since the list was read?
    static bool is_there(Mailboxes& mailboxes, const MailboxEntry& entry)
    {
        const auto now = mailboxes.find(entry.name);
        return now && now->uniqueid == entry.uniqueid && now->partition == entry.partition;
    }

    const CommandLine& line_;
    int code_ = 0;
    bool stopped_ = false;
};

Result<int> run(const CommandLine& line, const config::Config& config)
{
    if (!line.has("R")) return Squatter(line).run(config);
    if (!line.has("d")) {
        TRY_ASSIGN(Daemonise background, Daemonise::begin());
        // Whoever reads what this process prints waits for its end.
        TRY(background.done({}));
    }
    while (true) {
        Squatter squatter(line);
        const auto code = squatter.run(config);
        if (!code) (void)failed("squatter", code.error());
        if (squatter.is_stopped()) return code;
        ::sleep(kBetweenLooks);
    }
}

}  // namespace

const Tool kSquatter{kProgram, run};

}  // namespace rookery::admin
