/* Private state of the clock room that its owner stores; shapes belong to clock/. */
#ifndef CLOCK_SOURCE_H
#define CLOCK_SOURCE_H

#include "base/log.h"
#include "base/measurement.h"

struct clock_source { int placeholder; };
struct clock_estimate { int placeholder; };
struct clock_policy { int placeholder; };

#endif
