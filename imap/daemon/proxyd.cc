// proxyd: IMAP for mailboxes on other servers. The same engine as imapd's, without a store.
#include "imap/daemon/imap_service.h"
#include "imap/mboxlist/open_directory.h"
#include "lib/service/service_main.h"

int main(int argc, char** argv)
{
    rookery::daemon::ImapService service({rookery::mboxlist::open_directory, nullptr, nullptr},
                                         nullptr);
    return rookery::service::service_main(argc, argv, service);
}
