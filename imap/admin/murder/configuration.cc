// murder check-config: what is wrong with this server's configuration.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "imap/admin/check_config/checks.h"
#include "imap/admin/check_config/connect.h"
#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/report.h"
#include "imap/admin/tool.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"
#include "lib/service/run_as.h"

namespace rookery::admin::murder {
namespace {

using check_config::Finding;
using check_config::Findings;
using check_config::Server;
using check_config::Severity;

Status check_file(const std::string& path)
{
    struct stat st {};
    if (::access(path.c_str(), R_OK) != 0 || ::stat(path.c_str(), &st) != 0)
        return errno_error(path);
    if (S_ISDIR(st.st_mode)) return errno_error(path, EISDIR);
    return success();
}

// What the daemons can do is tried as their user.
void become_daemon(const Server& server, Findings& findings)
{
    if (::geteuid() != 0 || !server.config) return;
    auto found = service::RunAs::of(*server.config);
    Status done = found ? found->drop() : Status(std::move(found).error());
    if (done) return;
    const bool is_group = done.error().text.find("group") != std::string::npos;
    findings.push_back(
        {Severity::error, server.of(is_group ? "cyrus_group" : "cyrus_user"), done.error().text,
         is_group ? "cyrus_group: a group that there is; groupadd makes one"
                  : "cyrus_user: a user that there is, not root; adduser makes one"});
}

std::string_view word_of(Severity severity)
{
    switch (severity) {
        case Severity::note: return "note";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
    }
    return "error";
}

std::string as_json(const Findings& findings)
{
    Report report;
    bool critical = false;
    Section& section =
        report.section("findings", "Configuration", {"severity", "file", "line", "text", "write"});
    for (const Finding& f : findings) {
        critical = critical || f.severity == Severity::error;
        section.rows.push_back(
            {word_of(f.severity), f.place.file, Value::number(f.place.line), f.text, f.write});
    }
    return report.to_json(findings.empty() ? "fine" : critical ? "critical" : "warning");
}

std::string as_text(const Findings& findings)
{
    std::string out;
    for (const Finding& f : findings) {
        cat_to(out, f.place.file, ':', f.place.line, ": ", f.text);
        if (!f.write.empty()) cat_to(out, "; write: ", f.write);
        out.push_back('\n');
    }
    return out;
}

}  // namespace

Result<int> check_config(const Arguments& arguments)
{
    install_panic_handlers();
    log::open("murder");
    if (arguments.words.size() != 1) arguments.refuse();
    for (const std::string& path : {arguments.config_path, arguments.cyrus_conf})
        if (Status readable = check_file(path); !readable) {
            complain(cat("murder: ", readable.error().text, '\n'));
            return log::kExConfig;
        }
    Findings findings;
    const master::ProgramPath programs(arguments.program);
    const Server server =
        check_config::read_server(arguments.config_path, arguments.cyrus_conf, programs, findings);
    become_daemon(server, findings);
    if (arguments.connect && server.config && server.is_whole()) {
        TRY(auth::SaslClient::init_library(*server.config));
        check_config::try_peers(server, findings);
    }
    check_config::run_checks(server, findings);
    print(arguments.json ? as_json(findings) : as_text(findings));
    return findings.empty() ? kFine : kWarning;
}

}  // namespace rookery::admin::murder
