// A word of a mapped file that several processes read and write, as an atomic: what std::atomic_ref
// would be, which libc++ has from its version 19 only. Cannot fail. Any thread.
#ifndef ROOKERY_LIB_BASE_ATOMIC_WORD_H
#define ROOKERY_LIB_BASE_ATOMIC_WORD_H

#include <atomic>

namespace rookery {

// The word stays the caller's and must be aligned to its size.
template <typename Word>
std::atomic<Word>& atomic_word(Word& word)
{
    using Atomic = std::atomic<Word>;
    static_assert(Atomic::is_always_lock_free, "a lock would be this process's own");
    static_assert(sizeof(Atomic) == sizeof(Word));
    return reinterpret_cast<Atomic&>(word);
}

}  // namespace rookery

#endif
