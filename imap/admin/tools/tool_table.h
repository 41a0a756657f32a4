// The tools of scripts and cron jobs: one program, rookery-admin, which is each of them by the name
// that it is called by. A tool is a table of options and a function; its file has both.
#ifndef ROOKERY_IMAP_ADMIN_TOOLS_TOOL_TABLE_H
#define ROOKERY_IMAP_ADMIN_TOOLS_TOOL_TABLE_H

#include "lib/base/command_line.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::admin {

struct Tool {
    const Program& program;
    // Gives the exit status. An error is told, and ends the tool with 1.
    Result<int> (*run)(const CommandLine& line, const config::Config& config) = nullptr;
    // Instead of it: of a tool that needs no configuration.
    Result<int> (*run_alone)(const CommandLine& line) = nullptr;
};

// Every tool's, in its file.
inline constexpr Option kConfigOption{'C', "config", "file", "read this imapd.conf"};

extern const Tool kArbitron, kChkCyrus, kCtlDeliver, kCvtCyrusdb, kCyrBuildinfo, kCyrDbtool,
    kCyrDeny, kCyrDf, kCyrInfo, kDump, kIpurge, kMakedirs, kMbexamine, kMbpath, kPtexpire, kRestore,
    kSquatter, kTlsPrune, kUnexpunge;

}  // namespace rookery::admin

#endif
