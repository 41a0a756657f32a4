// murder status: roles, versions, lag, and what waits for somebody.
#include <unistd.h>

#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/survey.h"
#include "imap/admin/terminal.h"
#include "imap/admin/tool.h"
#include "lib/base/strings.h"

namespace rookery::admin::murder {
namespace {

Colour colour_of(int weight)
{
    return weight == kFine ? Colour::good : weight == kWarning ? Colour::warning : Colour::bad;
}

// In two tables, so that each fits.
Report report_of(const Survey& seen)
{
    Report report;
    Section& servers = report.section(
        "servers", "Servers", {"server", "role", "state", "version", "mailboxes", "serial", "lag"});
    Section& health =
        report.section("health", "Their health",
                       {"server", "disk free %", "certificate days", "sessions", "mails to send"});
    for (const SurveyedServer& s : seen.servers) {
        servers.rows.push_back({s.name, part_name(s.part), Value(s.state).in(colour_of(s.weight)),
                                s.version, Value::number(s.mailboxes), Value::number(s.serial),
                                Value::number(s.lag)});
        if (s.free_percent || s.certificate || s.sessions || s.queue)
            health.rows.push_back({s.name, Value::number(s.free_percent),
                                   Value::number(s.certificate), Value::number(s.sessions),
                                   Value::number(s.queue)});
    }
    return report;
}

}  // namespace

Result<int> status(const config::Config& config, const Arguments& a)
{
    if (a.words.size() != 1) a.refuse();
    static constexpr std::string_view kWords[] = {"fine", "warning", "critical"};
    Survey seen = survey(config, a);
    const std::string_view word = kWords[seen.worst];
    Report report = report_of(seen);
    report.append(std::move(seen.details));
    if (a.json) {
        print(report.to_json(word));
        return seen.worst;
    }
    const bool colours = takes_colours(STDOUT_FILENO);
    print(cat(report.to_text(width_of(STDOUT_FILENO), colours), "\n",
              coloured(word, colour_of(seen.worst), colours), "\n"));
    return seen.worst;
}

}  // namespace rookery::admin::murder
