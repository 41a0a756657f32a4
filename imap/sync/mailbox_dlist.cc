#include "imap/sync/mailbox_dlist.h"

#include <algorithm>
#include <cstring>

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::sync {

namespace {

using mailbox::Resource;
using mailbox::SyncMailbox;
using mailbox::SyncRecord;
using model::MailboxEntry;
using model::MailboxName;

constexpr std::string_view kExpunged = "\\Expunged";
constexpr std::string_view kSaveDate = "/vendor/cmu/cyrus-imapd/savedate";
constexpr std::string_view kSpecialUseKey = "SPECIALUSE";
constexpr size_t kMaxUses = 4096;

// Times and zones may be below zero.
std::string signed_text(int64_t n)
{
    return n < 0 ? cat('-', static_cast<uint64_t>(-n)) : cat(static_cast<uint64_t>(n));
}

int64_t signed_or(const Dlist& map, std::string_view key, int64_t fallback)
{
    const std::string text = map.string_or(key, "");
    const bool negative = text.starts_with('-');
    auto n = to_uint64(std::string_view(text).substr(negative ? 1 : 0), INT64_MAX);
    if (!n) return fallback;
    return negative ? -static_cast<int64_t>(*n) : static_cast<int64_t>(*n);
}

std::string flags_text(const SyncRecord& record, const std::vector<std::string>& keywords)
{
    std::string out = model::system_flags_to_string(record.system_flags);
    auto add = [&](std::string_view flag) { cat_to(out, out.empty() ? "" : " ", flag); };
    for (size_t bit = 0; bit < keywords.size(); ++bit)
        if (record.keywords[bit]) add(keywords[bit]);
    if (record.expunged) add(kExpunged);
    return cat('(', out, ')');
}

std::string keyword_list(const std::vector<std::string>& keywords)
{
    std::string out;
    for (const std::string& keyword : keywords) cat_to(out, out.empty() ? "" : " ", keyword);
    return cat('(', out, ')');
}

std::string annotation_item(std::string_view entry, const std::string& user, std::string_view value)
{
    DlistMap map;
    map.add("ENTRY", entry).add("USERID", user).add("MODSEQ", uint64_t{0}).add("VALUE", value);
    return std::move(map).finish();
}

std::string record_value(const SyncRecord& record, const std::vector<std::string>& keywords,
                         Form form)
{
    DlistMap map;
    map.add("UID", record.uid).add("MODSEQ", record.modseq);
    map.raw("LAST_UPDATED", signed_text(record.last_updated));
    map.raw("FLAGS", flags_text(record, keywords));
    map.raw("INTERNALDATE", signed_text(record.internaldate));
    map.add("SIZE", record.size).add("GUID", guid_text(record.guid));
    if (record.zone_minutes != 0) map.raw("ZONE", signed_text(record.zone_minutes));
    if (record.save_date != 0) map.raw("SAVEDATE", signed_text(record.save_date));
    // Where Cyrus looks for it.
    if (form == Form::request && record.save_date > 0)
        map.raw("ANNOTATIONS",
                cat('(', annotation_item(kSaveDate, "", signed_text(record.save_date)), ')'));
    return std::move(map).finish();
}

// Cyrus keeps what a mailbox is for as its owner's annotation.
std::string annotations_of(const MailboxEntry& entry, const SyncMailbox& box)
{
    return cat('(', annotation_item(kSpecialUse, entry.name.user(), *box.special_use), ')');
}

// What may be a keyword, or the name of a use behind its backslash. It goes as it is into lines of
// files and of answers.
bool is_flag_name(std::string_view text)
{
    return !text.empty() && text.size() <= model::kMaxKeywordLength &&
           std::all_of(text.begin(), text.end(), text::is_astring_char);
}

Result<std::string> checked_uses(std::string_view text)
{
    std::string uses;
    for (const std::string_view use : split(text, ' ', false)) {
        // NIL would be read as none.
        if (!is_flag_name(use.substr(use.starts_with('\\') ? 1 : 0)) || use == "NIL")
            return Error{Code::syntax, "a special use that is none"};
        cat_to(uses, uses.empty() ? "" : " ", use);
        if (uses.size() > kMaxUses) return Error{Code::limit, "too many special uses"};
    }
    return uses;
}

Result<std::optional<std::string>> special_use_in(const Dlist& value)
{
    std::string uses;
    if (const Dlist* own = value.find(kSpecialUseKey)) {
        for (const std::string& use : own->strings()) cat_to(uses, use, ' ');
        TRY_ASSIGN(uses, checked_uses(uses));
        return std::optional(std::move(uses));
    }
    const Dlist* annotations = value.find("ANNOTATIONS");
    if (annotations == nullptr) return std::optional<std::string>();
    for (const Dlist& annotation : annotations->items) {
        if (annotation.string_or("ENTRY", "") != kSpecialUse) continue;
        TRY_ASSIGN(uses, checked_uses(annotation.string_or("VALUE", "")));
        return std::optional(std::move(uses));
    }
    return std::optional<std::string>();
}

// Those that no message has, too; as many as there is room for.
Status add_keywords(const std::vector<std::string>& names, std::vector<std::string>& keywords)
{
    for (const std::string& name : names) {
        if (!is_flag_name(name)) return Error{Code::syntax, "a keyword that is none"};
        const bool known = std::any_of(keywords.begin(), keywords.end(),
                                       [&](const std::string& k) { return equal_nocase(k, name); });
        if (!known && keywords.size() < model::kMaxKeywords) keywords.push_back(name);
    }
    return success();
}

}  // namespace

std::string guid_text(const mailbox::Guid& guid)
{
    return hex({guid.data(), guid.size()});
}

Result<mailbox::Guid> parse_guid(std::string_view text)
{
    TRY_ASSIGN(const std::string bytes, unhex(text));
    mailbox::Guid guid{};
    if (bytes.size() != guid.size()) return Error{Code::syntax, "a GUID of another length"};
    memcpy(guid.data(), bytes.data(), guid.size());
    return guid;
}

// --- mailboxes

Status RecordCollector::add_flag(std::string_view flag, SyncRecord& record)
{
    if (equal_nocase(flag, kExpunged)) {
        record.expunged = true;
        return success();
    }
    if (flag.starts_with('\\')) {
        // What only one of the two sides knows is left out.
        record.system_flags |= model::system_flag(flag).value_or(0);
        return success();
    }
    if (!is_flag_name(flag)) return Error{Code::syntax, "a keyword that is none"};
    size_t bit = 0;
    while (bit < box_.keywords.size() && !equal_nocase(box_.keywords[bit], flag)) ++bit;
    if (bit == box_.keywords.size()) {
        if (bit >= model::kMaxKeywords) return Error{Code::limit, "too many keywords"};
        box_.keywords.emplace_back(flag);
    }
    record.keywords.set(bit);
    return success();
}

Status RecordCollector::add(const Dlist& value)
{
    SyncRecord record;
    TRY_ASSIGN(const uint64_t uid, value.number("UID"));
    TRY_ASSIGN(const uint64_t size, value.number("SIZE"));
    if (uid == 0 || uid > UINT32_MAX || size > UINT32_MAX)
        return Error{Code::syntax, "a record with an impossible number"};
    record.uid = static_cast<uint32_t>(uid);
    record.size = static_cast<uint32_t>(size);
    TRY_ASSIGN(record.modseq, value.number("MODSEQ"));
    record.last_updated = signed_or(value, "LAST_UPDATED", 0);
    record.internaldate = signed_or(value, "INTERNALDATE", 0);
    record.zone_minutes = static_cast<int32_t>(signed_or(value, "ZONE", 0) % (24 * 60));
    record.save_date = signed_or(value, "SAVEDATE", 0);
    TRY_ASSIGN(const std::string guid, value.string("GUID"));
    TRY_ASSIGN(record.guid, parse_guid(guid));
    if (const Dlist* flags = value.find("FLAGS"))
        for (const Dlist& flag : flags->items) TRY(add_flag(flag.text, record));
    if (const Dlist* annotations = value.find("ANNOTATIONS"))
        for (const Dlist& annotation : annotations->items)
            if (annotation.string_or("ENTRY", "") == kSaveDate)
                record.save_date = signed_or(annotation, "VALUE", record.save_date);
    box_.records.push_back(record);
    return success();
}

Result<MailboxValue> parse_mailbox(const Dlist& value, SyncMailbox box)
{
    TRY_ASSIGN(const std::string internal, value.string("MBOXNAME"));
    TRY_ASSIGN(MailboxName name, MailboxName::from_internal(internal));
    MailboxValue out{
        MailboxEntry{
            .name = std::move(name), .server = {}, .partition = {}, .acl = {}, .uniqueid = {}},
        std::move(box),
        {},
        false};
    TRY_ASSIGN(out.entry.uniqueid, value.string("UNIQUEID"));
    if (out.entry.uniqueid.empty() || out.entry.uniqueid.size() > 128 ||
        !std::all_of(out.entry.uniqueid.begin(), out.entry.uniqueid.end(), [](char c) {
            return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z') || c == '-';
        }))
        return Error{Code::syntax, "a UNIQUEID of another form"};
    out.type = value.string_or("MBOXTYPE", "");
    out.entry.partition = value.string_or("PARTITION", "");
    TRY_ASSIGN(out.entry.acl, model::Acl::parse(value.string_or("ACL", "")));
    const uint64_t uidvalidity = value.number_or("UIDVALIDITY", 0);
    const uint64_t last_uid = value.number_or("LAST_UID", 0);
    if (uidvalidity > UINT32_MAX || last_uid >= UINT32_MAX)
        return Error{Code::syntax, "a mailbox with an impossible number"};
    out.box.uidvalidity = static_cast<uint32_t>(uidvalidity);
    out.entry.uidvalidity = uidvalidity;
    out.box.last_uid = static_cast<uint32_t>(last_uid);
    out.box.recentuid = static_cast<uint32_t>(value.number_or("RECENTUID", 0) & UINT32_MAX);
    out.box.highestmodseq = value.number_or("HIGHESTMODSEQ", 1);
    // A peer that does not tell may have dropped anything.
    out.box.deletedmodseq = value.number_or("DELETEDMODSEQ", out.box.highestmodseq);
    out.box.last_append = signed_or(value, "LAST_APPENDDATE", 0);
    out.box.pop3_last_login = signed_or(value, "POP3_LAST_LOGIN", 0);
    TRY_ASSIGN(out.box.special_use, special_use_in(value));
    TRY(add_keywords(value.strings("USERFLAGS"), out.box.keywords));
    out.has_records = value.find("RECORD") != nullptr;
    return out;
}

void put_mailbox(stream::Stream& to, const MailboxEntry& entry, const SyncMailbox& box,
                 std::string_view partition, bool records, Form form)
{
    DlistMap map;
    map.add("UNIQUEID", entry.uniqueid).add("MBOXNAME", entry.name.internal());
    map.add("SYNC_CRC", uint32_t{0}).add("SYNC_CRC_ANNOT", uint32_t{0});
    map.add("LAST_UID", box.last_uid).add("HIGHESTMODSEQ", box.highestmodseq);
    map.add("RECENTUID", box.recentuid).raw("RECENTTIME", "0");
    map.raw("LAST_APPENDDATE", signed_text(box.last_append));
    map.raw("POP3_LAST_LOGIN", signed_text(box.pop3_last_login)).raw("POP3_SHOW_AFTER", "0");
    map.add("UIDVALIDITY", box.uidvalidity).add("PARTITION", partition);
    map.add("ACL", entry.acl.to_string()).add("OPTIONS", "P");
    map.add("DELETEDMODSEQ", box.deletedmodseq);
    map.raw("USERFLAGS", keyword_list(box.keywords));
    if (box.special_use) map.raw(kSpecialUseKey, cat('(', *box.special_use, ')'));
    // Its value takes a literal, which Cyrus does not read in an answer.
    if (form == Form::request && box.special_use && !box.special_use->empty())
        map.raw("ANNOTATIONS", annotations_of(entry, box));
    std::string text = std::move(map).finish();
    if (!records) {
        to.put(text);
        return;
    }
    text.pop_back();
    to.put(text, " RECORD (");
    bool first = true;
    for (const SyncRecord& record : box.records) {
        to.put(first ? "" : " ", record_value(record, box.keywords, form));
        first = false;
    }
    to.put("))");
}

// --- seen

std::string seen_value(const std::string& uniqueid, const mailbox::SyncSeen& seen, bool with_user)
{
    DlistMap map;
    if (with_user) map.add("USERID", seen.userid);
    map.add("UNIQUEID", uniqueid);
    map.raw("LASTREAD", signed_text(seen.last_read)).add("LASTUID", seen.last_uid);
    map.raw("LASTCHANGE", signed_text(seen.last_change)).add("SEENUIDS", seen.uids);
    return std::move(map).finish();
}

Result<mailbox::SyncSeen> parse_seen(const Dlist& value, std::string_view userid)
{
    mailbox::SyncSeen seen;
    seen.userid = value.string_or("USERID", userid);
    if (seen.userid.empty()) return Error{Code::syntax, "no USERID"};
    seen.last_read = std::max<int64_t>(signed_or(value, "LASTREAD", 0), 0);
    seen.last_uid = static_cast<uint32_t>(value.number_or("LASTUID", 0) & UINT32_MAX);
    seen.last_change = std::max<int64_t>(signed_or(value, "LASTCHANGE", 0), 0);
    seen.uids = value.string_or("SEENUIDS", "");
    return seen;
}

// --- annotations

std::string annotation_value(const MailboxName& name, const mailbox::Annotation& annotation)
{
    DlistMap map;
    map.add("MBOXNAME", name.internal()).add("ENTRY", annotation.entry);
    map.add("USERID", annotation.userid).add("VALUE", annotation.value);
    return std::move(map).finish();
}

Result<mailbox::Annotation> parse_annotation(const Dlist& value)
{
    mailbox::Annotation annotation;
    TRY_ASSIGN(annotation.entry, value.string("ENTRY"));
    annotation.entry = to_lower(annotation.entry);
    annotation.userid = value.string_or("USERID", "");
    annotation.value = value.string_or("VALUE", "");
    if (annotation.entry == kSpecialUse) {
        TRY_ASSIGN(annotation.value, checked_uses(annotation.value));
    }
    return annotation;
}

// --- quota

std::string quota_value(const MailboxName& root, const mailbox::QuotaLimits& limits)
{
    DlistMap map;
    map.add("ROOT", root.internal());
    for (const mailbox::ResourceName& named : mailbox::kResourceNames) {
        // Of two names for one resource Cyrus knows the second.
        if (named.name == "MAILBOX" || !limits[named.resource]) continue;
        map.add(named.name, *limits[named.resource]);
    }
    return std::move(map).finish();
}

Result<QuotaValue> parse_quota(const Dlist& value)
{
    TRY_ASSIGN(const std::string root, value.string("ROOT"));
    TRY_ASSIGN(MailboxName name, MailboxName::from_internal(root));
    QuotaValue out{std::move(name), {}};
    auto take = [&](std::string_view key, Resource resource) -> Status {
        // Below zero: no limit.
        const int64_t n = signed_or(value, key, -1);
        if (n < 0) return success();
        if (static_cast<uint64_t>(n) > mailbox::kMaxQuota)
            return Error{Code::limit, "a quota beyond what is counted"};
        out.limits[resource] = static_cast<uint64_t>(n);
        return success();
    };
    TRY(take("LIMIT", Resource::storage));  // of old
    for (const mailbox::ResourceName& named : mailbox::kResourceNames)
        TRY(take(named.name, named.resource));
    return out;
}

}  // namespace rookery::sync
