// Guarded<T>: data that cannot be reached without its lock. For mupdate, the one threaded program,
// and for what libraries keep for a whole process. A lock is never held across network I/O.
//
//   Guarded<Table> table;
//   { auto t = table.lock(); t->insert(...); }          // unlocked at the end of the block
//   auto t = table.lock(); t.wait(deadline, [&]{ return t->ready; });   // condition variable
#ifndef ROOKERY_LIB_BASE_GUARDED_H
#define ROOKERY_LIB_BASE_GUARDED_H

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace rookery {

template <class T>
class Guarded {
 public:
    template <class... Args>
    explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...)
    {
    }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    class Locked {
     public:
        explicit Locked(Guarded& owner) : owner_(owner), lock_(owner.mutex_) {}
        T& operator*() { return owner_.value_; }
        T* operator->() { return &owner_.value_; }
        // Waits, unlocked, until predicate holds; predicate runs with the lock held.
        template <class Predicate>
        void wait(Predicate predicate)
        {
            owner_.changed_.wait(lock_, predicate);
        }
        // The same with a limit; false if the predicate still does not hold then.
        template <class Predicate>
        bool wait_until(std::chrono::steady_clock::time_point when, Predicate predicate)
        {
            return owner_.changed_.wait_until(lock_, when, predicate);
        }
        void notify_one() { owner_.changed_.notify_one(); }
        void notify_all() { owner_.changed_.notify_all(); }

     private:
        Guarded& owner_;
        std::unique_lock<std::mutex> lock_;
    };

    Locked lock() { return Locked(*this); }

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    T value_;
};

}  // namespace rookery

#endif
