// murder check: this server's list against its partitions.
#include "imap/admin/murder/check.h"
#include "imap/admin/stranded_mailboxes.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/mupdate/master/list_entry.h"
#include "lib/base/strings.h"

namespace rookery::admin::murder {
namespace {

using store::Stranded;

std::string meaning_of(const Stranded& stranded, const Known& known, const std::string& own_name)
{
    if (stranded.listed || !stranded.name) return stranded.meaning();
    const auto at = known.find(stranded.name->internal());
    if (at == known.end() || mupdate::server_of(at->second.location) == own_name)
        return stranded.meaning();
    return cat("the list does not know it, and the master has the name at ",
               mupdate::server_of(at->second.location), ": it is left alone");
}

}  // namespace

Status compare_store(const config::Config& config, const Known& known, Section& stranded)
{
    TRY_ASSIGN(auto list, mboxlist::open_list(config));
    store::LocalStore store(store::store_options(config));
    store::StrandedScan scan(store, *list);
    cluster::NameLocks locks(config);
    return each_stranded(scan, locks, [&](const Stranded& one) {
        stranded.rows.push_back({kind_name(one.kind), one.name ? one.name->internal() : "-",
                                 one.partition, one.path, one.uniqueid.empty() ? "-" : one.uniqueid,
                                 Value::number(one.messages),
                                 meaning_of(one, known, config.servername())});
    });
}

}  // namespace rookery::admin::murder
