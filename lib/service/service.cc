#include "lib/service/service.h"

#include "lib/base/strings.h"

namespace rookery::service {

Status Service::option(char letter, std::string_view)
{
    return Error{Code::config, cat("there is no option -", letter)};
}

}  // namespace rookery::service
