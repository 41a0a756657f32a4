// mbpath: where a mailbox lies on this server's disks, for scripts.
#include "imap/admin/tool.h"
#include "imap/admin/tools/mailboxes.h"
#include "imap/admin/tools/tool_table.h"
#include "imap/scripts/scripts.h"
#include "imap/store/mailbox_path.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/text/json.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'l', "local-only", "", "a mailbox of another server is an error"},
    {'q', "quiet", "", "no messages about errors"},
    {'s', "stop", "", "stop at the first error"},
    {'u', "userids", "", "the operands are users"},
    {'p', "paths", "", "the operands are folders of mailboxes: give their names"},
    {'j', "json", "", "as JSON"},
    {'a', "all", "", "all of the following"},
    {'D', "data", "", "the folder of the mailbox; so if none of these is given"},
    {'M', "metadata", "", "the folder of its index and header, which is the same here"},
    {'m', "", "", ""},
    {'A', "archive", "", ""},
    {'S', "sieve", "", "the folder of its user's Sieve scripts"},
    {'U', "user-files", "", "what the names of its user's other files begin with"},
};
constexpr Program kProgram{.name = "mbpath",
                           .purpose = "says where mailboxes lie",
                           .options = kOptions,
                           .operands = "mailbox ...",
                           .least = 1,
                           .most = kAnyNumber};

constexpr int kExDataErr = 65;

using Paths = std::vector<std::pair<std::string_view, std::string>>;

class MbPath {
 public:
    MbPath(const CommandLine& line, const config::Config& config, Mailboxes& mailboxes)
        : line_(line), config_(config), mailboxes_(mailboxes)
    {
    }

    int run()
    {
        int code = 0;
        for (const std::string& operand : line_.operands()) {
            auto paths = line_.has("p") ? name_at(operand) : paths_of(operand);
            if (paths) {
                tell(operand, *paths);
                continue;
            }
            if (!line_.has("q")) complain(cat(operand, ": ", paths.error().text, '\n'));
            code = kExDataErr;
            if (line_.has("s")) break;
        }
        if (line_.has("j")) print(cat("[", json_, json_.empty() ? "" : "\n", "]\n"));
        return code;
    }

 private:
    bool wants(std::string_view option) const { return line_.has("a") || line_.has(option); }

    Result<Paths> paths_of(const std::string& operand)
    {
        auto name = line_.has("u") ? model::MailboxName::inbox_of(operand, config_.defaultdomain())
                                   : mailboxes_.name_of(operand);
        if (!name) return name.error();
        auto entry = mailboxes_.list().lookup(*name);
        if (!entry) return Error{entry.error().code, "Mailbox does not exist"};
        if (!entry->is_local() && line_.has("l"))
            return Error{Code::moved, cat("Mailbox is on ", entry->server)};
        if (!entry->is_local()) return Paths{{"Server", cat(entry->server, '!', entry->partition)}};
        Paths paths;
        TRY_ASSIGN(std::string folder,
                   store::mailbox_directory(mailboxes_.store().options().paths, *entry));
        const bool meta = wants("M") || line_.has("m");
        const bool others = line_.has("S") || line_.has("U");
        if (wants("D") || (!meta && !others)) paths.emplace_back("Data", folder);
        if (meta) paths.emplace_back("Meta", folder);
        if (!name->user().empty()) TRY(add_user(name->user(), paths));
        return paths;
    }

    Status add_user(const std::string& user, Paths& paths) const
    {
        if (wants("S")) {
            TRY_ASSIGN(const auto scripts, scripts::Scripts::of(config_, user));
            paths.emplace_back("Sieve", scripts.folder());
        }
        if (wants("U")) {
            TRY_ASSIGN(std::string path, store::user_file(config_.configdirectory(), user, "",
                                                          config_.fulldirhash()));
            paths.emplace_back("User", std::move(path));
        }
        return success();
    }

    Result<Paths> name_at(const std::string& path)
    {
        for (const auto& [partition, root] : config_.partitions()) {
            if (!path.starts_with(root + '/')) continue;
            std::string_view below = std::string_view(path).substr(root.size() + 1);
            while (below.ends_with('/')) below.remove_suffix(1);
            const std::string internal =
                store::name_of_directory(mailboxes_.store().options().paths, below);
            auto name = model::MailboxName::from_internal(internal);
            if (name) return Paths{{"Mailbox", mailboxes_.shown(*name)}};
        }
        return Error{Code::not_found, "is no folder of a mailbox"};
    }

    void tell(const std::string& operand, const Paths& paths)
    {
        std::string out;
        for (const auto& [label, path] : paths) {
            if (line_.has("j"))
                cat_to(out, out.empty() ? "" : ", ", text::json_string(label), ": ",
                       text::json_string(path));
            else
                cat_to(out, line_.has("a") ? cat(label, ": ") : "", path, '\n');
        }
        if (!line_.has("j")) return print(out);
        cat_to(json_, json_.empty() ? "\n" : ",\n", "  {\"Name\": ", text::json_string(operand),
               ", ", out, '}');
    }

    const CommandLine& line_;
    const config::Config& config_;
    Mailboxes& mailboxes_;
    std::string json_;
};

Result<int> run(const CommandLine& line, const config::Config& config)
{
    TRY_ASSIGN(Mailboxes mailboxes, Mailboxes::open(config));
    return MbPath(line, config, mailboxes).run();
}

}  // namespace

const Tool kMbpath{kProgram, run};

}  // namespace rookery::admin
