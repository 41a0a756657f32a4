// What a peer says of a mailbox and of what belongs to it: what is taken holds no byte that would
// be a line or a list of its own, and is written as what is taken again as the same. The first line
// may also be a failure's word.
#include "imap/sync/mailbox_dlist.h"

#include <optional>

#include "imap/sync/services.h"
#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "tests/fuzz/target.h"

using namespace rookery;

namespace {

struct Taken {
    sync::Dlist value;
    sync::RecordCollector records;
};

std::optional<Taken> take(std::string_view text)
{
    stream::MemoryEnds ends{cat(text, "\r\n"), {}, 4096, false, false};
    stream::Stream peer(stream::memory_layer(ends));
    sync::DlistReader reader(peer, false, {.text = 4096, .held = 65536});
    Taken taken;
    reader.on_record([&](const sync::Dlist& record) { return taken.records.add(record); });
    auto value = reader.value();
    if (!value || !reader.end_of_line()) return std::nullopt;
    taken.value = *std::move(value);
    return taken;
}

bool is_one_line(std::string_view text)
{
    return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}

void check_mailbox(Taken taken)
{
    const auto mailbox = sync::parse_mailbox(taken.value, taken.records.take());
    if (!mailbox) return;
    const mailbox::SyncMailbox& box = mailbox->box;
    fuzz::require(is_one_line(box.special_use.value_or("")), "uses");
    fuzz::require(is_one_line(mailbox->entry.uniqueid), "uniqueid");
    fuzz::require(is_one_line(mailbox->entry.acl.to_string()), "ACL");
    for (const std::string& keyword : box.keywords)
        fuzz::require(is_one_line(keyword) && keyword.find_first_of(" ()") == keyword.npos, "atom");
    for (const auto form : {sync::Form::answer, sync::Form::request}) {
        stream::MemoryEnds ends{{}, {}, 4096, false, false};
        stream::Stream to(stream::memory_layer(ends));
        sync::put_mailbox(to, mailbox->entry, box, mailbox->entry.partition, true, form);
        fuzz::require(to.flush().ok(), "written");
        auto text = take(ends.output);
        fuzz::require(text.has_value(), "a value");
        const auto again = sync::parse_mailbox(text->value, text->records.take());
        fuzz::require(again && again->entry.name == mailbox->entry.name &&
                          again->entry.acl == mailbox->entry.acl &&
                          again->entry.partition == mailbox->entry.partition &&
                          again->box.records.size() == box.records.size() &&
                          again->box.uidvalidity == box.uidvalidity &&
                          again->box.highestmodseq == box.highestmodseq &&
                          again->box.special_use == box.special_use,
                      "the same mailbox");
        for (size_t i = 0; i < box.records.size(); ++i) {
            mailbox::SyncRecord record = again->box.records[i];
            record.keywords = box.records[i].keywords;  // their bits may be others
            fuzz::require(record == box.records[i], "the same record");
        }
    }
}

void check_others(const sync::Dlist& value)
{
    if (const auto seen = sync::parse_seen(value, "eve")) {
        const auto text = take(sync::seen_value("ab", *seen, true));
        const auto again = text ? sync::parse_seen(text->value, "") : Error{Code::syntax, ""};
        fuzz::require(again && *again == *seen && seen->last_read >= 0, "the same seen");
    }
    if (const auto quota = sync::parse_quota(value)) {
        const auto text = take(sync::quota_value(quota->root, quota->limits));
        const auto again = text ? sync::parse_quota(text->value) : Error{Code::syntax, ""};
        fuzz::require(again && again->limits == quota->limits, "the same quota");
    }
    if (const auto one = sync::parse_annotation(value)) {
        const auto name = *model::MailboxName::from_internal("user.bob");
        const auto text = take(sync::annotation_value(name, *one));
        const auto again = text ? sync::parse_annotation(text->value) : Error{Code::syntax, ""};
        fuzz::require(again && again->entry == one->entry && again->value == one->value,
                      "the same annotation");
        fuzz::require(one->entry != sync::kSpecialUse || is_one_line(one->value), "uses");
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view text = fuzz::text_of(data, size);
    const std::string line = sync::sync_response(sync::parse_sync_response(text));
    fuzz::require(is_one_line(line), "one line");
    if (auto taken = take(text)) {
        check_others(taken->value);
        check_mailbox(*std::move(taken));
    }
    return 0;
}
