#include "lib/base/memory.h"

#include "config.h"

#ifdef HAVE_MALLOC_TRIM
#include <malloc.h>
#endif

namespace rookery {

void give_back_free_memory()
{
#ifdef HAVE_MALLOC_TRIM
    (void)::malloc_trim(0);
#endif
}

}  // namespace rookery
