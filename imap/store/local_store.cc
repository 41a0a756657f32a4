// Mailboxes as directories: making, removing, moving, filling them.
#include "imap/store/local_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <set>

#include "imap/mboxlist/events.h"
#include "imap/store/annotation_format.h"
#include "imap/store/append_group.h"
#include "imap/store/local_mailbox.h"
#include "imap/store/maildrop_lock.h"
#include "imap/store/message_file.h"
#include "imap/store/render.h"
#include "lib/base/fd.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"

namespace rookery::store {

namespace {

// Calls visit with each name in a directory; stops when it gives false.
Status for_each_name(int directory, const std::function<bool(const char*)>& visit)
{
    int fd = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return errno_error("open directory");
    DIR* dir = ::fdopendir(fd);
    if (dir == nullptr) {
        ::close(fd);
        return errno_error("read directory");
    }
    while (const dirent* entry = ::readdir(dir))
        if (!visit(entry->d_name)) break;
    ::closedir(dir);
    return success();
}

bool has_file(int directory, const char* name)
{
    struct stat st {};
    return ::fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

// A name with a dot is ours; what has none is the directory of a mailbox below.
bool is_ours(std::string_view name)
{
    return name != "." && name != ".." && name.find('.') != name.npos;
}

bool has_children(int directory)
{
    bool found = false;
    Status read = for_each_name(directory, [&](const char* name) {
        found = !is_ours(name) && std::string_view(name) != "." && std::string_view(name) != "..";
        return !found;
    });
    return found || !read;
}

Result<uint32_t> largest_uid(int directory)
{
    uint32_t largest = 0;
    TRY(for_each_name(directory, [&](const char* name) {
        if (auto uid = uid_of_name(name)) largest = std::max(largest, *uid);
        return true;
    }));
    return largest;
}

// The lock file goes last: whoever waits for it finds the mailbox gone.
Status remove_files(int directory)
{
    std::vector<std::string> names;
    TRY(for_each_name(directory, [&](const char* name) {
        if (is_ours(name) && std::string_view(name) != kLockName) names.emplace_back(name);
        return true;
    }));
    names.emplace_back(kLockName);
    for (const std::string& name : names)
        if (::unlinkat(directory, name.c_str(), 0) != 0 && errno != ENOENT)
            return errno_error(cat("unlink ", name));
    return success();
}

Status remove_messages(int directory)
{
    std::vector<std::string> names;
    TRY(for_each_name(directory, [&](const char* name) {
        if (uid_of_name(name)) names.emplace_back(name);
        return true;
    }));
    for (const std::string& name : names)
        if (::unlinkat(directory, name.c_str(), 0) != 0 && errno != ENOENT)
            return errno_error(cat("unlink ", name));
    return success();
}

HeaderFile header_of(const model::MailboxEntry& entry, uint32_t uidvalidity)
{
    HeaderFile header;
    header.name = entry.name.internal();
    header.uniqueid = entry.uniqueid;
    header.acl = entry.acl.to_string();
    header.uidvalidity = uidvalidity;
    return header;
}

}  // namespace

StoreOptions store_options(const config::Config& config)
{
    StoreOptions options;
    options.paths.partitions = config.partitions();
    options.paths.hashed = config.hashimapspool();
    options.paths.full_hash = config.fulldirhash();
    options.configdirectory = config.configdirectory();
    options.idle_directory = config.idlesocket();
    options.link_messages = config.singleinstancestore();
    options.expunge_immediately = config.expunge_mode() == config::ExpungeMode::immediate;
    options.cached_headers = text::more_fields(config.cached_headers());
    options.renderer = renderer(options.cached_headers);
    return options;
}

Result<std::unique_ptr<mailbox::MailboxStore>> open_local_store(const config::Config& config)
{
    StoreOptions options = store_options(config);
    if (options.paths.partitions.empty())
        return Error{Code::config, "a server with mailboxes needs a partition-NAME line"};
    return std::unique_ptr<mailbox::MailboxStore>(std::make_unique<LocalStore>(std::move(options)));
}

LocalStore::LocalStore(StoreOptions options) : MailboxAccess(std::move(options)) {}

std::vector<std::string> LocalStore::partitions() const
{
    std::vector<std::string> names;
    for (const auto& [name, path] : options_.paths.partitions) names.push_back(name);
    return names;
}

Result<mailbox::DiskSpace> LocalStore::space() const
{
    mailbox::DiskSpace sum;
    std::set<dev_t> seen;
    for (const auto& [name, path] : options_.paths.partitions) {
        struct stat st {};
        struct statvfs fs {};
        if (::stat(path.c_str(), &st) != 0 || ::statvfs(path.c_str(), &fs) != 0)
            return errno_error(path);
        if (!seen.insert(st.st_dev).second) continue;
        sum.free_kilobytes += static_cast<uint64_t>(fs.f_bavail) * fs.f_frsize / 1024;
        sum.total_kilobytes += static_cast<uint64_t>(fs.f_blocks) * fs.f_frsize / 1024;
    }
    return sum;
}

// --- making and removing

Result<uint32_t> LocalStore::next_uidvalidity() const
{
    // One more than any given before, so that a name used again within a second differs.
    std::string path = cat(options_.configdirectory, "/uidvalidity");
    TRY_ASSIGN(MailboxLock lock, MailboxLock::take_file(cat(path, ".lock"), options_.lock_wait));
    auto text = read_file(path, 64);
    // What is too long to be a number is none.
    if (!text && !text.is(Code::not_found) && !text.is(Code::limit)) return std::move(text).error();
    uint32_t last = text ? to_number<uint32_t>(trim(*text)).value_or(0) : 0;
    auto now = static_cast<uint32_t>(wall_seconds());
    uint32_t next = std::max(now, last + 1);
    TRY(replace_file(path, cat(next, '\n')));
    return next;
}

Status LocalStore::sync_parents(const model::MailboxEntry& entry, std::string path) const
{
    TRY_ASSIGN(std::string root, partition_root(options_.paths, entry.partition));
    while (path.size() > root.size()) {
        path = directory_of(path);
        TRY(sync_directory(path));
    }
    return success();
}

void LocalStore::remove_empty_parents(const model::MailboxEntry& entry, std::string path) const
{
    auto root = partition_root(options_.paths, entry.partition);
    if (!root) return;
    while (path.size() > root->size() && ::rmdir(path.c_str()) == 0) path = directory_of(path);
}

Result<uint32_t> LocalStore::create(const model::MailboxEntry& entry)
{
    TRY_ASSIGN(std::string path, mailbox_directory(options_.paths, entry));
    TRY(make_directories(path));
    TRY_ASSIGN(Fd directory, open_file(path, O_RDONLY | O_DIRECTORY));
    TRY_ASSIGN(MailboxLock lock, MailboxLock::take(directory.get(), options_.lock_wait, true));
    if (has_file(directory.get(), kHeaderName))
        return Error{Code::exists, cat(path, ": has a mailbox")};
    IndexHeader header;
    header.uidvalidity = static_cast<uint32_t>(entry.uidvalidity);
    if (header.uidvalidity == 0) {
        TRY_ASSIGN(header.uidvalidity, next_uidvalidity());
    }
    header.name_hash = name_hash_of(entry);
    // Messages that lie there without a mailbox are nobody's to overwrite; reconstruct finds them.
    TRY_ASSIGN(uint32_t largest, largest_uid(directory.get()));
    header.uidnext = largest + 1;
    TRY(IndexFile::replace(directory.get(), header, {}));
    TRY(header_of(entry, header.uidvalidity).write(directory.get()));
    TRY(sync_parents(entry, path));
    return header.uidvalidity;
}

Result<std::string> LocalStore::uniqueid_at(const model::MailboxEntry& entry)
{
    TRY_ASSIGN(std::string path, mailbox_directory(options_.paths, entry));
    TRY_ASSIGN(Fd directory, open_file(path, O_RDONLY | O_DIRECTORY));
    TRY_ASSIGN(HeaderFile header, HeaderFile::read(directory.get()));
    return header.uniqueid;
}

bool LocalStore::is_at(const model::MailboxEntry& entry, const std::string& uniqueid)
{
    auto there = uniqueid_at(entry);
    return there && *there == uniqueid;
}

namespace {

// False if the directory has the header of another mailbox. Entries of older lists may lack the
// uniqueid, and a header that cannot be read is nobody else's.
bool may_be(int directory, const model::MailboxEntry& entry)
{
    auto header = HeaderFile::read(directory);
    if (!header || entry.uniqueid.empty() || header->uniqueid == entry.uniqueid) return true;
    log::error("another mailbox is where one is to go; it stays",
               {{"mailbox", entry.name.internal()}, {"uniqueid", header->uniqueid}});
    return false;
}

// Sets or clears bits of the index's state in place. No index: nobody has it open.
Status set_state(int directory, uint32_t bits, bool on)
{
    auto index = IndexFile::open(directory);
    if (!index) return success();
    auto header = index->read_header();
    if (!header) return success();
    const uint32_t before = header->state;
    header->state = on ? before | bits : before & ~bits;
    return header->state == before ? success() : index->write_header(*header);
}

// The files of messages are those of an append that was cut short: no reader ever saw them, and
// whoever brought them still has them. An index that cannot be read is no proof.
Result<bool> has_only_uncommitted(int directory)
{
    auto index = IndexFile::open(directory);
    if (!index) return false;
    auto header = index->read_header();
    if (!header || header->records > 0) return false;
    bool committed = false;
    TRY(for_each_name(directory, [&](const char* name) {
        const auto uid = uid_of_name(name);
        committed = uid && *uid < header->uidnext;
        return !committed;
    }));
    return !committed;
}

// After the names of its files have gone, those of a header first.
Status empty_directory(int directory)
{
    if (::unlinkat(directory, kHeaderName, 0) != 0 && errno != ENOENT)
        return errno_error("unlink header");
    TRY(sync_names(directory));
    TRY(remove_files(directory));
    return sync_names(directory);
}

}  // namespace

Status LocalStore::discard(const model::MailboxEntry& entry)
{
    TRY_ASSIGN(std::string path, mailbox_directory(options_.paths, entry));
    auto directory = open_file(path, O_RDONLY | O_DIRECTORY);
    if (directory.is(Code::not_found)) return success();
    if (!directory) return std::move(directory).error();
    const int fd = directory->get();
    auto lock = MailboxLock::take(fd, options_.lock_wait, true);
    if (!lock) return std::move(lock).error();
    if (!may_be(fd, entry)) return success();
    TRY_ASSIGN(const uint32_t largest, largest_uid(fd));
    const bool has_header = has_file(fd, kHeaderName);
    if (has_header && largest > 0) {
        TRY_ASSIGN(const bool uncommitted, has_only_uncommitted(fd));
        if (!uncommitted) return Error{Code::exists, cat(path, ": has messages")};
    } else if (largest > 0) {
        // They lay there before, and stay for reconstruct.
        for (const char* name : {kIndexName, kCacheName, kLockName})
            if (::unlinkat(fd, name, 0) != 0 && errno != ENOENT) return errno_error(name);
        return sync_names(fd);
    }
    TRY(set_state(fd, kStateDeleted, true));
    // While the header says whose they are.
    if (largest > 0) TRY(remove_messages(fd));
    TRY(empty_directory(fd));
    remove_empty_parents(entry, path);
    return success();
}

Status LocalStore::remove(const model::MailboxEntry& entry)
{
    TRY_ASSIGN(std::string path, mailbox_directory(options_.paths, entry));
    auto directory = open_file(path, O_RDONLY | O_DIRECTORY);
    if (directory.is(Code::not_found)) return success();
    if (!directory) return std::move(directory).error();
    int fd = directory->get();
    auto lock = MailboxLock::take(fd, options_.lock_wait, true);
    if (!lock) return std::move(lock).error();
    if (!may_be(fd, entry)) return success();
    // The sessions that have it open learn of the end from the index that they have mapped.
    TRY(set_state(fd, kStateDeleted, true));
    if (Status emptied = empty_directory(fd); !emptied) {
        if (has_file(fd, kHeaderName)) (void)set_state(fd, kStateDeleted, false);
        return emptied;
    }
    remove_empty_parents(entry, path);
    wake_sessions(entry);
    return success();
}

// --- moving

namespace {

// Code::exists: it cannot go as a whole.
Status move_directory(const std::string& from, const std::string& to)
{
    TRY(make_directories(directory_of(to)));
    if (::rename(from.c_str(), to.c_str()) == 0) return success();
    // EINVAL: into a directory below itself.
    if (errno == ENOTEMPTY || errno == EEXIST || errno == EXDEV || errno == EINVAL)
        return Error{Code::exists, "in parts"};
    return errno_error(cat("rename ", from));
}

}  // namespace

// The header and the index say what it is called. A copy of what the list says: written only where
// it differs, so that the way back needs no room on the disk.
Status LocalStore::take_name(MailboxWriter& writer, const model::MailboxEntry& entry)
{
    TRY_ASSIGN(HeaderFile * names, writer.names());
    const std::string acl = entry.acl.to_string();
    if (names->name != entry.name.internal() || names->acl != acl) {
        names->name = entry.name.internal();
        names->acl = acl;
        TRY(names->write(writer.directory()));
    }
    if (writer.header.name_hash == name_hash_of(entry)) return success();
    writer.header.name_hash = name_hash_of(entry);
    return writer.commit(true);
}

// Code::exists: it cannot go as a whole.
Status LocalStore::move_whole(MailboxWriter& writer, const model::MailboxEntry& from,
                              const model::MailboxEntry& to)
{
    TRY_ASSIGN(std::string source, mailbox_directory(options_.paths, from));
    TRY_ASSIGN(std::string target, mailbox_directory(options_.paths, to));
    if (from.partition != to.partition || has_children(writer.directory()))
        return Error{Code::exists, "in parts"};
    TRY(move_directory(source, target));
    TRY(sync_parents(to, target));
    remove_empty_parents(from, directory_of(source));
    if (auto above = directory_of(source); ::access(above.c_str(), F_OK) == 0)
        TRY(sync_directory(above));
    return success();
}

// Everything is at the target; what is left at the source goes.
Status LocalStore::leave_directory(const model::MailboxEntry& from)
{
    TRY_ASSIGN(std::string source, mailbox_directory(options_.paths, from));
    auto directory = open_file(source, O_RDONLY | O_DIRECTORY);
    if (directory.is(Code::not_found)) return success();
    if (!directory) return std::move(directory).error();
    TRY(empty_directory(directory->get()));
    remove_empty_parents(from, source);
    return success();
}

Status LocalStore::move_by_copy(MailboxWriter& writer, const model::MailboxEntry& from,
                                const model::MailboxEntry& to)
{
    TRY_ASSIGN(std::string target, mailbox_directory(options_.paths, to));
    TRY(copy_mailbox(writer, to, target));
    writer.header.state |= kStateMoved;
    TRY(writer.commit(true));
    return leave_directory(from);
}

Status LocalStore::rename(const model::MailboxEntry& from, const model::MailboxEntry& to)
{
    TRY_ASSIGN(std::string source, mailbox_directory(options_.paths, from));
    TRY_ASSIGN(std::string target, mailbox_directory(options_.paths, to));
    auto at_source = uniqueid_at(from);
    if (!at_source && !at_source.is(Code::not_found)) return at_source.error();
    auto at_target = uniqueid_at(to);
    if (!at_target && !at_target.is(Code::not_found)) return at_target.error();
    // A crash may have come between the steps: what is done already is not an error.
    const std::string& wanted = from.uniqueid.empty() && at_source ? *at_source : from.uniqueid;
    const bool is_here = at_source && *at_source == wanted;
    const bool is_there = at_target && *at_target == wanted;
    if (!is_here && !is_there) return Error{Code::not_found, cat(source, ": no mailbox")};
    if (at_target && !is_there) return Error{Code::exists, cat(target, ": has a mailbox")};
    TRY_ASSIGN(Fd directory, open_file(is_here ? source : target, O_RDONLY | O_DIRECTORY));
    auto opened =
        MailboxWriter::open(options_.paths, directory.get(), std::nullopt, options_.lock_wait);
    if (is_here && is_there && opened.is(Code::moved)) {
        TRY_ASSIGN(auto lock, MailboxLock::take(directory.get(), options_.lock_wait, true));
        TRY(leave_directory(from));
        wake_sessions(from);
        return success();
    }
    TRY_ASSIGN(MailboxWriter writer, std::move(opened));
    if (is_here && source != target) {
        Status whole =
            is_there ? Status(Error{Code::exists, "in parts"}) : move_whole(writer, from, to);
        if (whole.is(Code::exists)) {
            TRY(move_by_copy(writer, from, to));
            wake_sessions(from);
            return success();
        }
        TRY(std::move(whole));
    } else if (is_there) {
        TRY(remove(from));  // what a crash has left of it
    }
    TRY(take_name(writer, to));
    wake_sessions(from);
    return success();
}

Status LocalStore::rename_back(const model::MailboxEntry& from, const model::MailboxEntry& to)
{
    const std::string& uniqueid = from.uniqueid;
    TRY_ASSIGN(std::string source, mailbox_directory(options_.paths, from));
    if (!is_at(from, uniqueid)) return rename(to, from);
    TRY_ASSIGN(Fd directory, open_file(source, O_RDONLY | O_DIRECTORY));
    {
        TRY_ASSIGN(auto lock, MailboxLock::take(directory.get(), options_.lock_wait, true));
        TRY(set_state(directory.get(), kStateMoved | kStateLeft | kStateDeleted, false));
    }
    auto at_target = uniqueid_at(to);
    if (!at_target && !at_target.is(Code::not_found)) return at_target.error();
    // Without a header it is what a copy that was cut short has left.
    if (!at_target || *at_target == uniqueid) TRY(remove(to));
    TRY_ASSIGN(MailboxWriter writer, MailboxWriter::open(options_.paths, directory.get(),
                                                         std::nullopt, options_.lock_wait));
    return take_name(writer, from);
}

// The mailbox's files, without the mailboxes below it, into another directory. Done again after a
// crash it gives the same.
Status LocalStore::copy_mailbox(MailboxWriter& writer, const model::MailboxEntry& to,
                                const std::string& path)
{
    TRY(make_directories(path));
    TRY_ASSIGN(Fd target, open_file(path, O_RDONLY | O_DIRECTORY));
    TRY_ASSIGN(MailboxLock lock, MailboxLock::take(target.get(), options_.lock_wait, true));
    // What an earlier try left may have been expunged since.
    if (!has_file(target.get(), kHeaderName)) TRY(remove_messages(target.get()));
    std::vector<IndexRecord> records;
    for (uint32_t slot = 0; slot < writer.header.records; slot++) {
        TRY_ASSIGN(IndexRecord record, writer.index.record(slot));
        records.push_back(record);
        if ((record.state & kRecordUnlinked) != 0) continue;
        std::string name = message_name(record.uid);
        TRY(place_file(writer.directory(), name, target.get(), name, true));
    }
    if (has_file(writer.directory(), kCacheName))
        TRY(place_file(writer.directory(), kCacheName, target.get(), kCacheName, false));
    if (has_file(writer.directory(), kAnnotationsName))
        TRY(place_file(writer.directory(), kAnnotationsName, target.get(), kAnnotationsName, true));
    IndexHeader header = writer.header;
    header.generation++;
    header.name_hash = name_hash_of(to);
    TRY(IndexFile::replace(target.get(), header, records));
    TRY_ASSIGN(HeaderFile * names, writer.names());
    HeaderFile renamed = *names;
    renamed.name = to.name.internal();
    renamed.acl = to.acl.to_string();
    TRY(sync_names(target.get()));
    TRY(renamed.write(target.get()));
    return sync_parents(to, path);
}

Status LocalStore::acl_changed(const model::MailboxEntry& entry)
{
    TRY_ASSIGN(Fd directory, open_directory(entry));
    TRY_ASSIGN(MailboxWriter writer, MailboxWriter::open(options_.paths, directory.get(),
                                                         name_hash_of(entry), options_.lock_wait));
    TRY_ASSIGN(HeaderFile * names, writer.names());
    names->acl = entry.acl.to_string();
    return names->write(directory.get());
}

Result<std::string> LocalStore::special_use(const model::MailboxEntry& entry)
{
    TRY_ASSIGN(Fd directory, open_directory(entry));
    TRY_ASSIGN(HeaderFile names, HeaderFile::read(directory.get()));
    return names.special_use;
}

Status LocalStore::set_special_use(const model::MailboxEntry& entry, const std::string& uses)
{
    TRY_ASSIGN(Fd directory, open_directory(entry));
    TRY_ASSIGN(MailboxWriter writer, MailboxWriter::open(options_.paths, directory.get(),
                                                         name_hash_of(entry), options_.lock_wait));
    TRY_ASSIGN(HeaderFile * names, writer.names());
    names->special_use = uses;
    TRY(names->write(directory.get()));
    mboxlist::tell_annotations(options_.idle_directory, entry.name);
    return success();
}

bool LocalStore::has(const model::MailboxEntry& entry)
{
    return open_directory(entry).ok();
}

bool LocalStore::has_messages(const model::MailboxEntry& entry)
{
    auto path = mailbox_directory(options_.paths, entry);
    if (!path) return false;
    auto directory = open_file(*path, O_RDONLY | O_DIRECTORY);
    if (!directory) return !directory.is(Code::not_found);
    auto largest = largest_uid(directory->get());
    return !largest || *largest > 0;
}

// --- looking

Result<std::unique_ptr<mailbox::Mailbox>> LocalStore::open(const model::MailboxEntry& entry,
                                                           const std::string& userid,
                                                           mailbox::OpenMode mode)
{
    TRY_ASSIGN(auto opened, LocalMailbox::open(*this, entry, userid, mode));
    return std::unique_ptr<mailbox::Mailbox>(std::move(opened));
}

Result<std::unique_ptr<mailbox::MaildropLock>> LocalStore::lock_maildrop(
    const model::MailboxEntry& entry)
{
    TRY_ASSIGN(auto taken, LocalMaildrop::take(*this, entry));
    return std::unique_ptr<mailbox::MaildropLock>(std::move(taken));
}

// The index as it is between two changes, its records mapped.
struct LocalStore::Settled {
    IndexFile index;
    IndexHeader header;
};

Result<LocalStore::Settled> LocalStore::settled_index(const model::MailboxEntry& entry)
{
    TRY_ASSIGN(Fd directory, open_directory(entry));
    TRY_ASSIGN(IndexFile index, IndexFile::open(directory.get()));
    auto header = index.read_header();
    if (!header || (header->state & kStateDirty) != 0 || header->move_slot != 0 ||
        !index.map_records(header->records)) {
        TRY_ASSIGN(MailboxWriter writer, MailboxWriter::open(options_.paths, directory.get(),
                                                             std::nullopt, options_.lock_wait));
        header = writer.header;
        index = std::move(writer.index);
        TRY(index.map_records(header->records));
    }
    if ((header->state & kStateDeleted) != 0) return Error{Code::not_found, "mailbox was deleted"};
    return Settled{std::move(index), *header};
}

Result<mailbox::Extent> LocalStore::extent(const model::MailboxEntry& entry)
{
    TRY_ASSIGN(const Settled now, settled_index(entry));
    mailbox::Extent extent;
    extent.messages = now.header.exists;
    extent.uidnext = now.header.uidnext;
    extent.uidvalidity = now.header.uidvalidity;
    for (uint32_t slot = 0; now.header.exists > 0 && slot < now.header.records; slot++) {
        if ((now.index.state(slot) & kRecordExpunged) != 0) continue;
        extent.first_uid = now.index.uid(slot);
        break;
    }
    return extent;
}

Result<mailbox::StatusItems> LocalStore::status(const model::MailboxEntry& entry,
                                                const std::string& userid)
{
    TRY_ASSIGN(const Settled now, settled_index(entry));
    const IndexFile& index = now.index;
    const IndexHeader* const header = &now.header;
    mailbox::StatusItems items;
    items.messages = header->exists;
    items.unseen = header->unseen;
    items.uidnext = header->uidnext;
    items.uidvalidity = header->uidvalidity;
    items.highestmodseq = header->highestmodseq;
    items.size = header->size;
    items.deleted = header->deleted;
    struct stat status {};
    if (::fstat(index.fd(), &status) == 0) items.changed = status.st_mtime;
    for (uint32_t slot = 0; header->deleted > 0 && slot < header->records; slot++) {
        if ((index.flags(slot) & model::kDeleted) == 0) continue;
        TRY_ASSIGN(IndexRecord record, index.record(slot));
        if (!record.expunged()) items.deleted_size += record.size;
    }
    uint32_t first = index.lower_bound(header->recentuid + 1, header->records);
    for (uint32_t slot = first; slot < header->records; slot++)
        if ((index.state(slot) & kRecordExpunged) == 0) items.recent++;
    if (seen_in_index(entry, userid)) return items;
    TRY_ASSIGN(SeenState seen, seen_.get(userid, entry.uniqueid));
    items.unseen = 0;
    for (uint32_t slot = 0; slot < header->records; slot++)
        if ((index.state(slot) & kRecordExpunged) == 0 && !seen.uids.contains(index.uid(slot)))
            items.unseen++;
    return items;
}

// --- filling

Result<std::unique_ptr<StagedFile>> LocalStore::stage_exact(const std::string& partition)
{
    TRY_ASSIGN(std::string root, partition_root(options_.paths, partition));
    if (std::find(swept_.begin(), swept_.end(), partition) == swept_.end()) {
        sweep_stage(root);
        swept_.push_back(partition);
    }
    return StagedFile::create(root);
}

Result<std::unique_ptr<mailbox::StagedMessage>> LocalStore::stage(const std::string& partition)
{
    TRY_ASSIGN(auto staged, stage_exact(partition));
    return std::unique_ptr<mailbox::StagedMessage>(std::move(staged));
}

Result<mailbox::AppendResult> LocalStore::append(const model::MailboxEntry& entry,
                                                 const std::string& userid,
                                                 std::span<const mailbox::AppendItem> items)
{
    std::vector<NewMessage> messages;
    for (const mailbox::AppendItem& item : items) {
        TRY_ASSIGN(NewMessage message, new_message(item, options_.renderer));
        messages.push_back(std::move(message));
    }
    return append_files(entry, userid, messages);
}

void LocalStore::append_group(std::span<mailbox::GroupItem> items)
{
    store::append_group(*this, items);
}

Result<uint32_t> LocalStore::expire(const model::MailboxEntry& entry, int64_t expunged_before,
                                    bool drop)
{
    TRY_ASSIGN(Fd directory, open_directory(entry));
    TRY_ASSIGN(MailboxWriter writer, MailboxWriter::open(options_.paths, directory.get(),
                                                         name_hash_of(entry), options_.lock_wait));
    return writer.collect(expunged_before, drop);
}

}  // namespace rookery::store
