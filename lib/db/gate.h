// Gate: a word shared by all processes that use one store, in a small mapped file beside it.
//
// fcntl locks let readers starve a writer: each new reader is let in beside those that are there.
// So a writer raises the word before it commits, and readers wait for it to fall: kMaxWait after it
// was raised, and beyond that only while the writer lives, which its lock on the file tells. A
// writer that died with the word raised delays nobody for longer, and one that is stopped nobody
// for longer than kMaxWaitForLiving. The file also names the store's present inode, by which
// readers notice that it was replaced.
// Codes: io, no_space, denied. One thread; opened after fork. Losing the file costs speed only.
#ifndef ROOKERY_LIB_DB_GATE_H
#define ROOKERY_LIB_DB_GATE_H

#include <cstdint>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/result.h"

namespace rookery::db {

class Gate {
 public:
    static constexpr Milliseconds kMaxWait{50};
    static constexpr Milliseconds kMaxWaitForLiving{2000};

    static Result<Gate> open(const std::string& path);
    Gate(Gate&& other) noexcept;
    Gate& operator=(Gate&&) = delete;
    ~Gate();

    void raise();
    void lower();
    // Returns when no writer wants to commit, or when it is not to be waited for any longer.
    void wait() const;
    uint64_t inode() const;  // 0 = not known
    void set_inode(uint64_t inode);

 private:
    struct Words;
    Gate(Fd file, Words* words) : file_(std::move(file)), words_(words) {}
    void set_lock(short type);
    bool writer_lives() const;

    Fd file_;
    Words* words_;
};

}  // namespace rookery::db

#endif
