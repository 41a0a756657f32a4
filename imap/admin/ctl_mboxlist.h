// ctl_mboxlist: its arguments, and the parts that are files of their own. For its main only.
#ifndef ROOKERY_IMAP_ADMIN_CTL_MBOXLIST_H
#define ROOKERY_IMAP_ADMIN_CTL_MBOXLIST_H

#include <string>

#include "imap/mboxlist/store_directory.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::admin {

struct ListArguments {
    enum class Action { dump, undump, push, settle, verify } action = Action::dump;
    std::string config_path = config::default_path();
    std::string list_path;       // -f
    std::string partition;       // -p
    bool legacy = false;         // -L
    bool remove_dumped = false;  // -x
    bool authoritative = false;  // -a
    bool warn_only = false;      // -w
    bool interactive = false;    // -i
    bool quiet = false;          // -q
};

// -d: the list on standard output.
Status dump(const config::Config& config, const ListArguments& arguments);
// -u: a list from standard input. All of it is read and understood before the first change.
Status undump(const config::Config& config, const ListArguments& arguments);
// -v: the list against the directories of the partitions, and against itself.
Status verify(const config::Config& config, const ListArguments& arguments);
// -s: tells the mupdate master what it has not heard, if there is anything.
Status settle(const config::Config& config, const ListArguments& arguments);
// -m: tells the mupdate master what is here.
Status push(const config::Config& config, const ListArguments& arguments);

}  // namespace rookery::admin

#endif
