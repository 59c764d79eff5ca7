/* Ids and secrets from the kernel. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H
#include <stddef.h>
#include <stdint.h>

void random_bytes(void *p, size_t n); /* fit for secrets; ends the program when the kernel has none */
uint64_t random_u64(void);

/*
 * Ids of records: UUID version 7 (RFC 9562, 5.7) as 36 characters and a NUL.
 * Sortable by time; unique over restarts and processes.
 */
#define RANDOM_UUID_SIZE 37
void random_uuid7(int64_t wall_us, char out[RANDOM_UUID_SIZE]);

#endif
