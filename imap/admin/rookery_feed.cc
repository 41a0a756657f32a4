// rookery-feed: feeds to other servers of news what they did not get at once.
#include <unistd.h>

#include <algorithm>
#include <string>

#include "imap/admin/tool.h"
#include "imap/nntp/feed.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/clock.h"
#include "lib/base/command_line.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"

namespace {

using namespace rookery;

constexpr std::string_view kName = "rookery-feed";

constexpr Option kOptions[] = {
    {'C', "config", "file", "read this imapd.conf"},
    {'a', "all", "", "try all of them, also what is not due"},
    {'v', "verbose", "", "tell what becomes of each"},
};
constexpr Program kProgram = {
    "rookery-feed", "feeds the articles that wait for other servers", kOptions, "", 0, 0};

Status run(const CommandLine& line, const config::Config& config)
{
    TRY_ASSIGN(auto peers, nntp::peers_of(config));
    const std::string folder = nntp::Feed::directory(config);
    if (peers.empty() && ::access(folder.c_str(), F_OK) != 0) return success();
    using Patience = nntp::Feed::Patience;
    nntp::Feed feed(config, std::move(peers), line.has("a") ? Patience::none : Patience::waits);
    TRY_ASSIGN(submission::Queue* const queue, feed.queue());
    (void)queue->sweep();
    TRY_ASSIGN(auto entries, queue->list());
    const auto peer_of = [](const submission::Entry& entry) {
        return entry.is_damaged ? std::string() : entry.mail.to.front();
    };
    std::stable_sort(entries.begin(), entries.end(),
                     [&](const auto& a, const auto& b) { return peer_of(a) < peer_of(b); });
    std::string before;
    for (const auto& entry : entries) {
        // A try that was begun is ended; the next run does the rest.
        if (signals::terminate_pending()) break;
        const bool is_due = line.has("a") || entry.state.next <= wall_seconds();
        if (!entry.is_damaged && !is_due) continue;
        // It is not read for a peer that gets nothing anyway, unless it is to be dropped.
        const bool is_young = wall_seconds() - entry.arrived < submission::kLifetime;
        if (!entry.is_damaged && !line.has("a") && is_young &&
            feed.is_away(entry.mail.to.front()))
            continue;
        const auto when = line.has("a") ? submission::When::now : submission::When::due;
        const std::string to = peer_of(entry);
        if (to != before) feed.finish();
        before = to;
        feed.try_entry(entry.id, when, [&line, to](const std::string& id, auto tried) {
            if (line.has("v"))
                admin::print(cat(id, ' ', to, ' ', submission::tried_word(tried), '\n'));
        });
    }
    feed.finish();
    return success();
}

}  // namespace

int main(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    const config::Config config = admin::start(line.value("C", config::default_path()), kName);
    signals::install();
    if (auto ready = auth::SaslClient::init_library(config); !ready)
        return admin::failed(kName, ready.error());
    const Status done = run(line, config);
    return done ? 0 : admin::failed(kName, done.error());
}
