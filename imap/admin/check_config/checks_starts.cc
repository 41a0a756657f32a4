// What START has to do, and what services would end for at their start, by what reads it there.
#include <algorithm>
#include <array>

#include "imap/admin/check_config/checks.h"
#include "imap/mboxlist/newsgroups.h"
#include "imap/mupdate/start_options.h"
#include "imap/nntp/peer.h"
#include "lib/base/command_line.h"
#include "lib/base/strings.h"

namespace rookery::admin::check_config {
namespace {

using std::string_view;

// "cyrus ctl_cyrusdb -r" runs it too.
bool runs(const master::Argv& argv, string_view program)
{
    for (size_t i = 0; i < argv.size() && i < 2; ++i) {
        const string_view word = bare_name(argv[i]);
        if (word == program) return true;
        if (word != "cyrus") return false;
    }
    return false;
}

// "-m", or "-mv"; not what belongs to another option, such as the path of -C.
bool has_letter(const master::Argv& argv, char letter)
{
    return std::any_of(argv.begin(), argv.end(), [&](const std::string& word) {
        return word.size() > 1 && word[0] == '-' && word[1] != '-' &&
               word.find_first_of("Cf") == word.npos && word.find(letter) != word.npos;
    });
}

bool runs_with(const master::Argv& argv, string_view program, char letter)
{
    return runs(argv, program) && has_letter(argv, letter);
}

// START, or what of it is nearest to the word.
Place start_of(const Server& server, string_view program)
{
    const auto& start = server.conf->start;
    for (const master::StartEntry& e : start)
        if (runs(e.argv, program)) return {server.cyrus_conf, e.line};
    return {server.cyrus_conf, start.empty() ? 1 : start.front().line};
}

void check_recovery(const Server& server, Findings& findings)
{
    const auto& start = server.conf->start;
    if (!server.conf_is_whole) return;
    if (std::any_of(start.begin(), start.end(), [](const master::StartEntry& e) {
            return runs_with(e.argv, "ctl_cyrusdb", 'r');
        }))
        return;
    findings.push_back({Severity::error, start_of(server, "ctl_cyrusdb"),
                        "nothing recovers the databases at the start, which a crash may have left "
                        "in disorder",
                        "recover cmd=\"ctl_cyrusdb -r\" in START"});
}

void tell_push(const Server& server, unsigned line, Findings& findings)
{
    const bool is_alone = server.config->mupdate_server().empty();
    findings.push_back({Severity::error,
                        {server.cyrus_conf, line},
                        cat("ctl_mboxlist -m tells a master which mailboxes this server has, and ",
                            is_alone ? "there is no mupdate_server" : "a frontend has none"),
                        "# in front of the line"});
}

// The master is to know what a backend has, and who has nothing tells it nothing.
void check_push(const Server& server, Findings& findings)
{
    bool pushes = false;
    const bool may = server.is_backend;
    const auto look = [&](const master::Argv& argv, unsigned line) {
        if (!runs_with(argv, "ctl_mboxlist", 'm')) return;
        pushes = true;
        if (!may && (server.is_frontend || server.config->mupdate_server().empty()))
            tell_push(server, line, findings);
    };
    for (const master::StartEntry& e : server.conf->start) look(e.argv, e.line);
    for (const master::EventEntry& e : server.conf->events) look(e.argv, e.line);
    if (may && !pushes && server.conf_is_whole)
        findings.push_back({Severity::note, start_of(server, "ctl_mboxlist"),
                            "START does not tell the master which mailboxes are on this server",
                            "mupdatepush cmd=\"ctl_mboxlist -m\" in START"});
}

void check_workers(const Server& server, const Service& service, Findings& findings)
{
    const Status fit = mupdate::check_workers(server.as(service.entry.name));
    if (fit) return;
    constexpr std::array<string_view, 4> kOptions = {
        "mupdate_workers_start", "mupdate_workers_minspare", "mupdate_workers_maxspare",
        "mupdate_workers_max"};
    const auto set = std::find_if(kOptions.begin(), kOptions.end(),
                                  [&](string_view one) { return server.config->is_set(one); });
    findings.push_back({Severity::error, server.of(set == kOptions.end() ? kOptions[0] : *set),
                        fit.error().text,
                        "mupdate_workers_minspare, _start, _maxspare and _max: none is less than "
                        "the one before it"});
}

// "a.example.org,b.example.org", where no password is in it.
std::string peers_advice(const config::Config& config)
{
    std::string spaced = config.newspeer();
    std::replace(spaced.begin(), spaced.end(), ',', ' ');
    const auto words = split_words(spaced);
    const bool are_peers = std::all_of(
        words.begin(), words.end(), [](string_view word) { return nntp::parse_peer(word).ok(); });
    if (are_peers && words.size() > 1 && spaced.find('@') == spaced.npos)
        return cat("newspeer: ", spaced);
    return "newspeer: [user[:password]@]host[:port][:wildmat][/tls|/notls], with spaces between "
           "two";
}

void check_news(const Server& server, Findings& findings)
{
    const config::Config& config = *server.config;
    if (auto peers = nntp::peers_of(config); !peers)
        findings.push_back(
            {Severity::error, server.of("newspeer"), peers.error().text, peers_advice(config)});
    if (auto groups = mboxlist::Newsgroups::open(config); !groups)
        findings.push_back({Severity::error, server.of("newsgroups"), groups.error().text,
                            "newsgroups: a wildmat, such as comp.*,!comp.test"});
}

}  // namespace

void check_starts(const Server& server, Findings& findings)
{
    if (!server.conf) return;
    check_recovery(server, findings);
    check_push(server, findings);
}

void check_start_options(const Server& server, Findings& findings)
{
    for (const Service& service : server.services)
        if (service.program == "mupdate") check_workers(server, service, findings);
    check_news(server, findings);
}

}  // namespace rookery::admin::check_config
