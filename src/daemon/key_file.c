#include "daemon/key_file.h"

#include <sys/mman.h>

#include "base/err.h"
#include "crypto/mac.h"
#include "host/secret_file.h"

static void *secret_memory(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        return NULL;
    madvise(p, size, MADV_DONTDUMP);
    return p;
}

static void give_back(void *secret, size_t size)
{
    if (!secret)
        return;
    crypto_wipe(secret, size);
    munmap(secret, size);
}

static const struct key_table *read_table(const struct keys_options *o, struct span file, struct conf_errors *errors)
{
    struct key_table *table = secret_memory(sizeof *table);
    struct key_verdict v;

    if (!table)
        return NULL;
    v = keys_read(file, o, table);
    if (!v.fault)
        return table;
    conf_error_add(errors, (struct conf_origin){ CONF_FROM_FILE, v.line, v.column, o->file.s }, "%s", key_fault_text(v.fault));
    give_back(table, sizeof *table);
    return NULL;
}

void key_file_forget(const struct key_table *table) { give_back((void *)(uintptr_t)table, sizeof *table); }

const struct key_table *key_file_load(const struct keys_options *o, struct conf_origin at, struct conf_errors *errors)
{
    const struct key_table *table = NULL;
    const char *wrong;
    uint8_t *bytes;
    size_t len = 0;

    if (o->file.s[0] == '\0')
        return NULL;
    bytes = secret_memory(KEY_FILE_MAX);
    wrong = bytes ? host_secret_file_read(o->file.s, bytes, KEY_FILE_MAX, &len) : ue_text(UE_MEMORY);
    if (wrong)
        conf_error_add(errors, at, "keys.file: %s: %s", o->file.s, wrong);
    else
        table = read_table(o, (struct span){ bytes, len }, errors);
    give_back(bytes, KEY_FILE_MAX);
    return table;
}
