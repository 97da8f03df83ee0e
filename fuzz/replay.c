/* Stands in for libFuzzer's main in ordinary builds: every file of the corpus goes through the target once, as a test in TAP.
 *
 * usage: TARGET CORPUS_FOLDER */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_SIZE_MAX (1 << 20)

/* A buffer of exactly the input's size, so that instrumented builds see every byte read beyond it. */
static int replay(const char *path)
{
    static uint8_t whole[INPUT_SIZE_MAX];
    FILE *f = fopen(path, "rb");
    uint8_t *exact;
    size_t size;

    if (f == NULL)
        return -1;
    size = fread(whole, 1, sizeof whole, f);
    fclose(f);
    exact = malloc(size > 0 ? size : 1);
    if (exact == NULL)
        return -1;
    memcpy(exact, whole, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

int main(int argc, char **argv)
{
    char path[4096];
    struct dirent *entry;
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    int count = 0, failed = 0;

    if (folder == NULL) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        count++;
        if (replay(path) != 0) {
            failed++;
            printf("not ");
        }
        printf("ok %d - %s\n", count, entry->d_name);
        fflush(stdout);
    }
    closedir(folder);
    printf("1..%d\n", count);
    return failed > 0 || count == 0;
}
