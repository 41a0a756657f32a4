// ServerFigures: what a server tells the mupdate master of itself (FIGURES), and the master whoever
// asks for STATUS (doc/protocols/mupdate.md). Values; what is not known is "-" in words.
#ifndef ROOKERY_IMAP_MUPDATE_SERVER_FIGURES_H
#define ROOKERY_IMAP_MUPDATE_SERVER_FIGURES_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lib/base/result.h"

namespace rookery::mupdate {

struct ServerFigures {
    static constexpr size_t kWords = 5;
    static constexpr size_t kMaxVersion = 64;  // bytes

    std::string version;
    std::optional<int64_t> free_percent;      // of the disk with the least room
    std::optional<int64_t> certificate_days;  // for which the server's is good
    std::optional<int64_t> sessions;
    std::string server;

    // In this order.
    std::vector<std::string> words() const;
    std::string text() const;  // the words with a space between them
    // syntax: they are no such words; a version has no space in it.
    static Result<ServerFigures> parse(std::span<const std::string> words);
};

}  // namespace rookery::mupdate

#endif
