/* utcctl: asks a running daemon, or a server, and says what it learnt. */
#include "cli/command.h"

int main(int argc, char **argv) { return command_main(argc, (const char *const *)argv); }
