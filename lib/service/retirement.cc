#include "lib/service/retirement.h"

#include <poll.h>

namespace rookery::service::retirement {
namespace {

int life_fd = -1;
bool life_over = false;

}  // namespace

void watch(int life)
{
    life_fd = life;
}

int fd()
{
    return life_fd;
}

bool is_known()
{
    return life_over;
}

bool is_due()
{
    if (life_over || life_fd < 0) return life_over;
    pollfd life{life_fd, POLLIN, 0};
    life_over = ::poll(&life, 1, 0) > 0;
    return life_over;
}

}  // namespace rookery::service::retirement
