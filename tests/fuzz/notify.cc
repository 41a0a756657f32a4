#include "imap/imapd/notify/notify_parse.h"

#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "tests/fuzz/target.h"

using namespace rookery;
using namespace rookery::imapd;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    stream::MemoryEnds ends{cat(' ', fuzz::text_of(data, size), "\r\n"), {}, 7, false, false};
    stream::Stream client(stream::memory_layer(ends));
    CommandReader reader(client, ReaderLimits{});
    reader.begin();
    const auto request = parse_notify(reader);
    if (request) {
        fuzz::require(request->none == request->groups.empty(), "NONE, or groups");
        fuzz::require(request->groups.size() <= kMaxNotifyGroups, "bounded");
        fuzz::require(!request->fetch || request->selected() != nullptr, "of what is selected");
        for (const auto& group : request->groups) {
            using namespace notify_events;
            const bool comes = (group.events & kMessageNew) != 0;
            fuzz::require(comes == ((group.events & kMessageExpunge) != 0), "both");
            fuzz::require(comes || (group.events & kFlagChange) == 0, "all three");
            fuzz::require(group.names.size() <= kMaxNotifyNames, "bounded");
        }
    }
    reader.skip_command();
    return 0;
}
