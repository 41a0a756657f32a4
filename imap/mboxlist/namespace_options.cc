#include "imap/mboxlist/namespace_options.h"

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

}  // namespace rookery::mboxlist
