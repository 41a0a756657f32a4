// pop3d: POP3 for the maildrops of this server, and the way to those of others.
#include "imap/daemon/open_store.h"
#include "imap/daemon/pop3_service.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/store/local_quotas.h"
#include "lib/service/service_main.h"

int main(int argc, char** argv)
{
    rookery::daemon::Pop3Service service({rookery::mboxlist::open_directory,
                                          rookery::daemon::open_store_if_any,
                                          rookery::store::open_local_quotas});
    return rookery::service::service_main(argc, argv, service);
}
