// Regex: a POSIX extended regular expression as :regex compares with one (draft-ietf-sieve-regex).
//
// Matched by a library whose time is linear in the text, and whose memory has a bound: without it
// there are none (regcomp(3) can be given neither bound), and compile() is not called. '^' and '$'
// are the ends of the value; '.' is any character, an octet with i;octet. Of POSIX' alternatives
// the leftmost, longest is taken; \d, \s, \w and \b are understood too.
// Codes: syntax, with what is wrong as text. Pure; any thread.
#ifndef ROOKERY_IMAP_SIEVE_REGEX_H
#define ROOKERY_IMAP_SIEVE_REGEX_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "imap/sieve/extension.h"

namespace rookery::sieve {

class Regex {
 public:
    static constexpr int64_t kMaxMemory = 262144;  // of one expression, while it matches too

    static Result<Regex> compile(Comparator::Kind kind, std::string_view pattern);
    Regex(Regex&&) noexcept;
    Regex& operator=(Regex&&) noexcept;
    ~Regex();

    // The number of steps that a character of a value can cost.
    uint64_t size() const;
    // Somewhere in the value; captures get what the whole has matched, then each group.
    bool search(std::string_view value, std::vector<std::string>* captures) const;

 private:
    struct Impl;
    explicit Regex(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace rookery::sieve

#endif
