// ctl_mboxlist: writes, reads, verifies and pushes the mailbox list.
#include "imap/admin/ctl_mboxlist.h"

#include <getopt.h>
#include <unistd.h>

#include <array>

#include "imap/admin/tool.h"
#include "lib/base/log.h"

namespace {

using namespace rookery;
using admin::ListArguments;
using Action = ListArguments::Action;

[[noreturn]] void usage()
{
    admin::complain("usage: ctl_mboxlist [-C file] [-f list] [-L] [-x] [-y] [-p partition] -d\n"
                    "       ctl_mboxlist [-C file] [-f list] [-L] -u\n"
                    "       ctl_mboxlist [-C file] [-f list] [-a] [-w] [-i] -m\n"
                    "       ctl_mboxlist [-C file] [-f list] -s\n"
                    "       ctl_mboxlist [-C file] [-f list] -v\n");
    ::_exit(1);
}

// The long names are those of Cyrus 3.8 and later.
constexpr std::array<option, 14> kLongOptions{{
    {"dump", no_argument, nullptr, 'd'},
    {"undump", no_argument, nullptr, 'u'},
    {"legacy", no_argument, nullptr, 'L'},
    {"sync-mupdate", no_argument, nullptr, 'm'},
    {"authoritative", no_argument, nullptr, 'a'},
    {"warn-only", no_argument, nullptr, 'w'},
    {"interactive", no_argument, nullptr, 'i'},
    {"verify", no_argument, nullptr, 'v'},
    {"remove-dumped", no_argument, nullptr, 'x'},
    {"include-intermediaries", no_argument, nullptr, 'y'},
    {"partition", required_argument, nullptr, 'p'},
    {"filename", required_argument, nullptr, 'f'},
    {"config", required_argument, nullptr, 'C'},
    {nullptr, 0, nullptr, 0},
}};

void set_action(ListArguments& a, Action action)
{
    if (a.action != Action::none) usage();
    a.action = action;
}

ListArguments parse(int argc, char** argv)
{
    ListArguments a;
    for (int c; (c = ::getopt_long(argc, argv, "C:Ladf:imp:suvwxy", kLongOptions.data(),
                                   nullptr)) != -1;) {
        switch (c) {
            case 'C': a.config_path = optarg; break;
            case 'L': a.legacy = true; break;
            case 'a': a.authoritative = true; break;
            case 'd': set_action(a, Action::dump); break;
            case 'f': a.list_path = optarg; break;
            case 'i': a.interactive = true; break;
            case 'm': set_action(a, Action::push); break;
            case 'p': a.partition = optarg; break;
            case 's': set_action(a, Action::settle); break;
            case 'u': set_action(a, Action::undump); break;
            case 'v': set_action(a, Action::verify); break;
            case 'w': a.warn_only = true; break;
            case 'x': a.remove_dumped = true; break;
            case 'y': break;  // levels that are no mailboxes are not in the list
            default: usage();
        }
    }
    const bool dump = a.action == Action::dump;
    const bool push = a.action == Action::push;
    if (a.action == Action::none || optind != argc) usage();
    if (!dump && (a.remove_dumped || !a.partition.empty())) usage();
    if (!push && (a.authoritative || a.warn_only || a.interactive)) usage();
    if (a.action != Action::undump && !dump && a.legacy) usage();
    return a;
}

Status run(const config::Config& config, const ListArguments& a)
{
    switch (a.action) {
        case Action::dump: return admin::dump(config, a);
        case Action::undump: return admin::undump(config, a);
        case Action::settle: return admin::settle(config, a);
        case Action::verify: return admin::verify(config, a);
        case Action::push: return admin::push(config, a);
        case Action::none: break;
    }
    usage();
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
    return told_later ? log::kExTempFail : code;
}
