// reconstruct: makes index and cache of mailboxes anew from their message files.
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "imap/model/namespace.h"
#include "imap/store/find_mailboxes.h"
#include "imap/store/rebuild.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"

namespace {

using namespace rookery;

struct Arguments {
    std::string config_path = config::default_path();
    std::string partition;
    bool recursive = false;
    bool without_header = false;
    bool quiet = false;
    std::vector<std::string> mailboxes;
};

void say(int fd, const std::string& text)
{
    // There is nobody to tell that the output is closed.
    if (!write_all(fd, text)) return;
}

[[noreturn]] void usage()
{
    say(STDERR_FILENO,
        "usage: reconstruct [-C file] [-p partition] [-f] [-q] [-r] [mailbox ...]\n");
    ::_exit(log::kExUsage);
}

Arguments parse(int argc, char** argv)
{
    Arguments a;
    for (int c; (c = ::getopt(argc, argv, "C:p:fqr")) != -1;) {
        switch (c) {
            case 'C': a.config_path = optarg; break;
            case 'p': a.partition = optarg; break;
            case 'f': a.without_header = true; break;
            case 'q': a.quiet = true; break;
            case 'r': a.recursive = true; break;
            default: usage();
        }
    }
    for (int i = optind; i < argc; i++) a.mailboxes.emplace_back(argv[i]);
    return a;
}

// What root makes the daemons could not read: act as the owner of the state directory.
Status become_owner(const std::string& configdirectory)
{
    if (::geteuid() != 0) return success();
    struct stat st {};
    if (::stat(configdirectory.c_str(), &st) != 0) return errno_error(configdirectory);
    if (st.st_uid == 0) return success();
#ifdef __linux__
    if (::setgroups(1, &st.st_gid) != 0) return errno_error("setgroups");
#endif
    if (::setgid(st.st_gid) != 0) return errno_error("setgid");
    if (::setuid(st.st_uid) != 0) return errno_error("setuid");
    return success();
}

model::Namespace admin_namespace(const config::Config& config)
{
    model::NamespaceOptions options;
    options.unixhierarchysep = config.unixhierarchysep();
    options.virtdomains = config.virtdomains() != config::Virtdomains::off;
    options.defaultdomain = config.defaultdomain();
    return model::Namespace(options, "", true);
}

bool is_wanted(const model::MailboxEntry& entry, const std::vector<model::MailboxName>& names,
               bool recursive)
{
    if (names.empty()) return true;
    return std::any_of(names.begin(), names.end(), [&](const model::MailboxName& name) {
        return name == entry.name || (recursive && name.is_above(entry.name));
    });
}

// True if all went well.
bool rebuild_one(const store::LocalStore& store, const model::MailboxEntry& entry,
                 const std::string& shown, const Arguments& a)
{
    auto report = store::rebuild(store, entry, a.without_header);
    if (!report) {
        say(STDERR_FILENO, cat(shown, ": ", report.error().text, '\n'));
        return false;
    }
    log::notice("reconstructed", {{"mailbox", entry.name.internal()},
                                  {"messages", report->messages},
                                  {"found", report->found},
                                  {"changed", report->changed},
                                  {"lost", report->lost}});
    if (a.quiet) return true;
    std::string line = cat(shown, ": ", report->messages, " messages");
    if (report->found > 0) cat_to(line, ", ", report->found, " found");
    if (report->changed > 0) cat_to(line, ", ", report->changed, " cut or replaced");
    if (report->lost > 0) cat_to(line, ", ", report->lost, " without a file");
    if (report->new_uidvalidity) line += ", new UIDVALIDITY";
    if (report->new_header) line += ", new header: set its ACL";
    say(STDOUT_FILENO, line + "\n");
    return true;
}

int run(const Arguments& a, const config::Config& config)
{
    store::LocalStore store(store::store_options(config));
    model::Namespace names = admin_namespace(config);
    std::vector<model::MailboxName> wanted;
    for (const std::string& text : a.mailboxes) {
        auto name = names.to_internal(text);
        if (!name) {
            say(STDERR_FILENO, cat(text, ": ", name.error().text, '\n'));
            return log::kExUsage;
        }
        wanted.push_back(*name);
    }
    auto found = store::find_mailboxes(store.options().paths, a.without_header);
    if (!found) log::fatal(log::kExTempFail, found.error().text);
    std::vector<bool> met(wanted.size(), false);
    bool good = true;
    for (const model::MailboxEntry& entry : *found) {
        if (!a.partition.empty() && entry.partition != a.partition) continue;
        for (size_t i = 0; i < wanted.size(); i++)
            if (wanted[i] == entry.name || (a.recursive && wanted[i].is_above(entry.name)))
                met[i] = true;
        if (!is_wanted(entry, wanted, a.recursive)) continue;
        std::string shown = names.to_external(entry.name).value_or(entry.name.internal());
        good = rebuild_one(store, entry, shown, a) && good;
    }
    for (size_t i = 0; i < wanted.size(); i++) {
        if (met[i]) continue;
        say(STDERR_FILENO, cat(a.mailboxes[i], ": no mailbox of that name on this server\n"));
        good = false;
    }
    return good ? 0 : log::kExTempFail;
}

}  // namespace

int main(int argc, char** argv)
{
    install_panic_handlers();
    log::open("reconstruct");
    Arguments a = parse(argc, argv);
    auto config = config::Config::load(a.config_path, "reconstruct");
    if (!config) log::fatal(log::kExConfig, config.error().text);
    log::open("reconstruct", config->syslog_facility());
    if (config->partitions().empty())
        log::fatal(log::kExConfig, "there is no partition-NAME line: no mailboxes here");
    ::umask(077);
    if (Status owner = become_owner(config->configdirectory()); !owner)
        log::fatal(log::kExOsErr, owner.error().text);
    return run(a, *config);
}
