#include "imap/store/annotation_format.h"

#include <algorithm>
#include <optional>

#include "imap/store/index_format.h"
#include "lib/base/strings.h"

namespace rookery::store {
namespace {

constexpr std::string_view kEnd = "end ";
constexpr size_t kWords = 32;  // of a record, besides its name, user and value

bool is_plain(std::string_view word)
{
    return std::none_of(word.begin(), word.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

Error broken(std::string_view what)
{
    return Error{Code::corrupt, cat(kAnnotationsName, ": ", what)};
}

// The line up to its break, which is taken too.
std::optional<std::string_view> take_line(std::string_view& rest)
{
    const size_t end = rest.find('\n');
    if (end == rest.npos) return std::nullopt;
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

}  // namespace

Result<std::string> encode_annotations(std::span<const mailbox::Annotation> annotations)
{
    std::string out(kAnnotationsFirstLine);
    size_t bytes = 0;
    for (const mailbox::Annotation& a : annotations) {
        if (!is_plain(a.entry) || !is_plain(a.userid))
            return Error{Code::limit, "annotation: a control character in a name"};
        bytes += a.entry.size() + a.userid.size() + a.value.size() + kWords;
        if (bytes > mailbox::kMaxAnnotationBytes)
            return Error{Code::limit, "annotations: too many of one mailbox"};
        cat_to(out, a.value.size(), '\t', a.entry, '\t', a.userid, '\n', a.value, '\n');
    }
    cat_to(out, kEnd, checksum(out), '\n');
    return out;
}

Result<std::vector<mailbox::Annotation>> decode_annotations(std::string_view text)
{
    std::vector<mailbox::Annotation> annotations;
    std::string_view rest = text;
    if (!rest.starts_with(kAnnotationsFirstLine)) {
        if (rest.starts_with("rookery annotations "))
            return Error{Code::unsupported, "annotations of another version"};
        return broken("not a file of annotations");
    }
    rest.remove_prefix(kAnnotationsFirstLine.size());
    for (;;) {
        const auto before = static_cast<size_t>(rest.data() - text.data());
        const auto line = take_line(rest);
        if (!line) return broken("the end is missing");
        if (line->starts_with(kEnd)) {
            if (line->substr(kEnd.size()) != cat(checksum(text.substr(0, before))))
                return broken("checksum");
            return annotations;
        }
        const auto words = split(*line, '\t');
        if (words.size() != 3) return broken("a line without three words");
        auto size = to_uint64(words[0], kMaxAnnotationsFile);
        if (!size || *size >= rest.size() || rest[*size] != '\n') return broken("a wrong size");
        annotations.push_back(
            {std::string(words[1]), std::string(words[2]), std::string(rest.substr(0, *size))});
        rest.remove_prefix(*size + 1);
    }
}

}  // namespace rookery::store
