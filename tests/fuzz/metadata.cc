#include "imap/imapd/namespace/metadata_parse.h"

#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "tests/fuzz/target.h"

using namespace rookery;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    stream::MemoryEnds ends{cat(fuzz::text_of(data, size), "\r\n"), {}, 7, false, false};
    stream::Stream client(stream::memory_layer(ends));
    imapd::CommandReader reader(client, imapd::ReaderLimits{});
    reader.begin();
    const auto head = imapd::parse_metadata_head(reader);
    if (head) {
        fuzz::require(!head->names.empty(), "a mailbox");
        fuzz::require(head->names.size() <= imapd::kMaxMetadataEntries, "bounded");
        const auto request = imapd::parse_getmetadata(reader, head->options);
        if (request) fuzz::require(!request->entries.empty(), "asks for something");
    }
    reader.skip_command();
    return 0;
}
