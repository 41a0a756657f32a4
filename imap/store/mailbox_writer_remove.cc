// Messages that go all at once: what POP3's QUIT deletes.
//
// Each record is written for itself, so which messages go is written down first, behind the records
// that count, and the header points to it (as to a move on its way). From that header on they are
// gone: whoever takes the lock and finds the pointer expunges them. Two syncs, however many they
// are: what is written down, and the records. The header that forgets the pointer needs none, for a
// removal that is done twice changes nothing.
#include <algorithm>

#include "imap/store/mailbox_writer.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"

namespace rookery::store {

Status MailboxWriter::begin_removal(const std::vector<uint32_t>& uids)
{
    UidSet set;
    for (const uint32_t uid : uids) set.add(uid);
    TRY_ASSIGN(const std::string text, removal_text(set));
    Status noted = note_down(text, 0);
    if (noted || header.move_slot == 0) return noted;
    // It is there, but not for sure: that is no removal.
    header.move_slot = 0;
    if (Status back = commit(false); !back)
        log::error("a removal that failed may be done later", {{"reason", back.error()}});
    return noted;
}

Status MailboxWriter::finish_removal(std::span<const uint32_t> uids)
{
    TRY(expunge(uids));
    TRY(index.sync());
    header.move_slot = 0;
    return commit(false);
}

Status MailboxWriter::remove(std::span<const uint32_t> uids)
{
    TRY(index.map_records(header.records));
    std::vector<uint32_t> there;
    for (const uint32_t uid : uids) {
        const auto slot = slot_of(uid);
        if (slot && (index.state(*slot) & kRecordExpunged) == 0) there.push_back(uid);
    }
    if (there.empty()) return success();
    Status begun = there.size() == 1 ? success() : begin_removal(there);
    // One record is written whole or not at all. And where the disk is so full that there is no
    // room to write down what goes, it goes one by one: else nothing could be deleted any more.
    if (header.move_slot == 0 && (begun || begun.is(Code::no_space))) {
        TRY(expunge(there));
        return commit(true);
    }
    TRY(std::move(begun));
    // It is decided, and whoever comes next does what is left.
    if (Status done = finish_removal(there); !done)
        log::warning("a removal is finished later", {{"reason", done.error()}});
    return success();
}

Status MailboxWriter::settle_removal(std::string_view text)
{
    auto uids = parse_removal(text);
    // It was never whole, so nobody was told that it is done; or the disk is bad.
    if (!uids) log::warning("what a removal wrote down is lost", {{"reason", uids.error()}});
    const std::vector<uint32_t> gone = uids ? numbers_of(*uids) : std::vector<uint32_t>();
    if (uids) {
        auto known = names();
        log::notice("a removal that was cut short is finished",
                    {{"mailbox", known ? (*known)->name : "?"}, {"messages", gone.size()}});
    }
    return finish_removal(gone);
}

}  // namespace rookery::store
