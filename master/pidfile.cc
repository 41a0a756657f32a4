// The locked pid file.
#include "master/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/strings.h"

namespace rookery::master {

Result<PidFile> PidFile::lock(const std::string& path)
{
    TRY_ASSIGN(Fd fd, open_file(path, O_RDWR | O_CREAT, 0644));
    struct flock whole {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(fd.get(), F_SETLK, &whole) != 0) {
        if (errno != EAGAIN && errno != EACCES) return errno_error(path);
        return Error{Code::busy, cat(path, ": another master is running")};
    }
    if (::ftruncate(fd.get(), 0) != 0) return errno_error(path);
    TRY(write_all(fd.get(), cat(static_cast<unsigned long>(::getpid()), '\n')));
    return PidFile(std::move(fd));
}

void PidFile::clear()
{
    if (::ftruncate(fd_.get(), 0) != 0) return;  // the lock goes in any case
}

}  // namespace rookery::master
