// rookery-passwd: sets a user's password in the stores of libsasl2.
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "imap/admin/password.h"
#include "lib/auth/sasl_server.h"
#include "lib/base/command_line.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/panic.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "lib/config/open_log.h"

namespace {

using namespace rookery;

constexpr Option kOptions[] = {
    {'C', "config", "file", "read this imapd.conf"},
    {'d', "delete", "", "remove the user"},
    {'n', "hashed", "", "keep no password as it is, only what SCRAM-SHA-256 needs of it"},
    {'u', "realm", "realm", "of this realm, not of servername"},
};
constexpr Program kProgram = {
    "rookery-passwd", "sets or removes the password of a user", kOptions, "user", 1, 1};

struct Arguments {
    std::string config_path = config::default_path();
    std::string realm;
    std::string user;
    bool remove = false;
    bool hashed = false;
};

void say(const std::string& text)
{
    // There is nobody to tell that standard error is closed.
    if (!write_all(STDERR_FILENO, text)) return;
}

Arguments parse(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    Arguments a;
    a.config_path = line.value("C", a.config_path);
    a.remove = line.has("d");
    a.hashed = line.has("n");
    a.realm = line.value("u", a.realm);
    a.user = line.operands().front();
    if (a.user.empty()) line.refuse();
    return a;
}

std::string ask(const char* prompt)
{
    return admin::ask_hidden(STDIN_FILENO, STDERR_FILENO, prompt);
}

Result<std::string> obtain_password()
{
    std::string password;
    if (::isatty(STDIN_FILENO) != 0) {
        password = ask("New password: ");
        if (ask("Again: ") != password) return Error{Code::syntax, "the passwords differ"};
    } else {
        password = admin::read_line(STDIN_FILENO);
    }
    if (password.empty()) return Error{Code::syntax, "the password is empty"};
    if (password.size() > admin::kMaxPassword)
        return Error{Code::limit, "the password is too long"};
    if (password.find('\0') != std::string::npos)
        return Error{Code::syntax, "a NUL in the password"};
    return password;
}

int fail(int code, const Error& error)
{
    say(cat("rookery-passwd: ", error.text, "\n"));
    return code;
}

bool is_there(const std::string& path)
{
    struct stat st {};
    return ::stat(path.c_str(), &st) == 0;
}

// What root makes is for the daemons, which run as the owner of the state directory.
Status give_to_daemons(const config::Config& config, const std::string& path)
{
    struct stat owner {};
    if (::geteuid() != 0 || ::stat(config.configdirectory().c_str(), &owner) != 0) return success();
    if (::chown(path.c_str(), owner.st_uid, owner.st_gid) != 0) return errno_error(path);
    return success();
}

}  // namespace

int main(int argc, char** argv)
{
    install_panic_handlers();
    log::open("rookery-passwd");
    Arguments a = parse(argc, argv);
    auto config = config::Config::load(a.config_path, "rookery-passwd");
    if (!config) return fail(log::kExConfig, config.error());
    config::open_log(*config, "rookery-passwd");
    auto ready = auth::SaslServer::init_library(*config, "rookery-passwd");
    if (!ready) return fail(log::kExConfig, ready.error());
    std::optional<std::string> password;
    if (!a.remove) {
        auto read = obtain_password();
        if (!read) return fail(log::kExDataErr, read.error());
        password = *std::move(read);
    }
    const std::string path = config->overflow("sasl_sasldb_path").value_or("/etc/sasldb2");
    const bool was_there = is_there(path);
    auto done = auth::set_password(*config, a.user, a.realm, password,
                                   a.hashed ? auth::Kept::hashed : auth::Kept::as_it_is);
    if (!done && !done.is(Code::not_found)) return fail(log::kExTempFail, done.error());
    if (!was_there && is_there(path))
        if (Status given = give_to_daemons(*config, path); !given)
            return fail(log::kExTempFail, given.error());
    return 0;
}
