/*
 * Memory for the parts of popgx that build something small once (a model, a tree, a list of mistakes). Lack of it
 * ends the program with a message: there is nothing sensible left to do. Whatever grows with the number of
 * patients returns POPGX_E_NOMEM instead and does not use this.
 */
#ifndef POPGX_CORE_MEMORY_H
#define POPGX_CORE_MEMORY_H

#include <stddef.h>

/** realloc of `count` elements of `size` bytes; the message and the end if that fails. `memory` may be NULL. */
void *memory_resize(void *memory, size_t count, size_t size) __attribute__((returns_nonnull));

/** The same for new memory of zeroes. */
void *memory_zeroed(size_t count, size_t size) __attribute__((returns_nonnull));

/** Many small objects that are freed together. */
typedef struct arena arena_t;

arena_t *arena_new(void);
/** Frees `arena` and everything in it; NULL is allowed. */
void arena_free(arena_t *arena);

/** `count` zeroed elements of `size` bytes, aligned for any type. */
void *arena_take(arena_t *arena, size_t count, size_t size) __attribute__((returns_nonnull));

/** A NUL-terminated copy of `n` bytes. */
char *arena_text(arena_t *arena, const char *text, size_t n) __attribute__((returns_nonnull));
#endif
