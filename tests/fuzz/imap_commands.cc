// A session of IMAP over fakes: whatever a client says after its login, each line that it reads is
// one, literals have their size, and no message comes in that has no bytes. For the grammars that
// are read while their command runs (CATENATE, REPLACE, LIST, SELECT, PARTIAL ...).
#include <string>
#include <string_view>

#include "imap/imapd/engine.h"
#include "imap/imapd/session.h"
#include "imap/imapd/user.h"
#include "imap/mboxlist/memory_directory.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "lib/text/imap_syntax.h"
#include "tests/fuzz/target.h"
#include "tests/support/memory_store.h"

using namespace rookery;

namespace {

constexpr std::string_view kMessage =
    "From: a@example.org\r\nSubject: =?utf-8?Q?gr=C3=BCn?=\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--b--\r\n";

const config::Config& configured()
{
    static const config::Config config =
        *config::Config::from_text("configdirectory: /nonexistent\nservername: test.example.org\n"
                                   "unixhierarchysep: no\naltnamespace: no\n",
                                   "imap");
    return config;
}

struct Server {
    mboxlist::MemoryDirectory directory;
    test::MemoryStore store;

    void add(const std::string& internal, size_t messages)
    {
        auto state = store.make(internal);
        state->entry.acl.set("bob", *model::Rights::parse("lrswipkxtea"));
        auto change = mboxlist::Change::put(state->entry);
        fuzz::require(directory.commit({&change, 1}).ok(), "in the list");
        while (messages-- > 0) state->append(std::string(kMessage), 0, 1'000'000'000, 60);
    }
};

std::string converse(Server& server, std::string_view input)
{
    const config::Config& config = configured();
    stream::MemoryEnds ends{std::string(input), {}, 7, false, false};
    session::SessionKit kit(config, nullptr, imapd::kProtocol, {});
    stream::Stream client(stream::memory_layer(ends));
    imapd::ImapSession session{
        .config = config,
        .kit = kit,
        .directory = server.directory,
        .store = &server.store,
        .quotas = nullptr,
        .backends = nullptr,
        .client = client,
        .reader = imapd::CommandReader(client, imapd::reader_limits(config)),
    };
    imapd::become(session, auth::Identity{"bob", {}, false, false, "bob"});
    imapd::Engine(session).run();
    return ends.output;
}

// "* ..." and "+ ..." are the server's own; any other line ends a command.
bool is_a_line(std::string_view line)
{
    if (line.starts_with("* ") || line.starts_with("+")) return true;
    const size_t space = line.find(' ');
    if (space == 0 || space == line.npos) return false;
    line.remove_prefix(space + 1);
    return line.starts_with("OK ") || line.starts_with("NO ") || line.starts_with("BAD ");
}

void check_lines(std::string_view said)
{
    bool begins = true;
    while (!said.empty()) {
        const size_t end = said.find("\r\n");
        fuzz::require(end != said.npos, "a whole line");
        const std::string_view line = said.substr(0, end);
        fuzz::require(line.find('\n') == line.npos && line.find('\r') == line.npos, "one line");
        fuzz::require(!begins || is_a_line(line), "a response");
        said.remove_prefix(end + 2);
        const auto literal = text::literal_at_end(line);
        begins = !literal;
        if (!literal) continue;
        fuzz::require(literal->size <= said.size(), "all of a literal");
        said.remove_prefix(static_cast<size_t>(literal->size));
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    log::set_level(log::Level::error);
    const std::string_view input = fuzz::text_of(data, size);
    // They wait for what does not come; and what is compressed is not read here.
    const std::string upper = to_upper(input);
    if (upper.find("IDLE") != upper.npos || upper.find("COMPRESS") != upper.npos) return 0;
    Server server;
    server.add("user.bob", 3);
    server.add("user.bob.work", 1);
    check_lines(converse(server, input));
    for (const std::string name : {"user.bob", "user.bob.work"})
        if (const auto state = server.store.state(name))
            for (const auto& message : state->messages)
                fuzz::require(!message->bytes.empty(), "a message has bytes");
    return 0;
}
