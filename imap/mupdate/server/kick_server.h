// KickServer: answers those who kick (imap/mboxlist/kick.h) at a mupdate master whose list the
// frontend on the same machine reads: "ok" when the list on disk has everything, else "behind".
// One thread of its own; catch_up is called there.
#ifndef ROOKERY_IMAP_MUPDATE_SERVER_KICK_SERVER_H
#define ROOKERY_IMAP_MUPDATE_SERVER_KICK_SERVER_H

#include <functional>
#include <string>

#include "imap/mupdate/server/thread.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::mupdate {

class KickServer {
 public:
    KickServer(std::string path, std::function<Status()> catch_up)
        : path_(std::move(path)), catch_up_(std::move(catch_up))
    {
    }
    Status start();
    void stop();

    // The listening socket, for any user of this machine.
    static Result<Fd> listen(const std::string& path);

 private:
    void run();

    std::string path_;
    std::function<Status()> catch_up_;
    Fd socket_;
    Pipe stop_pipe_;
    Thread thread_;
};

}  // namespace rookery::mupdate

#endif
