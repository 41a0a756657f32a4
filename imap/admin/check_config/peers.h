// The servers that this one logs in to, as far as its files tell, and how.
#ifndef ROOKERY_IMAP_ADMIN_CHECK_CONFIG_PEERS_H
#define ROOKERY_IMAP_ADMIN_CHECK_CONFIG_PEERS_H

#include <string>
#include <string_view>
#include <vector>

#include "imap/admin/check_config/server.h"

namespace rookery::admin::check_config {

struct Peer {
    std::string name;
    bool is_master = false;  // the mupdate server; else a server with mail
    std::string option;      // that names it
};
// mupdate_server and serverlist, and where that is not set whoever has a _password or an _address.
std::vector<Peer> peers_of(const Server& server);
// Nothing goes over a network.
bool is_local(const Server& server, const Peer& peer);
// The login needs a password of imapd.conf.
bool needs_password(const Server& server, const Peer& peer);
bool has_password(const Server& server, const Peer& peer);

}  // namespace rookery::admin::check_config

#endif
