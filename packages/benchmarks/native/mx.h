// SPDX-License-Identifier: Apache-2.0
// mx - the bytes of an MX message: records in one frame, and the body frames that stand apart behind it (docs/mx.md)
#pragma once
#include "zmtp.h"

enum { MX_READY = 1, MX_REQUEST, MX_PARTIAL, MX_FINAL, MX_HEARTBEAT, MX_DISCONNECT, MX_CANCEL, MX_CREDIT, MX_COMMANDS };
enum { MX_HEADER = 6, MX_FIXED = 17, MX_INLINE = 65536, MX_RECORDS_MAX = 16384, MX_BODY_FRAMES_MAX = 65536 };
enum { MX_FIRST_CREDIT = 65536, MX_FRAME_COST = 64 }; /* of PARTIALs */
static const char mx_header[] = "MDPX01";
static const uint32_t mx_apart = 1u << 31; /* in the length of a body frame that stands apart */

enum { HAS_ID = 1, HAS_VALUE = 2, HAS_NAME = 4, HAS_BODY = 8 };
static const int mx_fields[MX_COMMANDS] = {
  [MX_READY] = HAS_VALUE | HAS_NAME, [MX_REQUEST] = HAS_ID | HAS_VALUE | HAS_NAME | HAS_BODY, [MX_PARTIAL] = HAS_ID | HAS_BODY,
  [MX_FINAL] = HAS_ID | HAS_BODY, [MX_CANCEL] = HAS_ID, [MX_CREDIT] = HAS_ID | HAS_VALUE,
};

/* A record that was read; body is the first of so many frames. */
struct mx_record { uint8_t command; uint32_t id, value, frames; struct frame name, body; };

/* What is gathered for one message. */
struct mx_batch { struct bytes records, apart; size_t last_apart; int count; };

static uint32_t mx_number(const uint8_t *at) { return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24; }

static void put_mx_number(struct bytes *b, size_t number) {
  uint8_t four[4] = {(uint8_t)number, (uint8_t)(number >> 8), (uint8_t)(number >> 16), (uint8_t)(number >> 24)};
  put(b, four, sizeof four);
}

/* Adds a record; name is "" and body NULL where the command has none. */
static void put_mx_record(struct mx_batch *m, uint8_t command, uint32_t id, uint32_t value, const char *name, const struct frame *body) {
  struct bytes *r = &m->records;
  size_t name_length = strlen(name);
  int apart = body && body->length > MX_INLINE;
  uint8_t kind[4] = {command, 0, body != NULL, 0}, length = (uint8_t)name_length;
  if (!m->count++) put(r, mx_header, MX_HEADER);
  put_mx_number(r, MX_FIXED + name_length + (body ? 4 + (apart ? 0 : body->length) : 0));
  put(r, kind, sizeof kind);
  put_mx_number(r, id);
  put_mx_number(r, value);
  put(r, &length, 1);
  put(r, name, name_length);
  if (!body) return;
  put_mx_number(r, body->length | (apart ? mx_apart : 0));
  if (!apart) put(r, body->at, body->length);
  else {
    m->last_apart = m->apart.length;
    put_frame(&m->apart, body->at, body->length, ZMTP_MORE);
  }
}

/* Writes what was gathered as one message. */
static void put_mx_message(struct bytes *out, struct mx_batch *m) {
  put_frame(out, m->records.at, m->records.length, m->apart.length > 0);
  if (m->apart.length) {
    m->apart.at[m->last_apart] &= (uint8_t)~ZMTP_MORE;
    put(out, m->apart.at, m->apart.length);
  }
  m->records.length = m->apart.length = 0;
  m->count = 0;
}

/* Reads one record at *at, and *next of the frames for what stands apart: NULL and both behind it, or why it is none. */
static const char *read_mx_record(const uint8_t **at, const uint8_t *end, const struct frame *f, int n, int *next, struct mx_record *r) {
  const uint8_t *p = *at;
  size_t left = (size_t)(end - p), length = left < MX_FIXED ? 0 : mx_number(p);
  if (length < MX_FIXED || length > left) return "bad-length";
  *r = (struct mx_record){p[4], mx_number(p + 8), mx_number(p + 12), p[6] | (uint32_t)p[7] << 8, {p + MX_FIXED, p[16]}, {0}};
  if (!r->command || r->command >= MX_COMMANDS) return "unknown-command";
  if (MX_FIXED + r->name.length + 4 * (size_t)r->frames > length) return "bad-length";
  int has = mx_fields[r->command];
  if (p[5] || (r->id && !(has & HAS_ID)) || (r->value && !(has & HAS_VALUE)) || (r->name.length && !(has & HAS_NAME))) return "bad-field";
  if ((has & HAS_NAME) && !r->name.length) return "bad-service-name";
  if (!r->frames != !(has & HAS_BODY)) return r->frames ? "bad-field" : "no-body";
  const uint8_t *lengths = r->name.at + r->name.length, *body = lengths + 4 * r->frames, *stop = p + length;
  for (uint32_t i = 0; i < r->frames; i++) {
    uint32_t given = mx_number(lengths + 4 * i);
    struct frame one = {body, given & ~mx_apart};
    if (given & mx_apart) {
      if (*next == n) return "missing-frame";
      if (f[*next].length != one.length) return "bad-length";
      one = f[(*next)++];
    } else {
      if (one.length > (size_t)(stop - body)) return "bad-length";
      body += one.length;
    }
    if (!i) r->body = one;
  }
  *at = stop;
  return body == stop ? NULL : "bad-length";
}

/* Reads a message of n frames: NULL and its records, MX_RECORDS_MAX at most, or why it is none. */
static const char *read_mx_message(const struct frame *f, int n, struct mx_record *out, int *count) {
  if (f->length < MX_HEADER || memcmp(f->at, mx_header, MX_HEADER)) return "no-header";
  if (f->length == MX_HEADER) return "no-records";
  const uint8_t *at = f->at + MX_HEADER, *end = f->at + f->length;
  uint32_t frames = 0;
  int next = 1;
  for (*count = 0; at < end; ++*count) {
    struct mx_record *r = &out[*count];
    const char *why = *count == MX_RECORDS_MAX ? "too-many" : read_mx_record(&at, end, f, n, &next, r);
    if (why) return why;
    if ((frames += r->frames) > MX_BODY_FRAMES_MAX) return "too-many";
  }
  return next == n ? NULL : "extra-frames";
}
