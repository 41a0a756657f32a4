// murder: the whole murder from one place.
#include <getopt.h>
#include <unistd.h>

#include <array>

#include "imap/admin/murder/murder.h"
#include "imap/admin/tool.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::admin::murder {
namespace {

struct Subcommand {
    std::string_view name;
    std::string_view arguments;
    Result<int> (*run)(const config::Config&, const Arguments&);
};

constexpr std::array kSubcommands = {
    Subcommand{"status", "[--json]", status},
    Subcommand{"check", "[--json] [--apply] [replica ...]", check},
    Subcommand{"check-config", "[-M cyrus.conf] [--connect] [--json]", nullptr},
    Subcommand{"conflicts", "[--json] [list | show mailbox | resolve mailbox --keep server]",
               conflicts},
    Subcommand{"move", "[--dry-run] [mailbox server[!partition]]", move},
    Subcommand{"move", "--abort mailbox | --resume mailbox | --purge mailbox", move},
    Subcommand{"drain", "[--dry-run] server --to server,... [--rate number]", drain},
    Subcommand{"rebalance", "--plan | --run [--to server,...] [--rate number]", rebalance},
    Subcommand{"state", "[--json] [server state [--note text]]", state},
    Subcommand{"forget", "server", forget},
    Subcommand{"promote", "[--done | server ...]", promote},
    Subcommand{"resync", "--accept-deletes | --accept-restored", resync},
    Subcommand{"queue", "[--json] | --run [id] | --remove id | --remove --all", queue},
    Subcommand{"metrics", "[--output file]", metrics},
};

const Subcommand* find(const Arguments& a)
{
    for (const Subcommand& s : kSubcommands)
        if (!a.words.empty() && s.name == a.words[0]) return &s;
    return nullptr;
}

// Options and words may stand in any order: getopt stops at a word, which is taken by hand, and
// goes on behind it. A long option is a letter of its own; what belongs together is for the
// subcommand to look at.
Arguments parse(int argc, char** argv)
{
    static const std::array<option, 20> long_options = {
        {{"json", no_argument, nullptr, 'j'},
         {"connect", no_argument, nullptr, 'c'},
         {"accept-deletes", no_argument, nullptr, 'A'},
         {"accept-restored", no_argument, nullptr, 'R'},
         {"apply", no_argument, nullptr, 'a'},
         {"done", no_argument, nullptr, 'd'},
         {"dry-run", no_argument, nullptr, 'n'},
         {"abort", no_argument, nullptr, 'x'},
         {"resume", no_argument, nullptr, 'r'},
         {"purge", no_argument, nullptr, 'g'},
         {"plan", no_argument, nullptr, 'P'},
         {"run", no_argument, nullptr, 'X'},
         {"remove", no_argument, nullptr, 'm'},
         {"all", no_argument, nullptr, 'l'},
         {"to", required_argument, nullptr, 't'},
         {"rate", required_argument, nullptr, 'p'},
         {"keep", required_argument, nullptr, 'k'},
         {"note", required_argument, nullptr, 'N'},
         {"output", required_argument, nullptr, 'o'},
         {nullptr, 0, nullptr, 0}}};
    Arguments a;
    a.program = argv[0];
    while (optind < argc) {
        int c = ::getopt_long(argc, argv, "+C:M:s:u:w:", long_options.data(), nullptr);
        if (c == -1) {  // words and options may stand in any order
            if (optind < argc) a.words.emplace_back(argv[optind++]);
            continue;
        }
        switch (c) {
            case 'C': a.config_path = optarg; break;
            case 'M': a.cyrus_conf = optarg; break;
            case 'c': a.connect = true; break;
            case 's': a.target.server = optarg; break;
            case 'u': a.target.authname = optarg; break;
            case 'w': a.target.password = optarg; break;
            case 'j': a.json = true; break;
            case 'A': a.accept_deletes = true; break;
            case 'R': a.accept_restored = true; break;
            case 'a': a.apply = true; break;
            case 'd': a.done = true; break;
            case 'n': a.dry_run = true; break;
            case 'x': a.abort = true; break;
            case 'r': a.resume = true; break;
            case 'g': a.purge = true; break;
            case 'P': a.plan = true; break;
            case 'X': a.run = true; break;
            case 'm': a.remove = true; break;
            case 'l': a.all = true; break;
            case 't': a.to = optarg; break;
            case 'p': a.rate = optarg; break;
            case 'k': a.keep = optarg; break;
            case 'N': a.note = optarg; break;
            case 'o': a.output = optarg; break;
            default: usage();
        }
    }
    if (find(a) == nullptr) usage();
    return a;
}

}  // namespace

void usage()
{
    std::string text;
    for (const Subcommand& s : kSubcommands)
        cat_to(text, text.empty() ? "usage: " : "       ",
               "murder [-C file] [-s server] [-u user] [-w password] ", s.name, ' ', s.arguments,
               '\n');
    complain(text);
    ::_exit(log::kExUsage);
}

}  // namespace rookery::admin::murder

int main(int argc, char** argv)
{
    using namespace rookery;
    const auto a = admin::murder::parse(argc, argv);
    if (a.words[0] == "check-config") {
        auto code = admin::murder::check_config(a);
        return code ? *code : admin::failed("murder", code.error());
    }
    const config::Config config = admin::start(a.config_path, "murder");
    if (auto ready = auth::SaslClient::init_library(config); !ready)
        return admin::failed("murder", ready.error());
    auto code = admin::murder::find(a)->run(config, a);
    if (code) return *code;
    admin::failed("murder", code.error());
    return admin::murder::kCritical;
}
