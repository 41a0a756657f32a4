// dump: a mailbox, a tree of them, or a user with all that is his, as one archive.
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <set>

#include "imap/admin/progress.h"
#include "imap/admin/tool.h"
#include "imap/admin/tools/dump_format.h"
#include "imap/admin/tools/mailboxes.h"
#include "imap/admin/tools/tar.h"
#include "imap/admin/tools/tool_table.h"
#include "imap/mboxlist/subscriptions.h"
#include "imap/scripts/scripts.h"
#include "imap/store/local_quotas.h"
#include "imap/store/local_sync.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'f', "file", "file", "write the archive there; else to standard output"},
    {'r', "recursive", "", "the mailboxes below it, too"},
    {'u', "user", "", "the operand is a user: all mailboxes, and all else that is the user's"},
    {'q', "quiet", "", "no progress"},
    {'v', "verbose", "", "tell each mailbox on standard error"},
};
constexpr Program kProgram{.name = "dump",
                           .purpose = "writes mailboxes, or a user whole, into an archive",
                           .options = kOptions,
                           .operands = "mailbox | user",
                           .least = 1,
                           .most = 1};

std::string new_id()
{
    unsigned char bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1) panic("random numbers");
    return hex({reinterpret_cast<const char*>(bytes), sizeof bytes});
}

class Dump {
 public:
    Dump(const config::Config& config, Mailboxes& mailboxes, int fd, bool verbose, bool quiet)
        : config_(config),
          mailboxes_(mailboxes),
          quotas_(store::open_local_quotas(config, mailboxes.list(), mailboxes.store())),
          sync_(mailboxes.store()),
          tar_(fd),
          progress_("mailboxes", {.quiet = quiet}),
          verbose_(verbose)
    {
    }

    Status run(const model::MailboxName& root, DumpKind kind)
    {
        TRY_ASSIGN(const auto entries, mailboxes_.below(root, kind != DumpKind::mailbox));
        if (entries.empty())
            return Error{Code::not_found, cat(mailboxes_.shown(root), ": no mailbox of that name "
                                                                      "on this server")};
        const DumpHead head{.kind = kind,
                            .root = root.internal(),
                            .id = new_id(),
                            .server = config_.servername(),
                            .time = now_};
        TRY(tar_.add(kDumpHead, put_head(head), now_));
        TRY_ASSIGN(seen_, seen_of(entries));
        progress_.expect(entries.size());
        for (const model::MailboxEntry& entry : entries) {
            TRY(put(entry));
            progress_.advance();
        }
        TRY(put_quotas(entries));
        if (kind == DumpKind::user) TRY(put_user(root));
        TRY(tar_.add(kDumpEnd, cat("mailboxes ", entries.size(), "\nmessages ", messages_, '\n'),
                     now_));
        TRY(tar_.finish());
        log::notice(
            "dumped",
            {{"mailbox", root.internal()}, {"mailboxes", entries.size()}, {"messages", messages_}});
        return success();
    }

 private:
    using Seen = mailbox::SyncStore::SeenOf;

    Result<Seen> seen_of(const std::vector<model::MailboxEntry>& entries)
    {
        std::set<std::string> ids;
        for (const model::MailboxEntry& entry : entries) ids.insert(entry.uniqueid);
        return sync_.seen_of_mailboxes(ids, 0);
    }

    Status put(const model::MailboxEntry& entry)
    {
        const std::string folder = cat(kDumpMailboxes, entry.name.internal(), '/');
        TRY_ASSIGN(mailbox::SyncMailbox box, sync_.read(entry, 0));
        std::erase_if(box.records, [](const mailbox::SyncRecord& r) { return r.expunged; });
        TRY(tar_.add(folder + std::string(kDumpMailbox), put_mailbox(entry, box), now_));
        uint64_t count = 0;
        const std::string shown = mailboxes_.shown(entry.name);
        for (const mailbox::SyncRecord& record : box.records) {
            if (progress_.stopped())
                return Error{Code::busy, progress_.interrupted("there is no dump")};
            progress_.working_on(cat(shown, ", message ", count + 1, " of ", box.records.size()));
            auto message = sync_.message(entry, record.uid);
            // It was expunged meanwhile, and restore() knows that by its absence.
            if (message.is(Code::not_found)) continue;
            if (!message) return std::move(message).error();
            TRY(tar_.add(cat(folder, record.uid, kDumpMessage), (*message)->bytes(),
                         record.internaldate));
            count++;
        }
        messages_ += count;
        if (verbose_) complain(cat(shown, ": ", count, " messages\n"));
        TRY(put_annotations(entry, folder));
        std::string seen;
        for (const auto& [uniqueid, one] : seen_)
            if (uniqueid == entry.uniqueid)
                cat_to(seen, sync::seen_value(uniqueid, one, true), "\r\n");
        return seen.empty() ? success() : tar_.add(cat(folder, kDumpSeen), seen, now_);
    }

    Status put_annotations(const model::MailboxEntry& entry, const std::string& folder)
    {
        mailbox::Annotations* annotations = mailboxes_.store().annotations();
        if (annotations == nullptr) return success();
        TRY_ASSIGN(const auto all, annotations->list(entry));
        std::string out;
        for (const mailbox::Annotation& one : all)
            cat_to(out, sync::annotation_value(entry.name, one), "\r\n");
        return out.empty() ? success() : tar_.add(cat(folder, kDumpAnnotations), out, now_);
    }

    Status put_quotas(const std::vector<model::MailboxEntry>& entries)
    {
        std::string out;
        for (const model::MailboxEntry& entry : entries) {
            auto root = quotas_->root_of(entry.name);
            if (root.is(Code::not_found)) continue;
            if (!root) return std::move(root).error();
            if (*root != entry.name) continue;
            TRY_ASSIGN(const mailbox::Quota quota, quotas_->get(*root));
            cat_to(out, sync::quota_value(*root, quota.limits), "\r\n");
        }
        return out.empty() ? success() : tar_.add(kDumpQuota, out, now_);
    }

    Status put_user(const model::MailboxName& inbox)
    {
        const std::string user = inbox.user();
        TRY_ASSIGN(const auto names,
                   mboxlist::Subscriptions(config_.configdirectory(), user).names());
        std::string out;
        for (const model::MailboxName& name : names) cat_to(out, name.internal(), '\n');
        if (!out.empty()) TRY(tar_.add(kDumpSubscriptions, out, now_));
        TRY_ASSIGN(const auto scripts, scripts::Scripts::of(config_, user));
        TRY_ASSIGN(const auto all, scripts.list());
        for (const auto& script : all)
            TRY(tar_.add(cat(kDumpScripts, script.name, kDumpScript), script.content,
                         script.changed));
        TRY_ASSIGN(const std::string active, scripts.find_active());
        if (!active.empty()) TRY(tar_.add(kDumpActive, active + '\n', now_));
        TRY_ASSIGN(const auto seen, sync_.seen_of(user));
        std::string elsewhere;
        for (const auto& [uniqueid, one] : seen)
            cat_to(elsewhere, sync::seen_value(uniqueid, one, true), "\r\n");
        return elsewhere.empty() ? success() : tar_.add(kDumpSeenElsewhere, elsewhere, now_);
    }

    const config::Config& config_;
    Mailboxes& mailboxes_;
    std::unique_ptr<mailbox::Quotas> quotas_;
    store::LocalSync sync_;
    TarWriter tar_;
    Seen seen_;
    const int64_t now_ = wall_seconds();
    uint64_t messages_ = 0;
    Progress progress_;
    bool verbose_;
};

// A file without a name, which is gone with the process: where the system and the file system have
// such.
Fd nameless_file(const std::string& directory)
{
#ifdef O_TMPFILE
    if (auto file = open_file(directory, O_WRONLY | O_TMPFILE)) return *std::move(file);
#endif
    (void)directory;
    return Fd();
}

Status give_name(int fd, const std::string& path)
{
    ::unlink(path.c_str());
    const std::string file = cat("/proc/self/fd/", fd);
    if (::linkat(AT_FDCWD, file.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0)
        return success();
    return errno_error(path);
}

// The file has its name when the dump in it is whole. What a run that was killed has left, under
// the name before that, is written anew by the next one; two at once would write into each other's.
Status dump_to_file(const std::string& path, const auto& write)
{
    const std::string part = path + ".NEW";
    Fd file = nameless_file(directory_of(path));
    const bool is_nameless = static_cast<bool>(file);
    if (!is_nameless) {
        TRY_ASSIGN(file, open_file(part, O_WRONLY | O_CREAT));
        if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
            return Error{Code::busy, cat(part, ": another dump is being written there")};
        if (::ftruncate(file.get(), 0) != 0) return errno_error(part);
    }
    Status done = write(file.get());
    if (done) done = sync_fd(file.get());
    if (done && is_nameless) done = give_name(file.get(), part);
    if (done && ::rename(part.c_str(), path.c_str()) != 0) done = errno_error(path);
    if (!done) {
        if (!is_nameless) ::unlink(part.c_str());
        return done;
    }
    return sync_directory(directory_of(path));
}

Result<int> run(const CommandLine& line, const config::Config& config)
{
    if (line.has("u") && line.has("r")) line.refuse("-u means -r");
    if (!line.has("f") && ::isatty(STDOUT_FILENO) == 1) line.refuse("-f, or a pipe, is needed");
    TRY_ASSIGN(Mailboxes mailboxes, Mailboxes::open(config));
    const std::string& operand = line.operands().front();
    TRY_ASSIGN(const auto root, line.has("u")
                                    ? model::MailboxName::inbox_of(operand, config.defaultdomain())
                                    : mailboxes.name_of(operand));
    const DumpKind kind = line.has("u")   ? DumpKind::user
                          : line.has("r") ? DumpKind::tree
                                          : DumpKind::mailbox;
    const auto write = [&](int fd) {
        return Dump(config, mailboxes, fd, line.has("v"), line.has("q")).run(root, kind);
    };
    if (const auto path = line.given("f"))
        TRY(dump_to_file(*path, write));
    else
        TRY(write(STDOUT_FILENO));
    return 0;
}

}  // namespace

const Tool kDump{kProgram, run};

}  // namespace rookery::admin
