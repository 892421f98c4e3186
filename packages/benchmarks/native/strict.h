// SPDX-License-Identifier: Apache-2.0
// strict - what workers and clients say and hear in the dialects of MDP: a message for each command
#pragma once
#include "connection.h"

enum { PARTIAL_OF_WORKER = 3 };

static int old_commands(enum dialect d) { return d == MDP01 || d == LIBMDP0X; }

static const char *header(const struct connection *c) {
  enum dialect d = c->target->dialect;
  if (d == MDP01) return c->role == WORKER ? "MDPW01" : "MDPC01";
  if (d == LIBMDP0X) return c->role == WORKER ? "MDPW0X" : "MDPC0X";
  return c->role == WORKER ? "MDPW02" : "MDPC02";
}

/* What stands in front of the header: whom a proxy has behind this connection, and an empty frame where the dialect has one. */
static void put_address(struct connection *c, int id) {
  if (id) put_frame(&c->out, &id, sizeof id, 1);
  if (c->target->dialect != RFC18) put_frame(&c->out, "", 0, 1);
}

static void strict_say_one(struct connection *c, uint8_t command, const char *name, int id) {
  struct bytes *o = &c->out;
  put_address(c, id);
  put_frame(o, header(c), 6, 1);
  put_frame(o, &command, 1, name != NULL);
  if (name) put_frame(o, name, strlen(name), 0);
}
static void strict_say(struct connection *c, uint8_t command, const char *name) {
  if (!logical) strict_say_one(c, command, name, 0);
  for (int id = 1; id <= logical; id++) strict_say_one(c, command, name, id);
  touch(c);
}

static void strict_request(struct connection *c, const char *name, const struct frame *content) {
  struct bytes *o = &c->out;
  uint8_t command = c->target->dialect == MAJORTOMO ? 2 : 1;
  put_address(c, logical ? (int)c->target->sent + 1 : 0);
  put_frame(o, header(c), 6, 1);
  if (!old_commands(c->target->dialect)) put_frame(o, &command, 1, 1);
  put_frame(o, name, strlen(name), 1);
  put_frame(o, content->at, content->length, 0);
  touch(c);
}

static void strict_at_worker(struct connection *c, const struct frame *f, int n) {
  enum dialect d = c->target->dialect;
  int at = d == RFC18 ? logical > 0 : 1;
  if (n < at + 2 || f[at].length != 6 || f[at + 1].length != 1) { c->target->errors++; return; }
  uint8_t command = f[at + 1].at[0], final = old_commands(d) ? 3 : 4;
  if (command == 2 && n > at + 3) {
    for (int i = 0; i <= partials; i++) {
      struct bytes *o = &c->out;
      uint8_t as = i < partials ? PARTIAL_OF_WORKER : final;
      if (at) put_frame(o, f[0].at, f[0].length, 1);
      put_frame(o, f[at].at, 6, 1);
      put_frame(o, &as, 1, 1);
      for (int k = at + 2; k < n; k++) put_frame(o, f[k].at, f[k].length, k + 1 < n);
    }
    touch(c);
  } else if (command == (old_commands(d) ? 5 : 6)) disconnected();
}

static void strict_at_client(struct connection *c, const struct frame *f, int n) {
  struct target *t = c->target;
  if (partials) { /* one request at a time, so whatever comes is of this one */
    int at = t->dialect == RFC18 ? 1 : 2;
    if (n > at && f[at].length == 1 && f[at].at[0] == (t->dialect == RFC18 ? 2 : 3)) { c->partials++; return; }
    if (c->partials != partials) t->errors++;
    c->partials = 0;
  }
  replied(c, &f[n - 1]);
}

static void strict_at(struct connection *c, const struct frame *f, int n) {
  if (c->role == WORKER) strict_at_worker(c, f, n);
  else strict_at_client(c, f, n);
}
