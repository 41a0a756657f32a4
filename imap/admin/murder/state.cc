// murder state: what a server is to be used for.
#include "imap/admin/murder/murder.h"
#include "imap/admin/murder/report.h"
#include "imap/admin/murder/transfer.h"
#include "imap/admin/tool.h"
#include "lib/base/strings.h"

namespace rookery::admin::murder {

using model::ServerStates;

void add_states(Report& report, const ServerStates& states)
{
    Section& section =
        report.section("states", "Servers that are not active", {"server", "state", "note"});
    for (const auto& [server, said] : states.all())
        section.rows.push_back({server, model::server_state_word(said.state), said.note});
}

Result<ServerStates> states_at(mupdate::Client& master)
{
    if (!master.offers("SERVER-STATES")) return ServerStates();
    TRY_ASSIGN(const auto lines, master.status());
    return states_in(lines);
}

Result<ServerStates> states_in(const std::vector<mupdate::StatusLine>& lines)
{
    std::string text;
    for (const auto& line : lines)
        if (line.key == "state") cat_to(text, line.value, '\n');
    return ServerStates::parse(text);
}

Status set_state(mupdate::Client& master, std::string_view server, model::ServerState state,
                 std::string_view note)
{
    if (!master.offers("SERVER-STATES"))
        return Error{Code::unsupported, "this master keeps no states of servers"};
    TRY_ASSIGN(const auto reply, master.run(mupdate::Verb::server_state,
                                            {server, model::server_state_word(state), note}));
    return reply.ok ? success() : Status(reply.error());
}

Result<int> state(const config::Config& config, const Arguments& a)
{
    if (a.words.size() == 2 || (a.words.size() == 1 && !a.note.empty())) a.refuse();
    TRY_ASSIGN(auto master, mupdate::Client::connect(config, a.target));
    if (a.words.size() == 1) {
        TRY_ASSIGN(const ServerStates states, states_at(*master));
        Report report;
        add_states(report, states);
        print(a.json ? report.to_json("fine") : report.to_text());
        return kFine;
    }
    const auto wanted = model::server_state_of(a.words[2]);
    if (!wanted || a.words.size() > 3) a.refuse();
    TRY(set_state(*master, a.words[1], *wanted, a.note));
    print(cat(a.words[1], ": ", a.words[2], "\n"));
    return kFine;
}

}  // namespace rookery::admin::murder
