// The memory of a process that waits.
#ifndef ROOKERY_LIB_BASE_MEMORY_H
#define ROOKERY_LIB_BASE_MEMORY_H

namespace rookery {

// Gives free memory of the heap back to the system, where the C library can. Some microseconds, and
// a page fault for each page that is used again: for a process that will do nothing for a while.
void give_back_free_memory();

}  // namespace rookery

#endif
