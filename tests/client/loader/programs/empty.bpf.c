/* An object without programs. */
#include "common.h"

RING(events, 4096);
