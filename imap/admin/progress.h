// Progress: how far long work is, told to whoever waits for it, and whether it is to end early.
//
// On a terminal a line of standard error is drawn again and again: what is done, of how much, how
// fast, how long it will take yet. Elsewhere a plain line each minute. Nothing when quiet. While
// one lives, print() and complain() of tool.h take the line away before they write.
//
// The first SIGINT or SIGTERM does not end the process: stopped() says so, between two pieces of
// the work, so that each is done or not begun; a second one ends it as always. One at a time; one
// thread; nothing here can fail.
#ifndef ROOKERY_IMAP_ADMIN_PROGRESS_H
#define ROOKERY_IMAP_ADMIN_PROGRESS_H

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/clock.h"

namespace rookery::admin {

// "moved 12 of 340, 3 %, 4.2/s, 1:18 left: user.bob". total 0: not known.
std::string progress_line(std::string_view what, uint64_t done, uint64_t total, Milliseconds took,
                          std::string_view now);

// The exit status: this one, or, of a program that was told to stop, what a shell makes of SIGINT.
int exit_status(int code);

class Progress {
 public:
    struct Policy {
        bool quiet = false;
        Milliseconds redraw{200};
        Milliseconds plain{60'000};
    };

    // what: "mailboxes moved", in front of the numbers.
    Progress(std::string what, const Policy& policy);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void expect(uint64_t total) { total_ = total; }
    // What is worked on now; a name from elsewhere may be in it.
    void working_on(std::string_view now);
    void advance(uint64_t count = 1) { reach(done_ + count); }
    void reach(uint64_t done);
    bool stopped() const;
    // "interrupted, 12 of 340 mailboxes moved; HOW_TO_GO_ON"
    std::string interrupted(std::string_view how_to_go_on) const;

 private:
    void tell();
    void hide();

    const std::string what_;
    const Policy policy_;
    const bool draws_;
    const MonotonicTime began_ = monotonic_now();
    MonotonicTime told_ = began_;
    bool names_ = false;  // the last line says what is worked on
    std::string now_;
    uint64_t done_ = 0, total_ = 0;
    bool shown_ = false;
    friend void hide_progress();
};

}  // namespace rookery::admin

#endif
