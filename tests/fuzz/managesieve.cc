// A ManageSieve client's bytes, read in pieces of different sizes: the same commands each time, no
// string over its maximum, and what is written anew for another server is the same command again.
#include <string>
#include <vector>

#include "imap/managesieve/command_reader.h"
#include "imap/managesieve/relay.h"
#include "imap/managesieve/reply.h"
#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "tests/fuzz/target.h"

using namespace rookery;

namespace {

constexpr size_t kMax = 2000;

struct Command {
    std::string text;  // verb and arguments as they would be passed on, or the code of an error
    bool is_whole = false;
    bool operator==(const Command&) const = default;
};

Command read(managesieve::CommandReader& reader)
{
    const auto error = [](const Error& e) { return Command{std::string(code_name(e.code))}; };
    auto verb = reader.verb();
    if (!verb) return error(verb.error());
    std::string text = *std::move(verb);
    for (;;) {
        const auto more = reader.has_argument();
        if (!more) return error(more.error());
        if (!*more) return {text, true};
        const auto string = reader.string(kMax);
        if (!string) return error(string.error());
        fuzz::require(string->size() <= kMax, "a string within its maximum");
        cat_to(text, ' ', managesieve::to_client_string(*string));
    }
}

std::vector<Command> read_all(std::string_view bytes, size_t chunk)
{
    stream::MemoryEnds ends;
    ends.input = bytes;
    ends.chunk = chunk;
    stream::Stream client(stream::memory_layer(ends));
    managesieve::CommandReader reader(client);
    std::vector<Command> commands;
    while (client.ok() && !reader.is_lost()) commands.push_back(read(reader));
    return commands;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view s = fuzz::text_of(data, size);
    const auto commands = read_all(s, 65536);
    fuzz::require(commands == read_all(s, 1), "the same commands");
    fuzz::require(commands.size() <= s.size() + 1, "a command takes a byte");
    for (const Command& c : commands) {
        if (!c.is_whole) continue;
        const auto again = read_all(c.text + "\r\n", 65536);
        fuzz::require(again.size() == 2 && again[0] == c, "the same command again");
    }
    stream::MemoryEnds ends;
    ends.input = s;
    stream::Stream server(stream::memory_layer(ends));
    const auto answer = managesieve::read_answer(server, kMax);
    fuzz::require(!answer || answer->size() <= kMax + 2, "an answer within its maximum");
    return 0;
}
