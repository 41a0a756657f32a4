// The figures of this server, as far as they can be seen without asking another. Reads its
// certificate and its scoreboard each time. Not for a worker of a service, which has the scoreboard
// open already (lib/service/scoreboard.h). Cannot fail: what cannot be seen is not known.
#ifndef ROOKERY_IMAP_MUPDATE_FIGURES_HERE_H
#define ROOKERY_IMAP_MUPDATE_FIGURES_HERE_H

#include "imap/mupdate/server_figures.h"
#include "lib/config/config.h"

namespace rookery::mupdate {

ServerFigures figures_here(const config::Config& config);

}  // namespace rookery::mupdate

#endif
