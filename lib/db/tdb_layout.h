// What TdbStore keeps in its tdb file: the header record, value records, page records.
//
// doc/formats/tdb-store.md describes the same. Reading verifies check words (Code::corrupt); a file
// of a later format is refused (Code::unsupported). Values; no sharing.
#ifndef ROOKERY_LIB_DB_TDB_LAYOUT_H
#define ROOKERY_LIB_DB_TDB_LAYOUT_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace rookery::db {

inline constexpr uint32_t kFormatVersion = 1;
inline constexpr std::string_view kHeaderKey = "H";

struct Header {
    static constexpr size_t kCountsAt = 40;
    static constexpr size_t kSize = kCountsAt + 256 * 8;

    uint32_t root = 0;
    uint32_t next_page = 1;              // numbers from here on were never used
    uint32_t free_page = 0;              // the first free one; each links to the next; 0 = none
    uint64_t values = 0;                 // value records
    std::array<uint64_t, 256> counts{};  // keys by their first byte
    uint64_t& count(char space) { return counts[static_cast<unsigned char>(space)]; }

    uint64_t records() const { return values + next_page; }  // pages 1 to next_page - 1, this one
    std::string encode() const;
    static Result<Header> decode(std::string_view bytes);
    friend bool operator==(const Header&, const Header&) = default;
};

std::string page_key(uint32_t number);
// "V" and the key.
void make_value_key(std::string_view key, std::string& out);
// Padded so that key and value together have one of few sizes: what grows a little is written in
// place, and what is freed fits what comes next.
void encode_value(std::string_view key, std::string_view value, std::string& out);
// The value within the record; a view into record.
Result<std::string_view> decode_value(std::string_view key, std::string_view record);

}  // namespace rookery::db

#endif
