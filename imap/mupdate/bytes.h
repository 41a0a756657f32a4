// Fixed-width little-endian numbers and counted strings, for the change log and the state file.
//
// Writer appends to a string; Reader takes from a view, and after the first thing that does not fit
// is not ok() and gives zeros. Values.
#ifndef ROOKERY_IMAP_MUPDATE_BYTES_H
#define ROOKERY_IMAP_MUPDATE_BYTES_H

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace rookery::mupdate {

template <std::unsigned_integral T>
void put_number(std::string& out, T n)
{
    for (size_t i = 0; i < sizeof(T); ++i) {
        out.push_back(static_cast<char>(static_cast<unsigned char>(n & 0xff)));
        if constexpr (sizeof(T) > 1) n = static_cast<T>(n >> 8);
    }
}

inline void put_counted(std::string& out, std::string_view bytes)
{
    put_number(out, static_cast<uint32_t>(bytes.size()));
    out.append(bytes);
}

class Reader {
 public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}

    template <std::unsigned_integral T>
    T number()
    {
        if (bytes_.size() < sizeof(T)) ok_ = false;
        if (!ok_) return 0;
        T n = 0;
        for (size_t i = sizeof(T); i-- > 0;) {
            if constexpr (sizeof(T) > 1) n = static_cast<T>(n << 8);
            n = static_cast<T>(n | static_cast<unsigned char>(bytes_[i]));
        }
        bytes_.remove_prefix(sizeof(T));
        return n;
    }
    std::string counted()
    {
        uint32_t size = number<uint32_t>();
        if (size > bytes_.size()) ok_ = false;
        if (!ok_) return {};
        std::string out(bytes_.substr(0, size));
        bytes_.remove_prefix(size);
        return out;
    }
    bool ok() const { return ok_; }
    bool at_end() const { return bytes_.empty(); }

 private:
    std::string_view bytes_;
    bool ok_ = true;
};

}  // namespace rookery::mupdate

#endif
