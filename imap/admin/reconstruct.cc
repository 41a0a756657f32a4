// reconstruct: makes index and cache of mailboxes anew from their message files; with -f it also
// puts right what the list and the partitions do not agree on (mend.h).
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "imap/admin/mend.h"
#include "imap/admin/progress.h"
#include "imap/admin/tool.h"
#include "imap/mboxlist/list_pattern.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/model/namespace.h"
#include "imap/store/find_mailboxes.h"
#include "imap/store/rebuild.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/command_line.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace {

using namespace rookery;

constexpr Option kOptions[] = {
    {'C', "config", "file", "read this imapd.conf"},
    {'p', "partition", "partition", "only what is there"},
    {'f', "", "", "put right what the list and the partitions do not agree on"},
    {'G', "", "", ""},  // as Cyrus has them: the messages are always read, and their GUIDs compared
    {'k', "", "", ""},
    {'n', "dry-run", "", "only say what would be done"},
    {'q', "quiet", "", "say nothing of what is as it should be"},
    {'r', "recursive", "", "what is below the mailboxes too"},
    {'R', "", "", ""},
    {'s', "", "", ""},
    {'u', "userids", "", "the operands are users: all of their mailboxes"},
    {'V', "", "version", ""},
};
constexpr Program kProgram = {"reconstruct",
                              "makes the indexes of mailboxes anew from their files",
                              kOptions,
                              "[mailbox ...]",
                              0,
                              kAnyNumber};

using admin::complain;
using admin::print;

struct Arguments {
    std::string config_path = config::default_path();
    std::string partition;
    bool recursive = false;
    bool by_user = false;
    bool find = false;
    bool only_say = false;
    bool quiet = false;
    std::vector<std::string> mailboxes;
};

Arguments parse(int argc, char** argv)
{
    const CommandLine line(kProgram, argc, argv);
    Arguments a;
    a.config_path = line.value("C", a.config_path);
    a.partition = line.value("p", a.partition);
    a.find = line.has("f");
    a.only_say = line.has("n");
    a.quiet = line.has("q");
    a.by_user = line.has("u");
    a.recursive = line.has("r") || a.by_user;
    // There is one version of the index; "max" is that one too.
    if (line.has("V") && line.value("V") != "max" && !to_number<uint32_t>(line.value("V")))
        line.refuse("-V takes a number, or max");
    a.mailboxes = line.operands();
    return a;
}

bool is_wanted(const model::MailboxEntry& entry, const std::vector<model::MailboxName>& names,
               bool recursive)
{
    if (names.empty()) return true;
    return std::any_of(names.begin(), names.end(), [&](const model::MailboxName& name) {
        return name == entry.name || (recursive && name.is_above(entry.name));
    });
}

// The list, where it is needed: a header that cannot be read is made from its entry.
class Headers {
 public:
    Headers(const config::Config& config, store::LocalStore& store) : config_(config), store_(store)
    {
    }

    // False: no header is there, and the list has no mailbox there.
    bool complete(model::MailboxEntry& entry)
    {
        auto there = store_.uniqueid_at(entry);
        if (there) return true;
        if (!list_) {
            auto opened = mboxlist::open_list(config_);
            if (!opened) return !there.is(Code::not_found);
            list_ = *std::move(opened);
        }
        auto listed = list_->lookup(entry.name);
        const bool is_listed = listed && listed->is_local() && listed->partition == entry.partition;
        if (is_listed) entry = *std::move(listed);
        return is_listed || !there.is(Code::not_found);
    }

 private:
    const config::Config& config_;
    store::LocalStore& store_;
    std::unique_ptr<mboxlist::Directory> list_;
};

class Reconstruct {
 public:
    Reconstruct(const Arguments& a, const config::Config& config)
        : a_(a),
          config_(config),
          names_(mboxlist::namespace_options(config), "", true),
          store_(store::store_options(config))
    {
    }

    int run()
    {
        for (const std::string& text : a_.mailboxes) {
            const bool pattern = !a_.by_user && text.find_first_of("*%") != std::string::npos;
            if (Status added = pattern ? add_matching(text) : add(text); !added) {
                complain(cat(text, ": ", added.error().text, '\n'));
                return log::kExUsage;
            }
        }
        // No name would mean all of them.
        if (wanted_.empty() && !a_.mailboxes.empty()) return log::kExTempFail;
        met_.resize(wanted_.size());
        if (a_.find) mend();
        rebuild_all();
        for (size_t i = 0; i < wanted_.size(); i++) {
            if (met_[i]) continue;
            complain(cat(asked_[i], ": no mailbox of that name on this server\n"));
            good_ = false;
        }
        return good_ ? 0 : log::kExTempFail;
    }

 private:
    Status add(const std::string& text)
    {
        TRY_ASSIGN(auto name, a_.by_user
                                  ? model::MailboxName::inbox_of(text, config_.defaultdomain())
                                  : names_.to_internal(text));
        wanted_.push_back(std::move(name));
        asked_.push_back(text);
        return success();
    }

    // A pattern of LIST: those on the partitions that it fits.
    Status add_matching(const std::string& text)
    {
        TRY_ASSIGN(const auto pattern,
                   mboxlist::ListPattern::compile(mboxlist::external_name(text),
                                                  names_.separator()));
        TRY_ASSIGN(const auto found, store::find_mailboxes(store_.options().paths, true));
        const size_t before = wanted_.size();
        for (const model::MailboxEntry& entry : found) {
            const auto shown = names_.to_external(entry.name);
            if (!shown || !pattern.matches(*shown)) continue;
            wanted_.push_back(entry.name);
            asked_.push_back(text);
        }
        if (wanted_.size() == before) {
            complain(cat(text, ": no mailbox of that name on this server\n"));
            good_ = false;
        }
        return success();
    }

    void meet(const model::MailboxName& name, bool below)
    {
        for (size_t i = 0; i < wanted_.size(); i++)
            if (wanted_[i] == name || (below && wanted_[i].is_above(name))) met_[i] = true;
    }

    void mend()
    {
        auto parts = admin::LocalParts::open(config_);
        if (auto ready = auth::SaslClient::init_library(config_); !ready && parts)
            parts = ready.error();
        auto report = parts ? admin::mend(*parts, store_, names_,
                                          {.wanted = wanted_,
                                           .recursive = a_.recursive,
                                           .partition = a_.partition,
                                           .only_say = a_.only_say,
                                           .quiet = a_.quiet})
                            : Result<admin::MendReport>(parts.error());
        if (!report) {
            complain(
                cat("the list and the partitions are not compared: ", report.error().text, '\n'));
            good_ = false;
            return;
        }
        good_ = report->good && good_;
        for (const model::MailboxName& name : report->met) meet(name, true);
    }

    void rebuild_all()
    {
        auto found = store::find_mailboxes(store_.options().paths, true);
        if (!found) log::fatal(log::kExTempFail, found.error().text);
        Headers headers(config_, store_);
        std::erase_if(*found, [&](const model::MailboxEntry& entry) {
            return (!a_.partition.empty() && entry.partition != a_.partition) ||
                   !is_wanted(entry, wanted_, a_.recursive);
        });
        admin::Progress progress("mailboxes", {.quiet = a_.quiet});
        progress.expect(found->size());
        for (model::MailboxEntry& entry : *found) {
            if (progress.stopped()) {
                complain(progress.interrupted("the others are as they were\n"));
                met_.assign(met_.size(), true);
                return;
            }
            meet(entry.name, a_.recursive);
            const std::string shown =
                names_.to_external(entry.name).value_or(entry.name.internal());
            progress.working_on(shown);
            if (!a_.find && store_.uniqueid_at(entry).is(Code::not_found)) {
                complain(cat(shown, ": rookery.header is gone; reconstruct -f makes it again\n"));
                good_ = false;
            } else if (a_.only_say)
                print(cat(shown, ": would be rebuilt\n"));
            else if (headers.complete(entry))
                good_ = rebuild_one(entry, shown) && good_;
            progress.advance();
        }
    }

    // True if all went well.
    bool rebuild_one(const model::MailboxEntry& entry, const std::string& shown)
    {
        auto report = store::rebuild(store_, entry, a_.find);
        if (!report) {
            complain(cat(shown, ": ", report.error().text, '\n'));
            return false;
        }
        log::notice("reconstructed", {{"mailbox", entry.name.internal()},
                                      {"messages", report->messages},
                                      {"found", report->found},
                                      {"changed", report->changed},
                                      {"lost", report->lost}});
        const bool changed = report->found + report->changed + report->lost > 0 ||
                             report->new_uidvalidity || report->new_header;
        if (a_.quiet && !changed) return true;
        std::string line = cat(shown, ": ", report->messages, " messages");
        if (report->found > 0) cat_to(line, ", ", report->found, " found");
        if (report->changed > 0) cat_to(line, ", ", report->changed, " cut or replaced");
        if (report->lost > 0) cat_to(line, ", ", report->lost, " without a file");
        if (report->new_uidvalidity) line += ", new UIDVALIDITY";
        if (report->new_header)
            line += entry.acl.empty() ? ", new header: set its ACL" : ", new header";
        print(line + "\n");
        return true;
    }

    const Arguments& a_;
    const config::Config& config_;
    const model::Namespace names_;
    store::LocalStore store_;
    std::vector<model::MailboxName> wanted_;
    std::vector<std::string> asked_;  // the operand that each of them comes from
    std::vector<bool> met_;
    bool good_ = true;
};

}  // namespace

int main(int argc, char** argv)
{
    const Arguments a = parse(argc, argv);
    const config::Config config = admin::start(a.config_path, "reconstruct");
    if (config.partitions().empty())
        log::fatal(log::kExConfig, "there is no partition-NAME line: no mailboxes here");
    return admin::exit_status(Reconstruct(a, config).run());
}
