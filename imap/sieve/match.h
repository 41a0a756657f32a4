// Comparing values: the comparators of RFC 4790 and the match types of RFC 5228 2.7.1 and 5231.
//
// Nothing fails. :matches goes over the value once for each piece between two '*', never back, so
// its time is bounded by size of value times size of pattern. Pure; any thread.
#ifndef ROOKERY_IMAP_SIEVE_MATCH_H
#define ROOKERY_IMAP_SIEVE_MATCH_H

#include <string>
#include <string_view>
#include <vector>

#include "imap/sieve/extension.h"

namespace rookery::sieve {

// Less than, equal to or greater than 0.
int compare(Comparator::Kind kind, std::string_view a, std::string_view b);
bool holds(Relation relation, int order);
bool contains(Comparator::Kind kind, std::string_view value, std::string_view key);
// '*' any text, '?' one character (an octet with i;octet), '\' takes the next as it is. Each
// wildcard takes as little as it can; captures get the whole value, then what each has taken.
bool matches(Comparator::Kind kind, std::string_view value, std::string_view pattern,
             std::vector<std::string>* captures);

}  // namespace rookery::sieve

#endif
