// ScriptedPeer: the other end of a connection, played by a child process from a list of steps.
//
// Text that is expected or sent may hold "$T": the first word of the last line that was expected,
// usually a tag, which differs in every run. The child exits with 0 if all went as the script says.
// Each wait lasts at most 10 seconds.
#ifndef ROOKERY_TESTS_SUPPORT_SCRIPTED_PEER_H
#define ROOKERY_TESTS_SUPPORT_SCRIPTED_PEER_H

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/base/fd.h"

namespace rookery::test {

struct Step {
    enum class Kind { expect, expect_bytes, expect_end, skip_line, send, close } kind;
    std::string text;
};
inline Step expect(std::string line)
{
    return {Step::Kind::expect, std::move(line)};
}
inline Step expect_bytes(std::string bytes)
{
    return {Step::Kind::expect_bytes, std::move(bytes)};
}
inline Step expect_end()
{
    return {Step::Kind::expect_end, {}};
}
inline Step skip_line()
{
    return {Step::Kind::skip_line, {}};
}
// Any, with a tag that "$T" then is.
inline Step skip_command()
{
    return {Step::Kind::skip_line, "$T"};
}
inline Step send(std::string text)
{
    return {Step::Kind::send, std::move(text)};
}
inline Step hang_up()
{
    return {Step::Kind::close, {}};
}

class ScriptedPeer {
 public:
    // Over one end of a socket pair.
    ScriptedPeer(Fd end, std::vector<Step> steps);
    // Listens on a loopback port and plays the steps with the first client.
    explicit ScriptedPeer(std::vector<Step> steps);
    ~ScriptedPeer();
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;

    uint16_t port() const { return port_; }
    // Waits for the child; true if everything was as the script says.
    bool finished_well();

 private:
    void start(Fd fd, bool listening, const std::vector<Step>& steps);
    pid_t pid_ = -1;
    uint16_t port_ = 0;
};

// Two connected ends.
std::pair<Fd, Fd> connected_pair();

}  // namespace rookery::test

#endif
