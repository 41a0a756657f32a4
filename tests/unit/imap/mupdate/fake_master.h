// FakeMaster: a mupdate master in a child process, with the real grammar and rules and nothing
// else. Any login is taken. Ended with its owner.
#ifndef ROOKERY_TESTS_UNIT_IMAP_MUPDATE_FAKE_MASTER_H
#define ROOKERY_TESTS_UNIT_IMAP_MUPDATE_FAKE_MASTER_H

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace rookery::test {

class FakeMaster {
 public:
    FakeMaster();
    ~FakeMaster();
    FakeMaster(const FakeMaster&) = delete;
    FakeMaster& operator=(const FakeMaster&) = delete;

    void start();  // with an empty list
    void stop();
    uint16_t port() const { return port_; }
    // The command after which the next connection is cut, unanswered: "ACTIVATE". Before start().
    void die_at(std::string word) { die_at_ = std::move(word); }
    // The first command of this name is answered NO with this text. Before start().
    void refuse(std::string word, std::string text)
    {
        refuse_ = std::move(word);
        refusal_ = std::move(text);
    }

 private:
    void bind_port();
    int listener_ = -1;
    uint16_t port_ = 0;
    pid_t child_ = -1;
    std::string die_at_;
    std::string refuse_;
    std::string refusal_;
};

}  // namespace rookery::test

#endif
