/* A configuration file to translate. */
#include "import_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    import_check(IMPORT_NTPD_RS, data, size);
    return 0;
}
