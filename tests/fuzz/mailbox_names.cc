// Names of mailboxes as clients write them, in modified UTF-7 and in UTF-8 (RFC 6855 3).
#include "imap/imapd/command_reader.h"

#include "lib/stream/memory_layer.h"
#include "lib/text/mutf7.h"
#include "lib/text/utf8.h"
#include "tests/fuzz/target.h"

using namespace rookery;

namespace {

using Read = Result<std::string> (imapd::CommandReader::*)();

struct Wire {
    Wire(std::string_view text, bool utf8)
        : ends{cat(text, "\r\n"), {}, 7, false, false},
          client(stream::memory_layer(ends)),
          reader(client, imapd::ReaderLimits{})
    {
        reader.begin();
        reader.speak_utf8(utf8);
    }
    stream::MemoryEnds ends;
    stream::Stream client;
    imapd::CommandReader reader;
};

// In UTF-8 a name is the one that was written, whatever is in it.
void check(std::string_view text, Read read, Read as_written)
{
    Wire wire(text, true);
    const auto name = (wire.reader.*read)();
    wire.reader.skip_command();
    if (!name) return;
    const auto utf8 = text::mutf7_to_utf8(*name);
    fuzz::require(utf8.ok(), "modified UTF-7");
    Wire again(text, true);
    const auto written = (again.reader.*as_written)();
    fuzz::require(written && *written == *utf8, "the same name");
    std::string recorded;
    Wire recording(text, true);
    recording.reader.record(&recorded);
    (void)(recording.reader.*read)();
    Wire replayed(recorded, false);
    const auto plain = (replayed.reader.*as_written)();
    fuzz::require(plain && *plain == *utf8, "what is written down is read as it was");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view text = fuzz::text_of(data, size);
    check(text, &imapd::CommandReader::mailbox, &imapd::CommandReader::astring);
    check(text, &imapd::CommandReader::mailbox_pattern, &imapd::CommandReader::list_mailbox);
    Wire wire(text, false);
    const auto name = wire.reader.mailbox();
    if (name && !text::is_ascii(*name)) fuzz::require(!text::is_utf8(*name), "no UTF-8 is left");
    wire.reader.skip_command();
    return 0;
}
