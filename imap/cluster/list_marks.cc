#include "imap/cluster/list_marks.h"

namespace rookery::cluster {

std::string mark_of(mboxlist::Directory& local, std::string_view name)
{
    auto mark = local.mark(name);
    return mark ? *std::move(mark) : std::string();
}

Status set_mark(mboxlist::Directory& local, std::string_view name, std::string value)
{
    if (mark_of(local, name) == value) return success();
    const mboxlist::Mark mark{std::string(name), std::move(value)};
    return local.commit_marked({}, {&mark, 1});
}

}  // namespace rookery::cluster
