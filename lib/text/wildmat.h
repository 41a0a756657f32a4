// Wildmat: a list of patterns for names of newsgroups and for values of header fields (RFC 3977 4).
//
// '*' matches anything, '?' one character of UTF-8. Of patterns divided by commas the last that
// matches decides; one with '!' in front of it says no. So does one with '@', which is for lists of
// peers alone: an article with any group that it matches is not sent there.
// Costs the length of the pattern times that of the text, at most. Codes: syntax (an empty pattern,
// or one with a backslash or bracket, which RFC 3977 4.1 does not let in), limit. A value.
#ifndef ROOKERY_LIB_TEXT_WILDMAT_H
#define ROOKERY_LIB_TEXT_WILDMAT_H

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::text {

class Wildmat {
 public:
    static constexpr size_t kMaxWildmat = 4096;

    enum class Poison { no, yes };  // is '@' one?
    static Result<Wildmat> compile(std::string_view patterns, Poison poison = Poison::no);

    bool matches(std::string_view name) const;
    // The pattern that decides begins with '@'.
    bool poisons(std::string_view name) const;
    // As it was written.
    const std::string& text() const { return text_; }

 private:
    enum class Means { yes, no, poison };
    struct Pattern {
        std::string text;
        Means means;
    };
    const Pattern* decides(std::string_view name) const;

    std::string text_;
    std::vector<Pattern> patterns_;
};

}  // namespace rookery::text

#endif
