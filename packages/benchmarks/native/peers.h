// SPDX-License-Identifier: Apache-2.0
// peers - the simulated workers and clients: when they speak, and what becomes of what they hear
#pragma once
#include "connection.h"
#include "mx-peers.h"
#include "strict.h"

enum { HANDSHAKES_AT_ONCE = 64, FRAMES_MAX = 1 + MX_BODY_FRAMES_MAX, PARKED_EACH = 500 };
enum { SLOWEST = 5000 }; /* replies a second that even a slow broker sends */
enum { PATIENCE = 4 };   /* how much longer a turn may last in which nothing was measured, in seconds */

/* -- what they say ----------------------------------------------------------------------------------------------- */

static void say_ready(struct connection *c) {
  if (c->target->dialect == MX) gather(c, MX_READY, 0, (uint32_t)credit, c->name, NULL);
  else strict_say(c, 1, c->name);
}

static void say_heartbeat(struct connection *c) {
  if (c->target->dialect == MX) gather(c, MX_HEARTBEAT, 0, 0, "", NULL);
  else strict_say(c, old_commands(c->target->dialect) ? 4 : 5, NULL);
}

static void name_service(char *out, size_t size, long index) {
  if (services == 1) snprintf(out, size, "%s", service);
  else snprintf(out, size, "%s-%ld", service, index % services);
}

static void send_request(struct connection *c, const char *name) {
  static uint8_t *content;
  if (!content) content = need(calloc(1, (size_t)body));
  double t = now();
  memcpy(content, &t, sizeof t);
  struct frame one = {content, (size_t)body};
  if (c->target->dialect == MX) mx_request(c, name, &one, c->role == PARKER ? PARKED_EACH : window);
  else strict_request(c, name, &one);
}

static void fill_window(struct connection *c) {
  char name[64];
  struct target *t = c->target;
  while (t == active && !draining && c->outstanding < window) {
    name_service(name, sizeof name, t->sent);
    send_request(c, name);
    t->sent++;
    t->outstanding++;
    c->outstanding++;
  }
}

static void park(struct connection *c) {
  char name[64];
  for (; c->parked < PARKED_EACH && c->target->unparked > 0; c->parked++, c->target->unparked--) {
    snprintf(name, sizeof name, "idle-%d", idle_services - c->target->unparked);
    send_request(c, name);
  }
}

/* -- what they hear ---------------------------------------------------------------------------------------------- */

static void replied(struct connection *c, const struct frame *last) {
  double sent_at = 0, t_now = now();
  struct target *t = c->target;
  if (c->role == PARKER) { t->errors++; return; } /* nobody serves it: an answer is an error reply */
  if (last->length == (size_t)body) memcpy(&sent_at, last->at, sizeof sent_at);
  if (sent_at > 0 && sent_at <= t_now) { /* an error reply may be as long as a body is */
    t->replies++;
    if (measuring && t->stored < LATENCIES_MAX) t->latency[t->stored++] = t_now - sent_at;
  } else t->errors++;
  c->outstanding--;
  t->outstanding--;
  fill_window(c);
}

static void handshaken(struct connection *c) {
  c->state = 2;
  ready_count++;
  if (c->role == WORKER) say_ready(c);
}

static void zmtp_command(struct connection *c, const uint8_t *at, size_t length) {
  if (length >= 7 && at[0] == 4 && !memcmp(at + 1, "PING", 4)) { /* its context comes back in a PONG */
    uint8_t pong[5 + 255] = "\4PONG";
    memcpy(pong + 5, at + 7, length - 7 < 255 ? length - 7 : 255);
    put_command(&c->out, pong, (uint8_t)(length - 2));
    touch(c);
  }
  if (c->state == 1) handshaken(c);
}

static void parse(struct connection *c) {
  struct bytes *b = &c->in;
  if (c->state == 0) {
    if (b->length < GREETING_LENGTH) return;
    b->offset = GREETING_LENGTH;
    put_command(&c->out, ready_command, sizeof ready_command - 1);
    touch(c);
    c->state = 1;
  }
  static struct frame f[FRAMES_MAX];
  size_t o = b->offset;
  uint8_t flags;
  for (int n = 0; next_frame(b, &o, &f[n], &flags);) {
    if (flags & ZMTP_COMMAND) zmtp_command(c, f[n].at, f[n].length);
    else if (flags & ZMTP_MORE) {
      if (++n == FRAMES_MAX) broken("has too many frames", "");
      continue;
    } else {
      if (c->target->dialect == MX) mx_at(c, f, n + 1);
      else strict_at(c, f, n + 1);
      n = 0;
    }
    if (n == 0) b->offset = o;
  }
  drop_read(b);
}
