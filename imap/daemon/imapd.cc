// imapd: IMAP for the mailboxes of this server, and the way to those of others.
#include "imap/daemon/imap_service.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/store/local_quotas.h"
#include "imap/store/local_store.h"
#include "imap/store/local_sync.h"
#include "lib/service/service_main.h"

int main(int argc, char** argv)
{
    rookery::daemon::ImapService service(
        {rookery::mboxlist::open_directory, rookery::store::open_local_store,
         rookery::store::open_local_quotas},
        rookery::store::make_local_sync);
    return rookery::service::service_main(argc, argv, service);
}
