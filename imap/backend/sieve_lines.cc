#include "imap/backend/sieve_lines.h"

#include "lib/base/strings.h"
#include "lib/text/imap_syntax.h"

namespace rookery::backend {

Result<std::string> read_sieve_line(stream::Stream& stream, size_t max)
{
    const Error too_long{Code::limit, "the answer is too long"};
    std::string whole;
    for (;;) {
        if (whole.size() >= max) return too_long;
        TRY_ASSIGN(const std::string line, stream.read_line(max - whole.size()));
        whole += line;
        const auto literal = text::literal_at_end(line);
        if (!literal) return whole;
        whole += "\r\n";
        if (whole.size() >= max || literal->size > max - whole.size()) return too_long;
        const size_t before = whole.size();
        whole.resize(before + static_cast<size_t>(literal->size));
        TRY(stream.read_exact({whole.data() + before, whole.size() - before}));
    }
}

bool is_sieve_word(std::string_view line, std::string_view word)
{
    return starts_with_nocase(line, word) &&
           (line.size() == word.size() || line[word.size()] == ' ');
}

}  // namespace rookery::backend
