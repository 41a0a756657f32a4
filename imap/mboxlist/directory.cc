#include "imap/mboxlist/directory.h"

#include "imap/mboxlist/list_load.h"
#include "lib/base/strings.h"

namespace rookery::mboxlist {

Directory::~Directory() = default;

Result<std::unique_ptr<ListLoad>> Directory::bulk_load()
{
    return Error{Code::unsupported, "this list is filled in batches"};
}

Status Directory::scan_pending(const std::function<Next(const MailboxEntry&)>& each)
{
    return scan("", [&](const MailboxEntry& entry) {
        return entry.pending == model::Pending::none ? Next::go_on() : each(entry);
    });
}

Status Directory::commit_marked(std::span<const Change> changes, std::span<const Mark> marks)
{
    if (marks.empty()) return commit(changes);
    return Error{Code::unsupported, "this mailbox list keeps no marks"};
}

Result<std::string> Directory::mark(std::string_view name)
{
    return Error{Code::not_found, cat("no mark ", name)};
}

Status Directory::catch_up()
{
    return success();
}

}  // namespace rookery::mboxlist
