// ctl_mboxlist -d and -u: the list as text.

#include <unistd.h>

#include <vector>

#include "imap/admin/ctl_mboxlist.h"
#include "imap/admin/tool.h"
#include "imap/mboxlist/list_dump.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/mboxlist/open_directory.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

using mboxlist::Change;
using mboxlist::Next;
using mboxlist::StoreDirectory;
using model::MailboxEntry;

constexpr size_t kOutput = 64 * 1024;
// A list of five million mailboxes is about half of it.

Result<std::unique_ptr<StoreDirectory>> open(const config::Config& config,
                                             const ListArguments& arguments)
{
    mboxlist::ListOptions options;
    options.path = arguments.list_path;
    return mboxlist::open_list(config, options);
}

bool is_wanted(const MailboxEntry& entry, const ListArguments& arguments)
{
    // Tombstones and reserved names are the list's own affair, not mailboxes.
    if (entry.state == model::EntryState::deleted) return false;
    if (entry.state == model::EntryState::reserved && entry.acl.empty()) return false;
    return arguments.partition.empty() ||
           (entry.is_local() && entry.partition == arguments.partition);
}

// A mailbox that is here stays the one that it is: its unique id is in its header, and what others
// know of it goes by that.
Status keep_identity(StoreDirectory& list, MailboxEntry& entry)
{
    if (!entry.is_local()) return success();
    auto there = list.lookup(entry.name);
    if (there.is(Code::not_found)) return success();
    if (!there) return there.error();
    if (!there->is_local() || there->uniqueid.empty()) return success();
    if (entry.uniqueid.empty()) {
        entry.uniqueid = there->uniqueid;
        if (entry.uidvalidity == 0) entry.uidvalidity = there->uidvalidity;
    }
    if (entry.uniqueid == there->uniqueid) return success();
    return Error{Code::exists,
                 cat(entry.name.internal(), " is another mailbox here: its unique id is ",
                     there->uniqueid, ", not ", entry.uniqueid)};
}

}  // namespace

Status dump(const config::Config& config, const ListArguments& arguments)
{
    TRY_ASSIGN(const auto list, open(config, arguments));
    std::string out(arguments.legacy ? "" : mboxlist::kDumpBegin);
    std::vector<Change> dumped;
    bool first = true;
    Status written = success();
    TRY(list->scan("", [&](const MailboxEntry& entry) {
        if (!is_wanted(entry, arguments)) return Next::go_on();
        if (!first && !arguments.legacy) out += mboxlist::kDumpBetween;
        first = false;
        out += arguments.legacy ? mboxlist::dump_legacy_line(entry) : mboxlist::dump_member(entry);
        if (arguments.remove_dumped) dumped.push_back(Change::erase(entry.name));
        if (out.size() < kOutput) return Next::go_on();
        written = write_all(STDOUT_FILENO, out);
        out.clear();
        return written ? Next::go_on() : Next::stop();
    }));
    TRY(written);
    if (!arguments.legacy) out += mboxlist::kDumpEnd;
    TRY(write_all(STDOUT_FILENO, out));
    const std::span<const Change> all(dumped);
    for (size_t at = 0; at < all.size(); at += mboxlist::kMaxBatch)
        TRY(list->commit(all.subspan(at, std::min(mboxlist::kMaxBatch, all.size() - at))));
    return success();
}

Status undump(const config::Config& config, const ListArguments& arguments)
{
    TRY_ASSIGN(const std::string text, read_input());
    const bool legacy = arguments.legacy || mboxlist::is_legacy_dump(text);
    const auto read_all = [&](const mboxlist::EachDumped& each) {
        return legacy ? mboxlist::read_legacy_dump(text, config.servername(), each)
                      : mboxlist::read_dump(text, config.servername(), each);
    };
    TRY_ASSIGN(const auto list, open(config, arguments));
    // Once for what may be wrong with it, once for the list.
    uint64_t count = 0;
    auto good = read_all([&](MailboxEntry entry) -> Status {
        if (entry.is_local()) TRY(mboxlist::check_local_name(config, entry.name));
        TRY(keep_identity(*list, entry));
        ++count;
        return success();
    });
    if (!good)
        return Error{good.error().code,
                     cat("standard input, ", good.error().text, "; nothing was changed")};
    std::vector<Change> batch;
    const auto take = [&](MailboxEntry entry) -> Status {
        TRY(keep_identity(*list, entry));
        batch.push_back(Change::put(std::move(entry)));
        if (batch.size() < mboxlist::kMaxBatch) return success();
        Status done = list->commit(batch);
        batch.clear();
        return done;
    };
    TRY(read_all(take));
    if (!batch.empty()) TRY(list->commit(batch));
    log::notice("mailbox list loaded", {{"mailboxes", count}});
    return success();
}

}  // namespace rookery::admin
