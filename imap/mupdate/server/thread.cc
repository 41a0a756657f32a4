#include "imap/mupdate/server/thread.h"

#include <signal.h>

namespace rookery::mupdate {

namespace {

extern "C" void* rookery_mupdate_thread(void* argument)
{
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
}

}  // namespace

Status Thread::start(std::function<void()> run)
{
    run_ = std::make_unique<std::function<void()>>(std::move(run));
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    pthread_attr_t attributes;
    ::pthread_attr_init(&attributes);
    ::pthread_attr_setstacksize(&attributes, kStackSize);
    int failed = ::pthread_create(&thread_, &attributes, rookery_mupdate_thread, run_.get());
    ::pthread_attr_destroy(&attributes);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (failed == 0) return success();
    run_.reset();
    return errno_error("pthread_create", failed);
}

void Thread::join()
{
    if (!run_) return;
    ::pthread_join(thread_, nullptr);
    run_.reset();
}

}  // namespace rookery::mupdate
