// The unique identifier of a new mailbox.
#ifndef ROOKERY_IMAP_CLUSTER_UNIQUEID_H
#define ROOKERY_IMAP_CLUSTER_UNIQUEID_H

#include <string>

namespace rookery::cluster {

// 32 hexadecimal digits.
std::string new_uniqueid();

}  // namespace rookery::cluster

#endif
