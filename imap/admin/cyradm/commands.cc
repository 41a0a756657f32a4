// The table of the commands, and those that are about the session.
#include <unistd.h>

#include <algorithm>
#include <array>

#include "imap/admin/cyradm/shell.h"
#include "imap/admin/tool.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::cyradm {
namespace {

constexpr size_t kAny = SIZE_MAX;
constexpr size_t kNamesWidth = 34;
constexpr size_t kFieldWidth = 11;

constexpr std::array kPartition = {Option{"partition", true}};
constexpr std::array kCreate = {Option{"partition", true}, Option{"specialuse", true}};
constexpr std::array kList = {Option{"subscribed"}, Option{"specialuse"}};
constexpr std::array kPrivate = {Option{"private"}};
constexpr std::array kRecursive = {Option{"r"}};
constexpr std::array kMechanism = {Option{"mechanism", true}};

constexpr std::array kCommands = {
    CommandRow{"authenticate auth login", "[--mechanism mechanism] [user]",
               "log in again, as another user", kMechanism, 0, 1, true, authenticate},
    CommandRow{
        "chdir cd", "directory", "change the local directory", {}, 1, 1, false, change_directory},
    CommandRow{"createmailbox create cm",
               "[--partition partition] [--specialuse use] mailbox [partition]",
               "create a mailbox; a partition may be server!partition", kCreate, 1, 2, true,
               create_mailbox},
    CommandRow{"deleteaclmailbox deleteacl dam",
               "mailbox id ...",
               "take identifiers off a mailbox's access list",
               {},
               2,
               kAny,
               true,
               delete_acl},
    CommandRow{
        "deletemailbox delete dm", "mailbox", "delete a mailbox", {}, 1, 1, true, delete_mailbox},
    CommandRow{"disconnect disc", "", "leave the server", {}, 0, 0, false, disconnect},
    CommandRow{"exit quit", "[status]", "end cyradm", {}, 0, 1, false, exit_shell},
    CommandRow{"getmetadata getmd",
               "mailbox [entry ...]",
               "show entries of a mailbox or, for \"\", "
               "of the server",
               {},
               1,
               kAny,
               true,
               get_metadata},
    CommandRow{
        "help ?", "[command]", "show the commands, or what one takes", {}, 0, 1, false, help},
    CommandRow{"info",
               "[mailbox [entry ...]]",
               "show what is known of the server or a mailbox",
               {},
               0,
               kAny,
               true,
               info},
    CommandRow{"listaclmailbox listacl lam",
               "mailbox",
               "show a mailbox's access list",
               {},
               1,
               1,
               true,
               list_acl},
    CommandRow{"listmailbox lm", "[-subscribed] [-specialuse] [pattern [base]]", "list mailboxes",
               kList, 0, 2, true, list_mailboxes},
    CommandRow{
        "listquota lq", "root", "show the limits of a quota root", {}, 1, 1, true, list_quota},
    CommandRow{"listquotaroot lqr lqm",
               "mailbox",
               "show a mailbox's quota roots and their limits",
               {},
               1,
               1,
               true,
               list_quota_roots},
    CommandRow{"mboxcfg mboxconfig", "[--private] mailbox entry value",
               "set an entry of a mailbox; none removes it", kPrivate, 3, 3, true, set_metadata},
    CommandRow{"reconstruct", "[-r] mailbox", "rebuild a mailbox, where the server can be told to",
               kRecursive, 1, 1, true, reconstruct},
    CommandRow{"renamemailbox rename renm", "[--partition partition] from to [partition]",
               "rename a mailbox, or move it: to a partition, a server, or server!partition",
               kPartition, 2, 3, true, rename_mailbox},
    CommandRow{"server connect servername",
               "[server]",
               "show the server, or connect to another",
               {},
               0,
               1,
               false,
               server},
    CommandRow{"setaclmailbox setacl sam",
               "mailbox id rights [id rights ...]",
               "set rights: letters, or none, read, post, append, write, delete, all",
               {},
               3,
               kAny,
               true,
               set_acl},
    CommandRow{"setinfo",
               "entry text",
               "set an entry of the server; none removes it",
               {},
               2,
               2,
               true,
               set_info},
    CommandRow{"setmetadata setmd", "[--private] mailbox entry value",
               "set an entry of a mailbox; none removes it", kPrivate, 3, 3, true, set_metadata},
    CommandRow{"setquota sq",
               "root {none | [resource] value ...}",
               "set or remove limits",
               {},
               2,
               kAny,
               true,
               set_quota},
    CommandRow{"subscribe sub", "mailbox", "subscribe to a mailbox", {}, 1, 1, true, subscribe},
    CommandRow{
        "unsubscribe unsub", "mailbox", "unsubscribe from a mailbox", {}, 1, 1, true, unsubscribe},
    CommandRow{"version ver", "", "show what the server says it is", {}, 0, 0, true, version},
    CommandRow{"xfermailbox xfer", "[--partition partition] mailbox server [partition]",
               "move a mailbox or a user to another server", kPartition, 2, 3, true,
               transfer_mailbox},
};

std::string padded(std::string text, size_t width)
{
    if (text.size() < width) text.append(width - text.size(), ' ');
    return text;
}

}  // namespace

std::span<const CommandRow> commands()
{
    return kCommands;
}

Status authenticate(Call& call)
{
    Access& access = call.shell.access();
    if (!call.arguments.empty()) access.user = call.arguments[0];
    if (auto mechanism = call.value("mechanism")) access.mechanism = *mechanism;
    access.password.reset();
    return call.shell.connect(std::string(call.client().server()));
}

Status change_directory(Call& call)
{
    const std::string& directory = call.arguments[0];
    if (::chdir(directory.c_str()) != 0) return errno_error(directory);
    return success();
}

Status disconnect(Call& call)
{
    call.shell.disconnect();
    return success();
}

Status exit_shell(Call& call)
{
    call.shell.end();
    if (!call.arguments.empty() && call.arguments[0] != "0")
        return Error{Code::denied, cat("status ", call.arguments[0])};
    return success();
}

Status help(Call& call)
{
    std::string out;
    if (call.arguments.empty()) {
        for (const CommandRow& row : commands()) {
            std::string names;
            for (std::string_view name : split_words(row.names))
                cat_to(names, names.empty() ? "" : ", ", name);
            cat_to(out, padded(std::move(names), kNamesWidth), row.help, "\n");
        }
        admin::print(out);
        return success();
    }
    const CommandRow* row = find_command(call.arguments[0]);
    if (row == nullptr) return Error{Code::not_found, cat(call.arguments[0], ": no such command")};
    admin::print(cat(split_words(row->names).front(), row->usage.empty() ? "" : " ", row->usage,
                     "\n\t", row->help, "\n"));
    return success();
}

Status server(Call& call)
{
    if (!call.arguments.empty()) {
        call.shell.disconnect();
        return call.shell.connect(call.arguments[0]);
    }
    if (call.shell.client() == nullptr) return Error{Code::unavailable, "no connection to server"};
    admin::print(cat("Server: ", call.client().server(), "\n"));
    return success();
}

Status version(Call& call)
{
    std::string out;
    auto done =
        call.client().ask("ID NIL", [&](std::string_view word, std::string_view rest) -> Status {
            text::ImapCursor cursor(rest);
            if (word != "ID" || !cursor.accept('(')) return success();
            while (!cursor.accept(')')) {
                TRY_ASSIGN(std::string name, cursor.string());
                TRY(cursor.space());
                TRY_ASSIGN(const auto value, cursor.nstring());
                cat_to(out, padded(std::move(name), kFieldWidth), ": ", value.value_or("NIL"),
                       "\n");
                cursor.accept(' ');
            }
            return success();
        });
    if (!done) return done.error();
    admin::print(out);
    return success();
}

}  // namespace rookery::cyradm
