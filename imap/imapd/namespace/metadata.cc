#include "imap/imapd/namespace/metadata.h"

#include <algorithm>
#include <array>
#include <set>

#include "imap/imapd/namespace/rights.h"
#include "imap/imapd/namespace/special_use.h"
#include "imap/imapd/responder.h"
#include "imap/mboxlist/events.h"
#include "imap/submission/queue.h"
#include "lib/base/strings.h"
#include "lib/service/scoreboard.h"
#include "lib/text/imap_date.h"
#include "lib/text/imap_syntax.h"

namespace rookery::imapd {
namespace {

using model::MailboxEntry;
using model::Rights;

// --- what is known without having been set

struct Computed {
    std::string_view name;
    // none: the mailbox has nothing of the kind.
    Result<std::optional<std::string>> (*value)(ImapSession&, const MailboxEntry&);
};

Result<std::optional<std::string>> uses_of(ImapSession& s, const MailboxEntry& entry)
{
    if (!decides_uses(s, entry.name)) return std::optional<std::string>();
    TRY_ASSIGN(std::string uses, s.store->special_use(entry));
    return uses.empty() ? std::optional<std::string>() : std::optional(std::move(uses));
}

Result<std::optional<std::string>> last_update_of(ImapSession& s, const MailboxEntry& entry)
{
    TRY_ASSIGN(auto items, s.store->status(entry, s.user.identity->userid));
    return std::optional(text::format_date_time({items.changed, 0}));
}

Result<std::optional<std::string>> partition_of(ImapSession&, const MailboxEntry& entry)
{
    return std::optional(entry.partition);
}

Result<std::optional<std::string>> server_of(ImapSession& s, const MailboxEntry&)
{
    return std::optional(s.config.servername());
}

Result<std::optional<std::string>> size_of(ImapSession& s, const MailboxEntry& entry)
{
    TRY_ASSIGN(auto items, s.store->status(entry, s.user.identity->userid));
    return std::optional(cat(items.size));
}

Result<std::optional<std::string>> uniqueid_of(ImapSession&, const MailboxEntry& entry)
{
    return std::optional(entry.uniqueid);
}

constexpr std::array kComputed = {
    Computed{kSpecialUseEntry, uses_of},
    Computed{"/shared/vendor/cmu/cyrus-imapd/lastupdate", last_update_of},
    Computed{"/shared/vendor/cmu/cyrus-imapd/partition", partition_of},
    Computed{kServerEntry, server_of},
    Computed{"/shared/vendor/cmu/cyrus-imapd/size", size_of},
    Computed{"/shared/vendor/cmu/cyrus-imapd/uniqueid", uniqueid_of},
};

// What decides how long mail is kept is the administrator's.
constexpr std::array kOfAdministrators = {
    std::string_view("/shared/vendor/cmu/cyrus-imapd/expire"),
    std::string_view("/shared/vendor/cmu/cyrus-imapd/squat"),
};

// --- the server's own, files in <configdirectory>/msg

struct Message {
    std::string_view name;
    std::string_view file;
};

constexpr std::array kMessages = {
    Message{"/shared/admin", "admin"},
    Message{"/shared/comment", "comment"},
    Message{"/shared/motd", "motd"},
    Message{"/shared/vendor/cmu/cyrus-imapd/shutdown", "shutdown"},
};
constexpr std::string_view kFreeSpace = "/shared/vendor/cmu/cyrus-imapd/freespace/total";

// --- and what it does, for administrators who ask for it by name

std::optional<std::string> sessions_now(const config::Config&)
{
    const auto count = service::scoreboard::sessions();
    return count ? std::optional(cat(*count)) : std::nullopt;
}

std::optional<std::string> mails_to_send(const config::Config& config)
{
    return cat(submission::Queue::counts(config).mails);
}

struct Figure {
    std::string_view name;
    std::optional<std::string> (*value)(const config::Config&);
};
constexpr std::array kFigures = {
    Figure{"/shared/vendor/rookery/queue", mails_to_send},
    Figure{"/shared/vendor/rookery/sessions", sessions_now},
};

const Message* message_of(const std::string& name)
{
    for (const Message& m : kMessages)
        if (m.name == name) return &m;
    return nullptr;
}

// value: nstring / literal8
void append_value(std::string& out, const std::string& value)
{
    if (value.find('\0') == value.npos)
        text::put_string(out, value);
    else
        text::put_literal(out += '~', value);
}

Result<std::string> checked_uses(const std::string& words)
{
    std::string uses;
    for (std::string_view word : split_words(words)) {
        const std::string_view use = special_use(word);
        if (use.empty()) return Error{Code::unsupported, cat("no mailbox is for ", word, " here")};
        cat_to(uses, uses.empty() ? "" : " ", use);
    }
    return uses;
}

Status may_set(const ImapSession& s, const MailboxEntry& entry, const std::string& name)
{
    if (name == kSpecialUseEntry) {
        if (decides_uses(s, entry.name)) return success();
        return Error{Code::unsupported, "only for a user's own mailboxes"};
    }
    for (const Computed& c : kComputed)
        if (c.name == name) return Error{Code::denied, "it cannot be set"};
    const bool for_admins = std::find(kOfAdministrators.begin(), kOfAdministrators.end(), name) !=
                            kOfAdministrators.end();
    if (for_admins && !s.user.identity->any_admin())
        return Error{Code::denied, "administrators only"};
    return success();
}

}  // namespace

Status may_annotate(const ImapSession& session, const MailboxEntry& entry, bool changes_shared)
{
    TRY(require(session, entry, Rights::lookup));
    const Rights any = Rights::read | Rights::seen | Rights::write | Rights::insert | Rights::post;
    const Rights have = rights_on(session, entry);
    // An administrator sets what concerns the whole mailbox without reading its mail.
    if (session.user.identity->any_admin()) return success();
    if (!have.has_any(any)) return Error{Code::denied, "no right to the messages"};
    if (changes_shared) return require(session, entry, Rights::write);
    return success();
}

Result<MetadataValues> mailbox_metadata(ImapSession& session, const MailboxEntry& entry,
                                        const MetadataRequest& request)
{
    TRY(may_annotate(session, entry, false));
    MetadataValues values;
    for (const Computed& c : kComputed) {
        if (!request.wants(c.name)) continue;
        TRY_ASSIGN(auto value, c.value(session, entry));
        if (value) values[std::string(c.name)] = *std::move(value);
    }
    auto* annotations = session.store->annotations();
    if (annotations == nullptr) return values;
    TRY_ASSIGN(auto stored, annotations->list(entry));
    for (auto& a : stored) {
        if (!a.userid.empty() && a.userid != session.user.identity->userid) continue;
        std::string name = EntryName{{}, !a.userid.empty(), a.entry}.full();
        if (request.wants(name)) values.emplace(std::move(name), std::move(a.value));
    }
    return values;
}

MetadataValues server_metadata(ImapSession& session, const MetadataRequest& request)
{
    MetadataValues values;
    for (const Message& m : kMessages) {
        if (!request.wants(m.name)) continue;
        if (auto text = session.kit.message(m.file)) values[std::string(m.name)] = *std::move(text);
    }
    if (session.user.identity->any_admin())
        for (const Figure& figure : kFigures)
            if (request.names(figure.name))
                if (auto value = figure.value(session.config))
                    values[std::string(figure.name)] = *std::move(value);
    if (session.store == nullptr || !request.wants(kFreeSpace)) return values;
    if (auto space = session.store->space())
        values[std::string(kFreeSpace)] = cat(space->free_kilobytes, ';', space->total_kilobytes);
    return values;
}

Result<MetadataValues> private_metadata(ImapSession& session, const MailboxEntry& inbox,
                                        const MetadataRequest& request)
{
    MetadataValues values;
    auto* annotations = session.store->annotations();
    if (annotations == nullptr) return values;
    TRY_ASSIGN(auto stored, annotations->list(inbox));
    for (auto& a : stored) {
        const auto path = below(a.entry, kOfServer);
        if (a.userid != session.user.identity->userid || !path || path->empty()) continue;
        std::string name = EntryName{{}, true, std::string(*path)}.full();
        if (request.wants(name)) values.emplace(std::move(name), std::move(a.value));
    }
    return values;
}

std::string metadata_response(const ImapSession& session, std::string_view external,
                              const MetadataRequest& request, const MetadataValues& values,
                              size_t& longest)
{
    std::string list;
    std::set<std::string> told;
    longest = 0;
    const auto tell = [&](const std::string& written, const std::string& name,
                          const std::string* value) {
        if (!told.insert(name).second) return;
        if (value != nullptr && request.options.max_size &&
            value->size() > *request.options.max_size) {
            longest = std::max(longest, value->size());
            return;
        }
        cat_to(list, list.empty() ? "" : " ", text::imap_astring(written), ' ');
        if (value != nullptr)
            append_value(list, *value);
        else
            list += "NIL";
    };
    for (const EntryName& asked : request.entries) {
        const std::string name = asked.full();
        const auto itself = values.find(name);
        if (itself != values.end())
            tell(asked.written, name, &itself->second);
        else if (!asked.pattern && request.options.depth == Depth::zero)
            tell(asked.written, name, nullptr);
        const std::string& start = asked.pattern ? asked.pattern->literal_prefix() : name;
        for (auto at = values.lower_bound(start); at != values.end(); ++at) {
            if (!at->first.starts_with(start)) break;
            if (is_asked_by(asked, request.options, at->first))
                tell(at->first, at->first, &at->second);
        }
    }
    if (list.empty()) return {};
    return cat("* METADATA ", wire_name(session, external), " (", list, ")\r\n");
}

std::optional<EntryName> take_server_entry(MetadataRequest& request, const std::string& server)
{
    const auto is_server = [](const EntryName& e) { return e.full() == kServerEntry; };
    const auto at = std::find_if(request.entries.begin(), request.entries.end(), is_server);
    const auto& options = request.options;
    if (at == request.entries.end() || options.depth != Depth::zero) return std::nullopt;
    if (options.max_size && server.size() > *options.max_size) return std::nullopt;
    EntryName taken = *at;
    std::erase_if(request.entries, is_server);
    return taken;
}

std::string server_response(const ImapSession& session, std::string_view external,
                            const EntryName& entry, const std::string& server)
{
    return cat("* METADATA ", wire_name(session, external), " (", text::imap_astring(entry.written),
               ' ', text::imap_string(server), ")\r\n");
}

Status set_mailbox_metadata(ImapSession& session, const MailboxEntry& entry,
                            std::span<const MetadataChange> changes)
{
    auto* annotations = session.store->annotations();
    if (annotations == nullptr) return Error{Code::denied, "the store has no annotations"};
    std::vector<mailbox::AnnotationChange> stored;
    std::optional<std::string> uses;
    for (const MetadataChange& change : changes) {
        const EntryName& name = change.entry;
        TRY(may_annotate(session, entry, !name.is_private));
        TRY(may_set(session, entry, name.full()));
        if (name.full() == kSpecialUseEntry) {
            TRY_ASSIGN(uses, checked_uses(change.value.value_or("")));
            TRY_ASSIGN(const bool taken, is_use_taken(session, entry.name, *uses));
            TRY_ASSIGN(const bool elsewhere, is_use_taken_elsewhere(session, entry.name, *uses,
                                                                    session.config.servername()));
            if (taken || elsewhere) return Error{Code::unsupported, std::string(kUseConflict)};
            continue;
        }
        stored.push_back(
            {name.path, name.is_private ? session.user.identity->userid : "", change.value});
    }
    TRY(require_settled(entry));
    if (!stored.empty()) TRY(annotations->set(entry, stored));
    return uses ? session.store->set_special_use(entry, *uses) : success();
}

Status copy_annotations(ImapSession& session, const MailboxEntry& from, const MailboxEntry& to)
{
    auto* annotations = session.store->annotations();
    if (annotations == nullptr) return success();
    TRY_ASSIGN(auto all, annotations->list(from));
    std::vector<mailbox::AnnotationChange> changes;
    for (auto& a : all)
        changes.push_back({std::move(a.entry), std::move(a.userid), std::move(a.value)});
    return changes.empty() ? success() : annotations->set(to, changes);
}

Status set_private_metadata(ImapSession& session, const MailboxEntry& inbox,
                            std::span<const MetadataChange> changes)
{
    auto* annotations = session.store->annotations();
    if (annotations == nullptr) return Error{Code::denied, "the store has no annotations"};
    std::vector<mailbox::AnnotationChange> stored;
    for (const MetadataChange& change : changes)
        stored.push_back(
            {cat(kOfServer, change.entry.path), session.user.identity->userid, change.value});
    TRY(require_settled(inbox));
    return annotations->set(inbox, stored);
}

Status may_set_server(const ImapSession& session, std::span<const MetadataChange> changes)
{
    if (changes.empty()) return success();
    if (!session.user.identity->any_admin()) return Error{Code::denied, "administrators only"};
    for (const MetadataChange& change : changes)
        if (message_of(change.entry.full()) == nullptr)
            return Error{Code::denied, "the server has no such entry"};
    return success();
}

Status set_server_metadata(ImapSession& session, std::span<const MetadataChange> changes)
{
    TRY(may_set_server(session, changes));
    for (const MetadataChange& change : changes)
        TRY(session.kit.set_message(message_of(change.entry.full())->file, change.value));
    if (!changes.empty()) mboxlist::tell_server(session.config.idlesocket());
    return success();
}

}  // namespace rookery::imapd
