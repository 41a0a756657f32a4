// rookery-admin: every tool of tool_table.h, by the name that it is called by.
#include <array>
#include <string>

#include "imap/admin/progress.h"
#include "imap/admin/tool.h"
#include "imap/admin/tools/tool_table.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

constexpr std::string_view kName = "rookery-admin";

constexpr std::array kTools = {&kArbitron,  &kChkCyrus, &kCtlDeliver, &kCvtCyrusdb, &kCyrBuildinfo,
                               &kCyrDbtool, &kCyrDeny,  &kCyrDf,      &kCyrInfo,    &kDump,
                               &kIpurge,    &kMakedirs, &kMbexamine,  &kMbpath,     &kPtexpire,
                               &kRestore,   &kSquatter, &kTlsPrune,   &kUnexpunge};

const Tool* find_tool(std::string_view path)
{
    const std::string_view name = bare_name(path);
    for (const Tool* tool : kTools)
        if (tool->program.name == name) return tool;
    return nullptr;
}

int run(const Tool& tool, int argc, char** argv)
{
    const CommandLine line(tool.program, argc, argv);
    const std::string_view name = tool.program.name;
    Result<int> done = 0;
    if (tool.run_alone != nullptr) {
        done = tool.run_alone(line);
    } else {
        const config::Config config = start(line.value("C", config::default_path()), name);
        done = tool.run(line, config);
    }
    return exit_status(done ? *done : failed(name, done.error()));
}

// Under its own name: the first operand is the tool's.
constexpr Program kProgram{.name = kName,
                           .purpose = "runs the tool of that name",
                           .options = {},
                           .operands = "tool [argument ...]",
                           .least = 1,
                           .most = kAnyNumber};

int run_by_operand(int argc, char** argv)
{
    if (argc > 1)
        if (const Tool* tool = find_tool(argv[1])) return run(*tool, argc - 1, argv + 1);
    const CommandLine line(kProgram, argc, argv);
    std::string names;
    for (const Tool* tool : kTools) cat_to(names, ' ', tool->program.name);
    line.refuse(cat("there is no tool ", line.operands().front(), "; there are:", names));
}

}  // namespace
}  // namespace rookery::admin

int main(int argc, char** argv)
{
    using namespace rookery::admin;
    const Tool* tool = argc > 0 ? find_tool(argv[0]) : nullptr;
    return tool != nullptr ? run(*tool, argc, argv) : run_by_operand(argc, argv);
}
