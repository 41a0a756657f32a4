#include "imap/admin/tools/restoring.h"

#include <openssl/sha.h>

#include <algorithm>

#include "imap/admin/tool.h"
#include "imap/mboxlist/namespace_options.h"
#include "imap/mboxlist/partitions.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

constexpr size_t kMaxMember = 512u << 20;  // of those that are read as a whole
constexpr size_t kMaxBatch = 200;          // messages of one append

// 32 hexadecimal digits.
std::string id_of(std::string_view dump, const model::MailboxName& name)
{
    const std::string text = cat(dump, '\n', name.internal());
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
    return hex({reinterpret_cast<const char*>(digest), 16});
}

std::string guid_of(const mailbox::SyncRecord& record)
{
    return {record.guid.data(), record.guid.size()};
}

model::FlagList flags_of(const mailbox::SyncRecord& record, const mailbox::SyncMailbox& box)
{
    model::FlagList flags;
    flags.system = record.system_flags;
    for (size_t bit = 0; bit < box.keywords.size(); bit++)
        if (record.keywords[bit]) flags.keywords.push_back(box.keywords[bit]);
    return flags;
}

// The same text in another name, where it stands for the user.
model::Acl acl_for(const model::Acl& acl, const std::string& from, const std::string& to)
{
    if (from.empty() || from == to) return acl;
    model::Acl changed;
    for (const model::Acl::Entry& entry : acl.entries()) {
        const bool negative = entry.identifier.starts_with('-');
        const std::string_view who = std::string_view(entry.identifier).substr(negative ? 1 : 0);
        changed.set(who == from ? cat(negative ? "-" : "", to) : entry.identifier, entry.rights);
    }
    return changed;
}

}  // namespace

Restoring::Restoring(const config::Config& config, LocalParts& parts, RestoreOptions options)
    : config_(config),
      parts_(parts),
      options_(std::move(options)),
      names_(mboxlist::namespace_options(config), "", true)
{
}

void Restoring::say(std::string_view what, const Error& why)
{
    complain(cat("restore: ", what, ": ", why.text, '\n'));
    log::warning("not restored", {{"what", what}, {"reason", why}});
    good_ = false;
}

std::string Restoring::shown(const model::MailboxName& name) const
{
    return names_.to_external(name).value_or(name.internal());
}

Result<model::MailboxName> Restoring::target_of(const model::MailboxName& name) const
{
    if (name == *root_) return *as_;
    // A subscription may be to anything.
    return root_->is_above(name) ? name.with_prefix(*root_, *as_) : name;
}

std::string Restoring::user_of(std::string_view user) const
{
    return !root_->user().empty() && user == root_->user() ? as_->user() : std::string(user);
}

Status Restoring::take_all(TarReader& archive, Progress& progress)
{
    progress.expect(archive.size() >> 10);
    for (;;) {
        if (progress.stopped()) {
            current_.reset();
            return Error{Code::busy, progress.interrupted("said again it goes on")};
        }
        progress.reach(archive.position() >> 10);
        auto member = archive.next();
        if (!member) {
            // What has come is put in its place all the same.
            if (current_) TRY(finish_mailbox());
            return std::move(member).error();
        }
        if (!*member) return success();
        progress.working_on((*member)->name);
        TRY(take(**member, archive));
    }
}

Result<bool> Restoring::run(TarReader& archive)
{
    Progress progress("kB read", {.quiet = options_.quiet});
    TRY(take_all(archive, progress));
    if (!head_) return Error{Code::syntax, "this is no dump"};
    if (current_) TRY(finish_mailbox());
    if (!is_whole_) return Error{Code::corrupt, "the dump has no end: there was more of it"};
    if (!options_.only_say)
        log::notice(
            "restored",
            {{"mailbox", as_->internal()}, {"mailboxes", mailboxes_}, {"messages", messages_}});
    return good_;
}

Status Restoring::take(const TarMember& member, TarReader& archive)
{
    if (!head_) {
        if (member.name != kDumpHead) return Error{Code::syntax, "this is no dump"};
        TRY_ASSIGN(const std::string text, archive.read_all(kMaxMember));
        TRY_ASSIGN(head_, parse_head(text));
        TRY_ASSIGN(root_, model::MailboxName::from_internal(head_->root));
        as_ = options_.as.value_or(*root_);
        if (as_->is_inbox() != root_->is_inbox() && head_->kind == DumpKind::user)
            return Error{Code::bad_name, "a user is restored as a user"};
        return success();
    }
    if (const auto part = part_of(member.name)) return take_mailbox_part(*part, member, archive);
    if (current_) TRY(finish_mailbox());
    const std::string& name = member.name;
    if (name == kDumpEnd) is_whole_ = true;
    if (name == kDumpEnd || options_.only_say) return success();
    TRY_ASSIGN(std::string text, archive.read_all(kMaxMember));
    Status done = success();
    if (name == kDumpQuota) done = take_quotas(std::move(text));
    if (name == kDumpSubscriptions) done = take_subscriptions(text);
    if (name == kDumpActive) done = take_active(text);
    if (name == kDumpSeenElsewhere) done = take_seen_elsewhere(std::move(text));
    if (name.starts_with(kDumpScripts) && name.ends_with(kDumpScript))
        done = take_script(name.substr(kDumpScripts.size(),
                                       name.size() - kDumpScripts.size() - kDumpScript.size()),
                           std::move(text));
    if (!done) say(name, done.error());
    return success();
}

Status Restoring::take_mailbox_part(const DumpPart& part, const TarMember& /*member*/,
                                    TarReader& archive)
{
    if (part.part == kDumpMailbox) {
        if (current_) TRY(finish_mailbox());
        TRY_ASSIGN(std::string text, archive.read_all(kMaxMember));
        Status begun = begin_mailbox(part, std::move(text));
        if (!begun) say(part.mailbox, begun.error());
        return success();
    }
    if (!current_ || current_->folder != part.mailbox || current_->refused || options_.only_say)
        return success();
    if (const auto uid = uid_of_part(part.part)) return take_message(*uid, archive);
    TRY_ASSIGN(std::string text, archive.read_all(kMaxMember));
    auto values = parse_lines(std::move(text));
    if (!values) {
        say(cat(part.mailbox, '/', part.part), values.error());
        return success();
    }
    for (const sync::Dlist& value : *values) {
        if (part.part == kDumpAnnotations) {
            TRY_ASSIGN(auto annotation, sync::parse_annotation(value));
            annotation.userid = user_of(annotation.userid);
            current_->annotations.push_back(std::move(annotation));
        } else if (part.part == kDumpSeen) {
            TRY_ASSIGN(auto seen, sync::parse_seen(value, ""));
            seen.userid = user_of(seen.userid);
            current_->seen.push_back(std::move(seen));
        }
    }
    return success();
}

Result<std::string> Restoring::partition_for(const std::string& before) const
{
    if (!options_.partition.empty()) return options_.partition;
    if (mboxlist::has_partition(config_, before)) return before;
    return mboxlist::usual_partition(config_);
}

Status Restoring::begin_mailbox(const DumpPart& part, std::string text)
{
    TRY_ASSIGN(sync::MailboxValue value, parse_mailbox(std::move(text)));
    Current current{
        .folder = part.mailbox, .entry = std::move(value.entry), .box = std::move(value.box)};
    model::MailboxEntry& entry = current.entry;
    if (entry.name != *root_ && !root_->is_above(entry.name))
        return Error{Code::syntax, "the dump is not of this mailbox"};
    entry.acl = acl_for(entry.acl, root_->user(), as_->user());
    TRY_ASSIGN(entry.name, target_of(entry.name));
    TRY(mboxlist::check_local_name(config_, entry.name));
    TRY_ASSIGN(entry.partition, partition_for(entry.partition));
    entry.uniqueid = id_of(head_->id, entry.name);
    // Clients may know messages that came after the dump, under UIDs that will be given again.
    if (!options_.keep_uidvalidity)
        current.box.uidvalidity =
            std::max(static_cast<uint32_t>(wall_seconds()), current.box.uidvalidity + 1);
    entry.uidvalidity = current.box.uidvalidity;
    Status looked = look_at(current);
    if (!looked) {
        say(shown(entry.name), looked.error());
        current.refused = true;
    }
    if (options_.only_say || options_.verbose)
        print(cat(shown(entry.name), ": ", current.box.records.size(), " messages",
                  current.refused  ? ", not restored"
                  : current.is_new ? ""
                                   : ", some are there",
                  '\n'));
    current_ = std::move(current);
    return success();
}

// What is there of it.
Status Restoring::look_at(Current& current)
{
    // What a run that died has left.
    if (!options_.only_say) TRY(parts_.operations->settle(current.entry.name));
    auto there = parts_.directory->lookup(current.entry.name);
    current.is_new = there.is(Code::not_found);
    if (current.is_new) return success();
    if (!there) return there.error();
    if (!there->is_local()) return Error{Code::moved, cat("it is on ", there->server)};
    if (there->state != model::EntryState::active)
        return Error{Code::busy, "it is being made, moved or removed"};
    const bool is_ours = there->uniqueid == current.entry.uniqueid;
    if (!is_ours && !options_.add)
        return Error{Code::exists, "it is there; -m adds the messages that are not in it"};
    current.entry = *there;
    TRY_ASSIGN(const auto box, parts_.sync->read(*there, 0));
    for (const mailbox::SyncRecord& record : box.records)
        // What an earlier run brought, and somebody has removed since, does not come again.
        if (!record.expunged || (is_ours && !options_.add)) current.have.insert(guid_of(record));
    return success();
}

Status Restoring::take_message(uint32_t uid, TarReader& archive)
{
    Current& current = *current_;
    const auto& records = current.box.records;
    const auto record =
        std::lower_bound(records.begin(), records.end(), uid,
                         [](const mailbox::SyncRecord& r, uint32_t n) { return r.uid < n; });
    if (record == records.end() || record->uid != uid) return success();
    if (current.have.contains(guid_of(*record))) return success();
    TRY_ASSIGN(auto staged, current.is_new ? parts_.sync->stage_exact(current.entry.partition)
                                           : parts_.store->stage(current.entry.partition));
    std::vector<char> bytes(256u << 10);
    for (;;) {
        TRY_ASSIGN(const size_t n, archive.read(bytes));
        if (n == 0) break;
        const std::string_view some(bytes.data(), n);
        TRY(current.is_new ? parts_.sync->write_exact(*staged, some) : staged->write(some));
    }
    if (current.is_new) {
        TRY_ASSIGN(const mailbox::Guid guid, parts_.sync->finish(*staged));
        if (guid != record->guid) {
            say(cat(shown(current.entry.name), ": message ", uid),
                {Code::corrupt, "it is damaged in the dump"});
            return success();
        }
    }
    current.staged.emplace(uid, std::move(staged));
    // Each that is to be added has a descriptor.
    if (current.is_new || current.staged.size() < kMaxBatch) return success();
    return add_messages(current);
}

Status Restoring::finish_mailbox()
{
    Current current = *std::exchange(current_, std::nullopt);
    if (current.refused || options_.only_say) return success();
    Status done = current.is_new ? make_mailbox(current) : add_messages(current);
    if (done) done = put_annotations(current);
    if (!done) {
        say(shown(current.entry.name), done.error());
        return success();
    }
    mailboxes_++;
    return success();
}

Status Restoring::make_mailbox(Current& current)
{
    // A message that was expunged while the dump was made is not in it.
    std::erase_if(current.box.records, [&](const mailbox::SyncRecord& record) {
        return !current.staged.contains(record.uid);
    });
    std::map<std::string, mailbox::StagedMessage*> by_guid;
    for (const mailbox::SyncRecord& record : current.box.records)
        by_guid.emplace(guid_of(record), current.staged.find(record.uid)->second.get());
    const auto file = [&](const mailbox::Guid& guid) -> Result<mailbox::SyncFile> {
        const auto found = by_guid.find(std::string(guid.data(), guid.size()));
        if (found == by_guid.end()) return Error{Code::not_found, "a message is missing"};
        return mailbox::SyncFile{.staged = found->second};
    };
    const auto fill = [&](const model::MailboxEntry& made) {
        return parts_.sync->merge(made, current.box, file);
    };
    TRY(parts_.operations->create(current.entry, current.box.special_use.value_or(""),
                                  cluster::Operations::Tell::master, fill));
    messages_ += current.box.records.size();
    for (const mailbox::SyncSeen& seen : current.seen)
        TRY(parts_.sync->put_seen(current.entry.uniqueid, seen, true));
    return success();
}

// In the order of their UIDs; then there is room for the next ones.
Status Restoring::add_messages(Current& current)
{
    std::vector<mailbox::AppendItem> items;
    for (const mailbox::SyncRecord& record : current.box.records) {
        const auto staged = current.staged.find(record.uid);
        if (staged == current.staged.end()) continue;
        items.push_back({.message = staged->second.get(),
                         .flags = flags_of(record, current.box),
                         .internaldate = record.internaldate,
                         .zone_minutes = record.zone_minutes});
    }
    if (items.empty()) return success();
    auto added = parts_.store->append(current.entry, current.entry.name.user(), items);
    if (!added) return std::move(added).error();
    messages_ += items.size();
    current.staged.clear();
    return success();
}

// Those that are not there.
Status Restoring::put_annotations(const Current& current)
{
    mailbox::Annotations* annotations = parts_.store->annotations();
    if (annotations == nullptr || current.annotations.empty()) return success();
    TRY_ASSIGN(const auto there, annotations->list(current.entry));
    std::vector<mailbox::AnnotationChange> changes;
    for (const mailbox::Annotation& one : current.annotations) {
        const bool known = std::any_of(there.begin(), there.end(), [&](const auto& other) {
            return other.entry == one.entry && other.userid == one.userid;
        });
        if (!known) changes.push_back({one.entry, one.userid, one.value});
    }
    return changes.empty() ? success() : annotations->set(current.entry, changes);
}

}  // namespace rookery::admin
