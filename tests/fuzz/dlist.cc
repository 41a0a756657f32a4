// A value that is taken is written as one that is taken again, and is the same.
#include "imap/sync/dlist.h"

#include <algorithm>

#include "lib/stream/memory_layer.h"
#include "tests/fuzz/target.h"

using namespace rookery;
using sync::Dlist;

namespace {

struct Taken {
    Dlist value;
    size_t files = 0;
};

Result<Taken> take(std::string_view text)
{
    stream::MemoryEnds ends{std::string(text) + "\r\n", {}, 7, false, false};
    stream::Stream peer(stream::memory_layer(ends));
    sync::DlistReader reader(peer, true, {.text = 4096, .held = 65536});
    Taken taken;
    reader.on_file([&](const sync::FileHead& head, stream::Stream& from) -> Status {
        ++taken.files;
        for (uint64_t n = 0; n < head.size; ++n) TRY(from.get());
        return success();
    });
    auto done = reader.value();
    fuzz::require(done.ok() || !peer.ok(), "what is not taken ends the stream");
    if (!done) return std::move(done).error();
    TRY(reader.end_of_line());
    taken.value = *std::move(done);
    return taken;
}

void write(std::string& out, const Dlist& value)
{
    const bool is_map = value.kind == Dlist::Kind::map;
    if (value.kind == Dlist::Kind::nil) out += "NIL";
    if (value.kind == Dlist::Kind::text) sync::put_string(out, value.text);
    if (value.items.empty() && !is_map && value.kind != Dlist::Kind::list) return;
    out += is_map ? "%(" : "(";
    for (size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out += ' ';
        if (is_map) out += value.keys[i] + ' ';
        write(out, value.items[i]);
    }
    out += ')';
}

bool same(const Dlist& a, const Dlist& b)
{
    if (a.kind != b.kind || a.text != b.text || a.keys != b.keys) return false;
    return std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), same);
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const auto taken = take(fuzz::text_of(data, size));
    if (!taken) return 0;
    std::string text;
    write(text, taken->value);
    const auto again = take(text);
    fuzz::require(again && again->files == 0 && same(taken->value, again->value), "the same");
    return 0;
}
