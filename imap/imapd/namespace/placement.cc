#include "imap/imapd/namespace/placement.h"

#include "imap/imapd/namespace/rights.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/mboxlist/partitions.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::imapd {
namespace {

using mboxlist::has_partition;
using model::MailboxEntry;
using model::MailboxName;
using model::Rights;

// What an owner is given: lrswipkxtecdan.
const Rights kOwnerRights = Rights::all;

bool has_user(const MailboxName& name)
{
    return !name.user().empty();
}

}  // namespace

Status may_create(ImapSession& session, const MailboxName& name,
                  const std::optional<MailboxEntry>& ancestor, bool orphans)
{
    const bool admin = session.user.identity->any_admin();
    if (name.is_deleted(session.config.deletedprefix()) && !admin)
        return Error{Code::denied, "Permission denied"};
    TRY(name.check_creatable());
    TRY(name.check_lengths(session.config.deletedprefix()));
    TRY(may_create_below(session, name, ancestor));
    const bool orphan = has_user(name) && !name.is_inbox() && !ancestor;
    if (orphan && !orphans) return Error{Code::not_found, "the user has no INBOX"};
    return success();
}

model::Acl first_acl(const config::Config& config, const MailboxName& name,
                     const std::optional<MailboxEntry>& ancestor)
{
    if (ancestor) return ancestor->acl;
    model::Acl acl;
    if (has_user(name)) {
        acl.set(name.user(), kOwnerRights);
        return acl;
    }
    const auto words = split_words(config.defaultacl());
    for (size_t i = 0; i + 1 < words.size(); i += 2)
        if (auto rights = Rights::parse(words[i + 1], delete_right(config)))
            acl.set(words[i], *rights);
    return acl;
}

Result<std::string> choose_partition(ImapSession& session, std::string_view location,
                                     const std::optional<MailboxEntry>& ancestor)
{
    if (!location.empty()) {
        TRY_ASSIGN(auto wire, model::parse_location(location));
        if (wire.server.empty() && wire.partition == session.config.servername() &&
            !has_partition(session.config, wire.partition))
            wire = {session.config.servername(), {}};
        const bool ours = wire.server.empty() || wire.server == session.config.servername();
        if (!ours) return Error{Code::unsupported, "Invalid server requested"};
        if (!wire.partition.empty()) {
            if (!has_partition(session.config, wire.partition))
                return Error{Code::unsupported, "Unknown/invalid partition"};
            return wire.partition;
        }
    }
    if (ancestor && ancestor->is_local() && has_partition(session.config, ancestor->partition))
        return ancestor->partition;
    return mboxlist::usual_partition(session.config);
}

Completion bad_location(std::string_view location)
{
    return Completion::no(cat(location.find('!') == std::string_view::npos
                                  ? "[CANNOT] Unknown/invalid partition: "
                                  : "[CANNOT] Invalid server requested: ",
                              location));
}

Completion names_taken(ImapSession& session, const Error& error,
                       std::span<const MailboxEntry> places)
{
    if (error.code != Code::exists) return Completion::from(error);
    for (const MailboxEntry& place : places) {
        if (!session.directory.lookup(place.name).is(Code::not_found)) continue;
        if (!session.store->has(place) && !session.store->has_messages(place)) continue;
        log::error("a directory that the list does not know is in the way, see reconstruct -f",
                   {{"mailbox", place.name.internal()}, {"partition", place.partition}});
        const model::Namespace names(mboxlist::namespace_options(session.config), "", true);
        return Completion::no(cat("[ALREADYEXISTS] Mailbox already exists, but not in the list: "
                                  "an administrator can add it with reconstruct -f ",
                                  names.to_external(place.name).value_or(place.name.internal())));
    }
    return Completion::from(error);
}

Result<std::vector<MailboxEntry>> tree_of(mboxlist::Directory& directory, const MailboxName& top)
{
    std::vector<MailboxEntry> tree;
    // The separator is the lowest byte in a key: what is below a name follows it at once.
    TRY(directory.scan(top.key(), [&](const MailboxEntry& entry) {
        if (!(entry.name == top) && !top.is_above(entry.name)) return mboxlist::Next::stop();
        if (entry.is_there()) tree.push_back(entry);
        return mboxlist::Next::go_on();
    }));
    return tree;
}

}  // namespace rookery::imapd
