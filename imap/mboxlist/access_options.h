// Who may do what, as the configuration says: what imap/model/access.h asks for.
#ifndef ROOKERY_IMAP_MBOXLIST_ACCESS_OPTIONS_H
#define ROOKERY_IMAP_MBOXLIST_ACCESS_OPTIONS_H

#include "imap/model/access.h"
#include "lib/config/config.h"

namespace rookery::mboxlist {

model::AccessOptions access_options(const config::Config& config);

}  // namespace rookery::mboxlist

#endif
