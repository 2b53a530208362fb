/*
 * Models that differ in a few numbers: the draws of a probabilistic analysis. A patch is what turns the bytes of one packed
 * model into those of another; ten thousand models take little more room than their parameters.
 */
#ifndef POPGX_MODEL_PATCH_H
#define POPGX_MODEL_PATCH_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/**
 * The patch from `base` to `bytes`, both of model_pack: the runs of 8-byte words that differ if they are equally long, else the
 * whole.
 *
 * @param[out] patch  the caller frees it; its length is a multiple of 8
 */
MUST_USE popgx_err_t patch_make(const unsigned char *base, size_t n_base, const unsigned char *bytes, size_t n_bytes,
                                unsigned char **patch, size_t *n_patch);

/** Undoes patch_make. @param[out] bytes  the caller frees it @retval POPGX_E_INPUT  it is no patch of this base */
MUST_USE popgx_err_t patch_apply(const unsigned char *base, size_t n_base, const unsigned char *patch, size_t n_patch,
                                 unsigned char **bytes, size_t *n_bytes);
#endif
