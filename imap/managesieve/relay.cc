#include "imap/managesieve/relay.h"

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::managesieve {
namespace {

bool begins_with_word(std::string_view line, std::string_view word)
{
    return starts_with_nocase(line, word) &&
           (line.size() == word.size() || line[word.size()] == ' ');
}

bool is_last(std::string_view line)
{
    return begins_with_word(line, "OK") || begins_with_word(line, "NO") ||
           begins_with_word(line, "BYE");
}

Error too_long()
{
    return Error{Code::limit, "the answer is too long"};
}

// A line with the literals in it, appended to `answer`; where it began in there.
Status read_line(stream::Stream& server, std::string& answer, size_t max)
{
    for (;;) {
        if (answer.size() >= max) return too_long();
        TRY_ASSIGN(const std::string line, server.read_line(max - answer.size()));
        cat_to(answer, line, "\r\n");
        const auto literal = text::literal_at_end(line);
        if (!literal) return success();
        if (answer.size() >= max || literal->size > max - answer.size()) return too_long();
        const size_t before = answer.size();
        answer.resize(before + static_cast<size_t>(literal->size));
        TRY(server.read_exact({answer.data() + before, answer.size() - before}));
    }
}

}  // namespace

Result<std::string> read_answer(stream::Stream& server, size_t max)
{
    std::string answer;
    for (;;) {
        const size_t begin = answer.size();
        TRY(read_line(server, answer, max));
        const std::string_view line = std::string_view(answer).substr(begin);
        if (is_last(line.substr(0, line.find_first_of("\r\n")))) return answer;
        // A line of data is one that begins with a string.
        if (line[0] != '"' && line[0] != '{')
            return Error{Code::syntax, cat("no answer: ", line.substr(0, 100))};
    }
}

Result<std::string> relay(backend::BackendPool& backends, const std::string& server,
                          std::string_view command)
{
    TRY_ASSIGN(backend::Backend * backend, backends.get(server));
    backend->begin_command();
    stream::Stream& stream = backend->stream();
    stream.put(command);
    Status sent = stream.flush();
    auto answer = sent ? read_answer(stream, kMaxAnswer) : Result<std::string>(sent.error());
    // One that it gave before the command.
    if (answer && starts_with_nocase(*answer, "BYE"))
        answer = Error{Code::closed, cat(server, ": ", answer->substr(0, 200))};
    if (!answer) {
        backends.drop(backend);
        return answer.error();
    }
    backend->end_command();
    return answer;
}

}  // namespace rookery::managesieve
