// Starting a program: fork, descriptors, limits, privileges, environment, exec.
//
// spawn() returns once exec has succeeded or failed; a failure of any step in the child is the
// Error here, so "No such file" is known at once. The child has standard input on /dev/null, fds[0]
// as descriptor 3, fds[1] as 4 and so on; all else is closed. Codes: not_found, denied, io.
#ifndef ROOKERY_MASTER_SPAWN_H
#define ROOKERY_MASTER_SPAWN_H

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/service/run_as.h"
#include "master/conf.h"

namespace rookery::master {

// Where programs without a "/" are looked for, in order.
class ProgramPath {
 public:
    // argv0: how master itself was started; its folder comes first when it names one, and the sbin
    // beside it.
    explicit ProgramPath(const std::string& argv0);
    // The file to execute. not_found names the folders that were tried.
    Result<std::string> find(const std::string& program) const;

 private:
    void add_folder(std::string folder);

    std::vector<std::string> folders_;
};

struct SpawnSpec {
    std::string program;  // from ProgramPath::find
    Argv argv;
    std::vector<std::pair<std::string, std::string>> environment;  // set on top of ours
    std::vector<int> fds;
    unsigned max_fds = 0;
    const service::RunAs* user = nullptr;  // null: stay who we are
};

Result<pid_t> spawn(const SpawnSpec& spec);

}  // namespace rookery::master

#endif
