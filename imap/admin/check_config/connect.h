// Each server that this one logs in to is tried as its role will use it, by the code that will
// (backend::Backend); what fails is a finding with the step that failed: resolve, connect,
// greeting, TLS, mechanism, password, not an admin, not a proxyserver.
//
// Nothing is changed there. auth::SaslClient::init_library() must have been called. One thread.
#ifndef ROOKERY_IMAP_ADMIN_CHECK_CONFIG_CONNECT_H
#define ROOKERY_IMAP_ADMIN_CHECK_CONFIG_CONNECT_H

#include "imap/admin/check_config/finding.h"
#include "imap/admin/check_config/server.h"

namespace rookery::admin::check_config {

void try_peers(const Server& server, Findings& findings);

}  // namespace rookery::admin::check_config

#endif
