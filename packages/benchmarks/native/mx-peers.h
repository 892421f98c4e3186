// SPDX-License-Identifier: Apache-2.0
// mx-peers - what workers and clients say and hear over MX: many requests at once, and streams that wait for credit
#pragma once
#include "connection.h"

/* A request of a client that is under way. */
struct asked { uint32_t id, taken; int used, partials; }; /* taken: bytes of PARTIALs that were not granted anew */
/* A reply of a worker that waits for credit. */
struct stream { uint32_t id; int left; int64_t credit; uint8_t *body; }; /* left: PARTIALs */

static void gather(struct connection *c, uint8_t command, uint32_t id, uint32_t value, const char *name, const struct frame *content) {
  if (c->gathered.count == MX_RECORDS_MAX) put_mx_message(&c->out, &c->gathered);
  put_mx_record(&c->gathered, command, id, value, name, content);
  touch(c);
}

/* -- clients ----------------------------------------------------------------------------------------------------- */

static struct asked *find_asked(const struct connection *c, uint32_t id) {
  struct asked *a = c->asked ? &c->asked[id & c->asked_mask] : NULL;
  return a && a->used && a->id == id ? a : NULL;
}

/* most: so many are under way at most; half of the places stay free, so that one is found soon. */
static void mx_request(struct connection *c, const char *name, const struct frame *content, int most) {
  if (!c->asked) {
    while (c->asked_mask < 2 * (uint32_t)most) c->asked_mask = c->asked_mask << 1 | 1;
    c->asked = need(calloc((size_t)c->asked_mask + 1, sizeof *c->asked));
  }
  while (c->asked[c->next_id & c->asked_mask].used) c->next_id++;
  c->asked[c->next_id & c->asked_mask] = (struct asked){.id = c->next_id, .used = 1};
  gather(c, MX_REQUEST, c->next_id++, 0, name, content);
}

static void mx_at_client(struct connection *c, const struct mx_record *r) {
  if (r->command == MX_HEARTBEAT) return;
  struct asked *a = find_asked(c, r->id);
  if (!a || (r->command != MX_PARTIAL && r->command != MX_FINAL)) { c->target->errors++; return; }
  if (r->command == MX_FINAL) {
    if (a->partials != partials || r->frames != 1) c->target->errors++;
    a->used = 0;
    replied(c, &r->body);
    return;
  }
  if (r->frames != 1 || r->body.length != (size_t)body) c->target->errors++;
  a->partials++;
  a->taken += (uint32_t)r->body.length + MX_FRAME_COST;
  if (a->taken < MX_FIRST_CREDIT / 2) return;
  gather(c, MX_CREDIT, a->id, a->taken, "", NULL);
  a->taken = 0;
}

/* -- workers ----------------------------------------------------------------------------------------------------- */

static struct stream *find_stream(const struct connection *c, uint32_t id) {
  for (int i = 0; i < c->stream_count; i++) if (c->streams[i].id == id) return &c->streams[i];
  return NULL;
}

/* Says what may be said of a reply: 1 when that was all of it. */
static int go_on(struct connection *c, struct stream *s) {
  struct frame content = {s->body, (size_t)body};
  for (; s->left && s->credit > 0; s->left--, s->credit -= body + MX_FRAME_COST) gather(c, MX_PARTIAL, s->id, 0, "", &content);
  if (!s->left) gather(c, MX_FINAL, s->id, 0, "", &content);
  return !s->left;
}

static void mx_reply(struct connection *c, const struct mx_record *r) {
  struct stream s = {r->id, partials, MX_FIRST_CREDIT, (uint8_t *)r->body.at};
  if (go_on(c, &s)) return;
  if (c->stream_count == credit) { c->target->errors++; return; } /* more requests than it takes at once */
  if (!c->streams) c->streams = need(calloc((size_t)credit, sizeof *c->streams));
  s.body = memcpy(need(malloc((size_t)body)), r->body.at, (size_t)body);
  c->streams[c->stream_count++] = s;
}

static void mx_at_worker(struct connection *c, const struct mx_record *r) {
  struct stream *s = find_stream(c, r->id);
  switch (r->command) {
    case MX_HEARTBEAT: return;
    case MX_DISCONNECT: disconnected(); return;
    case MX_REQUEST:
      if (s || r->frames != 1 || r->body.length != (size_t)body || r->name.length != strlen(c->name) ||
          memcmp(r->name.at, c->name, r->name.length)) c->target->errors++;
      else mx_reply(c, r);
      return;
    case MX_CANCEL: case MX_CREDIT:
      if (!s) return; /* it has ended */
      if (r->command == MX_CANCEL) s->left = 0;
      s->credit += r->value;
      if (!go_on(c, s)) return;
      free(s->body);
      *s = c->streams[--c->stream_count];
      return;
    default: c->target->errors++;
  }
}

static void mx_at(struct connection *c, const struct frame *f, int n) {
  static struct mx_record records[MX_RECORDS_MAX];
  int count;
  const char *why = read_mx_message(f, n, records, &count);
  if (why) broken("is no MX: ", why);
  for (int i = 0; i < count; i++) {
    if (c->role == WORKER) mx_at_worker(c, &records[i]);
    else mx_at_client(c, &records[i]);
  }
}
