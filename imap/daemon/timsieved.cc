// timsieved: users' Sieve scripts, here and at the servers of others.
#include "imap/daemon/sieve_service.h"
#include "imap/mboxlist/open_directory.h"
#include "lib/service/service_main.h"

int main(int argc, char** argv)
{
    rookery::daemon::SieveService service({rookery::mboxlist::open_directory, nullptr, nullptr});
    return rookery::service::service_main(argc, argv, service);
}
