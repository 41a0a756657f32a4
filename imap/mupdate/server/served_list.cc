#include "imap/mupdate/server/served_list.h"

#include <algorithm>

#include "imap/mupdate/wire.h"

namespace rookery::mupdate {

bool Filter::wants(std::string_view server) const
{
    return hosts.empty() || std::find(hosts.begin(), hosts.end(), server) != hosts.end();
}

void ServedList::put_line(std::string& out, std::string_view tag, std::string_view key,
                          const std::optional<Shown>& shown)
{
    const std::string name = name_of_key(key);
    if (!shown)
        put_delete(out, tag, name);
    else if (shown->active)
        put_mailbox(out, tag, name, shown->location, shown->acl);
    else
        put_reserve(out, tag, name, shown->location);
}

}  // namespace rookery::mupdate
