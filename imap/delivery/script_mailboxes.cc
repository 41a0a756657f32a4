#include "imap/delivery/script_mailboxes.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "imap/mboxlist/access_options.h"
#include "imap/mboxlist/find_mailbox.h"
#include "imap/mboxlist/namespace_options.h"
#include "lib/base/strings.h"
#include "lib/text/mutf7.h"

namespace rookery::delivery {
namespace {

using model::MailboxEntry;
using model::Rights;

model::Namespace names_of(const config::Config& config, const Recipient& recipient)
{
    auto options = mboxlist::namespace_options(config);
    return model::Namespace(std::move(options), recipient.userid, recipient.userid.empty());
}

// Scripts that were written for Cyrus have modified UTF-7.
Result<std::string> encoded(const std::string& name)
{
    const bool is_shifted = name.find('&') != std::string::npos && text::check_mutf7(name).ok();
    if (is_shifted) return name;
    auto made = text::utf8_to_mutf7(name);
    return made ? std::move(made) : Error{Code::bad_name, "a mailbox name that is not UTF-8"};
}

// One that is frozen for a move is there.
Status check_there(const MailboxEntry& entry)
{
    return entry.is_there() ? success() : model::require_settled(entry);
}

}  // namespace

Result<model::MailboxName> script_mailbox(const config::Config& config, const Recipient& recipient,
                                          const std::string& name)
{
    const bool is_shared = recipient.userid.empty();
    if (is_shared && equal_nocase(name, "INBOX")) return recipient.mailbox;
    const model::Namespace names = names_of(config, recipient);
    TRY_ASSIGN(const std::string external, encoded(name));
    TRY_ASSIGN(auto mailbox, names.to_internal(external));
    if (mailbox.is_deleted(names.options().deletedprefix))
        return Error{Code::bad_name, "a mailbox that was deleted"};
    return mailbox;
}

std::string script_mailbox_name(const config::Config& config, const Recipient& recipient,
                                const model::MailboxName& mailbox)
{
    const auto external = names_of(config, recipient).to_external(mailbox);
    return external ? text::mutf7_to_utf8(*external).value_or(*external) : std::string();
}

auth::Identity script_owner(const config::Config& config, const Recipient& recipient)
{
    auth::Identity who;
    who.userid = recipient.userid.empty() ? "anonymous" : recipient.userid;
    if (!recipient.userid.empty()) who.groups = auth::Groups::of_user(config, recipient.userid);
    return who;
}

ScriptMailboxes::ScriptMailboxes(const config::Config& config, mboxlist::Directory& directory,
                                 mailbox::MailboxStore* store, const Recipient& recipient)
    : config_(config),
      directory_(directory),
      store_(store),
      recipient_(recipient),
      access_(mboxlist::access_options(config)),
      owner_(script_owner(config, recipient))
{
}

Rights ScriptMailboxes::rights(const MailboxEntry& entry) const
{
    return model::rights_on(owner_, entry, access_);
}

bool ScriptMailboxes::may_deliver(const MailboxEntry& entry) const
{
    if (entry.name == recipient_.mailbox) return true;
    return rights(entry).has_any(Rights::post | Rights::insert);
}

Result<MailboxEntry> ScriptMailboxes::find(const std::string& name)
{
    TRY_ASSIGN(auto mailbox, script_mailbox(config_, recipient_, name));
    return mboxlist::find_mailbox(directory_, mailbox, check_there);
}

Result<MailboxEntry> ScriptMailboxes::named(const std::string& name)
{
    TRY_ASSIGN(MailboxEntry entry, find(name));
    if (may_deliver(entry)) return entry;
    return Error{Code::not_found, cat("no right to put mail into ", name)};
}

Result<MailboxEntry> ScriptMailboxes::first_own(const Wanted& wanted)
{
    std::optional<MailboxEntry> found;
    size_t looked = 0;
    const auto look = [&](const MailboxEntry& listed) {
        const bool mine =
            listed.name == recipient_.mailbox || recipient_.mailbox.is_above(listed.name);
        if (!mine || ++looked > kMaxLooked) return mboxlist::Next::stop();
        const MailboxEntry entry = listed.seen();
        if (!entry.is_there() || !may_deliver(entry) || !wanted(entry))
            return mboxlist::Next::go_on();
        found = entry;
        return mboxlist::Next::stop();
    };
    TRY(directory_.scan(recipient_.mailbox.key(), look));
    if (found) return *std::move(found);
    return Error{Code::not_found, "no such mailbox of the user"};
}

Result<MailboxEntry> ScriptMailboxes::with_id(const std::string& id)
{
    if (id.empty()) return Error{Code::not_found, "no mailbox has an empty id"};
    const auto has_id = [&](const MailboxEntry& entry) { return entry.uniqueid == id; };
    auto own = first_own(has_id);
    if (!own.is(Code::not_found)) return own;
    std::optional<MailboxEntry> found;
    size_t looked = 0;
    const std::vector<std::string> names{owner_.userid, "anyone"};
    TRY(directory_.scan_identifiers(names, [&](const MailboxEntry& listed) {
        if (++looked > kMaxLooked) return mboxlist::Next::stop();
        const MailboxEntry entry = listed.seen();
        if (!has_id(entry) || !entry.is_there() || !may_deliver(entry))
            return mboxlist::Next::go_on();
        found = entry;
        return mboxlist::Next::stop();
    }));
    if (found) return *std::move(found);
    return own;
}

bool ScriptMailboxes::is_for(const MailboxEntry& entry, const std::string& attribute)
{
    if (store_ == nullptr || !entry.is_local()) return false;
    // What cannot be read is for nothing in particular: the mail goes where it would without.
    const auto uses = store_->special_use(entry);
    if (!uses) return false;
    const auto words = split_words(*uses);
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view use) { return equal_nocase(use, attribute); });
}

Result<MailboxEntry> ScriptMailboxes::with_use(const std::string& attribute,
                                               const std::string& name)
{
    if (!name.empty())
        if (auto entry = named(name); entry && is_for(*entry, attribute)) return entry;
    return first_own([&](const MailboxEntry& entry) { return is_for(entry, attribute); });
}

}  // namespace rookery::delivery
