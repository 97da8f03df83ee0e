/* A DAYTIME line as utcctl's query reads and shows it. */
#include <assert.h>
#include <string.h>

#include "lib/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char shown[UTC_TEXT_MAX];
    struct utc_ns t;

    query_printable((struct span){ data, size }, shown, sizeof shown);
    for (size_t i = 0; i < strlen(shown); i++)
        assert(shown[i] >= 0x20 && shown[i] < 0x7f);
    if (query_daytime_parse((struct span){ data, size }, &t) == 0)
        assert(t.ns % NS_PER_S == 0);
    return 0;
}
