// Rounds of: lock what is free, place the files, sync the names, commit each.
#include "imap/store/append_group.h"

#include "config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <list>
#include <map>
#include <optional>
#include <utility>

#include "imap/store/header_file.h"
#include "imap/store/message_file.h"

namespace rookery::store {

Result<NewMessage> new_message(const mailbox::AppendItem& item, const CacheRenderer& renderer)
{
    auto* staged = dynamic_cast<StagedFile*>(item.message);
    if (staged == nullptr) return Error{Code::unsupported, "a message staged elsewhere"};
    TRY_ASSIGN(MessageFacts facts, staged->finish());
    NewMessage message;
    message.from_directory = AT_FDCWD;
    message.from = staged->path();
    message.record.size = facts.size;
    message.record.header_size = facts.header_size;
    message.record.guid = facts.guid;
    message.record.ending = facts.ending;
    message.record.internaldate = item.internaldate;
    message.record.zone_minutes = item.zone_minutes;
    message.record.system_flags = item.flags.system;
    message.keywords = item.flags.keywords;
    TRY_ASSIGN(message.cache_entry, staged->cache_entry(renderer));
    return message;
}

namespace {

// What goes into one mailbox.
struct Part {
    const model::MailboxEntry* entry = nullptr;
    std::string userid;
    std::vector<mailbox::GroupItem*> items;
    std::vector<NewMessage> messages;
    std::optional<MailboxWriter> writer;
    std::optional<Filling> filling;  // goes before the writer does

    void fail(const Error& error)
    {
        for (mailbox::GroupItem* i : items) i->result = error;
        filling.reset();
        writer.reset();
    }
};
using Parts = std::list<Part>;

Parts parts_of(std::span<mailbox::GroupItem> items, const CacheRenderer& renderer)
{
    Parts parts;
    std::map<std::pair<std::string, std::string>, Part*> known;
    for (mailbox::GroupItem& i : items) {
        auto message = new_message(i.item, renderer);
        if (!message) {
            i.result = message.error();
            continue;
        }
        Part*& part = known[{i.entry->name.internal(), i.userid}];
        if (part == nullptr) {
            part = &parts.emplace_back();
            part->entry = i.entry;
            part->userid = i.userid;
        }
        part->items.push_back(&i);
        part->messages.push_back(*std::move(message));
    }
    return parts;
}

class Group {
 public:
    explicit Group(MailboxAccess& access) : access_(access) {}

    void append(Parts waiting)
    {
        while (!waiting.empty()) {
            Parts round = lock_free_ones(waiting);
            if (round.empty() && !waiting.empty()) {
                lock(waiting.front(), access_.options().lock_wait);
                round.splice(round.end(), waiting, waiting.begin());
            }
            begin(round);
            sync(round);
            for (Part& part : round) finish(part);
        }
    }

 private:
    // False if it is busy, and nothing else is wrong with it.
    bool lock(Part& part, Milliseconds wait)
    {
        auto opened = open(*part.entry, wait);
        if (opened) {
            part.writer = *std::move(opened);
            return true;
        }
        part.fail(opened.error());
        return !opened.is(Code::busy);
    }

    Result<MailboxWriter> open(const model::MailboxEntry& entry, Milliseconds wait)
    {
        TRY_ASSIGN(Fd directory, access_.open_directory(entry));
        return MailboxWriter::open(access_.options().paths, directory.get(), name_hash_of(entry),
                                   wait);
    }

    Parts lock_free_ones(Parts& waiting)
    {
        Parts round;
        for (auto next = waiting.begin(); next != waiting.end() && round.size() < kAtOnce;) {
            const auto part = next++;
            if (lock(*part, Milliseconds{0})) round.splice(round.end(), waiting, part);
        }
        return round;
    }

    void begin(Parts& round)
    {
        for (Part& part : round) {
            if (!part.writer) continue;
            part.filling.emplace(access_, *part.writer, *part.entry, part.userid, part.messages);
            if (Status begun = part.filling->begin(); !begun) part.fail(begun.error());
        }
    }

    // One call for all directories of a file system.
    void sync(Parts& round)
    {
        std::map<dev_t, std::vector<Part*>> by_device;
        for (Part& part : round) {
            if (!part.filling) continue;
            struct stat st {};
            if (::fstat(part.writer->directory(), &st) == 0)
                by_device[st.st_dev].push_back(&part);
            else
                part.fail(errno_error("fstat directory"));
        }
        for (auto& [device, parts] : by_device) sync_names_of(parts);
    }

    static void sync_names_of(const std::vector<Part*>& parts)
    {
#ifdef HAVE_SYNCFS
        if (parts.size() > 1) {
            if (::syncfs(parts.front()->writer->directory()) == 0) return;
            const Error error = errno_error("syncfs");
            for (Part* part : parts) part->fail(error);
            return;
        }
#endif
        for (Part* part : parts)
            if (Status done = sync_names(part->writer->directory()); !done)
                part->fail(done.error());
    }

    void finish(Part& part)
    {
        if (!part.filling) return;
        auto done = part.filling->finish(nullptr);
        if (!done) return part.fail(done.error());
        for (size_t i = 0; i < part.items.size(); i++)
            part.items[i]->result = mailbox::AppendResult{done->uidvalidity, {done->uids[i]}};
        part.filling.reset();
        part.writer.reset();
        access_.wake_sessions(*part.entry);
    }

    MailboxAccess& access_;
};

}  // namespace

void append_group(MailboxAccess& access, std::span<mailbox::GroupItem> items)
{
    Group(access).append(parts_of(items, access.options().renderer));
}

}  // namespace rookery::store
