// ctl_mboxlist: writes, reads, verifies and pushes the mailbox list.
#include "imap/admin/ctl_mboxlist.h"

#include <unistd.h>

#include <array>

#include "imap/admin/progress.h"
#include "imap/admin/tool.h"
#include "lib/base/command_line.h"
#include "lib/base/log.h"

namespace {

using namespace rookery;
using admin::ListArguments;
using Action = ListArguments::Action;

// The long names are those of Cyrus 3.8 and later.
constexpr std::array kOptions = {
    Option{'d', "dump", "", "write the list to standard output"},
    Option{'u', "undump", "", "read it from standard input, instead of what is there"},
    Option{'m', "sync-mupdate", "", "bring the mupdate master up to date"},
    Option{'s', "settle", "", "tell the mupdate master what it has not heard"},
    Option{'v', "verify", "", "say where list and partitions do not agree"},
    Option{'C', "config", "file", "read this imapd.conf"},
    Option{'f', "filename", "list", "this list, not the server's"},
    Option{'L', "legacy", "", "with -d and -u: lines as Cyrus 2.5 to 3.6 has them"},
    Option{'x', "remove-dumped", "", "with -d: remove from the list what is written"},
    Option{'p', "partition", "partition", "with -d: only what is there"},
    Option{'a', "authoritative", "", "with -m: of a name at two servers, this one's is right"},
    Option{'w', "warn-only", "", "with -m: only say what would be done"},
    Option{'q', "quiet", "", "with -m: no progress, and what is done is not named"},
    Option{'i', "interactive", "", "with -m: remove no mailbox of this server"},
    // Levels that are no mailboxes are not in the list.
    Option{'y', "include-intermediaries", "", ""},
};
constexpr Program kProgram = {"ctl_mboxlist", "writes, reads, verifies and pushes the mailbox list",
                              kOptions, ""};

ListArguments parse(int argc, char** argv)
{
    constexpr std::pair<std::string_view, Action> kActions[] = {{"d", Action::dump},
                                                                {"u", Action::undump},
                                                                {"m", Action::push},
                                                                {"s", Action::settle},
                                                                {"v", Action::verify}};
    const CommandLine line(kProgram, argc, argv);
    ListArguments a;
    size_t actions = 0;
    for (const auto& [letter, action] : kActions) {
        actions += line.count(letter);
        if (line.has(letter)) a.action = action;
    }
    if (actions != 1) line.refuse("one of -d, -u, -m, -s, -v");
    a.config_path = line.value("C", a.config_path);
    a.list_path = line.value("f");
    a.partition = line.value("p");
    a.legacy = line.has("L");
    a.authoritative = line.has("a");
    a.interactive = line.has("i");
    a.warn_only = line.has("w");
    a.quiet = line.has("q");
    a.remove_dumped = line.has("x");
    const bool dump = a.action == Action::dump;
    if (!dump && (a.remove_dumped || !a.partition.empty())) line.refuse("-x and -p are for -d");
    if (a.action != Action::push && (a.authoritative || a.warn_only || a.interactive || a.quiet))
        line.refuse("-a, -w, -q and -i are for -m");
    if (a.action != Action::undump && !dump && a.legacy) line.refuse("-L is for -d and -u");
    return a;
}

Status run(const config::Config& config, const ListArguments& a)
{
    switch (a.action) {
        case Action::dump: return admin::dump(config, a);
        case Action::undump: return admin::undump(config, a);
        case Action::settle: return admin::settle(config, a);
        case Action::verify: return admin::verify(config, a);
        case Action::push: break;
    }
    return admin::push(config, a);
}

}  // namespace

int main(int argc, char** argv)
{
    const ListArguments a = parse(argc, argv);
    const config::Config config = admin::start(a.config_path, "ctl_mboxlist");
    const Status done = run(config, a);
    if (done) return 0;
    const int code = admin::failed("ctl_mboxlist", done.error());
    // What the master has not heard it hears later: no reason not to serve what is here.
    const bool told_later = a.action == ListArguments::Action::push && !a.warn_only;
    return admin::exit_status(told_later ? log::kExTempFail : code);
}
