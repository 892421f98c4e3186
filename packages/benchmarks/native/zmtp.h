// SPDX-License-Identifier: Apache-2.0
// zmtp - the bytes of a ZMTP 3.0 connection without security: greeting, frames, and the buffers that they wait in
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ZMTP_MORE = 1, ZMTP_LONG = 2, ZMTP_COMMAND = 4, GREETING_LENGTH = 64 };

struct bytes { uint8_t *at; size_t length, capacity, offset; };
struct frame { const uint8_t *at; size_t length; };

static const uint8_t greeting[GREETING_LENGTH] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
static const uint8_t ready_command[] = "\5READY\13Socket-Type\0\0\0\6DEALER\10Identity\0\0\0\0";

static void *need(void *memory) {
  if (!memory) { fprintf(stderr, "mdpload: out of memory\n"); exit(2); }
  return memory;
}

static void put(struct bytes *b, const void *data, size_t length) {
  if (b->length + length > b->capacity) {
    b->capacity = (b->length + length) * 2 + 256;
    b->at = need(realloc(b->at, b->capacity));
  }
  memcpy(b->at + b->length, data, length);
  b->length += length;
}

static void put_frame(struct bytes *b, const void *data, size_t length, int more) {
  uint8_t head[9];
  if (length < 256) {
    head[0] = (uint8_t)more; head[1] = (uint8_t)length;
    put(b, head, 2);
  } else {
    head[0] = (uint8_t)(more | ZMTP_LONG);
    for (int i = 0; i < 8; i++) head[1 + i] = (uint8_t)((uint64_t)length >> (56 - 8 * i));
    put(b, head, 9);
  }
  put(b, data, length);
}

static void put_command(struct bytes *b, const void *data, uint8_t length) {
  uint8_t head[2] = {ZMTP_COMMAND, length};
  put(b, head, 2);
  put(b, data, length);
}

/* Reads one frame at *offset: 1 and *offset behind it, or 0 when it has not come in full. */
static int next_frame(const struct bytes *b, size_t *offset, struct frame *f, uint8_t *flags) {
  size_t o = *offset, head = 2;
  if (b->length - o < 2) return 0;
  *flags = b->at[o];
  uint64_t size = b->at[o + 1];
  if (*flags & ZMTP_LONG) {
    if (b->length - o < (head = 9)) return 0;
    for (size = 0, head = 1; head < 9; head++) size = size << 8 | b->at[o + head];
  }
  if (b->length - o - head < size) return 0;
  f->at = b->at + o + head;
  f->length = size;
  *offset = o + head + size;
  return 1;
}

static void drop_read(struct bytes *b) {
  if (!b->offset) return;
  memmove(b->at, b->at + b->offset, b->length - b->offset);
  b->length -= b->offset;
  b->offset = 0;
}
