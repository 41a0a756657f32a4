#include "imap/nntp/fetch_marks.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "imap/nntp/group.h"
#include "lib/base/strings.h"

namespace rookery::nntp {
namespace {

constexpr std::string_view kMagic = "rookery fetchnews marks 1\n";
constexpr size_t kSpareLines = 1000;

}  // namespace

Result<FetchMarks> FetchMarks::open(const std::string& path)
{
    TRY_ASSIGN(Fd lock, open_file(path + ".lock", O_RDWR | O_CREAT));
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) return Error{Code::busy, cat(path, ": another process has it")};
        return errno_error(path);
    }
    FetchMarks marks(path, std::move(lock));
    TRY(marks.read());
    if (!marks.file_) TRY(marks.write_anew());
    return marks;
}

// The file stays open only if lines can be added to it as it is.
Status FetchMarks::read()
{
    if (::access(path_.c_str(), F_OK) != 0 && errno == ENOENT) return success();
    TRY_ASSIGN(const std::string text, read_file(path_, kMaxFile));
    if (!text.starts_with(kMagic)) return Error{Code::corrupt, cat(path_, ": no marks")};
    std::string_view rest = std::string_view(text).substr(kMagic.size());
    const size_t end = rest.rfind('\n');
    const bool is_whole = rest.empty() || end + 1 == rest.size();
    rest = rest.substr(0, end == rest.npos ? 0 : end);
    for (const std::string_view line : split(rest, '\n', false)) {
        const auto words = split_words(line);
        const auto number = to_number<uint32_t>(words.size() == 2 ? words[1] : "", kMaxNumber);
        if (!number) return Error{Code::corrupt, cat(path_, ": no mark: ", line.substr(0, 100))};
        marks_[std::string(words[0])] = *number;
        ++lines_;
    }
    if (!is_whole || has_grown()) return success();
    TRY_ASSIGN(file_, open_file(path_, O_WRONLY | O_APPEND));
    return success();
}

Status FetchMarks::write_anew()
{
    std::string text(kMagic);
    for (const auto& [group, number] : marks_) cat_to(text, group, ' ', number, '\n');
    TRY(replace_file(path_, text));
    lines_ = marks_.size();
    TRY_ASSIGN(file_, open_file(path_, O_WRONLY | O_APPEND));
    return success();
}

bool FetchMarks::has_grown() const
{
    return lines_ > 2 * marks_.size() + kSpareLines;
}

uint32_t FetchMarks::of(std::string_view group) const
{
    const auto found = marks_.find(group);
    return found == marks_.end() ? 0 : found->second;
}

Status FetchMarks::reach(std::string_view group, uint32_t number)
{
    TRY(write_all(file_.get(), cat(group, ' ', number, '\n')));
    TRY(sync_fd(file_.get()));
    marks_.insert_or_assign(std::string(group), number);
    ++lines_;
    return has_grown() ? write_anew() : success();
}

}  // namespace rookery::nntp
