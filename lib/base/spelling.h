// What somebody may have meant by a word that is none of those that there are. Pure; any thread.
#ifndef ROOKERY_LIB_BASE_SPELLING_H
#define ROOKERY_LIB_BASE_SPELLING_H

#include <cstddef>
#include <string_view>
#include <vector>

namespace rookery {

// Letters that are wrong, missing, too many, or two that stand the wrong way round. Of words longer
// than 100 letters: whatever is longer.
size_t edit_distance(std::string_view a, std::string_view b);

// True if one may be the other misspelt: the longer the word, the more may be wrong with it.
bool is_near(std::string_view a, std::string_view b);

// The nearest of the words that are near at all; "" if none is. The first of several.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& words);

}  // namespace rookery

#endif
