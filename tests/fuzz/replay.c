/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the inputs of a corpus through a fuzz target, without libFuzzer: REPLAY FOLDER|FILE... */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/vec.h"
#include "bytes.h"
#include "orch/error.h"

enum { MOST_SECONDS = 20, MOST_BYTES = 1 << 20 };

/* Of a sanitizer, when there is one. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static const char *running;

static void say_which(void)
{
    static const char text[] = "while running ";
    (void)!write(STDERR_FILENO, text, sizeof text - 1);
    (void)!write(STDERR_FILENO, running, strlen(running));
    (void)!write(STDERR_FILENO, "\n", 1);
}

static void on_signal(int signal_number)
{
    say_which();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void run_file(const char *path)
{
    struct orch_text text = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    if (orch_file_read(path, MOST_BYTES, &text, &err) != ORCH_OK) {
        fprintf(stderr, "%s: %s\n", err.message, err.detail);
        exit(1);
    }
    /* An allocation of exactly its size: reading past the input is seen. */
    uint8_t *copy = malloc(text.len + (text.len == 0));
    if (copy == NULL)
        abort();
    memcpy(copy, orch_text_z(&text), text.len);
    running = path;
    alarm(MOST_SECONDS);
    LLVMFuzzerTestOneInput(copy, text.len);
    alarm(0);
    free(copy);
    orch_text_release(&text);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t run_folder(const char *path, DIR *folder)
{
    ORCH_VEC(char *) files = { 0 };
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        struct orch_text file = { 0 };
        if (entry->d_name[0] == '.')
            continue;
        orch_text_printf(&file, "%s/%s", path, entry->d_name);
        if (file.failed || !orch_vec_push(&files, file.ptr))
            abort();
    }
    if (files.len > 0)
        qsort(files.items, files.len, sizeof *files.items, by_name);
    size_t n = files.len;
    for (size_t i = 0; i < n; i++) {
        run_file(files.items[i]);
        free(files.items[i]);
    }
    orch_vec_release(&files);
    return n;
}

int main(int argc, char **argv)
{
    size_t n = 0;
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(say_which);
    for (int i = 1; i < argc; i++) {
        running = argv[i];
        DIR *folder = opendir(argv[i]);
        if (folder != NULL) {
            n += run_folder(argv[i], folder);
            closedir(folder);
        } else {
            run_file(argv[i]);
            n++;
        }
    }
    running = "nothing: all inputs are done";
    printf("%zu inputs\n", n);
    return n > 0 ? 0 : 1;
}
