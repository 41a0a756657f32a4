// Protocol: what the session kit has to know of a protocol, as data. Each engine has one.
#ifndef ROOKERY_IMAP_SESSION_PROTOCOL_H
#define ROOKERY_IMAP_SESSION_PROTOCOL_H

#include <string_view>

namespace rookery::session {

struct Protocol {
    std::string_view sasl_service;  // GSSAPI's and SASL's name of it
    std::string_view product;       // how the greeting calls it
    bool proxyservers_act;  // who is in proxyservers acts for its users (doc/protocols/cyrus.md 2)
    // Its clients are servers, not users: only administrators may authenticate, each as itself,
    // whatever authzid it gives; userdeny_db and maxlogins_* do not count.
    bool for_servers;
};

}  // namespace rookery::session

#endif
