#include "imap/cluster/uniqueid.h"

#include <random>

#include "lib/base/strings.h"

namespace rookery::cluster {

std::string new_uniqueid()
{
    std::random_device random;
    std::string bytes;
    while (bytes.size() < 16) {
        const unsigned word = random();
        for (unsigned shift = 0; shift < 32; shift += 8)
            bytes.push_back(static_cast<char>(word >> shift & 0xFF));
    }
    return hex(bytes);
}

}  // namespace rookery::cluster
