// Page: one page of the B+tree of keys, as it lies in the file (doc/formats/tdb-store.md).
//
// Leaf pages hold keys and whether a value record belongs to them; inner pages hold separators and
// children: child(0) is for keys below key(0), child(i + 1) for keys from key(i) on. What all keys
// of a page begin with is stored once. A page read from a file is verified before anything else is
// asked of it (Code::corrupt); after that no accessor can leave the page. Values; no sharing.
#ifndef ROOKERY_LIB_DB_PAGE_H
#define ROOKERY_LIB_DB_PAGE_H

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace rookery::db {

// A 32-bit check over bytes; seed makes the same bytes differ by where they are.
uint32_t check_word(std::string_view bytes, uint64_t seed);

uint16_t load16(const char* p);
uint32_t load32(const char* p);
uint64_t load64(const char* p);
void store16(char* p, uint16_t n);
void store32(char* p, uint32_t n);
void store64(char* p, uint64_t n);

class Page {
 public:
    static constexpr size_t kSize = 4096;
    enum class Kind : uint8_t { leaf = 1, inner = 2, free = 3 };

    struct Cell {
        std::string key;
        uint32_t child = 0;      // inner
        bool has_value = false;  // leaf
    };
    struct Place {
        size_t index;  // of the first key >= the one looked for
        bool equal;
    };

    void init(uint32_t number, Kind kind, uint8_t level);
    // Checks and takes over bytes read from a file.
    Status read_from(std::string_view bytes, uint32_t number);
    // The bytes for the file, with a fresh check word.
    std::string_view seal();

    uint32_t number() const { return load32(&bytes_[4]); }
    Kind kind() const { return static_cast<Kind>(bytes_[8]); }
    uint8_t level() const { return static_cast<uint8_t>(bytes_[9]); }
    size_t size() const { return load16(&bytes_[10]); }
    // Inner: the first child. Free: the next free page, 0 = none.
    uint32_t link() const { return load32(&bytes_[12]); }
    void set_link(uint32_t n) { store32(&bytes_[12], n); }

    std::string_view prefix() const;
    std::string key(size_t i) const;
    void append_key(size_t i, std::string& out) const;
    bool has_value(size_t i) const;
    void set_has_value(size_t i, bool on);
    uint32_t child(size_t i) const;
    // Inner: the child in which key belongs.
    size_t child_index(std::string_view key) const;
    Place find(std::string_view key) const;

    // False: there is no room, nothing was changed.
    bool insert(size_t at, std::string_view key, uint32_t child, bool has_value);
    void remove(size_t at);
    // Bytes that a rebuild of this page would take.
    size_t used() const;
    std::vector<Cell> cells() const;
    // False: they do not fit, nothing was changed.
    bool rebuild(std::span<const Cell> cells);

 private:
    static constexpr size_t kHeader = 24;
    size_t cell_head() const { return kind() == Kind::inner ? 6 : 2; }
    size_t slot(size_t i) const { return load16(&bytes_[kHeader + 2 * i]); }
    size_t heap() const { return load16(&bytes_[18]); }
    std::string_view suffix(size_t i) const;
    void write_cell(size_t at, std::string_view suffix, uint32_t child, bool has_value);
    Status verify_cells() const;

    alignas(8) std::array<char, kSize> bytes_;
};

// The shortest key s with below < s <= from.
std::string separator_between(std::string_view below, std::string_view from);

}  // namespace rookery::db

#endif
