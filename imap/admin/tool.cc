#include "imap/admin/tool.h"

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"
#include "lib/config/open_log.h"

namespace rookery::admin {
namespace {

void (*hide_line)() = nullptr;

Status become_owner(const std::string& directory)
{
    if (geteuid() != 0) return success();
    struct stat st {};
    if (stat(directory.c_str(), &st) != 0) return errno_error(directory);
    if (st.st_uid == 0) return success();
    if (setgroups(1, &st.st_gid) != 0) return errno_error("setgroups");
    if (setgid(st.st_gid) != 0) return errno_error("setgid");
    if (setuid(st.st_uid) != 0) return errno_error("setuid");
    return success();
}

}  // namespace

void before_printing(void (*hide)())
{
    hide_line = hide;
}

void print(std::string_view text)
{
    if (hide_line != nullptr) hide_line();
    // There is nobody to tell that the output is closed.
    if (!write_all(STDOUT_FILENO, text)) return;
}

void complain(std::string_view text)
{
    if (hide_line != nullptr) hide_line();
    if (!write_all(STDERR_FILENO, text)) return;
}

Result<std::string> read_input()
{
    constexpr size_t kMaxInput = size_t{4} << 30;
    std::string text;
    std::string buffer(65536, '\0');
    for (;;) {
        const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno_error("standard input");
        if (n == 0) return text;
        if (text.size() > kMaxInput) return Error{Code::limit, "standard input: over 4 GiB"};
        text.append(buffer, 0, static_cast<size_t>(n));
    }
}

config::Config start(const std::string& config_path, std::string_view name)
{
    install_panic_handlers();
    umask(077);
    auto config = config::Config::load(config_path, name);
    if (!config) log::open(name);
    if (!config) log::fatal(log::kExConfig, config.error().text);
    config::open_log(*config, name);
    if (auto owner = become_owner(config->configdirectory()); !owner)
        log::fatal(log::kExConfig, cat("configdirectory: ", owner.error().text));
    return *std::move(config);
}

int failed(std::string_view name, const Error& error)
{
    complain(cat(name, ": ", error.text, "\n"));
    log::error("failed", {{"command", name}, {"error", error}});
    return 1;
}

}  // namespace rookery::admin
