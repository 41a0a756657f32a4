// restore: puts back what dump wrote.
#include <fcntl.h>
#include <unistd.h>

#include "imap/admin/tool.h"
#include "imap/admin/tools/restoring.h"
#include "imap/admin/tools/tool_table.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/mboxlist/partitions.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'f', "file", "file", "read the archive from there; else from standard input"},
    {'M', "mailbox", "mailbox", "under this name instead of that of the mailbox dumped"},
    {'u', "user", "user", "as this user instead of the one dumped"},
    {'P', "partition", "partition", "onto this partition"},
    {'m', "merge", "", "into mailboxes that are there, too: the messages that are not in them"},
    {'U', "keep-uidvalidity", "", "keep UIDVALIDITY: nothing has come in since the dump"},
    {'n', "dry-run", "", "change nothing, say what would be restored"},
    {'q', "quiet", "", "no progress"},
    {'v', "verbose", "", "tell each mailbox"},
};
constexpr Program kProgram{.name = "restore",
                           .purpose = "puts back mailboxes, or a user, from an archive of dump",
                           .options = kOptions,
                           .operands = "",
                           .least = 0,
                           .most = 0};

Result<RestoreOptions> options_of(const CommandLine& line, const config::Config& config)
{
    RestoreOptions options{.as = std::nullopt,
                           .partition = line.value("P"),
                           .add = line.has("m"),
                           .keep_uidvalidity = line.has("U"),
                           .only_say = line.has("n"),
                           .verbose = line.has("v"),
                           .quiet = line.has("q")};
    if (const auto mailbox = line.given("M")) {
        const model::Namespace names(mboxlist::namespace_options(config), "", true);
        TRY_ASSIGN(options.as, names.to_internal(mboxlist::external_name(*mailbox)));
        TRY(options.as->check_creatable());
    }
    if (const auto user = line.given("u")) {
        TRY_ASSIGN(options.as, model::MailboxName::inbox_of(*user, config.defaultdomain()));
        TRY(options.as->check_creatable());
    }
    if (!options.partition.empty() && !mboxlist::has_partition(config, options.partition))
        return Error{Code::config, cat("there is no partition ", options.partition)};
    return options;
}

Result<int> run(const CommandLine& line, const config::Config& config)
{
    if (line.has("M") && line.has("u")) line.refuse("-M and -u exclude each other");
    if (!line.has("f") && ::isatty(STDIN_FILENO) == 1) line.refuse("-f, or a pipe, is needed");
    TRY_ASSIGN(RestoreOptions options, options_of(line, config));
    Fd file;
    if (const auto path = line.given("f")) {
        TRY_ASSIGN(file, open_file(*path, O_RDONLY));
    }
    TRY(auth::SaslClient::init_library(config));
    TRY_ASSIGN(LocalParts parts, LocalParts::open(config));
    TarReader archive(file ? file.get() : STDIN_FILENO);
    TRY_ASSIGN(const bool good, Restoring(config, parts, std::move(options)).run(archive));
    return good ? 0 : 1;
}

}  // namespace

const Tool kRestore{kProgram, run};

}  // namespace rookery::admin
