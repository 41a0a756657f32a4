#include "imap/nntp/answer.h"

#include "lib/base/strings.h"

namespace rookery::nntp {

// Three digits, and a space or nothing.
Result<Answer> read_answer(stream::Stream& stream, const std::string& server)
{
    TRY_ASSIGN(std::string line, stream.read_line(kMaxStatusLine));
    const auto code = to_number<unsigned>(std::string_view(line).substr(0, 3), 599);
    const bool is_clean = line.find_first_of(std::string_view("\r\0", 2)) == line.npos;
    if (is_clean && line.size() >= 3 && (line.size() == 3 || line[3] == ' ') && code &&
        *code >= 100)
        return Answer{static_cast<int>(*code), std::move(line)};
    return Error{Code::syntax, cat(server, ": no answer: ", line.substr(0, 100))};
}

}  // namespace rookery::nntp
