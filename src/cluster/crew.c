/* Handing out inside a rank. The lock is held while the source is asked, so that only one thread of a rank asks it. */
#include "cluster/crew.h"

#include <stdio.h>

popgx_err_t crew_open(crew_t *crew, uint64_t n, uint64_t least)
{
    popgx_err_t err;

    TRY(blocks_open(n, least, &crew->source));
    pthread_mutex_init(&crew->lock, NULL);
out:
    return err;
}

void crew_fail(crew_t *crew, popgx_err_t err)
{
    if (crew->err) return;
    crew->err = err;
    snprintf(crew->detail, sizeof crew->detail, "%s", popgx_err_detail());
    blocks_stop(crew->source);
}

static void ask_whether_to_stop(crew_t *crew)
{
    if (crew->is_stopped || !crew->is_stop_wanted || !crew->is_stop_wanted(crew->stop_context)) return;
    crew->is_stopped = true;
    blocks_stop(crew->source);
}

/* Under the lock. */
static void take(crew_t *crew, uint64_t boundary, uint64_t most, block_range_t *piece)
{
    popgx_err_t err = crew->range.count > 0 ? POPGX_OK : blocks_next(crew->source, &crew->range);

    if (err) {
        crew_fail(crew, err);
        return;
    }
    const uint64_t rest = boundary - crew->range.first % boundary;
    *piece = crew->range;
    if (piece->count > rest) piece->count = rest;
    if (piece->count > most) piece->count = most;
    crew->range.first += piece->count;
    crew->range.count -= piece->count;
}

bool crew_take(crew_t *crew, uint64_t boundary, uint64_t most, block_range_t *piece)
{
    *piece = (block_range_t){0};
    pthread_mutex_lock(&crew->lock);
    ask_whether_to_stop(crew);
    if (!crew->err && !blocks_is_stopped(crew->source)) take(crew, boundary, most, piece);
    pthread_mutex_unlock(&crew->lock);
    return piece->count > 0;
}

bool crew_is_stopping(crew_t *crew)
{
    pthread_mutex_lock(&crew->lock);
    ask_whether_to_stop(crew);
    const bool answer = blocks_is_stopped(crew->source);
    pthread_mutex_unlock(&crew->lock);
    return answer;
}

void crew_close(crew_t *crew)
{
    pthread_mutex_destroy(&crew->lock);
    blocks_close(crew->source);
}

popgx_err_t crew_agree(const crew_t *crew, uint64_t n, const char *what)
{
    uint64_t n_done = crew->n_done;
    popgx_err_t err;

    TRY(cluster_agree(crew->err ? err_set(crew->err, "%s", crew->detail) : POPGX_OK));
    TRY(cluster_add_counts(&n_done, 1));
    if (n_done < n) err = FAIL(STOPPED, "stopped after %llu of %llu %s", (unsigned long long)n_done, (unsigned long long)n, what);
out:
    return err;
}
