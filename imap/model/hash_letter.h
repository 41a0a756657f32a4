// The letter under which directories of mailboxes and users are spread, as Cyrus does.
#ifndef ROOKERY_IMAP_MODEL_HASH_LETTER_H
#define ROOKERY_IMAP_MODEL_HASH_LETTER_H

#include <cstdint>
#include <string_view>

#include "lib/base/strings.h"

namespace rookery::model {

// full: fulldirhash.
inline char hash_letter(std::string_view word, bool full)
{
    if (full) {
        constexpr uint32_t kLetters = 23;
        uint32_t n = 0;
        for (const char c : word) {
            if (c == '.') break;
            n = ((n << 3) ^ (n >> 5)) ^ static_cast<unsigned char>(c);
        }
        return static_cast<char>('A' + n % kLetters);
    }
    const char c = word.empty() ? '\0' : to_lower(word.front());
    return c >= 'a' && c <= 'z' ? c : 'q';
}

}  // namespace rookery::model

#endif
