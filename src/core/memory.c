/* Owns nothing but the chunks of each arena. Never returns NULL. */
#include "core/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK_BYTES = 32768, ALIGNMENT = 16 };

typedef struct chunk {
    struct chunk *next;
    size_t used, size;          /* of the bytes behind this header */
} chunk_t;

#define CHUNK_HEADER ((sizeof(chunk_t) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

struct arena {
    chunk_t *chunks;            /* the newest first */
};

static _Noreturn void memory_is_out(size_t count, size_t size)
{
    fprintf(stderr, "popgx: out of memory: %zu x %zu bytes\n", count, size);
    _exit(EXIT_FAILURE); /* no handlers: they might want memory */
}

void *memory_resize(void *memory, size_t count, size_t size)
{
    if (count > PTRDIFF_MAX / (size ? size : 1)) memory_is_out(count, size);
    size_t bytes = count * size;
    void *moved = realloc(memory, bytes > 0 ? bytes : 1);
    if (!moved) memory_is_out(count, size);
    return moved;
}

void *memory_zeroed(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
    if (!memory) memory_is_out(count, size);
    return memory;
}

arena_t *arena_new(void)
{
    arena_t *arena = memory_resize(NULL, 1, sizeof *arena);

    arena->chunks = NULL;
    return arena;
}

void arena_free(arena_t *arena)
{
    if (!arena) return;
    for (chunk_t *chunk = arena->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        free(chunk);
    }
    free(arena);
}

static chunk_t *arena_grow(arena_t *arena, size_t bytes)
{
    size_t size = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;
    chunk_t *chunk = memory_resize(NULL, CHUNK_HEADER + size, 1);

    *chunk = (chunk_t){.next = arena->chunks, .size = size};
    arena->chunks = chunk;
    return chunk;
}

void *arena_take(arena_t *arena, size_t count, size_t size)
{
    if (count > (PTRDIFF_MAX - CHUNK_HEADER - ALIGNMENT) / (size ? size : 1)) memory_is_out(count, size);
    size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    chunk_t *chunk = arena->chunks;
    if (!chunk || chunk->size - chunk->used < bytes) chunk = arena_grow(arena, bytes);
    char *taken = (char *)chunk + CHUNK_HEADER + chunk->used;
    chunk->used += bytes;
    return memset(taken, 0, bytes);
}

char *arena_text(arena_t *arena, const char *text, size_t n)
{
    char *copy = arena_take(arena, n + 1, 1);

    return n ? memcpy(copy, text, n) : copy;
}
