// What a mupdate server tells about itself: the answer to STATUS (doc/protocols/mupdate.md), read
// by murder(8). Each line is a key and its values; whoever reads skips keys that it does not know.
#ifndef ROOKERY_IMAP_MUPDATE_SERVER_STATUS_H
#define ROOKERY_IMAP_MUPDATE_SERVER_STATUS_H

#include <functional>
#include <string>
#include <vector>

namespace rookery::mupdate {

struct StatusLine {
    std::string key;
    std::string value;
};
// Gives the lines; any thread may ask.
using StatusSource = std::function<std::vector<StatusLine>()>;

}  // namespace rookery::mupdate

#endif
