// The marks that a server keeps beside its list, one at a time. Codes: those of the list.
#ifndef ROOKERY_IMAP_CLUSTER_LIST_MARKS_H
#define ROOKERY_IMAP_CLUSTER_LIST_MARKS_H

#include <string>
#include <string_view>

#include "imap/mboxlist/directory.h"

namespace rookery::cluster {

// There may be copies that moves bring in (operations_incoming.cc).
inline constexpr std::string_view kIncomingMark = "incoming";

// "" if there is none.
std::string mark_of(mboxlist::Directory& local, std::string_view name);
// Writes nothing where it is so already. "": the mark goes.
Status set_mark(mboxlist::Directory& local, std::string_view name, std::string value);

}  // namespace rookery::cluster

#endif
