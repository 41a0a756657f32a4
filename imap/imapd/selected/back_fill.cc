#include "imap/imapd/selected/back_fill.h"

#include <unistd.h>

#include <algorithm>

#include "imap/imapd/command_table.h"
#include "lib/service/scoreboard.h"

namespace rookery::imapd {
namespace {

// One that waits for its client, or for something to happen, costs nothing.
bool is_within_command(const service::ScoreLine& line)
{
    if (line.user.empty() || line.state == "idle" || line.pid == ::getpid()) return false;
    const CommandSpec* spec = find_command(line.state);
    return spec == nullptr || !spec->traits.waits;
}

}  // namespace

std::optional<Completion> shed_back_fill(const ImapSession& session)
{
    const int64_t most = session.config.backfill_commands();
    if (!session.back_fill.is_said || most == 0) return std::nullopt;
    const auto lines = service::scoreboard::lines();
    if (std::count_if(lines.begin(), lines.end(), is_within_command) < most) return std::nullopt;
    return Completion::no("[UNAVAILABLE] The server is busy: fetch old mail later");
}

}  // namespace rookery::imapd
