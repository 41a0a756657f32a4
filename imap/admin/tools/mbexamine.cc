// mbexamine: what header and index of a mailbox say, and the record of each message.
#include <algorithm>

#include "imap/admin/tool.h"
#include "imap/admin/tools/mailboxes.h"
#include "imap/admin/tools/message_text.h"
#include "imap/admin/tools/tool_table.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'u', "uid", "uid", "only the message with this UID"},
    {'s', "seq", "number", "only the message with this number"},
    {'c', "check", "", "say only which records and message files are not in order"},
    {'q', "quiet", "", "say nothing of mailboxes that are in order"},
};
constexpr Program kProgram{.name = "mbexamine",
                           .purpose = "shows what header and index of mailboxes say",
                           .options = kOptions,
                           .operands = "[pattern ...]",
                           .least = 0,
                           .most = kAnyNumber};

std::string padded(uint64_t n, size_t width)
{
    const std::string digits = cat(n);
    return cat(std::string(width - std::min(width, digits.size()), '0'), digits);
}

std::string time_of(int64_t seconds)
{
    return cat('(', seconds, ") ", time_text(seconds));
}

std::string hex32(uint32_t n)
{
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(n >> shift & 0xFF);
    return hex(bytes);
}

// Cyrus' names of them.
std::string words_of(uint32_t system_flags)
{
    static constexpr std::pair<uint32_t, std::string_view> kNames[] = {
        {model::kSeen, "FLAG_SEEN"},       {model::kAnswered, "FLAG_ANSWERED"},
        {model::kFlagged, "FLAG_FLAGGED"}, {model::kDeleted, "FLAG_DELETED"},
        {model::kDraft, "FLAG_DRAFT"},
    };
    std::string out;
    for (const auto& [flag, name] : kNames)
        if ((system_flags & flag) != 0) cat_to(out, ' ', name);
    return out;
}

// As a number of 128 bits, with a space between each 32: bit n is the nth name in the header.
std::string words_of(const model::KeywordBits& keywords)
{
    std::string out;
    for (size_t end = keywords.size(); end >= 32; end -= 32) {
        uint32_t word = 0;
        for (size_t bit = 0; bit < 32; bit++)
            if (keywords[end - 32 + bit]) word |= uint32_t{1} << bit;
        cat_to(out, ' ', hex32(word));
    }
    return out;
}

class Examine {
 public:
    Examine(const CommandLine& line, Mailboxes& mailboxes) : line_(line), mailboxes_(mailboxes) {}

    Status run(const model::MailboxEntry& entry)
    {
        TRY_ASSIGN(directory_, mailboxes_.store().open_directory(entry));
        TRY_ASSIGN(const auto names, store::HeaderFile::read(directory_.get()));
        TRY_ASSIGN(store::IndexFile index, store::IndexFile::open(directory_.get()));
        TRY_ASSIGN(const store::IndexHeader header, index.read_header());
        TRY(index.map_records(header.records));
        if (line_.has("c")) return check(entry, index, header);
        TRY(print_headers(entry, names, header));
        return print_messages(index, header, names);
    }
    bool is_good() const { return good_; }

 private:
    Status print_headers(const model::MailboxEntry& entry, const store::HeaderFile& names,
                         const store::IndexHeader& h)
    {
        TRY_ASSIGN(const std::string path,
                   store::mailbox_directory(mailboxes_.store().options().paths, entry));
        std::string flags;
        for (const std::string& keyword : names.keywords) cat_to(flags, ' ', keyword);
        print(cat("Examining ", mailboxes_.shown(entry.name),
                  "...\n Mailbox Header Info:\n  Path to mailbox: ", path,
                  "\n  Mailbox ACL: ", names.acl, "\n  Unique ID: ", names.uniqueid,
                  "\n  User Flags:", flags.empty() ? " [none]" : flags,
                  "\n  Special Use: ", names.special_use, '\n'));
        print(cat("\n Index Header Info:\n  Generation Number: ", h.generation,
                  "\n  Minor Version: ", store::kIndexVersion,
                  "\n  Header Size: ", store::kIndexHeaderSize,
                  " bytes  Record Size: ", store::kIndexRecordSize,
                  " bytes\n  Number of Messages: ", h.exists, "  Mailbox Size: ", h.size,
                  " bytes\n  Last Append Date: ", time_of(h.last_append),
                  "\n  UIDValidity: ", h.uidvalidity, "  Last UID: ", h.uidnext - 1,
                  "\n  Deleted: ", h.deleted, "  Answered: ", h.answered, "  Flagged: ", h.flagged,
                  "\n  Last POP3 Login: ", time_of(h.pop3_last_login),
                  "\n  Highest Mod Sequence: ", h.highestmodseq,
                  "\n  Number of Records: ", h.records, "  Unseen: ", h.unseen,
                  "  State: ", h.state, "\n  Deleted Mod Sequence: ", h.deletedmodseq, '\n'));
        return success();
    }

    // Of those that were expunged only the one that is asked for by its UID.
    bool is_wanted(const store::IndexRecord& record, uint32_t number) const
    {
        if (line_.has("u")) return cat(record.uid) == line_.value("u");
        if (record.expunged()) return false;
        return !line_.has("s") || cat(number) == line_.value("s");
    }

    Status print_messages(const store::IndexFile& index, const store::IndexHeader& header,
                          const store::HeaderFile& names) const
    {
        print("\n Message Info:\n");
        uint32_t number = 0;
        bool found = false;
        for (uint32_t slot = 0; slot < header.records; slot++) {
            TRY_ASSIGN(const store::IndexRecord r, index.record(slot));
            if (!r.expunged()) number++;
            if (!is_wanted(r, number)) continue;
            found = true;
            std::string flags = model::system_flags_to_string(r.system_flags);
            for (size_t bit = 0; bit < names.keywords.size(); bit++)
                if (r.keywords[bit]) cat_to(flags, flags.empty() ? "" : " ", names.keywords[bit]);
            print(cat(padded(r.expunged() ? 0 : number, 6), "> UID:", padded(r.uid, 8),
                      "   INT_DATE:", r.internaldate, " SAVEDATE:", r.save_date, " SIZE:", r.size,
                      "\n      > HDRSIZE:", r.header_size, " LASTUPD :", r.last_updated,
                      " SYSFLAGS:", hex32(r.system_flags), "\n      > GUID:", hex(r.guid_bytes()),
                      " MODSEQ:", r.modseq, "\n      > INTERNALFLAGS:",
                      r.expunged() ? " FLAG_INTERNAL_EXPUNGED" : "",
                      "\n      > SYSTEMFLAGS:", words_of(r.system_flags),
                      "\n      > USERFLAGS:", words_of(r.keywords),
                      "\n      > STATE:", r.state, " FLAGS: ", flags, '\n'));
        }
        if (!found && (line_.has("u") || line_.has("s"))) print("Desired message not found\n");
        return success();
    }

    Status check(const model::MailboxEntry& entry, const store::IndexFile& index,
                 const store::IndexHeader& header)
    {
        const std::string name = mailboxes_.shown(entry.name);
        if (!line_.has("q")) print(cat("Examining ", name, "...\n"));
        for (uint32_t slot = 0; slot < header.records; slot++) {
            const uint32_t uid = index.uid(slot);
            auto record = index.record(slot);
            Status good = record ? success() : Status(record.error());
            if (good && !record->expunged()) good = compare(*record);
            if (good) continue;
            print(cat(name, ": UID ", uid, ": ", good.error().text, '\n'));
            good_ = false;
        }
        return success();
    }

    Status compare(const store::IndexRecord& record) const
    {
        TRY_ASSIGN(const auto file,
                   store::MappedFile::open(directory_.get(), store::message_name(record.uid)));
        const store::MessageFacts facts = store::examine(file->bytes());
        if (facts.size != record.size) return Error{Code::corrupt, "its file has another size"};
        if (facts.guid != record.guid) return Error{Code::corrupt, "its file is another message"};
        return success();
    }

    const CommandLine& line_;
    Mailboxes& mailboxes_;
    Fd directory_;
    bool good_ = true;
};

Result<int> run(const CommandLine& line, const config::Config& config)
{
    for (std::string_view option : {"u", "s"})
        if (line.has(option) && !to_number<uint32_t>(line.value(option)))
            line.refuse(cat('-', option, " takes a number"));
    TRY_ASSIGN(Mailboxes mailboxes, Mailboxes::open(config));
    TRY_ASSIGN(const auto entries, mailboxes.matching(line.operands()));
    Examine examine(line, mailboxes);
    int code = 0;
    for (const model::MailboxEntry& entry : entries)
        if (Status done = examine.run(entry); !done)
            code = failed(cat("mbexamine: ", mailboxes.shown(entry.name)), done.error());
    if (!entries.empty() || line.operands().empty()) return examine.is_good() ? code : 1;
    return Error{Code::not_found, "there is no such mailbox on this server"};
}

}  // namespace

const Tool kMbexamine{kProgram, run};

}  // namespace rookery::admin
