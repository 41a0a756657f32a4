// Who a session acts for, and what it may do because of who it is.
//
// A plain value. rights on mailboxes come from Acl::rights_of (imap/model/acl.h).
#ifndef ROOKERY_LIB_AUTH_IDENTITY_H
#define ROOKERY_LIB_AUTH_IDENTITY_H

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::config {
class Config;
}

namespace rookery::auth {

// The groups of a user. Those of the system are looked up when something first asks whether the
// user is in one: that costs more than the rest of a login, and few sites give rights to groups.
// Copies share what was looked up.
class Groups {
 public:
    Groups() = default;
    Groups(std::initializer_list<std::string> names);
    // None where the system does not know the user.
    static Groups of_unix_user(std::string userid);
    // The same where unix_group_enable says so, else none.
    static Groups of_user(const config::Config& config, std::string userid);
    // Without "group:".
    const std::vector<std::string>& names() const;
    // identifier: "group:name". Anything else is false, and looks nothing up.
    bool include(std::string_view identifier) const;

 private:
    struct Known;
    std::shared_ptr<Known> known_;  // null: none
};

struct Identity {
    std::string userid;  // canonical; "anonymous" for nobody in particular
    Groups groups;
    bool admin = false;            // a real admin: authenticated as itself
    bool proxy_admin = false;      // an admin for whom a proxy server authenticated
    std::string authenticated_as;  // the SASL authentication identity
    bool node = false;             // that one may act for others: a proxy server, an admin
    bool relayed = false;          // that one is a proxy server (proxyservers)

    bool is_anonymous() const { return userid == "anonymous"; }
    // Another server of the murder that acts for nobody else.
    bool is_server() const { return relayed && userid == authenticated_as; }
    bool any_admin() const { return admin || proxy_admin; }
};

// Canonical form of a user id: lower case if asked, forbidden bytes refused (controls, % & * / : ?
// DEL, 8-bit; at most 80 bytes). Code::bad_name.
Result<std::string> canonical_userid(std::string_view userid, bool to_lower);
// "user+detail", "user+detail@domain": the user, and the detail (RFC 5233), "" for none.
struct NameAndDetail {
    std::string name;
    std::string detail;
};
NameAndDetail split_detail(std::string_view name);
std::string with_detail(std::string_view name, std::string_view detail);
// True if userid, or one of its groups as "group:name", is in list.
bool in_list(const std::vector<std::string>& list, std::string_view userid, const Groups& groups);

}  // namespace rookery::auth

#endif
