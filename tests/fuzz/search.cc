#include "imap/imapd/selected/search_parse.h"

#include "lib/base/strings.h"
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

void check(const imapd::SearchRequest& request)
{
    fuzz::require(count(request.root) <= 3 * imapd::kMaxSearchKeys + 1, "bounded");
}

// Behind the name of a command.
template <class Request, class Check>
void read_with(Result<Request> (*parse)(imapd::CommandReader&), std::string_view text, Check check)
{
    stream::MemoryEnds ends{cat(" ", text, "\r\n"), {}, 7, false, false};
    stream::Stream client(stream::memory_layer(ends));
    imapd::CommandReader reader(client, imapd::ReaderLimits{});
    reader.begin();
    const auto request = parse(reader);
    if (request) check(*request);
    reader.skip_command();
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view text = fuzz::text_of(data, size);
    read_with(imapd::parse_search, text, [](const auto& request) { check(request); });
    read_with(imapd::parse_sort, text, [](const auto& request) {
        fuzz::require(!request.order.empty() && request.order.size() <= 9, "each field once");
        check(request.search);
    });
    read_with(imapd::parse_thread, text, [](const auto& request) { check(request.search); });
    // So is a SEARCH of a client that speaks UTF-8, without what it asks to be told.
    read_with(imapd::parse_recorded_search, text, [](const imapd::EsearchRequest& request) {
        check(request.search);
        fuzz::require(request.sources.empty(), "of the selected mailbox");
        bool is_read = false;
        read_with(imapd::parse_search, std::string_view(request.program).substr(1),
                  [&](const imapd::SearchRequest& again) {
                      is_read = true;
                      fuzz::require(count(again.root) == count(request.search.root), "all");
                      fuzz::require(again.has_numbers == request.search.has_numbers &&
                                        again.has_charset == request.search.has_charset,
                                    "the same");
                  });
        fuzz::require(is_read, "what was read can be read");
    });
    // What other servers are asked for is read there as it was here.
    read_with(imapd::parse_esearch, text, [](const imapd::EsearchRequest& request) {
        check(request.search);
        const std::string program = request.program;
        fuzz::require(program.starts_with(' '), "behind the sources");
        bool is_read = false;
        read_with(imapd::parse_esearch, std::string_view(program).substr(1),
                  [&](const imapd::EsearchRequest& again) {
                      is_read = true;
                      fuzz::require(again.sources.empty() && again.program == program, "the same");
                      fuzz::require(count(again.search.root) == count(request.search.root), "all");
                  });
        fuzz::require(is_read, "what was read can be read");
    });
    return 0;
}
