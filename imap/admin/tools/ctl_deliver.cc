// ctl_deliver: the memory of delivered messages: what is in it, and what is old goes.
#include <unistd.h>

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

// Ids and mailboxes are in it as hashes only.
Status dump(const std::string& path)
{
    if (::access(path.c_str(), F_OK) != 0) return success();
    TRY_ASSIGN(auto store, db::TdbStore::open(path, {.durable = false}));
    return store->scan("", [](std::string_view key, std::string_view value) {
        print(cat("set: ", key.substr(0, 1), "\tkey: ", hex(key.substr(1)), "\tat: ", value, '\n'));
        return db::Next::go_on();
    });
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
