#include "imap/imapd/selected/search_parse.h"

#include "lib/stream/memory_layer.h"
#include "lib/text/utf8.h"
#include "tests/fuzz/target.h"

using namespace rookery;

namespace {

size_t count(const imapd::SearchKey& key)
{
    size_t n = 1;
    fuzz::require(text::is_utf8(key.text), "UTF-8");
    for (const auto& child : key.children) n += count(child);
    return n;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    stream::MemoryEnds ends{
        " " + std::string(fuzz::text_of(data, size)) + "\r\n", {}, 7, false, false};
    stream::Stream client(stream::memory_layer(ends));
    imapd::CommandReader reader(client, imapd::ReaderLimits{});
    reader.begin();
    const auto request = imapd::parse_search(reader);
    if (request) fuzz::require(count(request->root) <= 3 * imapd::kMaxSearchKeys + 1, "bounded");
    reader.skip_command();
    return 0;
}
