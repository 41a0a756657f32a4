#include "imap/imapd/selected/fetch_parse.h"

#include "lib/stream/memory_layer.h"
#include "tests/fuzz/target.h"

using namespace rookery;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    stream::MemoryEnds ends{std::string(fuzz::text_of(data, size)) + "\r\n", {}, 7, false, false};
    stream::Stream client(stream::memory_layer(ends));
    imapd::CommandReader reader(client, imapd::ReaderLimits{});
    reader.begin();
    const auto request = imapd::parse_fetch(reader);
    if (request) {
        fuzz::require(!request->items.empty(), "asks for something");
        fuzz::require(request->items.size() <= imapd::kMaxFetchItems, "bounded");
        for (const auto& item : request->items)
            fuzz::require(item.label.find_first_of("\r\n") == std::string::npos ||
                              item.fields != imapd::FetchItem::Fields::all,
                          "one line");
    }
    reader.skip_command();
    return 0;
}
