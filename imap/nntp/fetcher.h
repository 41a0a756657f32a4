// Fetcher: brings the new articles of one server of news to another, as a reader of the one and a
// feeder of the other.
//
// An article is asked for only if the other does not have it, held in a file of temp_path or in
// memory, and given on by IHAVE; one that is larger than what is taken here is read and let go.
// by_marks() goes through groups by their numbers and keeps a mark after each article that was
// dealt with: taken, refused for good, or gone; one that cannot be taken now ends its group for
// this time. new_news() takes what NEWNEWS names; what it is to be asked the next time is the
// caller's affair, and only if nothing is left.
// Borrows all its parts. One thread. Codes: those of the connections, which are of no more use
// then; unsupported (NEWNEWS is not to be had there); unavailable (an article cannot be read now);
// limit (a server says too much).
#ifndef ROOKERY_IMAP_NNTP_FETCHER_H
#define ROOKERY_IMAP_NNTP_FETCHER_H

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "imap/delivery/spooled_message.h"
#include "imap/nntp/fetch_marks.h"
#include "imap/nntp/peer_connection.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::nntp {

// Who watches it. More articles are known of, one is dealt with; true: it is to end here.
struct FetchWatch {
    std::function<void(uint64_t more)> expect;
    std::function<void(std::string_view what)> done;
    std::function<bool()> is_over;
};

struct Fetched {
    uint64_t taken = 0;
    uint64_t had = 0;      // the other has it, or refuses it
    uint64_t gone = 0;     // it is not there any more, or is too large
    uint64_t waiting = 0;  // it is to be tried again
};

class Fetcher {
 public:
    Fetcher(const config::Config& config, PeerConnection& from, PeerConnection& to,
            FetchWatch watch)
        : config_(config), from_(from), to_(to), watch_(std::move(watch))
    {
    }

    Status by_marks(const std::string& wildmat, FetchMarks& marks);
    Status new_news(const std::string& wildmat, int64_t since);
    // What the server's clock says.
    Result<int64_t> now();
    const Fetched& fetched() const { return fetched_; }

 private:
    struct Group {
        std::string name;
        uint32_t low = 0, high = 0;
    };
    struct Article {
        uint32_t number = 0;
        std::string id;
    };
    Result<std::vector<Group>> groups(const std::string& wildmat);
    Status group(const Group& group, FetchMarks& marks);
    Result<std::vector<Article>> articles(uint32_t first, uint32_t last);
    // True: it is dealt with.
    Result<bool> bring(std::string_view which, const std::string& id);

    const config::Config& config_;
    PeerConnection& from_;
    PeerConnection& to_;
    FetchWatch watch_;
    Fetched fetched_;
};

}  // namespace rookery::nntp

#endif
