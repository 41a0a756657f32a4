// Who a session acts for, and what it may do because of who it is.
//
// A plain value. rights on mailboxes come from Acl::rights_of (imap/model/acl.h).
#ifndef ROOKERY_LIB_AUTH_IDENTITY_H
#define ROOKERY_LIB_AUTH_IDENTITY_H

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::auth {

struct Identity {
    std::string userid;               // canonical; "anonymous" for nobody in particular
    std::vector<std::string> groups;  // names without "group:"
    bool admin = false;               // a real admin: authenticated as itself
    bool proxy_admin = false;         // an admin for whom a proxy server authenticated
    std::string authenticated_as;     // the SASL authentication identity
    bool node = false;                // that one may act for others: a proxy server, an admin
    bool relayed = false;             // that one is a proxy server (proxyservers)

    bool is_anonymous() const { return userid == "anonymous"; }
    bool any_admin() const { return admin || proxy_admin; }
};

// Canonical form of a user id: lower case if asked, forbidden bytes refused (controls, % & * / : ?
// DEL, 8-bit; at most 80 bytes). Code::bad_name.
Result<std::string> canonical_userid(std::string_view userid, bool to_lower);
// True if userid, or one of its groups as "group:name", is in list.
bool in_list(const std::vector<std::string>& list, std::string_view userid,
             const std::vector<std::string>& groups);
// The Unix groups of a user; empty where it is unknown.
std::vector<std::string> unix_groups(const std::string& userid);

}  // namespace rookery::auth

#endif
