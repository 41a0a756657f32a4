// Slips of the pen in imapd.conf that its grammar takes for what was meant: a backslash too many,
// or with a space behind it, a comment behind a value, quotes around it.
//
// Each is a finding, and the lines are put right, so that the rest is judged by what was meant. No
// password is shown.
#ifndef ROOKERY_IMAP_ADMIN_CHECK_CONFIG_SLIPS_H
#define ROOKERY_IMAP_ADMIN_CHECK_CONFIG_SLIPS_H

#include "imap/admin/check_config/finding.h"
#include "lib/config/config_parser.h"

namespace rookery::admin::check_config {

// Reads a file again where it must see a line that is none.
void put_right(config::Reading& reading, Findings& findings);

}  // namespace rookery::admin::check_config

#endif
