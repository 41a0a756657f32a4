// What master needs to start anything: where programs are, who runs them, what they are told.
#ifndef ROOKERY_MASTER_LAUNCH_CONTEXT_H
#define ROOKERY_MASTER_LAUNCH_CONTEXT_H

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/clock.h"
#include "lib/service/listen.h"
#include "lib/service/run_as.h"
#include "master/spawn.h"

namespace rookery::master {

struct LaunchContext {
    ProgramPath programs;
    std::optional<service::RunAs> user;  // none: master is not root
    int backlog = service::kBacklog;
    Seconds start_timeout{60};  // for a process beside an old one

    const service::RunAs* run_as() const { return user ? &*user : nullptr; }
    // Looks the program up and starts it.
    Result<pid_t> launch(const Argv& argv, std::vector<int> fds, unsigned max_fds,
                         std::vector<std::pair<std::string, std::string>> environment) const
    {
        TRY_ASSIGN(std::string program, programs.find(argv.front()));
        SpawnSpec spec;
        spec.environment = std::move(environment);
        spec.environment.emplace_back("ROOKERY_PROGRAM", program);
        spec.program = std::move(program);
        spec.argv = argv;
        spec.fds = std::move(fds);
        spec.max_fds = max_fds;
        spec.user = run_as();
        return spawn(spec);
    }
};

}  // namespace rookery::master

#endif
