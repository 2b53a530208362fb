/* Memory, whole files, and the gate for text. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/utf8.h"

Test(memory, an_arena_gives_zeroed_aligned_memory_of_any_size)
{
    arena_t *arena = arena_new();

    for (size_t n = 1; n < 200000; n = 3 * n + 1) {
        unsigned char *taken = arena_take(arena, n, 1);
        cr_assert_eq((uintptr_t)taken % 16, 0);
        for (size_t i = 0; i < n; i++) cr_assert_eq(taken[i], 0);
        memset(taken, 0xAB, n);
    }
    cr_assert_str_eq(arena_text(arena, "clopidogrel", 5), "clopi");
    arena_free(arena);
    arena_free(NULL);
}

Test(file, a_file_is_read_to_its_end_and_closed_by_a_nul)
{
    char path[] = "/tmp/popgx_file_XXXXXX", *bytes;
    int fd = mkstemp(path);
    size_t n, written = 0;

    for (int i = 0; i < 10000; i++) written += (size_t)write(fd, "0123456789", 10);   /* more than one buffer */
    close(fd);
    cr_assert_eq(file_read(path, 1 << 20, &bytes, &n), POPGX_OK);
    cr_assert_eq(n, written);
    cr_assert_eq(bytes[n - 1], '9');
    cr_assert_eq(bytes[n], '\0');
    free(bytes);
    cr_assert_eq(file_read(path, 99999, &bytes, &n), POPGX_E_IO);
    cr_assert_eq(file_read(path, 100000, &bytes, &n), POPGX_OK);
    free(bytes);
    unlink(path);
}

Test(file, what_cannot_be_read_is_an_error_with_its_name)
{
    char *bytes;
    size_t n;

    cr_assert_eq(file_read("/nowhere/model.yaml", 100, &bytes, &n), POPGX_E_IO);
    cr_assert_str_eq(popgx_err_detail(), "/nowhere/model.yaml: No such file or directory");
    cr_assert_eq(file_read("/tmp", 100, &bytes, &n), POPGX_E_IO);
    cr_assert_str_eq(popgx_err_detail(), "/tmp: Is a directory");
}

Test(utf8, text_passes_and_the_first_bad_byte_is_found)
{
    /* the ends of each length: U+007E, U+00A0, U+07FF, U+0800, U+D7FF, U+E000, U+FFFD, U+10000, U+10FFFF */
    const char good[] = "a\t\r\n~\xC2\xA0\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBD\xF0\x90\x80\x80\xF4\x8F\xBF\xBF";
    cr_assert_eq(utf8_check(good, sizeof good - 1), sizeof good - 1);

    static const char *const bad[] = {
        "ab\xEC", "ab\x80", "ab\xC0\x80", "ab\xC1\xBF", "ab\xE0\x9F\xBF", "ab\xED\xA0\x80", "ab\xF0\x8F\xBF\xBF", "ab\xF4\x90\x80\x80",
        "ab\xF8\x88\x80\x80\x80", "ab\xFF", "ab\x1B", "ab\x7F", "ab\xC2\x85", "ab\xEF\xBF\xBE", "ab\xE2\x82" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) cr_assert_eq(utf8_check(bad[i], strlen(bad[i])), 2, "case %zu", i);
    cr_assert_eq(utf8_check("a\0b", 3), 1);
}
