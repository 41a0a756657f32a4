// ctl_cyrusdb: prepares the databases before the services start (-r), keeps copies of them (-c).
#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "imap/admin/local_parts.h"
#include "imap/admin/tool.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/mboxlist/partitions.h"
#include "imap/store/message_file.h"
#include "imap/store/quota_roots.h"
#include "lib/base/clock.h"
#include "lib/base/command_line.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace {

using namespace rookery;

constexpr std::string_view kName = "ctl_cyrusdb";

constexpr Option kOptions[] = {
    {'C', "config", "file", "read this imapd.conf"},
    {'c', "checkpoint", "", "copy and tidy them, and remove what processes left behind"},
    {'r', "recover", "", "make them fit to be used, at the start of the server"},
    {'x', "no-copy", "", "with -c: no copy"},
};
constexpr Program kProgram = {
    "ctl_cyrusdb", "looks after the databases of this server", kOptions, "", 0, 0};

struct Arguments {
    std::string config_path = config::default_path();
    bool recover = false;
    bool checkpoint = false;
    bool without_copy = false;
};

Arguments parse(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    Arguments a;
    a.config_path = line.value("C", a.config_path);
    a.recover = line.has("r");
    a.checkpoint = line.has("c");
    a.without_copy = line.has("x");
    if (a.recover == a.checkpoint) line.refuse("either -c or -r");
    return a;
}

std::vector<std::string> names_in(const std::string& directory)
{
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(directory.c_str()), ::closedir);
    if (!dir) return names;
    while (const dirent* one = ::readdir(dir.get()))
        if (std::string_view(one->d_name) != "." && std::string_view(one->d_name) != "..")
            names.emplace_back(one->d_name);
    return names;
}

// True if the text is the number of a process that is gone.
bool names_dead_process(std::string_view digits)
{
    const auto pid = to_number<uint32_t>(digits, INT32_MAX);
    return pid && *pid > 1 && ::kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH;
}

// name.NEW-<pid>: a file that was written beside another and never took its name.
void sweep_new_files(const std::string& directory)
{
    constexpr std::string_view kMark = ".NEW-";
    for (const auto& name : names_in(directory)) {
        const size_t at = name.rfind(kMark);
        if (at == std::string::npos) continue;
        // The number may be followed by what a store keeps beside its file.
        const auto number = std::string_view(name).substr(at + kMark.size());
        if (names_dead_process(number.substr(0, number.find('.'))))
            ::unlink(cat(directory, '/', name).c_str());
    }
}

// <pid>.<n> below socket/idle: the wake-up sockets of sessions.
void sweep_sockets(const std::string& directory)
{
    for (const auto& sub : names_in(directory))
        for (const auto& name : names_in(cat(directory, '/', sub)))
            if (names_dead_process(std::string_view(name).substr(0, name.find('.'))))
                ::unlink(cat(directory, '/', sub, '/', name).c_str());
}

Status open_and_check(const config::Config& config)
{
    TRY_ASSIGN(auto list, mboxlist::open_list(config));
    TRY_ASSIGN(const uint64_t size, mboxlist::list_size(config));
    return size > mboxlist::kCheckedAtStart ? success() : list->check();
}

// The list of a frontend can be had from the master again: one that is no good is put aside.
Status recover_list(const config::Config& config)
{
    const Status good = open_and_check(config);
    if (good || !mboxlist::is_unusable(good.error())) return good;
    if (!mboxlist::is_soft_list(config))
        return Error{good.error().code,
                     cat(good.error().text, "; copies of the list are in ",
                         config.configdirectory(), "/db.backup1 and db.backup2")};
    TRY_ASSIGN(const std::string aside, mboxlist::put_list_aside(config));
    log::warning("mailbox list damaged, loaded again from the master",
                 {{"kept", aside}, {"error", good.error()}});
    return open_and_check(config);
}

// What a crash has left of changes of the namespace. What the master must hear waits for the agent,
// and a mailbox that cannot be settled keeps nobody else from starting.
void settle(const config::Config& config)
{
    if (config.partitions().empty()) return;
    auto parts = admin::LocalParts::open(config);
    Status left = parts ? parts->operations->settle_all(nullptr) : Status(parts.error());
    if (!left && !left.is(Code::no_master))
        log::warning("pending changes are left", {{"reason", left.error()}});
}

// Without limits mail goes on, so nothing about them stops a start.
void recover_quotas(const config::Config& config)
{
    Status good = store::QuotaRoots(config).verify();
    if (!good) log::error("quota roots cannot be read", {{"reason", good.error()}});
}

// A partition that has not been mounted looks like a new one, but for what the list has there.
void look_at_partitions(const config::Config& config)
{
    std::map<std::string, uint64_t> mailboxes;
    auto list = mboxlist::open_list(config);
    if (!list) return;
    auto read = (*list)->scan_server("", [&](const model::MailboxEntry& entry) {
        mailboxes[entry.partition]++;
        return mboxlist::Next::go_on();
    });
    if (!read) return;
    for (const auto& [name, path] : config.partitions()) {
        const uint64_t count = mailboxes[name];
        const bool there = ::access(path.c_str(), F_OK) == 0;
        Status fault = success();
        if (!there && count == 0)
            fault = make_directories(path);
        else if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0)
            fault = errno_error(path);
        else
            fault = mboxlist::check_mounted(config, **list, name);
        if (!fault)
            log::error("a partition cannot be used",
                       {{"partition", name}, {"mailboxes", count}, {"reason", fault.error()}});
    }
}

// A server whose mailboxes are all there serves them, whatever it can do with new ones.
void tell_faults(const config::Config& config)
{
    for (const std::string& fault : mboxlist::partition_faults(config))
        log::error("imapd.conf is wrong about partitions", {{"reason", fault}});
}

// Whoever sits between two servers could be one of them, and would be told passwords.
void tell_trust(const config::Config& config)
{
    const bool verifies =
        !config.tls_client_ca_file().empty() || !config.tls_client_ca_dir().empty();
    if (!config.mupdate_server().empty() && !verifies)
        log::notice("the certificates of other servers are not verified: tls_client_ca_file is not "
                    "set");
}

Status recover(const config::Config& config)
{
    tell_faults(config);
    tell_trust(config);
    const std::string& top = config.configdirectory();
    for (const std::string& directory : {top, top + "/socket", top + "/user", top + "/log",
                                         config.proc_path(), config.mboxname_lockpath()})
        TRY(make_directories(directory));
    TRY(make_directories(directory_of(mboxlist::list_path(config))));
    sweep_new_files(top);
    sweep_sockets(top + "/socket/idle");
    for (const auto& [name, path] : config.partitions()) store::sweep_stage(path);
    TRY(recover_list(config));
    look_at_partitions(config);
    if (!config.partitions().empty()) recover_quotas(config);
    settle(config);
    log::notice("databases ready", {{"directory", top}});
    return success();
}

// db.backup1 is the newest copy, db.backup2 the one before.
Status rotate_in(const config::Config& config, const std::string& copy, const std::string& name)
{
    const std::string first = config.configdirectory() + "/db.backup1";
    const std::string second = config.configdirectory() + "/db.backup2";
    TRY(make_directories(first));
    TRY(make_directories(second));
    const std::string newest = cat(first, '/', name);
    if (::rename(newest.c_str(), cat(second, '/', name).c_str()) != 0 && errno != ENOENT)
        return errno_error(cat("rename ", newest));
    if (::rename(copy.c_str(), newest.c_str()) != 0) return errno_error(cat("rename ", copy));
    TRY(sync_directory(second));
    return sync_directory(first);
}

Status checkpoint(const config::Config& config, bool without_copy)
{
    TRY_ASSIGN(auto list, mboxlist::open_list(config));
    TRY(list->store().sync());
    if (without_copy) return success();
    const std::string path = mboxlist::list_path(config);
    const std::string name = path.substr(path.rfind('/') + 1);
    const std::string copy = cat(config.configdirectory(), '/', name, ".copy");
    TRY(list->store().copy_to(copy));
    return rotate_in(config, copy, name);
}

}  // namespace

int main(int argc, char** argv)
{
    const Arguments a = parse(argc, argv);
    const config::Config config = admin::start(a.config_path, kName);
    const Status done = a.recover ? recover(config) : checkpoint(config, a.without_copy);
    return done ? 0 : admin::failed(kName, done.error());
}
