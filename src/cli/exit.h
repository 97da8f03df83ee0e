/* Exit codes, shared with the daemon's: docs in man utcctl. */
#ifndef CLI_EXIT_H
#define CLI_EXIT_H

enum cli_exit {
    CLI_OK = 0,
    CLI_GENERAL = 1,
    CLI_USAGE = 2,
    CLI_CONFIGURATION = 3,
    CLI_PERMISSION = 4,
    CLI_ADDRESS = 5,
    CLI_OTHER_INSTANCE = 6,
    CLI_NOT_SYNCHRONISED = 7,
    CLI_NO_DAEMON = 8,
    CLI_UNKNOWN_LINES = 9,      /* import: lines that the other daemon would not understand either */
    CLI_FINDINGS = 10           /* check: warnings, no errors */
};

#endif
