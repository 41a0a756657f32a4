// NNTP's lines, wildmats, ranges and headers of articles: bytes of a command are the same command
// when it was written anew for another server, and nothing that is taken breaks a line.
#include <string>

#include "imap/nntp/article_header.h"
#include "imap/nntp/group.h"
#include "imap/nntp/verbs.h"
#include "lib/base/strings.h"
#include "lib/text/wildmat.h"
#include "tests/fuzz/target.h"

using namespace rookery;

namespace {

void check_line(std::string_view line)
{
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
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view bytes = fuzz::text_of(data, size);
    for (const std::string_view line : split(bytes, '\n')) check_line(line);
    check_header(bytes);
    fuzz::require(
        nntp::shown(bytes).find_first_of(std::string_view("\r\n\t\0", 4)) == std::string::npos,
        "one line");
    return 0;
}
