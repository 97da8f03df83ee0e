#include <math.h>

#include "host/clock.h"

#define TICK_NOMINAL_US 10000   /* USER_HZ 100 */
#define TICK_PPM 100.0          /* one of 10000 */
#define FREQ_ALONE_MAX_PPM 480.0/* below the kernel's 500: room before the tick has to move */
#define FREQ_SCALE 65536.0      /* adjtimex(2): ppm with a 16-bit fractional part */

struct host_rate host_rate_from_ppm(double ppm)
{
    long ticks;

    if (!isfinite(ppm))
        ppm = 0;
    ppm = fmax(-HOST_FREQUENCY_MAX_PPM, fmin(HOST_FREQUENCY_MAX_PPM, ppm));
    ticks = fabs(ppm) <= FREQ_ALONE_MAX_PPM ? 0 : lround(ppm / TICK_PPM);
    return (struct host_rate){ TICK_NOMINAL_US + ticks, lround((ppm - (double)ticks * TICK_PPM) * FREQ_SCALE) };
}

double host_rate_to_ppm(struct host_rate r)
{
    return (double)(r.tick_us - TICK_NOMINAL_US) * TICK_PPM + (double)r.freq_scaled / FREQ_SCALE;
}
