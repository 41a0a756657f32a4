// Shell: the commands of cyradm(1), one line after the other.
//
// kCommands is the one table of them: names, arguments, options, help. A command prints what it
// finds to the standard output; what went wrong is printed there too, behind the command's name, as
// scripts that read cyradm expect. Codes: of a Status that a command gives, the text counts only;
// closed loses the server. One thread.
#ifndef ROOKERY_IMAP_ADMIN_CYRADM_SHELL_H
#define ROOKERY_IMAP_ADMIN_CYRADM_SHELL_H

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imap/admin/cyradm/client.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::cyradm {

class Shell;

struct Option {
    std::string_view name;  // without dashes; any prefix that is not another's will do
    bool takes_value = false;
};

// A command as it was typed.
struct Call {
    Shell& shell;
    std::vector<std::string> arguments;
    std::vector<std::pair<std::string_view, std::string>> options;  // a switch has no value

    bool has(std::string_view option) const;
    std::optional<std::string> value(std::string_view option) const;
    Client& client() const;
};

struct CommandRow {
    std::string_view names;  // the full one first
    std::string_view usage;  // its arguments
    std::string_view help;
    std::span<const Option> options;
    size_t least;
    size_t most;
    bool needs_server;
    Status (*run)(Call& call);
};
std::span<const CommandRow> commands();
// By any of its names; null: there is none.
const CommandRow* find_command(std::string_view name);

class Shell {
 public:
    Shell(const config::Config& config, Access access) : config_(config), access_(std::move(access))
    {
    }

    Status connect(const std::string& server);
    void disconnect() { client_.reset(); }
    Client* client() { return client_.get(); }
    Access& access() { return access_; }
    std::string prompt() const;

    // False if it was a command that failed.
    bool run(std::string_view line);
    bool ended() const { return ended_; }
    void end() { ended_ = true; }
    // What the last word of the line may be; of a mailbox the server is asked.
    std::vector<std::string> completions(std::string_view line);

 private:
    Status dispatch(const CommandRow& row, std::vector<std::string> words);

    const config::Config& config_;
    Access access_;
    std::unique_ptr<Client> client_;
    bool ended_ = false;
};

// Words as a shell would take them: quotes of both kinds, a backslash before any byte, "#" begins a
// comment. syntax: a quote that is not closed.
Result<std::vector<std::string>> words_of(std::string_view line);

// --- for the commands
struct Listed {
    std::string name;
    std::string flags;
};
// LIST, LSUB and the like: command is all of it.
Result<std::vector<Listed>> list(Client& client, std::string_view command);
bool is_pattern(std::string_view name);
// The names that a pattern matches; a name without '*' and '%' is itself.
Result<std::vector<std::string>> names_of(Client& client, const std::string& pattern);
// One command, of whose answer only the end counts.
Status plain(Call& call, std::string_view command);
// For the mailbox of the first argument, or for each that it matches, with a line of its own; what
// fails does not stop the others. Children come first: a parent that has some may not go.
Status for_each(Call& call, std::string_view doing,
                const std::function<Status(const std::string& name)>& run);
// A mailbox name or a value as the server takes it; UTF-8 in a name becomes modified UTF-7.
std::string mailbox_argument(const std::string& name);
std::string string_argument(std::string_view value);
// In columns of equal width, down and then across, as wide as the terminal.
void print_columns(const std::vector<std::string>& cells);

// one file each
Status authenticate(Call& call);
Status change_directory(Call& call);
Status create_mailbox(Call& call);
Status delete_acl(Call& call);
Status delete_mailbox(Call& call);
Status disconnect(Call& call);
Status exit_shell(Call& call);
Status get_metadata(Call& call);
Status help(Call& call);
Status info(Call& call);
Status list_acl(Call& call);
Status list_mailboxes(Call& call);
Status list_quota(Call& call);
Status list_quota_roots(Call& call);
Status reconstruct(Call& call);
Status rename_mailbox(Call& call);
Status server(Call& call);
Status set_acl(Call& call);
Status set_info(Call& call);
Status set_metadata(Call& call);
Status set_quota(Call& call);
Status subscribe(Call& call);
Status unsubscribe(Call& call);
Status version(Call& call);
Status transfer_mailbox(Call& call);

}  // namespace rookery::cyradm

#endif
