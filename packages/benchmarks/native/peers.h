// SPDX-License-Identifier: Apache-2.0
// peers - the simulated workers and clients: what was asked for, and what they say and hear
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "zmtp.h"

enum dialect { RFC18, MAJORTOMO, MDP01, LIBMDP0X };
enum role { WORKER, CLIENT, PARKER };
enum { HANDSHAKES_AT_ONCE = 64, FRAMES_MAX = 32, PARKED_EACH = 500, TARGETS_MAX = 8, LATENCIES_MAX = 2000000 };
enum { PARTIAL_OF_WORKER = 3, SLOWEST = 5000 }; /* replies a second that even a slow broker sends */

/* A broker, and what is known of it. */
struct target {
  int port, has_clock, unparked;
  long pid, sent, outstanding, replies, errors;
  clockid_t clock;
  double seconds, cpu, cpu_main, cpu_seconds, *latency; /* measured: time of its turns, CPU time of the broker, of its first thread, in how long */
  long measured, with_cpu, stored; /* replies within the turns, replies that the CPU time was spent on, latencies kept */
};
struct connection {
  int fd, state, dirty; /* state: 0 greeting, 1 handshake, 2 ready */
  enum role role;
  int outstanding, parked, partials; /* partials: heard since the last FINAL */
  struct target *target;
  char name[64]; /* a worker's service */
  struct bytes in, out;
};

static enum dialect dialect = RFC18;
static const char *host = "127.0.0.1", *service = "echo";
static int workers = 64, clients = 1, window = 64, services = 1, idle_workers, idle_services, logical, body = 32;
static int partials; /* of each reply, before its FINAL */
static int limit_seconds = 60, heartbeat_ms = 2500, json, refused, target_count;
static double warm_seconds = 1, measure_seconds = 2, turn_seconds = 0.2;
static struct target targets[TARGETS_MAX], *active; /* active: whose turn it is */
static int measuring, draining; /* this turn counts; it is over and the last replies are awaited */
static struct connection *connections, **dirty;
static int dirty_count, ready_count;

/* CPU time of a broker so far, in seconds: user and system, all threads. */
static double cpu_of(const struct target *target) {
  struct timespec t;
  if (!target->has_clock || clock_gettime(target->clock, &t)) return 0;
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* -- output ------------------------------------------------------------------------------------------------------ */

static void touch(struct connection *c) { /* it has something to send: flushed once, at the end of this turn */
  if (!c->dirty) { c->dirty = 1; dirty[dirty_count++] = c; }
}

static void flush_connection(struct connection *c) {
  struct bytes *b = &c->out;
  while (b->offset < b->length) {
    ssize_t n = write(c->fd, b->at + b->offset, b->length - b->offset);
    if (n <= 0) return;
    b->offset += (size_t)n;
  }
  b->offset = b->length = 0;
}

static void flush_all(void) { /* what the kernel does not take now stays on the list */
  int kept = 0;
  for (int i = 0; i < dirty_count; i++) {
    struct connection *c = dirty[i];
    flush_connection(c);
    if (c->out.length) dirty[kept++] = c; else c->dirty = 0;
  }
  dirty_count = kept;
}

/* -- what peers say ---------------------------------------------------------------------------------------------- */

static const char *header(enum role role) {
  if (dialect == MDP01) return role == WORKER ? "MDPW01" : "MDPC01";
  if (dialect == LIBMDP0X) return role == WORKER ? "MDPW0X" : "MDPC0X";
  return role == WORKER ? "MDPW02" : "MDPC02";
}
static int old_commands(void) { return dialect == MDP01 || dialect == LIBMDP0X; }

static void say_one(struct connection *c, uint8_t command, const char *name, int id) {
  struct bytes *o = &c->out;
  if (id) put_frame(o, &id, sizeof id, 1);
  if (dialect != RFC18) put_frame(o, "", 0, 1);
  put_frame(o, header(WORKER), 6, 1);
  put_frame(o, &command, 1, name != NULL);
  if (name) put_frame(o, name, strlen(name), 0);
}
static void say(struct connection *c, uint8_t command, const char *name) {
  if (!logical) say_one(c, command, name, 0);
  for (int id = 1; id <= logical; id++) say_one(c, command, name, id);
  touch(c);
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
  struct bytes *o = &c->out;
  uint8_t command = dialect == MAJORTOMO ? 2 : 1;
  if (logical) { int id = (int)c->target->sent + 1; put_frame(o, &id, sizeof id, 1); }
  if (dialect != RFC18) put_frame(o, "", 0, 1);
  put_frame(o, header(CLIENT), 6, 1);
  if (!old_commands()) put_frame(o, &command, 1, 1);
  put_frame(o, name, strlen(name), 1);
  put_frame(o, content, (size_t)body, 0);
  touch(c);
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

/* -- what the broker says ---------------------------------------------------------------------------------------- */

static void at_worker(struct connection *c, const struct frame *f, int n, int at) {
  if (n < at + 2 || f[at].length != 6 || f[at + 1].length != 1) { c->target->errors++; return; }
  uint8_t command = f[at + 1].at[0], final = old_commands() ? 3 : 4;
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
  } else if (command == (old_commands() ? 5 : 6)) {
    fprintf(stderr, "mdpload: a worker was disconnected\n");
    refused = 1;
  }
}

static void at_client(struct connection *c, const struct frame *f, int n) {
  double sent_at;
  struct target *t = c->target;
  if (c->role == PARKER) { t->errors++; return; } /* nobody serves it: an answer is an error reply */
  if (partials) { /* one request at a time, so whatever comes is of this one */
    int at = dialect == RFC18 ? 1 : 2;
    if (n > at && f[at].length == 1 && f[at].at[0] == (dialect == RFC18 ? 2 : 3)) { c->partials++; return; }
    if (c->partials != partials) t->errors++;
    c->partials = 0;
  }
  if (f[n - 1].length == (size_t)body) {
    t->replies++;
    memcpy(&sent_at, f[n - 1].at, sizeof sent_at);
    if (measuring && t->stored < LATENCIES_MAX) t->latency[t->stored++] = now() - sent_at;
  } else t->errors++;
  c->outstanding--;
  t->outstanding--;
  fill_window(c);
}

static void handshaken(struct connection *c) {
  c->state = 2;
  ready_count++;
  if (c->role == WORKER) say(c, 1, c->name);
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
  struct frame f[FRAMES_MAX];
  size_t o = b->offset;
  uint8_t flags;
  for (int n = 0; n < FRAMES_MAX && next_frame(b, &o, &f[n], &flags);) {
    if (flags & ZMTP_COMMAND) zmtp_command(c, f[n].at, f[n].length);
    else if (flags & ZMTP_MORE) { n++; continue; }
    else {
      if (c->role == WORKER) at_worker(c, f, n + 1, dialect == RFC18 ? logical > 0 : 1);
      else at_client(c, f, n + 1);
      n = 0;
    }
    if (n == 0) b->offset = o;
  }
  drop_read(b);
}
