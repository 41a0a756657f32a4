#include "imap/sieve/regex.h"

#include "config.h"

#if HAVE_RE2

#include <re2/re2.h>

#include <algorithm>

#include "imap/sieve/variable_text.h"
#include "lib/base/strings.h"
#include "lib/text/utf8.h"

namespace rookery::sieve {
namespace {

re2::RE2::Options options_of(Comparator::Kind kind)
{
    re2::RE2::Options o;
    o.set_posix_syntax(true);
    o.set_longest_match(true);
    o.set_perl_classes(true);
    o.set_word_boundary(true);
    o.set_one_line(true);
    o.set_dot_nl(true);
    o.set_log_errors(false);
    o.set_max_mem(Regex::kMaxMemory);
    o.set_case_sensitive(kind == Comparator::Kind::octet);
    o.set_encoding(kind == Comparator::Kind::octet ? re2::RE2::Options::EncodingLatin1
                                                   : re2::RE2::Options::EncodingUTF8);
    return o;
}

}  // namespace

struct Regex::Impl {
    Impl(std::string_view pattern, const re2::RE2::Options& options, bool octets)
        : re(re2::StringPiece(pattern.data(), pattern.size()), options), by_octets(octets)
    {
    }
    re2::RE2 re;
    bool by_octets;
};

Regex::Regex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::compile(Comparator::Kind kind, std::string_view pattern)
{
    const bool octets = kind == Comparator::Kind::octet;
    const std::string repaired = octets ? std::string(pattern) : text::repair_utf8(pattern);
    auto impl = std::make_unique<Impl>(repaired, options_of(kind), octets);
    if (impl->re.ok()) return Regex(std::move(impl));
    return Error{Code::syntax,
                 cat('"', pattern, "\" is no regular expression: ", impl->re.error())};
}

uint64_t Regex::size() const
{
    return static_cast<uint64_t>(std::max(impl_->re.ProgramSize(), 1));
}

bool Regex::search(std::string_view value, std::vector<std::string>* captures) const
{
    // What is not UTF-8 would match nothing, not even '.'.
    std::string repaired;
    if (!impl_->by_octets && !text::is_utf8(value)) value = repaired = text::repair_utf8(value);
    re2::StringPiece groups[kMaxMatchVariable + 1];
    int wanted = 0;
    if (captures != nullptr)
        wanted =
            std::min(impl_->re.NumberOfCapturingGroups(), static_cast<int>(kMaxMatchVariable)) + 1;
    const re2::StringPiece whole(value.data(), value.size());
    if (!impl_->re.Match(whole, 0, value.size(), re2::RE2::UNANCHORED, groups, wanted))
        return false;
    if (captures == nullptr) return true;
    captures->clear();
    for (int i = 0; i < wanted; ++i) captures->emplace_back(groups[i].data(), groups[i].size());
    return true;
}

}  // namespace rookery::sieve

#else

namespace rookery::sieve {

struct Regex::Impl {};

Regex::Regex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;
Regex::~Regex() = default;

Result<Regex> Regex::compile(Comparator::Kind, std::string_view)
{
    return Error{Code::unsupported, "there is no matcher of regular expressions"};
}

uint64_t Regex::size() const
{
    return 1;
}

bool Regex::search(std::string_view, std::vector<std::string>*) const
{
    return false;
}

}  // namespace rookery::sieve

#endif
