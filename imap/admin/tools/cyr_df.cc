// cyr_df: how full the partitions are.
#include <sys/statvfs.h>

#include <algorithm>

#include "imap/admin/tool.h"
#include "imap/admin/tools/tool_table.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'m', "metadata", "", "the metapartitions"},
};
constexpr Program kProgram{.name = "cyr_df",
                           .purpose = "says how full the partitions are",
                           .options = kOptions,
                           .operands = "",
                           .least = 0,
                           .most = 0};

std::string left(std::string_view text, size_t width)
{
    return cat(text, std::string(width - std::min(width, text.size()), ' '));
}

std::string right(std::string_view text, size_t width)
{
    return cat(std::string(width - std::min(width, text.size()), ' '), text);
}

std::string row(std::string_view name, std::string_view blocks, std::string_view used,
                std::string_view available, std::string_view percent, std::string_view where)
{
    return cat(left(name, 12), ' ', right(blocks, 12), ' ', right(used, 12), ' ',
               right(available, 12), ' ', right(percent, 4), ' ', where, '\n');
}

Result<std::string> space_of(const std::string& name, const std::string& path)
{
    struct statvfs disk {};
    if (::statvfs(path.c_str(), &disk) != 0) return errno_error(path);
    const uint64_t unit = disk.f_frsize != 0 ? disk.f_frsize : disk.f_bsize;
    const auto blocks = [unit](uint64_t n) { return n * unit / 1024; };
    const uint64_t used = blocks(disk.f_blocks - disk.f_bfree), free = blocks(disk.f_bavail);
    // Of what users can have.
    const uint64_t percent = used + free == 0 ? 0 : used * 100 / (used + free);
    return row(name, cat(blocks(disk.f_blocks)), cat(used), cat(free), cat(percent, '%'), path);
}

Result<int> run(const CommandLine& line, const config::Config& config)
{
    print(row("Partition", "1k-blocks", "Used", "Available", "Use%", "Location"));
    int code = 0;
    for (const auto& [name, path] : line.has("m") ? config.metapartitions() : config.partitions()) {
        auto space = space_of(name, path);
        if (space)
            print(*space);
        else
            code = failed("cyr_df", space.error());
    }
    return code;
}

}  // namespace

const Tool kCyrDf{kProgram, run};

}  // namespace rookery::admin
