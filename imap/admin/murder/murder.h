// murder: the subcommands of the administrator's view of the whole murder. For its main only.
#ifndef ROOKERY_IMAP_ADMIN_MURDER_MURDER_H
#define ROOKERY_IMAP_ADMIN_MURDER_MURDER_H

#include <string>
#include <vector>

#include "imap/mupdate/client.h"
#include "lib/base/command_line.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::admin::murder {

struct Arguments {
    std::string config_path = config::default_path();
    mupdate::Client::Target target;  // -s, -u, -w
    std::string program;             // how this one was called
    std::string cyrus_conf;          // -M
    bool connect = false;
    bool json = false;
    bool accept_deletes = false;
    bool accept_restored = false;
    bool apply = false;
    bool done = false;
    bool dry_run = false;
    bool abort = false;
    bool resume = false;
    bool purge = false;
    bool plan = false;
    bool run = false;
    bool remove = false;
    bool all = false;
    bool once = false;
    bool quiet = false;
    std::string to;                  // --to
    std::string rate;                // --rate
    std::string keep;                // --keep
    std::string note;                // --note
    std::string output;              // --output
    std::string interval = "2";      // --interval
    std::vector<std::string> words;  // the subcommand and what follows it
    const CommandLine* line = nullptr;
    // Wrong words: the usage, and the end.
    [[noreturn]] void refuse(std::string_view reason = {}) const { line->refuse(reason); }
};

// What monitoring takes for fine, a warning, and critical.
enum Exit { kFine = 0, kWarning = 1, kCritical = 2 };

// Each gives the exit status, or why it could not be found out.
Result<int> top(const config::Config& config, const Arguments& arguments);
Result<int> graph(const config::Config& config, const Arguments& arguments);
Result<int> status(const config::Config& config, const Arguments& arguments);
Result<int> check(const config::Config& config, const Arguments& arguments);
Result<int> conflicts(const config::Config& config, const Arguments& arguments);
Result<int> state(const config::Config& config, const Arguments& arguments);
Result<int> forget(const config::Config& config, const Arguments& arguments);
Result<int> promote(const config::Config& config, const Arguments& arguments);
Result<int> resync(const config::Config& config, const Arguments& arguments);
Result<int> move(const config::Config& config, const Arguments& arguments);
Result<int> rebalance(const config::Config& config, const Arguments& arguments);
Result<int> drain(const config::Config& config, const Arguments& arguments);
Result<int> queue(const config::Config& config, const Arguments& arguments);
Result<int> metrics(const config::Config& config, const Arguments& arguments);

// The one that needs no configuration which can be read.
Result<int> check_config(const Arguments& arguments);

}  // namespace rookery::admin::murder

#endif
