// POP3's lines, and two sessions that use one connection to a server one after the other.
//
// Bytes of a command are the same command when it was written anew for another server. Of what the
// server says, cut anywhere, each session's client hears whole answers to its own commands, in
// their order, or the connection is given up; never a byte of the other's session. For that bytes
// from 0x80 on are made one value in what is said before the second login, another behind it.
#include <optional>
#include <string>
#include <vector>

#include "imap/backend/idle_backends.h"
#include "imap/pop3/relay.h"
#include "lib/auth/sasl_client.h"
#include "lib/base/log.h"
#include "lib/base/strings.h"
#include "lib/config/config.h"
#include "lib/stream/memory_layer.h"
#include "tests/fuzz/target.h"
#include "tests/support/answering_layer.h"

using namespace rookery;

namespace {

// No such socket: what is not kept cannot be had again.
const std::string kServer = "/nonexistent/pop3";
constexpr char kFirst = '\x81';
constexpr char kSecond = '\x82';

const config::Config& configured()
{
    static const config::Config config = *config::Config::from_text(
        "configdirectory: /nonexistent\nproxy_authname: murder\nproxy_password: secret\n"
        "force_sasl_client_mech: PLAIN\n",
        "pop3");
    static const bool ready = auth::SaslClient::init_library(config).ok();
    fuzz::require(ready, "libsasl2");
    return config;
}

// --- the grammar

void check_line(std::string_view line)
{
    const auto command = pop3::parse(line);
    if (!command || command->verb == nullptr) return;
    fuzz::require(line.find_first_of(std::string_view("\r\0", 2)) == line.npos, "a clean line");
    if (command->verb->at != pop3::At::maildrop) return;
    const std::string written = pop3::to_line(*command);
    fuzz::require(written.size() + 2 <= pop3::kMaxLine, "a line within its maximum");
    fuzz::require(written.find_first_of("\r\n") == written.npos, "one line");
    const auto again = pop3::parse(written);
    fuzz::require(again && again->verb == command->verb && again->count == command->count &&
                      again->numbers == command->numbers && pop3::to_line(*again) == written,
                  "the same command again");
}

// --- two sessions

struct Script {
    std::vector<std::string> answers;  // what the server says whenever it was written to
    std::vector<std::string> commands[2];
};

// Fields end with 0xff. The first is for the commands of both sessions, which a newline divides;
// each other is what the server says next.
Script script_of(std::string_view bytes)
{
    Script script;
    size_t session = 0;
    std::string field;
    bool is_first = true;
    for (const char c : cat(bytes, '\xff')) {
        if (c != '\xff') {
            field += c;
            continue;
        }
        if (!is_first) {
            script.answers.push_back(std::move(field));
        } else {
            for (const char letter : field) {
                static constexpr const char* kCommands[] = {"STAT",   "LIST",    "LIST 1", "RETR 1",
                                                            "DELE 1", "TOP 1 0", "UIDL",   "RSET"};
                if (letter == '\n')
                    session = 1;
                else if (script.commands[session].size() < 8)
                    script.commands[session].push_back(
                        kCommands[static_cast<unsigned char>(letter) % std::size(kCommands)]);
            }
        }
        is_first = false;
        field.clear();
    }
    return script;
}

void mark(std::string& answer, char with)
{
    for (char& c : answer)
        if (static_cast<unsigned char>(c) >= 0x80) c = with;
}

// The whole answer at the beginning of what was said; none: that is no answer, or not a whole one.
std::optional<std::string> answer_in(std::string_view said, const pop3::Command& command)
{
    std::string answer;
    for (bool is_first = true;; is_first = false) {
        const size_t end = said.find('\n');
        if (end == said.npos) return std::nullopt;
        std::string_view line = said.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        const std::string_view raw = said.substr(0, end + 1);
        said.remove_prefix(end + 1);
        if (!is_first) {
            answer += raw;
            if (line == ".") return answer;
            continue;
        }
        if (line.size() > pop3::kMaxStatusLine ||
            line.find_first_of(std::string_view("\r\0", 2)) != line.npos)
            return std::nullopt;
        const std::string_view word = line.substr(0, line.find(' '));
        if (word != "+OK" && word != "-ERR") return std::nullopt;
        cat_to(answer, line, "\r\n");
        if (word == "-ERR" || !command.has_many_lines()) return answer;
    }
}

struct Run {
    test::AnsweringEnds server;
    std::string heard[2];
};

// Of one session, on a connection that is there or is kept; what its client heard by the way.
void session(Run& run, size_t index, const Script& script, backend::BackendPool& pool)
{
    stream::MemoryEnds ends;
    stream::Stream client(stream::memory_layer(ends));
    pop3::Relay relay(pool, client);
    const auto hello = relay.open(kServer, [] { return std::nullopt; });
    if (!hello) return;
    run.heard[index] += *hello;
    for (const std::string& line : script.commands[index]) {
        const auto command = pop3::parse(line);
        const bool was_silent = run.server.said.empty();
        const size_t answer = run.server.writes;
        const size_t before = ends.output.size();
        const Status passed = relay.pass(*command);
        (void)client.flush();
        const auto expected = answer < run.server.answers.size()
                                  ? answer_in(run.server.answers[answer], *command)
                                  : std::nullopt;
        fuzz::require(!passed || (was_silent && expected), "an answer that is one");
        if (passed)
            fuzz::require(ends.output.substr(before) == *expected, "that answer");
        else
            fuzz::require(!relay.is_open(), "a connection that is given up");
        if (!passed) break;
    }
    run.heard[index] += ends.output;
    if (!relay.is_open()) return;
    if (const auto bye = relay.quit()) run.heard[index] += *bye;
}

Run run_both(const Script& script, size_t chunk)
{
    Run run{.server = {.answers = script.answers, .chunk = chunk, .said = {}, .written = {}},
            .heard = {}};
    // The first session's last is the answer to X-REUSE.
    const size_t first = script.commands[0].size() + 1;
    for (size_t i = 0; i < run.server.answers.size(); ++i)
        mark(run.server.answers[i], i < first ? kFirst : kSecond);
    const config::Config& config = configured();
    static backend::Health health("", backend::Health::options(config));
    backend::IdleBackends idle(config);
    for (size_t i = 0; i < 2; ++i) {
        backend::BackendPool pool(config, backend::pop3_dialect(), &idle, &health);
        pool.set_user(i == 0 ? "bob" : "alice");
        if (i == 0)
            pool.add(backend::backend_for_test(
                backend::pop3_dialect(), kServer,
                stream::Stream(std::make_unique<test::AnsweringLayer>(run.server)),
                {"X-REUSE", "AUTH=PLAIN"}));
        session(run, i, script, pool);
    }
    return run;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    log::set_level(log::Level::error);
    const std::string_view bytes = fuzz::text_of(data, size);
    for (const std::string_view line : split(bytes, '\n')) check_line(line);
    const Script script = script_of(bytes);
    const Run whole = run_both(script, 65536);
    for (const size_t chunk : {1, 3}) {
        const Run cut = run_both(script, chunk);
        fuzz::require(cut.heard[0] == whole.heard[0] && cut.heard[1] == whole.heard[1] &&
                          cut.server.written == whole.server.written,
                      "the same, however it is cut");
    }
    fuzz::require(whole.heard[0].find(kSecond) == std::string::npos, "nothing of the second");
    fuzz::require(whole.heard[1].find(kFirst) == std::string::npos, "nothing of the first");
    return 0;
}
