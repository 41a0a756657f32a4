// The steps of the store, in the tests of this suite: each call that changes a disk. One of them
// can fail, or be the last of its process; syncs are counted, and wait for no disk.
#ifndef ROOKERY_TESTS_UNIT_IMAP_STORE_STEPS_H
#define ROOKERY_TESTS_UNIT_IMAP_STORE_STEPS_H

#include <functional>

namespace rookery::test {

enum class Fault { none, dies, fails_once, fails_from_then_on };
constexpr int kDied = 77;

// Runs work in a process of its own with the fault at that step. Gives how it ended: kDied; 0, the
// step was never reached; 1, work said true; 2, it said false.
int in_child(Fault what, int step, const std::function<bool()>& work);
// Goes through all steps until run says that one was not reached any more.
void at_each_step(Fault what, const std::function<bool(int step)>& run);
// From now on in this process no step fails.
void end_faults();
// How many syncs this process has made.
int syncs();

}  // namespace rookery::test

#endif
