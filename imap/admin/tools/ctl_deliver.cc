// ctl_deliver: the memory of delivered messages: what is in it, and what is old goes.
#include <unistd.h>

#include <algorithm>

#include "imap/admin/tool.h"
#include "imap/admin/tools/tool_table.h"
#include "imap/delivery/delivery_memory.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/option_spec.h"
#include "lib/db/tdb_store.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'d', "dump", "", "show what is remembered"},
    {'E', "expire", "time", "forget what was delivered so long ago (days, or 12h)"},
    {'r', "recover", "", ""},  // nothing is to be made ready
    {'f', "file", "file", "with -d and -E: this file"},
};
constexpr Program kProgram{.name = "ctl_deliver",
                           .purpose = "shows and cuts the memory of delivered messages",
                           .options = kOptions,
                           .operands = "",
                           .least = 0,
                           .most = 0};

// Ids and mailboxes are in it as hashes only: "id" is the one of both, "to" the set that it is in,
// "uid" the note of those that have one.
Status dump(const std::string& path)
{
    print(cat("it is NOW: ", wall_seconds(), '\n'));
    uint64_t count = 0;
    if (::access(path.c_str(), F_OK) == 0) {
        TRY_ASSIGN(auto store, db::TdbStore::open(path, {.durable = false}));
        TRY(store->scan("", [&](std::string_view key, std::string_view value) {
            const size_t end = std::min(value.find(' '), value.size());
            const std::string_view note = value.substr(std::min(end + 1, value.size()));
            print(cat("id: ", hex(key.substr(1)), "\tto: ", key.substr(0, 1), "\tat: ",
                      value.substr(0, end), "\tuid: ", note.empty() ? "0" : note, '\n'));
            count++;
            return db::Next::go_on();
        }));
    }
    print(cat("got ", count, " entries\n"));
    return success();
}

Result<int> run(const CommandLine& line, const config::Config& config)
{
    if (size_t{line.has("d")} + line.has("E") + line.has("r") != 1)
        line.refuse("one of -d, -E and -r is needed");
    const std::string path = line.value("f", delivery::DeliveryMemory::path(config));
    if (line.has("d")) TRY(dump(path));
    if (const auto text = line.given("E")) {
        const auto age = config::parse_duration(*text, 86400);
        if (!age || *age < 0) line.refuse(cat("\"", *text, "\" is no time"));
        TRY_ASSIGN(auto memory, delivery::DeliveryMemory::open(path));
        TRY_ASSIGN(const uint64_t count, memory.prune(wall_seconds() - *age));
        log::notice("forgotten deliveries", {{"count", count}});
    }
    return 0;
}

}  // namespace

const Tool kCtlDeliver{kProgram, run};

}  // namespace rookery::admin
