// lmtpproxyd: delivery to the servers that hold the mailboxes.
#include "imap/daemon/lmtp_service.h"
#include "imap/daemon/make_users.h"
#include "imap/mboxlist/open_directory.h"
#include "lib/service/service_main.h"

int main(int argc, char** argv)
{
    rookery::daemon::LmtpService service({rookery::mboxlist::open_directory, nullptr, nullptr},
                                         rookery::daemon::make_users_there);
    return rookery::service::service_main(argc, argv, service);
}
