// sievec: checks a Sieve script, as timsieved would at an upload, and leaves the file that Cyrus'
// layout has beside one.
//
// That file is no byte code: scripts are compiled when they run. It says so, and is older than any
// script, so that a Cyrus server which finds it makes its own.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "imap/admin/tool.h"
#include "imap/managesieve/extensions.h"
#include "imap/scripts/scripts.h"
#include "lib/base/command_line.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    {'C', "config", "file", "read this imapd.conf"},
};
constexpr Program kProgram = {
    "sievec", "looks whether a Sieve script is right, and puts it into place",
    kOptions, "script outputfile",
    2,        2};

constexpr std::string_view kContent =
    "# No byte code: the script beside this is compiled when it runs.\n";

int fail(const Error& error)
{
    complain(cat("sievec: ", error.text, "\n"));
    return log::kExDataErr;
}

Status write_output(const std::string& path)
{
    TRY(replace_file(path, kContent));
    const timespec times[2] = {{0, UTIME_OMIT}, {1, 0}};
    if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) return errno_error(path);
    return success();
}

int run(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    const std::string config_path = line.value("C", config::default_path());
    const std::string& script = line.operands().front();
    const std::string& output = line.operands().back();
    const config::Config config = start(config_path, "sievec");
    auto text = read_file(script, scripts::Scripts::kMaxScript);
    if (!text) return fail(text.error());
    const std::string errors = managesieve::Extensions(config).check(*text);
    for (const std::string_view error : split(errors, '\n', false))
        complain(cat(script, ": ", trim(error), "\n"));
    if (!errors.empty()) return 1;
    if (Status written = write_output(output); !written) return fail(written.error());
    return 0;
}

}  // namespace
}  // namespace rookery::admin

int main(int argc, char** argv)
{
    rookery::install_panic_handlers();
    return rookery::admin::run(argc, argv);
}
