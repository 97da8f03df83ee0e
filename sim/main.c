#include <stdio.h>

#include "sim/sim.h"

int main(int argc, char **argv)
{
    int code = sim_main(argc, argv);

    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fputs("utcsim: cannot write what came out: the disk is full, or standard output is closed\n", stderr);
    return code ? code : 1;
}
