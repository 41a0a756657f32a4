// NNTP's lines, wildmats, ranges, moments, peers, answers and headers of articles: bytes of a
// command are the same command when it was written anew for another server, and nothing that is
// taken breaks a line.
#include <string>

#include "imap/nntp/answer.h"
#include "imap/nntp/article_header.h"
#include "imap/nntp/group.h"
#include "imap/nntp/moment.h"
#include "imap/nntp/peer.h"
#include "imap/nntp/peer_connection.h"
#include "imap/nntp/verbs.h"
#include "lib/base/strings.h"
#include "lib/stream/memory_layer.h"
#include "lib/text/rfc5322_header.h"
#include "lib/text/wildmat.h"
#include "tests/fuzz/target.h"

using namespace rookery;

namespace {

void check_peer(std::string_view text)
{
    const auto peer = nntp::parse_peer(text);
    if (!peer) return;
    fuzz::require(!peer->name.empty() && peer->name.find('/') == std::string::npos &&
                      peer->name.front() != '.' && peer->name.front() != '-',
                  "the name of a file, and no option");
    fuzz::require(peer->posts || (peer->user.empty() && peer->password.empty()), "a user posts");
    const auto again = nntp::parse_peer(peer->name);
    fuzz::require(again && again->name == peer->name, "a name is a peer");
}

void check_moment(std::string_view line)
{
    const size_t space = line.find(' ');
    if (space == line.npos) return;
    const auto moment = nntp::parse_moment(line.substr(0, space), line.substr(space + 1), 0);
    if (!moment || *moment < -62'135'596'800) return;  // the year 1
    const std::string written = nntp::format_moment(*moment);
    if (written.size() != 14) return;
    const auto again = nntp::parse_moment(written.substr(0, 8), written.substr(8), 0);
    fuzz::require(again && *again == *moment, "the same moment again");
}

void check_answer(std::string_view bytes)
{
    stream::MemoryEnds ends{.input = std::string(bytes), .output = {}};
    stream::Stream stream(stream::memory_layer(ends));
    const auto answer = nntp::read_answer(stream, "there");
    if (!answer) return;
    fuzz::require(answer->code >= 100 && answer->code <= 599, "a code");
    fuzz::require(answer->line.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
                  "one line");
}

void check_line(std::string_view line)
{
    check_peer(line);
    check_moment(line);
    if (const auto range = nntp::parse_range(line))
        fuzz::require(range->first <= nntp::kMaxNumber && range->last <= nntp::kMaxNumber,
                      "numbers of the protocol");
    if (const auto wildmat = text::Wildmat::compile(line)) {
        fuzz::require(!(wildmat->matches(line) && wildmat->poisons(line)), "one verdict");
        fuzz::require(wildmat->text() == line, "as it was written");
    }
    const auto command = nntp::parse(line);
    if (!command || command->verb == nullptr) return;
    fuzz::require(line.find_first_of(std::string_view("\r\0", 2)) == line.npos, "a clean line");
    const std::string written = nntp::to_line(*command);
    fuzz::require(written.size() <= line.size(), "no longer than it came");
    const auto again = nntp::parse(written);
    fuzz::require(again && again->verb == command->verb && again->words == command->words,
                  "the same command again");
}

void check_header(std::string_view bytes)
{
    for (const nntp::Source source : {nntp::Source::poster, nntp::Source::server}) {
        const auto header = nntp::read_article_header(bytes, source);
        if (!header) continue;
        fuzz::require(!header->groups.empty() && header->groups.size() <= nntp::kMaxGroups,
                      "some groups");
        for (const std::string& value :
             {header->path, header->message_id, header->control, header->to, header->reply_to})
            fuzz::require(value.find_first_of("\r\n") == value.npos, "one line");
        fuzz::require(header->message_id.empty() || nntp::is_message_id(header->message_id),
                      "a Message-ID");
        (void)nntp::passed_by(header->path, "here");
        if (const auto peer = nntp::parse_peer(bytes.substr(0, bytes.find('\r'))))
            (void)nntp::takes(*peer, *header);
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view bytes = fuzz::text_of(data, size);
    for (const std::string_view line : split(bytes, '\n')) check_line(line);
    check_header(bytes);
    check_answer(bytes);
    const std::string_view head = bytes.substr(0, text::header_size(bytes));
    fuzz::require(nntp::header_to_post(head).size() <= head.size(), "nothing is added");
    fuzz::require(
        nntp::shown(bytes).find_first_of(std::string_view("\r\n\t\0", 4)) == std::string::npos,
        "one line");
    return 0;
}
