#include "imap/store/stranded.h"

#include <fcntl.h>

#include "imap/store/header_file.h"
#include "imap/store/message_file.h"
#include "imap/store/places.h"
#include "imap/store/stranded_copy.h"
#include "lib/base/fd.h"
#include "lib/base/strings.h"

namespace rookery::store {

using model::EntryState;
using model::MailboxEntry;
using model::MailboxName;
using Kind = Stranded::Kind;

namespace {

bool is_for(const std::string& in_header, const MailboxName& name)
{
    if (in_header == name.internal()) return true;
    auto other = MailboxName::from_internal(in_header);
    return other && !name.user().empty() && other->user() == name.user();
}

}  // namespace

// A place and what its header says.
struct StrandedScan::Seen {
    std::string partition;
    std::string path;
    std::optional<MailboxName> name;
    bool is_there = false;  // a header or messages
    uint32_t messages = 0;
    std::optional<HeaderFile> header;  // one that can be read
    std::optional<Error> unread;

    const std::string& id() const
    {
        static const std::string none;
        return header ? header->uniqueid : none;
    }
    Stranded as(Kind kind, std::string note = {}) const
    {
        Stranded s;
        s.kind = kind;
        s.name = name;
        s.partition = partition;
        s.path = path;
        s.uniqueid = id();
        if (header && name && is_for(header->name, *name)) s.acl = header->acl;
        s.messages = messages;
        s.note = std::move(note);
        return s;
    }
    Stranded of(Kind kind, const MailboxEntry& listed, std::string note = {}) const
    {
        Stranded s = as(kind, std::move(note));
        s.listed = listed;
        return s;
    }
};

namespace {

bool is_under_way(const MailboxEntry& entry)
{
    return entry.pending != model::Pending::none || entry.has_left() ||
           (entry.is_local() && entry.state != EntryState::active);
}

MailboxEntry at(const MailboxName& name, const std::string& partition)
{
    return {.name = name, .server = {}, .partition = partition, .acl = {}, .uniqueid = {}};
}

}  // namespace

StrandedScan::StrandedScan(LocalStore& store, mboxlist::Directory& list)
    : store_(store), list_(list)
{
}

StrandedScan::~StrandedScan() = default;

// --- looking

StrandedScan::Seen StrandedScan::look(const std::string& partition,
                                      const std::string& relative) const
{
    const PathOptions& paths = store_.options().paths;
    Seen seen;
    seen.partition = partition;
    seen.path = cat(*partition_root(paths, partition), '/', relative);
    if (auto name = MailboxName::from_internal(name_of_directory(paths, relative)))
        seen.name = *std::move(name);
    auto directory = open_file(seen.path, O_RDONLY | O_DIRECTORY);
    if (!directory) {
        if (!directory.is(Code::not_found)) seen.unread = directory.error();
        return seen;
    }
    auto header = HeaderFile::read(directory->get());
    auto uids = message_uids(directory->get());
    if (uids) seen.messages = static_cast<uint32_t>(uids->size());
    if (!uids) seen.unread = uids.error();
    seen.is_there = seen.messages > 0 || !header.is(Code::not_found);
    if (header && !header->uniqueid.empty())
        seen.header = *std::move(header);
    else if (!header && !header.is(Code::not_found) && !header.is(Code::corrupt) &&
             !header.is(Code::unsupported))
        seen.unread = header.error();
    return seen;
}

// Once, and only if the list has a mailbox there.
void StrandedScan::add_partition(const MailboxEntry& entry)
{
    const std::string& partition = entry.partition;
    if (!told_.insert(partition).second) return;
    Stranded s;
    s.kind = Kind::partition;
    s.partition = partition;
    s.path = partition_root(store_.options().paths, partition).value_or("");
    s.note = away_[partition];
    s.listed = entry;
    found_.push_back(std::move(s));
}

Status StrandedScan::walk_partition(const std::string& partition, const std::string& root)
{
    Status looked = success();
    uint64_t places = 0;
    walk_places(
        store_.options().paths, root,
        [&](const Place& place) {
            ++places;
            Seen seen = look(partition, place.relative);
            if (!looked || !seen.is_there) return;
            auto entry = seen.name ? list_.lookup(*seen.name) : Error{Code::not_found, {}};
            if (!entry && !entry.is(Code::not_found)) looked = entry.error();
            const bool is_home = entry && !is_under_way(*entry) && entry->is_local() &&
                                 entry->partition == partition && seen.header &&
                                 entry->uniqueid == seen.id();
            if (is_home) return;
            if (seen.header) ++strays_by_id_[seen.id()];
            strays_.push_back(std::move(seen));
        },
        [&](const std::string& relative, const Error& why) {
            all_was_seen_ = false;
            if (relative.empty())
                away_.emplace(partition, why.text);
            else
                found_.push_back(look(partition, relative).as(Kind::unreadable, why.text));
        });
    if (places == 0) away_.emplace(partition, "no mailbox is there, and the list has some");
    return looked;
}

bool StrandedScan::is_at_home(const MailboxEntry& entry)
{
    auto there = store_.uniqueid_at(entry);
    return there && (entry.uniqueid.empty() || *there == entry.uniqueid);
}

Status StrandedScan::walk_list()
{
    return list_.scan_server("", [&](const MailboxEntry& entry) {
        if (is_under_way(entry)) return mboxlist::Next::go_on();
        if (!partition_root(store_.options().paths, entry.partition))
            away_.emplace(entry.partition, "imapd.conf has no line for it");
        if (away_.contains(entry.partition))
            add_partition(entry);
        else if (store_.uniqueid_at(entry).is(Code::not_found) && !store_.has_messages(entry))
            homeless_.push_back(entry);
        return mboxlist::Next::go_on();
    });
}

Status StrandedScan::find_relatives()
{
    if (strays_by_id_.empty()) return success();
    return list_.scan_server("", [&](const MailboxEntry& entry) {
        if (strays_by_id_.contains(entry.uniqueid)) relatives_.emplace(entry.uniqueid, entry);
        return mboxlist::Next::go_on();
    });
}

Result<std::optional<MailboxEntry>> StrandedScan::entry_of(const std::string& uniqueid)
{
    std::optional<MailboxEntry> found;
    if (!again_) {
        const auto known = relatives_.find(uniqueid);
        if (known != relatives_.end()) found = known->second;
        return found;
    }
    TRY(list_.scan_server("", [&](const MailboxEntry& entry) {
        if (entry.uniqueid == uniqueid) found = entry;
        return found ? mboxlist::Next::stop() : mboxlist::Next::go_on();
    }));
    return found;
}

Result<std::vector<Stranded>> StrandedScan::suspects()
{
    found_.clear();
    strays_.clear();
    homeless_.clear();
    strays_by_id_.clear();
    relatives_.clear();
    away_.clear();
    told_.clear();
    all_was_seen_ = true;
    again_ = false;
    for (const auto& [partition, root] : store_.options().paths.partitions)
        TRY(walk_partition(partition, root));
    TRY(walk_list());
    TRY(find_relatives());
    for (const Seen& seen : strays_) {
        TRY_ASSIGN(auto stranded, judge(seen));
        if (stranded) found_.push_back(*std::move(stranded));
    }
    for (const MailboxEntry& entry : homeless_) {
        TRY_ASSIGN(auto stranded, judge_missing(entry));
        if (stranded) found_.push_back(*std::move(stranded));
    }
    return std::move(found_);
}

Result<std::optional<Stranded>> StrandedScan::look_again(const Stranded& suspect)
{
    again_ = true;
    if (suspect.kind == Kind::unreadable) return std::optional(suspect);
    if (suspect.kind == Kind::partition) return judge_partition(suspect);
    if (suspect.kind == Kind::missing) {
        auto entry = list_.lookup(suspect.listed->name);
        if (entry.is(Code::not_found)) return std::optional<Stranded>();
        if (!entry) return std::move(entry).error();
        return judge_missing(*entry);
    }
    TRY_ASSIGN(const std::string root, partition_root(store_.options().paths, suspect.partition));
    TRY_ASSIGN(auto now, judge(look(suspect.partition, suspect.path.substr(root.size() + 1))));
    // Of a name that is not locked nothing is known.
    const bool is_same = now && now->listed.has_value() == suspect.listed.has_value() &&
                         (!now->listed || now->listed->name == suspect.listed->name);
    return is_same ? now : std::optional<Stranded>();
}

// --- judging

Result<std::optional<Stranded>> StrandedScan::judge(const Seen& seen)
{
    std::optional<Stranded> found;
    if (!seen.is_there) return found;
    if (seen.unread) return found = seen.as(Kind::unreadable, seen.unread->text);
    if (!seen.name) return found = seen.as(Kind::no_name, "its path is no mailbox's name");
    TRY_ASSIGN(const std::string right,
               mailbox_directory(store_.options().paths, at(*seen.name, seen.partition)));
    if (right != seen.path) {
        found = seen.as(Kind::no_name, cat(seen.name->internal(), " would be at ", right));
        found->name.reset();
        return found;
    }
    auto entry = list_.lookup(*seen.name);
    if (entry.is(Code::not_found)) return judge_stray(seen, std::nullopt);
    if (!entry) return std::move(entry).error();
    if (is_under_way(*entry)) return found;
    if (!entry->is_local()) {
        if (entry->state != EntryState::deleted) found = seen.of(Kind::elsewhere, *entry);
        return found;
    }
    return entry->partition == seen.partition ? judge_own(seen, *entry) : judge_stray(seen, *entry);
}

// A mailbox may have come to an empty partition between the looks at that and at the list.
Result<std::optional<Stranded>> StrandedScan::judge_partition(const Stranded& suspect)
{
    std::optional<Stranded> found;
    auto entry = list_.lookup(suspect.listed->name);
    if (!entry && !entry.is(Code::not_found)) return std::move(entry).error();
    const bool is_on_it = entry && entry->is_local() && !is_under_way(*entry) &&
                          entry->partition == suspect.partition;
    if (is_on_it && !store_.uniqueid_at(*entry)) found = suspect;
    return found;
}

// In the place that the list gives it.
Result<std::optional<Stranded>> StrandedScan::judge_own(const Seen& seen, const MailboxEntry& entry)
{
    std::optional<Stranded> found;
    if (!seen.header) {
        // What a move by copy has left is told with the directory that has its header.
        if (!entry.uniqueid.empty() && strays_by_id_.contains(entry.uniqueid)) return found;
        return found = seen.of(Kind::headerless, entry);
    }
    if (entry.uniqueid.empty() || seen.id() == entry.uniqueid) return found;
    TRY_ASSIGN(const auto owner, entry_of(seen.id()));
    if (owner || strays_by_id_.contains(entry.uniqueid))
        return found = seen.of(Kind::unclear, entry, "its unique id is not the list's");
    return found = seen.of(Kind::other_id, entry);
}

// entry: of that name, on another partition.
Result<std::optional<Stranded>> StrandedScan::judge_stray(const Seen& seen,
                                                          const std::optional<MailboxEntry>& entry)
{
    std::optional<Stranded> found;
    if (!seen.header) return found = entry ? judge_copy(seen, *entry) : seen.as(Kind::headerless);
    TRY_ASSIGN(const auto relative, entry_of(seen.id()));
    if (relative) return judge_relative(seen, *relative, entry && !(entry->name == relative->name));
    if (entry)
        return found = seen.of(Kind::unclear, *entry, "another mailbox of the list has its name");
    if (strays_by_id_[seen.id()] > 1)
        return found = seen.as(Kind::unclear, "another directory has its unique id");
    return found = seen.as(Kind::unlisted);
}

std::optional<Stranded> StrandedScan::judge_copy(const Seen& seen, const MailboxEntry& kept)
{
    auto right = mailbox_directory(store_.options().paths, kept);
    if (!right) return seen.of(Kind::richer, kept);
    if (is_same_directory(*right, seen.path)) return std::nullopt;
    auto all = is_contained(*right, seen.path);
    const bool is_here = is_at_home(kept);
    return seen.of(is_here && all && *all ? Kind::copy : Kind::richer, kept);
}

// is_named: another mailbox of the list has the place's name.
Result<std::optional<Stranded>> StrandedScan::judge_relative(const Seen& seen,
                                                             const MailboxEntry& relative,
                                                             bool is_named)
{
    std::optional<Stranded> found;
    if (is_under_way(relative)) return found;
    if (away_.contains(relative.partition))
        return found = seen.of(Kind::unclear, relative, "the partition of the list's is away");
    TRY_ASSIGN(const std::string home, mailbox_directory(store_.options().paths, relative));
    auto there = store_.uniqueid_at(relative);
    if (there && *there == relative.uniqueid) return judge_copy(seen, relative);
    if (is_named || strays_by_id_[seen.id()] > 1)
        return found = seen.of(Kind::unclear, relative, "another directory may be right");
    // What is at home is what a move by copy has left, or somebody else's.
    auto left = is_contained(seen.path, home);
    const bool is_gone = left.is(Code::not_found) || (left && *left);
    if (!there.is(Code::not_found) || !is_gone)
        return found = seen.of(Kind::unclear, relative, "something else is in the list's place");
    return found = seen.of(Kind::renamed, relative);
}

Result<std::optional<Stranded>> StrandedScan::judge_missing(const MailboxEntry& entry)
{
    std::optional<Stranded> found;
    if (is_under_way(entry) || !entry.is_local() || away_.contains(entry.partition)) return found;
    if (!store_.uniqueid_at(entry).is(Code::not_found) || store_.has_messages(entry)) return found;
    // Told with the directory that has it.
    if (!entry.uniqueid.empty() && strays_by_id_.contains(entry.uniqueid)) return found;
    TRY_ASSIGN(std::string path, mailbox_directory(store_.options().paths, entry));
    Stranded s;
    s.kind = Kind::missing;
    s.name = entry.name;
    s.partition = entry.partition;
    s.path = std::move(path);
    s.uniqueid = entry.uniqueid;
    s.listed = entry;
    if (!all_was_seen_) s.note = "it may be where a directory cannot be read";
    return found = std::move(s);
}

}  // namespace rookery::store
