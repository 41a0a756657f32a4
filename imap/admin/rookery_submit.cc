// rookery-submit: tries again what could not be sent at once, and returns to its owner what cannot
// be sent at all.
#include <unistd.h>

#include <string>

#include "imap/admin/returned_mail.h"
#include "imap/admin/tool.h"
#include "imap/submission/queue.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/clock.h"
#include "lib/base/command_line.h"
#include "lib/base/log.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"

namespace {

using namespace rookery;

constexpr std::string_view kName = "rookery-submit";

constexpr Option kOptions[] = {
    {'C', "config", "file", "read this imapd.conf"},
    {'v', "verbose", "", "tell what becomes of each"},
};
constexpr Program kProgram = {
    "rookery-submit", "sends the messages that wait to be sent", kOptions, "", 0, 0};

struct Arguments {
    std::string config_path = config::default_path();
    bool verbose = false;
};

Arguments parse(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    return {line.value("C", config::default_path()), line.has("v")};
}

Status run(const Arguments& a, const config::Config& config)
{
    TRY_ASSIGN(auto queue, submission::Queue::open(config));
    (void)queue.sweep();
    admin::ReturnedMail returned(config);
    const auto give_back = [&](const submission::Entry& entry, std::string_view message) {
        return returned.give_back(entry, message);
    };
    TRY_ASSIGN(const auto entries, queue.list());
    for (const auto& entry : entries) {
        // A try that was begun is ended; the next run does the rest.
        if (signals::terminate_pending()) break;
        if (!entry.is_damaged && entry.state.next > wall_seconds()) continue;
        const auto tried = queue.try_entry(entry.id, submission::When::due, give_back);
        if (a.verbose) admin::print(cat(entry.id, ' ', submission::tried_word(tried), '\n'));
    }
    return success();
}

}  // namespace

int main(int argc, char** argv)
{
    const Arguments a = parse(argc, argv);
    const config::Config config = admin::start(a.config_path, kName);
    signals::install();
    if (auto ready = auth::SaslClient::init_library(config); !ready)
        return admin::failed(kName, ready.error());
    const Status done = run(a, config);
    return done ? 0 : admin::failed(kName, done.error());
}
