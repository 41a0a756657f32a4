// chk_cyrus: whether the mailboxes of the list are there, and their message files with them. It
// changes nothing; reconstruct puts right what it finds.
#include <algorithm>

#include "imap/admin/tool.h"
#include "imap/admin/tools/mailboxes.h"
#include "imap/admin/tools/tool_table.h"
#include "lib/base/strings.h"

namespace rookery::admin {
namespace {

constexpr Option kOptions[] = {
    kConfigOption,
    {'P', "partition", "partition", "only the mailboxes on this partition"},
    {'M', "mailbox", "mailbox", "only this mailbox"},
    {'v', "verbose", "", "name each mailbox on standard error"},
};
constexpr Program kProgram{.name = "chk_cyrus",
                           .purpose = "checks that mailboxes and their messages are there",
                           .options = kOptions,
                           .operands = "",
                           .least = 0,
                           .most = 0};

class Check {
 public:
    Check(Mailboxes& mailboxes, bool verbose) : mailboxes_(mailboxes), verbose_(verbose) {}

    void run(const model::MailboxEntry& entry)
    {
        if (verbose_) complain(cat("checking: ", mailboxes_.shown(entry.name), '\n'));
        if (Status done = look(entry); !done) tell(entry, done.error().text);
    }
    uint64_t faults() const { return faults_; }

 private:
    void tell(const model::MailboxEntry& entry, uint32_t uid, std::string_view what)
    {
        print(cat(mailboxes_.shown(entry.name), " uid ", uid, ' ', what, '\n'));
        faults_++;
    }

    void tell(const model::MailboxEntry& entry, std::string_view what)
    {
        print(cat(mailboxes_.shown(entry.name), ": ", what, '\n'));
        faults_++;
    }

    Status look(const model::MailboxEntry& entry)
    {
        TRY_ASSIGN(const Fd directory, mailboxes_.store().open_directory(entry));
        TRY_ASSIGN(const auto names, store::HeaderFile::read(directory.get()));
        if (names.uniqueid != entry.uniqueid)
            return Error{Code::corrupt, "the folder is another mailbox's"};
        // Before the index, so that what comes in meanwhile has its record.
        TRY_ASSIGN(std::vector<uint32_t> files, store::message_uids(directory.get()));
        TRY_ASSIGN(store::IndexFile index, store::IndexFile::open(directory.get()));
        TRY_ASSIGN(const store::IndexHeader header, index.read_header());
        TRY(index.map_records(header.records));
        std::vector<uint32_t> known;
        for (uint32_t slot = 0; slot < header.records; slot++) {
            auto record = index.record(slot);
            const uint32_t uid = index.uid(slot);
            known.push_back(uid);
            if (!record) {
                tell(entry, uid, "has a damaged record");
                continue;
            }
            if (record->expunged()) continue;
            if (const auto fault = fault_of_file(directory, *record); !fault.empty())
                tell(entry, uid, fault);
        }
        for (const uint32_t uid : files)
            if (!std::binary_search(known.begin(), known.end(), uid))
                tell(entry, uid, "found without a record");
        return success();
    }

    // "" if it is as the record says.
    static std::string fault_of_file(const Fd& directory, const store::IndexRecord& record)
    {
        auto file = store::MappedFile::open(directory.get(), store::message_name(record.uid));
        if (file.is(Code::not_found)) return "not found";
        if (!file) return cat("cannot be read: ", file.error().text);
        return (*file)->bytes().size() == record.size ? "" : "has another size";
    }

    Mailboxes& mailboxes_;
    bool verbose_;
    uint64_t faults_ = 0;
};

Result<int> run(const CommandLine& line, const config::Config& config)
{
    if (line.has("M") && line.has("P")) line.refuse("one of -M and -P");
    TRY_ASSIGN(Mailboxes mailboxes, Mailboxes::open(config));
    std::vector<model::MailboxEntry> entries;
    if (const auto mailbox = line.given("M")) {
        TRY_ASSIGN(const auto name, mailboxes.name_of(*mailbox));
        TRY_ASSIGN(auto entry, mailboxes.find(name));
        entries.push_back(std::move(entry));
    } else {
        TRY_ASSIGN(entries, mailboxes.matching({}));
    }
    if (line.has("v") && line.has("M"))
        complain(cat("Examining mailbox: ", line.value("M"), '\n'));
    else if (line.has("v"))
        complain(cat("Examining partition: ", line.value("P", "ALL PARTITIONS"), '\n'));
    Check check(mailboxes, line.has("v"));
    for (const model::MailboxEntry& entry : entries)
        if (!line.has("P") || entry.partition == line.value("P")) check.run(entry);
    return check.faults() == 0 ? 0 : 1;
}

}  // namespace

const Tool kChkCyrus{kProgram, run};

}  // namespace rookery::admin
