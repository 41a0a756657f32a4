// murder: the whole murder from one place.
#include "imap/admin/murder/murder.h"
#include "imap/admin/tool.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/command_line.h"

namespace rookery::admin::murder {
namespace {

// One way to use a subcommand a line; what its synopsis does not name it does not take.
constexpr Subcommand kSubcommands[] = {
    {"status", "[--json]"},
    {"check", "[--json] [--apply] [replica ...]"},
    {"check-config", "[-M cyrus.conf] [--connect] [--json]"},
    {"conflicts", "[--json] [list | show mailbox | resolve mailbox --keep server]"},
    {"move", "[--dry-run] [mailbox server[!partition]]"},
    {"move", "--abort mailbox | --resume mailbox | --purge mailbox"},
    {"drain", "[--dry-run] server --to server,... [--rate number]"},
    {"rebalance", "--plan | --run [--to server,...] [--rate number]"},
    {"state", "[--json] [server state [--note text]]"},
    {"forget", "server"},
    {"promote", "[--done | server ...]"},
    {"resync", "--accept-deletes | --accept-restored"},
    {"queue", "[--json] | --run [id] | --remove id | --remove --all"},
    {"metrics", "[--output file]"},
};

constexpr std::pair<std::string_view, Result<int> (*)(const config::Config&, const Arguments&)>
    kRun[] = {
        {"status", status}, {"check", check},   {"conflicts", conflicts},
        {"move", move},     {"drain", drain},   {"rebalance", rebalance},
        {"state", state},   {"forget", forget}, {"promote", promote},
        {"resync", resync}, {"queue", queue},   {"metrics", metrics},
};

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
    a.words = line.operands();
    return a;
}

Result<int> run(const config::Config& config, const Arguments& a)
{
    for (const auto& [name, run] : kRun)
        if (name == a.words.front()) return run(config, a);
    a.refuse();
}

}  // namespace
}  // namespace rookery::admin::murder

int main(int argc, char** argv)
{
    using namespace rookery;
    const CommandLine line(admin::murder::kProgram, argc, argv);
    const auto a = admin::murder::arguments_of(line, argv[0]);
    if (a.words.front() == "check-config") {
        auto code = admin::murder::check_config(a);
        return code ? *code : admin::failed("murder", code.error());
    }
    const config::Config config = admin::start(a.config_path, "murder");
    if (auto ready = auth::SaslClient::init_library(config); !ready)
        return admin::failed("murder", ready.error());
    auto code = admin::murder::run(config, a);
    if (code) return *code;
    admin::failed("murder", code.error());
    return admin::murder::kCritical;
}
