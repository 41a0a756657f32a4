// pop3d: POP3 for the maildrops of this server, and the way to those of others.
#include "imap/daemon/pop3_service.h"
#include "imap/mboxlist/open_directory.h"
#include "imap/store/local_quotas.h"
#include "imap/store/local_store.h"
#include "lib/service/service_main.h"

namespace rookery::daemon {
namespace {

// None where no mail is kept.
Result<std::unique_ptr<mailbox::MailboxStore>> open_store(const config::Config& config)
{
    if (config.partitions().empty()) return std::unique_ptr<mailbox::MailboxStore>();
    return store::open_local_store(config);
}

}  // namespace
}  // namespace rookery::daemon

int main(int argc, char** argv)
{
    rookery::daemon::Pop3Service service({rookery::mboxlist::open_directory,
                                          rookery::daemon::open_store,
                                          rookery::store::open_local_quotas});
    return rookery::service::service_main(argc, argv, service);
}
