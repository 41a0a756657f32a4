// The skeleton of a threaded daemon (mupdate): one process that serves all clients itself.
//
// master execs it with prefork=1; it is never forked from a template. threaded_main reads argv and
// the configuration, blocks all signals, calls prepare(), starts one thread for signals and one
// that notices the end of master, and then run() in the calling thread. SIGTERM, SIGINT, SIGQUIT
// and the end of master call terminate(); SIGHUP calls hangup(). Both are called from other threads
// than run() and must only set flags and wake it (a pipe). After SIGHUP the daemon may read its
// configuration again, or end with exit code 0: master starts it anew at once.
// Started without master, -X is refused: mupdate has many clients.
#ifndef ROOKERY_LIB_SERVICE_SERVICE_THREAD_H
#define ROOKERY_LIB_SERVICE_SERVICE_THREAD_H

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/command_line.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"
#include "lib/config/config.h"

namespace rookery::service {

class ThreadedService {
 public:
    virtual ~ThreadedService() = default;
    // Beyond those that all daemons have (service_setup.h).
    virtual std::vector<Option> options() const { return {}; }
    virtual Status option(char letter, std::string_view argument);
    // Once, before any thread exists. An error ends the process: Code::busy with 75, Code::config
    // with 78, others with 71.
    virtual Status prepare(const config::Config& config) = 0;
    // As in Service (lib/service/service.h).
    virtual std::string lacking() const { return {}; }
    // Until it is to end; gives the exit code. listeners are non-blocking listening sockets. Calls
    // ready() once, as soon as clients are accepted. lib/service/accept.h has accept_client().
    virtual int run(const std::vector<Fd>& listeners, const std::string& service,
                    const std::function<void()>& ready) = 0;
    virtual void terminate() = 0;
    virtual void hangup() = 0;
};

// Runs the daemon; gives the exit code.
int threaded_main(int argc, char** argv, ThreadedService& service);

}  // namespace rookery::service

#endif
