// lmtpd: delivery into the mailboxes of this server, and to the servers of others.
#include "imap/daemon/lmtp_service.h"
#include "imap/daemon/make_users.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/store/local_quotas.h"
#include "imap/store/local_store.h"
#include "lib/service/service_main.h"

int main(int argc, char** argv)
{
    rookery::daemon::LmtpService service(
        {rookery::mboxlist::open_directory, rookery::store::open_local_store,
         rookery::store::open_local_quotas},
        rookery::daemon::make_users_here);
    return rookery::service::service_main(argc, argv, service);
}
