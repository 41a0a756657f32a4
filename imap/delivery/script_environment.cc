#include "imap/delivery/script_environment.h"

#include "config.h"
#include "imap/mboxlist/find_mailbox.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::delivery {
namespace {

using model::MailboxEntry;
using model::Rights;

constexpr std::string_view kScriptEntry = "/vendor/cmu/cyrus-imapd/sieve";
constexpr std::string_view kSpecialUse = "/private/specialuse";
constexpr size_t kMaxMessageFile = 65536;

// The server's messages to all, in <configdirectory>/msg, as annotations.
struct ServerEntry {
    std::string_view name;
    std::string_view file;
};
constexpr ServerEntry kServerEntries[] = {
    {"/shared/admin", "admin"},
    {"/shared/comment", "comment"},
    {"/shared/motd", "motd"},
    {"/shared/vendor/cmu/cyrus-imapd/shutdown", "shutdown"},
};

// What is not there, or of no name that could be, as opposed to what cannot be known now.
bool is_absent(const Error& error)
{
    return error.code == Code::not_found || error.code == Code::bad_name ||
           error.code == Code::reserved;
}

Result<bool> is_there(const Result<MailboxEntry>& found)
{
    if (found) return true;
    if (is_absent(found.error())) return false;
    return found.error();
}

// An annotation as the store has it; none: it is not set.
Result<std::optional<std::string>> annotation(mailbox::MailboxStore* store,
                                              const MailboxEntry& mailbox, std::string_view entry,
                                              std::string_view userid)
{
    std::optional<std::string> value;
    if (store == nullptr || store->annotations() == nullptr || !mailbox.is_local()) return value;
    TRY_ASSIGN(auto all, store->annotations()->list(mailbox));
    for (auto& a : all)
        if (a.entry == entry && a.userid == userid) value = std::move(a.value);
    return value;
}

std::string domain_of(const std::string& host)
{
    const size_t dot = host.find('.');
    return dot == std::string::npos ? host : host.substr(dot + 1);
}

}  // namespace

ScriptEnvironment::ScriptEnvironment(const Parts& parts, const Transaction& transaction,
                                     const Recipient& recipient, const model::MailboxName& kept_in,
                                     std::string_view message)
    : parts_(parts),
      transaction_(transaction),
      recipient_(recipient),
      kept_in_(kept_in),
      message_(message),
      mailboxes_(parts.config, parts.directory, parts.store, recipient)
{
    now_.seconds = wall_seconds();
    now_.zone_minutes = text::local_zone_minutes(now_.seconds);
}

Result<ScriptCache::Found> ScriptEnvironment::script_of(const Parts& parts,
                                                        const Recipient& recipient)
{
    if (!recipient.userid.empty()) return parts.scripts.active(recipient.userid);
    TRY_ASSIGN(MailboxEntry entry,
               mboxlist::look_up(parts.directory, recipient.mailbox, model::require_settled));
    TRY_ASSIGN(auto name, annotation(parts.store, entry, kScriptEntry, {}));
    if (!name || name->empty()) return ScriptCache::Found{};
    auto program = parts.scripts.included({}, sieve::Location::global, *name);
    if (program.is(Code::not_found)) return ScriptCache::Found{nullptr, *name};
    if (!program) return std::move(program).error();
    return ScriptCache::Found{*std::move(program), *name};
}

std::string ScriptEnvironment::key_of(const Recipient& recipient, const sieve::DuplicateMark& mark)
{
    constexpr std::string_view kNul("\0", 1);
    const std::string& whose =
        recipient.userid.empty() ? recipient.mailbox.internal() : recipient.userid;
    return cat(whose, kNul, mark.handle, kNul, mark.id);
}

std::optional<std::string> ScriptEnvironment::envelope(std::string_view part)
{
    if (part == "from") return transaction_.envelope.from;
    if (part == "to") return recipient_.address;
    if (part == "auth") return transaction_.envelope.auth;
    return std::nullopt;
}

std::vector<std::string> ScriptEnvironment::own_addresses()
{
    std::vector<std::string> out;
    const std::string& userid = recipient_.userid;
    if (userid.empty()) return out;
    if (userid.find('@') != std::string::npos) {
        out.push_back(userid);
        return out;
    }
    for (const std::string& domain : {parts_.config.servername(), parts_.config.defaultdomain()})
        if (!domain.empty()) out.push_back(cat(userid, '@', domain));
    return out;
}

std::string ScriptEnvironment::keep_mailbox()
{
    const bool is_inbox = !recipient_.userid.empty() && kept_in_ == recipient_.mailbox;
    return is_inbox ? "INBOX" : script_mailbox_name(parts_.config, recipient_, kept_in_);
}

Result<bool> ScriptEnvironment::mailbox_exists(const std::string& name)
{
    return is_there(mailboxes_.named(name));
}

Result<bool> ScriptEnvironment::mailboxid_exists(const std::string& id)
{
    return is_there(mailboxes_.with_id(id));
}

Result<bool> ScriptEnvironment::special_use_exists(const std::string* mailbox,
                                                   const std::vector<std::string>& attributes)
{
    std::optional<MailboxEntry> entry;
    if (mailbox != nullptr) {
        auto found = mailboxes_.named(*mailbox);
        TRY_ASSIGN(const bool there, is_there(found));
        if (!there) return false;
        entry = *std::move(found);
    }
    for (const auto& attribute : attributes) {
        bool has = entry && mailboxes_.is_for(*entry, attribute);
        if (!entry) {
            TRY_ASSIGN(has, is_there(mailboxes_.with_use(attribute, {})));
        }
        if (!has) return false;
    }
    return true;
}

Result<std::optional<std::string>> ScriptEnvironment::metadata(const std::string* mailbox,
                                                               const std::string& name)
{
    const std::string entry = to_lower(name);
    return mailbox == nullptr ? server_metadata(entry) : mailbox_metadata(*mailbox, entry);
}

Result<std::optional<std::string>> ScriptEnvironment::mailbox_metadata(const std::string& mailbox,
                                                                       const std::string& name)
{
    std::optional<std::string> none;
    auto entry = mailboxes_.find(mailbox);
    TRY_ASSIGN(const bool there, is_there(entry));
    // As for clients (RFC 5464 3.3): whoever may look it up and do anything with its messages.
    const Rights any = Rights::read | Rights::seen | Rights::write | Rights::insert | Rights::post;
    if (!there) return none;
    const Rights have = mailboxes_.rights(*entry);
    if (entry->name != recipient_.mailbox && (!have.has(Rights::lookup) || !have.has_any(any)))
        return none;
    if (name == kSpecialUse) {
        if (parts_.store == nullptr || !entry->is_local() || recipient_.userid.empty()) return none;
        TRY_ASSIGN(std::string uses, parts_.store->special_use(*entry));
        return uses.empty() ? none : std::optional(std::move(uses));
    }
    constexpr std::string_view kPrivate = "/private";
    constexpr std::string_view kShared = "/shared";
    if (name.starts_with("/shared/"))
        return annotation(parts_.store, *entry, name.substr(kShared.size()), {});
    if (!name.starts_with("/private/") || recipient_.userid.empty()) return none;
    return annotation(parts_.store, *entry, name.substr(kPrivate.size()), recipient_.userid);
}

Result<std::optional<std::string>> ScriptEnvironment::server_metadata(const std::string& name)
{
    std::optional<std::string> value;
    for (const ServerEntry& entry : kServerEntries) {
        if (entry.name != name) continue;
        auto text =
            read_file(cat(parts_.config.configdirectory(), "/msg/", entry.file), kMaxMessageFile);
        if (!text) continue;
        if (text->ends_with('\n')) text->pop_back();
        value = *std::move(text);
    }
    return value;
}

// A set that cannot be read has seen nothing: mail comes twice rather than not at all.
Result<bool> ScriptEnvironment::was_seen(const sieve::DuplicateMark& mark)
{
    if (parts_.seen == nullptr) return false;
    const auto found = parts_.seen->has(key_of(recipient_, mark), now_.seconds);
    if (!found) log::warning("what was seen before cannot be read", {{"reason", found.error()}});
    return found.value_or(false);
}

// RFC 5183 4.1. Who gave the mail to the MTA is not known here.
std::optional<std::string> ScriptEnvironment::item(std::string_view name)
{
    const std::string& host = parts_.config.servername();
    if (name == "domain") return domain_of(host);
    if (name == "host") return host;
    if (name == "location") return "MS";
    if (name == "name") return "Rookery";
    if (name == "phase") return "during";
    if (name == "version") return PACKAGE_VERSION;
    return std::nullopt;
}

Result<const sieve::Program*> ScriptEnvironment::script(sieve::Location location,
                                                        const std::string& name)
{
    TRY_ASSIGN(auto program, parts_.scripts.included(recipient_.userid, location, name));
    included_.push_back(program);
    return program.get();
}

std::optional<std::string> ScriptEnvironment::notify_capability(const std::string&,
                                                                std::string_view capability)
{
    // Whether somebody reads the mail at once is not known (RFC 5436 2.1).
    if (capability == "online") return "maybe";
    return std::nullopt;
}

}  // namespace rookery::delivery
