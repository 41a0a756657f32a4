#include "imap/mboxlist/access_options.h"

namespace rookery::mboxlist {

model::AccessOptions access_options(const config::Config& config)
{
    model::AccessOptions o;
    if (!config.deleteright().empty()) o.delete_right = config.deleteright()[0];
    o.implicit_owner_rights =
        model::Rights::parse(config.implicit_owner_rights(), o.delete_right).value_or({});
    o.administer_is_write = config.acl_admin_implies_write();
    o.lower_case_userids = config.username_tolower();
    if (config.virtdomains() != config::Virtdomains::off) o.default_domain = config.defaultdomain();
    return o;
}

}  // namespace rookery::mboxlist
