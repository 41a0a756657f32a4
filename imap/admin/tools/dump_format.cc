#include "imap/admin/tools/dump_format.h"

#include <array>

#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "lib/stream/stream.h"

namespace rookery::admin {
namespace {

constexpr std::string_view kVersion = "1";
constexpr size_t kMaxId = 64;

struct KindName {
    DumpKind kind;
    std::string_view name;
};
constexpr std::array kKinds = {KindName{DumpKind::mailbox, "mailbox"},
                               KindName{DumpKind::tree, "tree"}, KindName{DumpKind::user, "user"}};

}  // namespace

std::string put_head(const DumpHead& head)
{
    std::string out = cat("version ", kVersion, "\nkind ");
    for (const KindName& named : kKinds)
        if (named.kind == head.kind) out += named.name;
    cat_to(out, "\nroot ", head.root, "\nid ", head.id, "\nserver ", head.server, "\ntime ",
           head.time, '\n');
    return out;
}

Result<DumpHead> parse_head(std::string_view text)
{
    DumpHead head;
    bool has_kind = false, has_version = false;
    for (const std::string_view line : split(text, '\n', false)) {
        const size_t space = std::min(line.find(' '), line.size());
        const std::string_view key = line.substr(0, space);
        const std::string_view value = line.substr(std::min(space + 1, line.size()));
        if (key == "version" && value != kVersion)
            return Error{Code::unsupported, "the dump was made by a later version"};
        if (key == "version") has_version = true;
        if (key == "root") head.root = value;
        if (key == "id") head.id = value;
        if (key == "server") head.server = value;
        if (key == "time")
            head.time = static_cast<int64_t>(to_uint64(value, INT64_MAX).value_or(0));
        for (const KindName& named : kKinds) {
            if (key != "kind" || value != named.name) continue;
            head.kind = named.kind;
            has_kind = true;
        }
    }
    if (!has_version || !has_kind || head.id.empty() || head.id.size() > kMaxId)
        return Error{Code::syntax, "this is no dump"};
    return head;
}

std::optional<DumpPart> part_of(std::string_view member)
{
    if (!member.starts_with(kDumpMailboxes)) return std::nullopt;
    member.remove_prefix(kDumpMailboxes.size());
    const size_t slash = member.rfind('/');
    if (slash == std::string_view::npos || slash == 0) return std::nullopt;
    return DumpPart{std::string(member.substr(0, slash)), std::string(member.substr(slash + 1))};
}

std::optional<uint32_t> uid_of_part(std::string_view part)
{
    if (!part.ends_with(kDumpMessage)) return std::nullopt;
    const auto uid = to_number<uint32_t>(part.substr(0, part.size() - kDumpMessage.size()));
    return uid && *uid > 0 ? std::optional(*uid) : std::nullopt;
}

std::string put_mailbox(const model::MailboxEntry& entry, const mailbox::SyncMailbox& box)
{
    stream::MemoryEnds ends;
    stream::Stream to(stream::memory_layer(ends));
    sync::put_mailbox(to, entry, box, entry.partition, true, sync::Form::answer);
    to.put("\r\n");
    // Into memory nothing fails.
    (void)to.flush();
    return std::move(ends.output);
}

Result<sync::MailboxValue> parse_mailbox(std::string text)
{
    stream::MemoryEnds ends;
    ends.input = std::move(text);
    stream::Stream from(stream::memory_layer(ends));
    sync::RecordCollector records;
    sync::DlistReader reader(from, false);
    reader.on_record([&](const sync::Dlist& record) { return records.add(record); });
    TRY_ASSIGN(const sync::Dlist value, reader.value());
    TRY(reader.end_of_line());
    return sync::parse_mailbox(value, records.take());
}

Result<std::vector<sync::Dlist>> parse_lines(std::string text)
{
    std::vector<sync::Dlist> values;
    stream::MemoryEnds ends;
    ends.input = std::move(text);
    stream::Stream from(stream::memory_layer(ends));
    while (!ends.input.empty() || !from.buffered().empty()) {
        sync::DlistReader reader(from, false);
        TRY_ASSIGN(sync::Dlist value, reader.value());
        TRY(reader.end_of_line());
        values.push_back(std::move(value));
    }
    return values;
}

}  // namespace rookery::admin
