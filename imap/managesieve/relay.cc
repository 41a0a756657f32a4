#include "imap/managesieve/relay.h"

#include "imap/backend/sieve_lines.h"
#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::managesieve {
namespace {

bool is_last(std::string_view line)
{
    return backend::is_sieve_word(line, "OK") || backend::is_sieve_word(line, "NO") ||
           backend::is_sieve_word(line, "BYE");
}

}  // namespace

Result<std::string> read_answer(stream::Stream& server, size_t max)
{
    std::string answer;
    for (;;) {
        if (answer.size() >= max) return Error{Code::limit, "the answer is too long"};
        TRY_ASSIGN(const std::string line, backend::read_sieve_line(server, max - answer.size()));
        cat_to(answer, line, "\r\n");
        if (is_last(line.substr(0, line.find_first_of("\r\n")))) return answer;
        // A line of data is one that begins with a string.
        if (!line.starts_with('"') && !line.starts_with('{'))
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
