// From an address to a mailbox.
#include "imap/delivery/recipients.h"

#include <poll.h>

#include "imap/mboxlist/access_options.h"
#include "imap/mboxlist/find_mailbox.h"
#include "imap/mboxlist/namespace_options.h"
#include "lib/base/clock.h"
#include "lib/base/signals.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "lib/text/mutf7.h"

namespace rookery::delivery {
namespace {

constexpr std::string_view kPostmaster = "postmaster";
constexpr Seconds kReservedWait{2};
constexpr int kReservedLookMs = 20;

// Names are stored in modified UTF-7; addresses carry UTF-8, or the name as it is stored.
Result<std::string> external_name(const std::string& detail)
{
    bool ascii = true;
    for (char c : detail) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    if (ascii) return detail;
    return text::utf8_to_mutf7(detail);
}

// What goes wrong with the list says nothing of a mailbox, whatever it is called.
Error as_trouble(const Error& error)
{
    switch (error.code) {
        case Code::denied:
        case Code::bad_name:
        case Code::exists:
        case Code::over_quota:
        case Code::syntax:
        case Code::limit:
        case Code::unsupported: return Error{Code::io, error.text};
        case Code::not_found:
        case Code::reserved:
        case Code::moved:
        case Code::behind:
        case Code::no_master:
        case Code::unavailable:
        case Code::timeout:
        case Code::closed:
        case Code::busy:
        case Code::maintenance:
        case Code::no_space:
        case Code::corrupt:
        case Code::config:
        case Code::io: break;
    }
    return error;
}

char folded(char c)
{
    if (c == ' ' || c == '_') return '-';
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Whether the names of two folders are alike but for case, and for hyphens, spaces and underscores.
// What is between & and - is modified UTF-7, where each byte counts.
bool are_alike(std::string_view one, std::string_view other)
{
    if (one.size() != other.size()) return false;
    bool encoded = false;
    for (size_t i = 0; i < one.size(); ++i) {
        if (encoded || one[i] == '&' ? one[i] != other[i] : folded(one[i]) != folded(other[i]))
            return false;
        encoded = encoded ? one[i] != '-' : one[i] == '&';
    }
    return true;
}

}  // namespace

auth::Identity sender_identity(const std::optional<std::string>& auth_parameter)
{
    auth::Identity who;
    who.userid = "anonymous";
    if (!auth_parameter || auth_parameter->empty()) return who;
    // AUTH=user or AUTH=user@domain; what is no user id is nobody.
    auto name = auth::canonical_userid(*auth_parameter, true);
    if (name) who.userid = *name;
    return who;
}

Recipients::Recipients(const config::Config& config, mboxlist::Directory& directory,
                       MakeUser make_user)
    : config_(config),
      directory_(directory),
      make_user_(std::move(make_user)),
      options_(mboxlist::namespace_options(config)),
      access_(mboxlist::access_options(config))
{
    // Addresses name folders in the standard namespace, whatever users see.
    options_.altnamespace = false;
}

Result<model::MailboxEntry> Recipients::look_up(const model::MailboxName& name)
{
    auto found = mboxlist::look_up(directory_, name, model::require_settled);
    return found ? std::move(found) : as_trouble(found.error());
}

bool Recipients::may_post(const auth::Identity& sender, const model::MailboxEntry& entry) const
{
    return model::rights_on(sender, entry, access_).has(model::Rights::post);
}

// A miss of its own ("not found") would be taken for the mailbox's.
Status Recipients::catch_up()
{
    auto done = directory_.catch_up();
    if (done) return done;
    return done.is(Code::not_found) ? Error{Code::io, done.error().text} : as_trouble(done.error());
}

Result<model::MailboxEntry> Recipients::find(const model::MailboxName& name)
{
    auto found = mboxlist::find_mailbox(directory_, name, model::require_settled);
    return found ? std::move(found) : as_trouble(found.error());
}

Result<Recipient> Recipients::resolve(const Address& to, const auth::Identity& sender)
{
    LocalPart local = split_local_part(to.local);
    if (config_.lmtp_downcase_rcpt()) local.user = to_lower(local.user);
    if (local.user == to_lower(config_.postuser()) && local.detail && !local.detail->empty())
        return resolve_shared(to, *local.detail, sender);
    std::string user = local.user;
    if (options_.virtdomains && !to.domain.empty() &&
        !equal_nocase(to.domain, options_.defaultdomain))
        cat_to(user, '@', to_lower(to.domain));
    const bool is_postmaster = equal_nocase(local.user, kPostmaster);
    auto found = resolve_user(to, user, local.detail, !is_postmaster);
    bool unknown = found.is(Code::not_found) || found.is(Code::bad_name);
    if (unknown && is_postmaster) {
        found = resolve_postmaster(to);
        unknown = found.is(Code::not_found) || found.is(Code::bad_name);
    }
    const std::string& catchall = config_.lmtp_catchall_mailbox();
    if (unknown && !catchall.empty()) return resolve_user(to, catchall, std::nullopt);
    return found;
}

Result<Recipient> Recipients::resolve_user(const Address& to, std::string user,
                                           const std::optional<std::string>& detail, bool may_make)
{
    TRY_ASSIGN(user, auth::canonical_userid(user, false));
    TRY_ASSIGN(auto inbox, model::MailboxName::inbox_of(user, options_.defaultdomain));
    auto entry = may_make && makes_users() ? find_new(inbox) : find(inbox);
    if (entry.is(Code::not_found) && may_make && makes_users()) entry = make_inbox(user, inbox);
    if (!entry) return entry.error();
    Recipient r{to.text, inbox, std::nullopt, user, entry->server};
    if (!detail || detail->empty()) return r;
    model::Namespace names(options_, user, false);
    auto external = external_name(*detail);
    if (!external) return r;
    auto folder = names.to_internal(cat("INBOX", names.separator(), *external));
    if (folder) r.folder = *std::move(folder);
    return r;
}

bool Recipients::makes_users() const
{
    return make_user_ && config_.autocreate_post() && config_.autocreate_quota() >= 0;
}

// A mailbox that somebody is making now takes a moment.
Result<model::MailboxEntry> Recipients::find_new(const model::MailboxName& inbox)
{
    auto entry = find(inbox);
    const Deadline patience = Deadline::after(kReservedWait);
    while (entry.is(Code::reserved) && !patience.passed() && !signals::terminate_seen()) {
        ::poll(nullptr, 0, kReservedLookMs);
        entry = look_up(inbox);
    }
    return entry;
}

// The list was asked, and knows nobody of that name.
Result<model::MailboxEntry> Recipients::make_inbox(const std::string& user,
                                                   const model::MailboxName& inbox)
{
    const Error unknown{Code::not_found, cat("no mailbox ", inbox.internal())};
    if (!inbox.check_creatable()) return unknown;
    auto made = make_user_(user);
    // Where another was faster, the INBOX is there all the same.
    if (made && !*made) return unknown;
    auto entry = find_new(inbox);
    if (entry || !entry.is(Code::not_found)) return entry;
    return made ? Error{Code::behind, "a new INBOX is not in the list yet"}
                : Error{Code::unavailable, cat("autocreate: ", made.error().text)};
}

// RFC 5321 4.5.1: there is one everywhere. It may be written in any case, whatever is made of other
// addresses.
Result<Recipient> Recipients::resolve_postmaster(const Address& to)
{
    auto found = resolve_user(to, std::string(kPostmaster), std::nullopt);
    if (!found.is(Code::not_found)) return found;
    const std::string_view configured = config_.postmaster();
    const size_t at = configured.rfind('@');
    std::string user(configured.substr(0, at));
    if (options_.virtdomains && at != std::string_view::npos &&
        !equal_nocase(configured.substr(at + 1), options_.defaultdomain))
        user = configured;
    return resolve_user(to, user, std::nullopt);
}

Result<Recipient> Recipients::resolve_shared(const Address& to, const std::string& name,
                                             const auth::Identity& sender)
{
    TRY_ASSIGN(std::string external, external_name(name));
    if (options_.virtdomains && !to.domain.empty() &&
        !equal_nocase(to.domain, options_.defaultdomain))
        cat_to(external, '@', to_lower(to.domain));
    model::Namespace names(options_, {}, true);
    TRY_ASSIGN(auto mailbox, names.to_internal(external));
    return resolve(mailbox, to.text, sender);
}

Result<Recipient> Recipients::resolve(const model::MailboxName& shared, std::string address,
                                      const auth::Identity& sender)
{
    if (shared.is_deleted(options_.deletedprefix)) return Error{Code::not_found, "deleted"};
    TRY_ASSIGN(model::MailboxEntry entry, find(shared));
    if (!may_post(sender, entry)) return Error{Code::denied, "no right to post"};
    return Recipient{std::move(address), shared, std::nullopt, {}, entry.server};
}

// The folder, or the longest part of its name that a folder is like.
Result<model::MailboxEntry> Recipients::find_folder(const Recipient& r)
{
    auto exact = look_up(*r.folder);
    if (!exact.is(Code::not_found) || !config_.lmtp_fuzzy_mailbox_match()) return exact;
    const std::string above = cat(r.mailbox.internal(), '.');
    const std::string wanted = r.folder->internal();
    std::optional<model::MailboxEntry> best;
    TRY(directory_.scan(r.mailbox.key(), [&](const model::MailboxEntry& entry) {
        if (entry.name == r.mailbox) return mboxlist::Next::go_on();
        if (!r.mailbox.is_above(entry.name)) return mboxlist::Next::stop();
        const std::string name = entry.name.internal();
        const bool whole_levels = name.size() == wanted.size() ||
                                  (name.size() < wanted.size() && wanted[name.size()] == '.');
        const bool longer = !best || name.size() > best->name.internal().size();
        if (entry.is_there() && whole_levels && longer &&
            are_alike(std::string_view(name).substr(above.size()),
                      std::string_view(wanted).substr(above.size(), name.size() - above.size())))
            best = entry;
        return mboxlist::Next::go_on();
    }));
    if (!best) return exact;
    return look_up(best->name);
}

Result<model::MailboxEntry> Recipients::target(const Recipient& r, const auth::Identity& sender)
{
    if (r.folder) {
        auto entry = find_folder(r);
        if (entry && entry->is_local() && may_post(sender, *entry)) return entry;
    }
    return inbox(r);
}

Result<model::MailboxEntry> Recipients::inbox(const Recipient& r)
{
    TRY_ASSIGN(model::MailboxEntry entry, look_up(r.mailbox));
    if (!entry.is_local()) return Error{Code::moved, "the mailbox is on another server now"};
    return entry;
}

Result<std::string> Recipients::look_again(const Recipient& r)
{
    TRY(catch_up());
    TRY_ASSIGN(model::MailboxEntry entry, look_up(r.mailbox));
    return entry.server;
}

std::string account_address(const config::Config& config, const Recipient& recipient)
{
    const std::string& name = recipient.userid.empty() ? recipient.address : recipient.userid;
    if (name.find('@') != std::string::npos) return name;
    return cat(name, '@',
               config.defaultdomain().empty() || config.defaultdomain() == "internal"
                   ? config.servername()
                   : config.defaultdomain());
}

std::string written_address(const config::Config& config, const Recipient& recipient)
{
    const size_t at = recipient.address.rfind('@');
    if (at == std::string::npos) return account_address(config, recipient);
    const std::string local = recipient.address.substr(0, at);
    return cat(split_local_part(local).user, recipient.address.substr(at));
}

}  // namespace rookery::delivery
