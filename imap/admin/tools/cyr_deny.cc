// cyr_deny: who may not log in, in user_deny.db (doc/formats/user-deny.md).
#include <algorithm>
#include <fcntl.h>
#include <sys/file.h>

#include <vector>

#include "imap/admin/tool.h"
#include "imap/admin/tools/tool_table.h"
#include "imap/session/user_deny.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'a', "allow", "user", "let the user log in again"},
    {'l', "list", "", "show who is denied what"},
    {'s', "services", "services", "names of cyrus.conf and patterns, with commas; else all"},
    {'m', "message", "text", "what the user is told"},
};
constexpr Program kProgram{.name = "cyr_deny",
                           .purpose = "keeps users from logging in",
                           .options = kOptions,
                           .operands = "[user]",
                           .least = 0,
                           .most = 1};

std::string path_of(const config::Config& config)
{
    return config.userdeny_db_path().empty() ? cat(config.configdirectory(), "/user_deny.db")
                                             : config.userdeny_db_path();
}

Result<std::string> read(const std::string& path)
{
    auto text = read_file(path, session::kMaxUserDenyFile);
    if (text.is(Code::not_found)) return std::string();
    return text;
}

// Of two who change it at once neither loses his line.
Result<Fd> lock(const std::string& path)
{
    TRY_ASSIGN(Fd fd, open_file(path + ".lock", O_RDWR | O_CREAT));
    if (::flock(fd.get(), LOCK_EX) != 0) return errno_error(path);
    return fd;
}

std::string_view user_of(std::string_view line)
{
    return line.substr(0, line.find('\t'));
}

// The user's line becomes this one; "": it goes. The lines are in the order of their users, without
// which Cyrus does not find them.
Status replace_line(const std::string& path, std::string_view user, std::string_view line)
{
    TRY_ASSIGN(const Fd held, lock(path));
    TRY_ASSIGN(const std::string before, read(path));
    std::vector<std::string_view> lines;
    for (std::string_view one : split(before, '\n', false))
        if (user_of(one) != user) lines.push_back(one);
    if (!line.empty()) lines.push_back(line);
    std::stable_sort(lines.begin(), lines.end(), [](std::string_view a, std::string_view b) {
        return user_of(a) < user_of(b);
    });
    std::string after;
    for (std::string_view one : lines) cat_to(after, one, '\n');
    if (after == before) return success();
    return replace_file(path, after);
}

bool is_field(std::string_view text)
{
    return text.find_first_of(std::string_view("\t\n\r\0", 4)) == std::string_view::npos;
}

Status print_list(const std::string& path)
{
    TRY_ASSIGN(const std::string text, read(path));
    const auto row = [](std::string_view user, std::string_view services, std::string_view why) {
        const auto padded = [](std::string_view field, size_t width) {
            return cat(field, std::string(width - std::min(width, field.size()), ' '), ' ');
        };
        print(cat(padded(user, 30), padded(services, 20), why, '\n'));
    };
    row("Username", "Service(s)", "Message");
    for (std::string_view line : split(text, '\n', false)) {
        const std::string whole = session::with_tabs(line);
        const auto fields = split(whole, '\t');
        if (fields.size() < 3) continue;
        row(fields[0], fields[2], fields.size() > 3 ? fields[3] : "");
    }
    return success();
}

Result<int> run(const CommandLine& line, const config::Config& config)
{
    const std::string path = path_of(config);
    const bool denies = !line.operands().empty();
    if (size_t{denies} + line.has("a") + line.has("l") != 1)
        line.refuse("a user, or -a, or -l is needed");
    if (!denies && (line.has("s") || line.has("m"))) line.refuse("-s and -m are for denying");
    if (line.has("l")) {
        TRY(print_list(path));
        return 0;
    }
    const std::string user = denies ? line.operands().front() : line.value("a");
    const std::string services = line.value("s", "*");
    const std::string message = line.value("m", std::string(session::kDenialText));
    if (user.empty() || services.empty() || !is_field(user) || !is_field(services) ||
        !is_field(message) || message.size() > session::kMaxDenialText)
        line.refuse("a user, service or message cannot be written so");
    TRY(replace_line(path, user, denies ? cat(user, "\t2\t", services, '\t', message) : ""));
    log::notice(denies ? "user denied" : "user allowed",
                {{"user", user}, {"services", denies ? services : "*"}});
    return 0;
}

}  // namespace

const Tool kCyrDeny{kProgram, run};

}  // namespace rookery::admin
