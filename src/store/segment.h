/*
 * Files of the journal: their names, and the frames in them. A frame is the length of its
 * entry and a CRC-32C over length and entry, each in four bytes little-endian, then the entry.
 */
#ifndef STORE_SEGMENT_H
#define STORE_SEGMENT_H
#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"
#include <stdint.h>

#define FRAME_HEAD 8

uint32_t segment_crc(uint32_t crc, const void *p, size_t n); /* CRC-32C (RFC 3720, B.4); begin with 0 */

void frame_add(struct buf *b, struct slice entry);

enum frame_result {
	FRAME_BAD = 0, /* no frame begins here */
	FRAME_PART,    /* more bytes are needed to say */
	FRAME_OK,
};
/* *entry borrows from bytes; the frame took FRAME_HEAD + entry->n of them. */
enum frame_result frame_read(struct slice bytes, struct slice *entry) MUST_CHECK;

#define SEGMENT_PATH_MAX 4096
/* dir is data_dir/journal; false when the path is too long. */
bool segment_path(const char *dir, uint64_t number, char out[SEGMENT_PATH_MAX]) MUST_CHECK;
/* The numbers of all files, sorted; free() them. */
bool segment_list(const char *dir, uint64_t **numbers, size_t *n, struct err *e) MUST_CHECK;
/* Appends what stands in the file from `offset` on, at most `max` bytes. *is_gone when there is no
 * such file. */
bool segment_read(const char *dir, uint64_t number, uint64_t offset, size_t max, struct buf *out,
                  bool *is_gone, struct err *e) MUST_CHECK;

#endif
