// murder: the whole murder from one place.
#include <algorithm>
#include <array>
#include <iterator>

#include "imap/admin/murder/murder.h"
#include "imap/admin/progress.h"
#include "imap/admin/tool.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/command_line.h"

namespace rookery::admin::murder {
namespace {

// One way to use a subcommand a line; what its synopsis does not name it does not take. Each has
// what it does: with this server's configuration, or, for what has to do without one that can be
// read, from the arguments alone.
struct Row {
    Subcommand way;
    Result<int> (*run)(const config::Config&, const Arguments&) = nullptr;
    Result<int> (*run_without)(const Arguments&) = nullptr;
};
constexpr Row kRows[] = {
    {{"status", "[--json]"}, status},
    {{"top", "[--once] [--interval seconds]"}, top},
    {{"graph", "[--output file]"}, graph},
    {{"check", "[--json] [--apply] [replica ...]"}, check},
    {{"check-config", "[-M cyrus.conf] [--connect] [--json]"}, nullptr, check_config},
    {{"conflicts", "[--json] [list | show mailbox | resolve mailbox --keep server]"}, conflicts},
    {{"move", "[--dry-run] [--quiet] [mailbox server[!partition]]"}, move},
    {{"move", "--abort mailbox | --resume mailbox | --purge mailbox"}, move},
    {{"drain", "[--dry-run] [--quiet] server --to server,... [--rate number]"}, drain},
    {{"rebalance", "--plan | --run [--quiet] [--to server,...] [--rate number]"}, rebalance},
    {{"state", "[--json] [server state [--note text]]"}, state},
    {{"forget", "server"}, forget},
    {{"promote", "[--done | server ...]"}, promote},
    {{"resync", "--accept-deletes | --accept-restored"}, resync},
    {{"queue", "[--json] | --run [id] | --remove id | --remove --all"}, queue},
    {{"metrics", "[--output file]"}, metrics},
};
constexpr auto ways()
{
    std::array<Subcommand, std::size(kRows)> all;
    std::transform(std::begin(kRows), std::end(kRows), all.begin(),
                   [](const Row& row) { return row.way; });
    return all;
}
constexpr auto kSubcommands = ways();

constexpr Option kOptions[] = {
    {'C', "", "file", "read this imapd.conf"},
    {'M', "", "cyrus.conf", "not that of the standard folder"},
    {'s', "", "server", "the mupdate master, not mupdate_server"},
    {'u', "", "user", "log in as this user, not mupdate_authname"},
    {'w', "", "password", "seen by everybody on this machine; not mupdate_password"},
    {0, "json", "", "for programs"},
    {0, "connect", "", "try each server, in the role that this one has for it"},
    {0, "apply", "", "mend what can be mended"},
    {0, "dry-run", "", "only say what would be done"},
    {0, "abort", "", "the move that was begun is given up"},
    {0, "resume", "", "the move that was begun goes on"},
    {0, "purge", "", "what a move left at its source is removed"},
    {0, "to", "servers", "where mailboxes go, with commas between"},
    {0, "rate", "number", "so many moves a minute at most"},
    {0, "plan", "", "say what would be moved"},
    {0, "run", "", "do it"},
    {0, "keep", "server", "the copy at this server stays"},
    {0, "note", "text", "why, for those who ask"},
    {0, "done", "", "the new master is the master"},
    {0, "accept-deletes", "", "what the master has not is forgotten"},
    {0, "accept-restored", "", "a master that was restored is believed"},
    {0, "remove", "", "the message is not sent any more"},
    {0, "all", "", "all that wait"},
    {0, "output", "file", "write here, not to standard output"},
    {'n', "once", "", "one picture, and no more"},
    {'q', "quiet", "", "no progress, and only what went wrong"},
    {0, "interval", "seconds", "between two pictures"},
};
constexpr Program kProgram = {
    .name = "murder",
    .purpose = "the whole murder from one place",
    .options = kOptions,
    .operands = "",
    .subcommands = kSubcommands,
};

Arguments arguments_of(const CommandLine& line, const char* program)
{
    Arguments a;
    a.line = &line;
    a.program = program;
    a.config_path = line.value("C", a.config_path);
    a.cyrus_conf = line.value("M", ROOKERY_SYSCONFDIR "/cyrus.conf");
    a.connect = line.has("connect");
    a.target.server = line.value("s");
    a.target.authname = line.value("u");
    a.target.password = line.value("w");
    a.json = line.has("json");
    a.accept_deletes = line.has("accept-deletes");
    a.accept_restored = line.has("accept-restored");
    a.apply = line.has("apply");
    a.done = line.has("done");
    a.dry_run = line.has("dry-run");
    a.abort = line.has("abort");
    a.resume = line.has("resume");
    a.purge = line.has("purge");
    a.plan = line.has("plan");
    a.run = line.has("run");
    a.remove = line.has("remove");
    a.all = line.has("all");
    a.to = line.value("to");
    a.rate = line.value("rate");
    a.keep = line.value("keep");
    a.note = line.value("note");
    a.output = line.value("output");
    a.quiet = line.has("quiet");
    a.once = line.has("once");
    a.interval = line.value("interval", a.interval);
    a.words = line.operands();
    return a;
}

// The command line has looked whether there is one.
const Row& row_of(const Arguments& a)
{
    return *std::find_if(std::begin(kRows), std::end(kRows),
                         [&](const Row& row) { return row.way.name == a.words.front(); });
}

}  // namespace
}  // namespace rookery::admin::murder

int main(int argc, char** argv)
{
    using namespace rookery;
    const CommandLine line(admin::murder::kProgram, argc, argv);
    const auto a = admin::murder::arguments_of(line, argv[0]);
    const auto& row = admin::murder::row_of(a);
    if (row.run_without != nullptr) {
        auto code = row.run_without(a);
        return code ? *code : admin::failed("murder", code.error());
    }
    const config::Config config = admin::start(a.config_path, "murder");
    if (auto ready = auth::SaslClient::init_library(config); !ready)
        return admin::failed("murder", ready.error());
    auto code = row.run(config, a);
    if (code) return admin::exit_status(*code);
    admin::failed("murder", code.error());
    return admin::exit_status(admin::murder::kCritical);
}
