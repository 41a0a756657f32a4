#include "imap/mboxlist/namespace_options.h"

#include <algorithm>

#include "lib/base/strings.h"
#include "lib/text/mutf7.h"

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

std::vector<std::string> listed(std::string_view option)
{
    std::vector<std::string> out;
    for (std::string_view item : split(option, '|', false))
        if (item = trim(item); !item.empty()) out.emplace_back(item);
    return out;
}

std::string external_name(std::string_view name)
{
    const bool ascii = std::all_of(name.begin(), name.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (ascii) return std::string(name);
    return text::utf8_to_mutf7(name).value_or(std::string(name));
}

Result<model::MailboxName> folder_of(const config::Config& config, const std::string& userid,
                                     std::string_view folder)
{
    model::NamespaceOptions options = namespace_options(config);
    options.altnamespace = false;
    const model::Namespace names(options, userid, false);
    return names.to_internal(cat("INBOX", names.separator(), external_name(folder)));
}

Status check_local_name(const config::Config& config, const model::MailboxName& name)
{
    if (config.virtdomains() != config::Virtdomains::off || name.domain().empty()) return success();
    return Error{Code::bad_name,
                 cat("a name with a domain, but virtdomains is off: ", name.internal())};
}

}  // namespace rookery::mboxlist
