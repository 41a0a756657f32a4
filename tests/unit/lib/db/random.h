// Random keys, values and operations for the store tests. Seeded: a failure can be run again.
#ifndef ROOKERY_TESTS_UNIT_LIB_DB_RANDOM_H
#define ROOKERY_TESTS_UNIT_LIB_DB_RANDOM_H

#include <cstdint>
#include <string>

#include "lib/base/strings.h"

namespace rookery::test {

class Random {
 public:
    explicit Random(uint64_t seed) : state_(seed * 2 + 1) {}
    uint64_t next()
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }
    uint64_t below(uint64_t n) { return next() % n; }
    bool one_in(uint64_t n) { return below(n) == 0; }

    // Keys that share long beginnings, as mailbox names do; now and then one of any bytes and any
    // length up to longest.
    std::string key(size_t longest = 1000)
    {
        if (one_in(20)) {
            std::string bytes(1 + below(longest), '\0');
            for (char& c : bytes) c = static_cast<char>(below(256));
            return bytes;
        }
        std::string name = one_in(3) ? "Muser\x1f" : "Sbackend1.example.org\x02user\x1f";
        cat_to(name, "u", below(300));
        for (uint64_t depth = below(4); depth > 0; --depth)
            cat_to(name, '\x1f', "folder", below(9));
        if (one_in(50)) name.append(below(longest - name.size()), 'x');
        return name;
    }
    std::string value()
    {
        if (one_in(4)) return "";
        std::string bytes(one_in(200) ? below(65'000) : below(300), 'v');
        for (char& c : bytes) c = static_cast<char>(below(256));
        return bytes;
    }

 private:
    uint64_t state_;
};

}  // namespace rookery::test

#endif
