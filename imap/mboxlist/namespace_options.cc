#include "imap/mboxlist/namespace_options.h"

#include "lib/base/strings.h"

namespace rookery::mboxlist {

model::NamespaceOptions namespace_options(const config::Config& config)
{
    model::NamespaceOptions o;
    o.altnamespace = config.altnamespace();
    o.unixhierarchysep = config.unixhierarchysep();
    o.virtdomains = config.virtdomains() != config::Virtdomains::off;
    o.userprefix = config.userprefix();
    o.sharedprefix = config.sharedprefix();
    o.altprefix = config.altprefix();
    o.defaultdomain = config.defaultdomain();
    o.deletedprefix = config.deletedprefix();
    return o;
}

Status check_local_name(const config::Config& config, const model::MailboxName& name)
{
    if (config.virtdomains() != config::Virtdomains::off || name.domain().empty()) return success();
    return Error{Code::bad_name,
                 cat("a name with a domain, but virtdomains is off: ", name.internal())};
}

}  // namespace rookery::mboxlist
