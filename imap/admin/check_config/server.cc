#include "imap/admin/check_config/server.h"

#include <algorithm>
#include <array>

#include "imap/admin/check_config/entries.h"
#include "imap/admin/check_config/lines.h"
#include "imap/admin/check_config/slips.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"
#include "lib/config/murder_role.h"
#include "lib/config/option_names.h"
#include "master/cyrus_programs.h"

namespace rookery::admin::check_config {
namespace {

constexpr size_t kMaxFile = 1 << 20;

// "file:line: reason", as both parsers tell it.
Finding of_fault(const std::string& file, std::string_view fault)
{
    Finding finding{Severity::error, {file, 1}, std::string(fault), ""};
    const size_t reason = fault.find(": ");
    const size_t colon = fault.rfind(':', reason == 0 ? 0 : reason - 1);
    if (reason == fault.npos || colon == fault.npos) return finding;
    auto line = to_number<unsigned>(fault.substr(colon + 1, reason - colon - 1));
    if (!line) return finding;
    finding.place = {std::string(fault.substr(0, colon)), *line};
    finding.text = fault.substr(reason + 2);
    return finding;
}

std::string base_name(std::string_view path)
{
    return std::string(path.substr(path.rfind('/') + 1));
}

const config::Include* include_at(const config::Reading& reading, const Place& place)
{
    for (const config::Include& one : reading.includes)
        if (one.file == place.file && one.number == place.line) return &one;
    return nullptr;
}

void tell_faults(Server& server, const config::Reading& reading, Findings& findings)
{
    for (const Error& fault : reading.faults) {
        Finding finding = of_fault(server.imapd_conf, fault.text);
        finding.write = "name: value, or # in front of the line";
        if (const config::Include* one = include_at(reading, finding.place)) {
            server.missing.push_back(*one);
            finding.text = cat("@include: ", finding.text);
            finding.write = "@include: a file that the daemons' user may read";
        }
        findings.push_back(std::move(finding));
    }
}

// A text that says what the lines say: a backslash at the end would join the next to it.
std::string text_of(const std::vector<config::Line>& lines)
{
    std::string text;
    for (const config::Line& line : lines)
        if (is_sound(lines, line))
            cat_to(text, line.name, ": ", line.value, line.value.ends_with('\\') ? " \n" : "\n");
    return text;
}

void read_imapd_conf(Server& server, Findings& findings)
{
    auto reading = config::read_past_faults(server.imapd_conf);
    if (!reading) {
        findings.push_back(of_fault(server.imapd_conf, reading.error().text));
        return;
    }
    put_right(*reading, findings);
    tell_faults(server, *reading, findings);
    server.lines = std::move(reading->lines);
    server.includes = std::move(reading->includes);
    server.sound = text_of(server.lines);
    auto config = config::Config::from_text(server.sound, "");
    if (config)
        server.config = *std::move(config);
    else
        findings.push_back({Severity::error, server.of("configdirectory"), config.error().text,
                            "configdirectory: /var/lib/imap"});
}

// Two entries of Debian's own file, which nobody has chosen, for services that are not there.
bool is_stock_entry(std::string_view line)
{
    constexpr std::array<std::string_view, 2> kStock = {
        "http cmd=\"httpd -U 30\" listen=\"8008\" prefork=0 maxchild=100",
        "notify cmd=\"notifyd\" listen=\"/run/cyrus/socket/notify\" proto=\"udp\" prefork=1"};
    std::string spaced;
    for (std::string_view word : split_words(trim(line)))
        cat_to(spaced, spaced.empty() ? "" : " ", word);
    return std::find(kStock.begin(), kStock.end(), spaced) != kStock.end();
}

// The lines of cyrus.conf, as they stand.
class Text {
 public:
    explicit Text(const std::string& path)
    {
        if (auto text = read_file(path, kMaxFile)) text_ = *std::move(text);
    }
    std::string_view line(unsigned number) const
    {
        const auto lines = split(text_, '\n');
        if (number == 0 || number > lines.size()) return {};
        const std::string_view whole = lines[number - 1];
        return trim(whole.substr(0, whole.find('#')));
    }

 private:
    std::string text_;
};

// What master would leave out, and says so in the log.
void tell_left_out(const Server& server, const Text& text, Findings& findings)
{
    for (const std::string& warning : server.conf->warnings) {
        Finding finding = of_fault(server.cyrus_conf, warning);
        const std::string_view line = text.line(finding.place.line);
        if (is_stock_entry(line)) continue;
        finding.severity = Severity::warning;
        finding.write = unknown_key_advice(finding.text, line);
        findings.push_back(std::move(finding));
    }
}

void take_services(Server& server, const master::Conf& whole, Findings& findings)
{
    for (const master::ServiceEntry& entry : whole.services) {
        auto target = service::parse_listen(entry.listen);
        if (!target)
            findings.push_back({Severity::error,
                                {server.cyrus_conf, entry.line},
                                cat(entry.name, ": ", target.error().text),
                                listen_advice(entry.listen)});
        server.services.push_back(
            {entry, base_name(entry.argv.front()), target ? *target : service::ListenTarget{}});
    }
}

void read_cyrus_conf(Server& server, Findings& findings)
{
    std::vector<Error> faults;
    auto conf = master::parse_conf(server.cyrus_conf, faults);
    if (!conf) faults.push_back(conf.error());
    server.conf_is_whole = faults.empty();
    const Text text(server.cyrus_conf);
    for (const Error& fault : faults) {
        Finding finding = of_fault(server.cyrus_conf, fault.text);
        finding.write = cyrus_conf_advice(finding.text, text.line(finding.place.line));
        findings.push_back(std::move(finding));
    }
    if (!conf) return;
    const master::Conf whole = *conf;
    server.conf = *std::move(conf);
    master::leave_out_cyrus_programs(*server.conf, server.programs);
    tell_left_out(server, text, findings);
    take_services(server, whole, findings);
}

void find_role(Server& server)
{
    auto has_mupdate = [&](bool as_master) {
        return std::any_of(server.services.begin(), server.services.end(), [&](const Service& s) {
            return s.program == "mupdate" && s.has_option("-m") == as_master;
        });
    };
    server.is_master = has_mupdate(true);
    if (!server.config || server.config->mupdate_server().empty()) return;
    const bool unified = server.config->mupdate_config() != config::MupdateConfig::standard;
    const bool proxies = server.runs("proxyd") || server.runs("lmtpproxyd");
    const bool stores = server.runs("imapd") || server.runs("lmtpd");
    const bool replica = has_mupdate(false) && config::holds_replica(*server.config);
    server.is_frontend = unified || proxies || replica;
    server.is_backend = unified || (stores && !server.is_frontend);
}

}  // namespace

bool Service::has_option(std::string_view option) const
{
    return std::find(entry.argv.begin(), entry.argv.end(), option) != entry.argv.end();
}

std::string Service::command_of(std::string_view other, std::string_view argument) const
{
    std::string command = cat("cmd=\"", other);
    for (size_t i = 1; i < entry.argv.size(); ++i) cat_to(command, ' ', entry.argv[i]);
    return cat(command, argument.empty() ? "" : " ", argument, '"');
}

bool Server::is_missing(const config::Include& include) const
{
    return std::any_of(missing.begin(), missing.end(), [&](const config::Include& one) {
        return one.file == include.file && one.number == include.number;
    });
}

bool Server::runs(std::string_view program) const
{
    return std::any_of(services.begin(), services.end(),
                       [&](const Service& s) { return s.program == program; });
}

Place Server::of(std::string_view option) const
{
    for (const config::Line& line : lines)
        if (config::present_name(line.name) == option) return {line.file, line.number};
    return {imapd_conf, 1};
}

config::Config Server::as(const std::string& service) const
{
    auto own = config::Config::from_text(sound, service);
    return own ? *std::move(own) : *config;
}

Server read_server(const std::string& imapd_conf, const std::string& cyrus_conf,
                   const master::ProgramPath& programs, Findings& findings)
{
    Server server(programs);
    server.imapd_conf = imapd_conf;
    server.cyrus_conf = cyrus_conf;
    read_imapd_conf(server, findings);
    read_cyrus_conf(server, findings);
    find_role(server);
    return server;
}

}  // namespace rookery::admin::check_config
