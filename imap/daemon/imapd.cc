// imapd: IMAP for the mailboxes of this server, and the way to those of others.
#include "imap/daemon/imap_service.h"
#include "imap/mupdate/cluster_directory.h"
#include "imap/store/local_quotas.h"
#include "imap/store/local_store.h"

int main(int argc, char** argv)
{
    rookery::daemon::ImapService service({rookery::mupdate::open_cluster_directory,
                                          rookery::store::open_local_store,
                                          rookery::store::open_local_quotas});
    return rookery::master::service_main(argc, argv, service);
}
