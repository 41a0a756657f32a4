// FetchMarks: how far the groups of another server were fetched: of each the highest number that
// was dealt with (doc/formats/fetchnews.md).
//
// A text file of lines "group number", of which the last of a group counts; one that a crash cut
// short counts for nothing. reach() adds a line, which is durable when it returns. The file is
// written anew, with one line for each group, where it has grown. One process at a time: the file
// is locked. One thread. Codes: busy (another process has it), corrupt (it is no such file), io,
// no_space.
#ifndef ROOKERY_IMAP_NNTP_FETCH_MARKS_H
#define ROOKERY_IMAP_NNTP_FETCH_MARKS_H

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::nntp {

class FetchMarks {
 public:
    static constexpr size_t kMaxFile = size_t{256} << 20;

    // The file is made if it is missing, in a folder that is there.
    static Result<FetchMarks> open(const std::string& path);

    uint32_t of(std::string_view group) const;  // 0: nothing yet
    // Down too, where the group begins anew.
    Status reach(std::string_view group, uint32_t number);

 private:
    FetchMarks(std::string path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
    Status read();
    Status write_anew();
    bool has_grown() const;

    std::string path_;
    Fd lock_;
    Fd file_;
    size_t lines_ = 0;
    std::map<std::string, uint32_t, std::less<>> marks_;
};

}  // namespace rookery::nntp

#endif
