// SPDX-License-Identifier: Apache-2.0
// connection - what was asked for, the brokers and the connections to them, and what waits to be written
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "mx.h"
#include "zmtp.h"

enum dialect { RFC18, MAJORTOMO, MDP01, LIBMDP0X, MX, DIALECTS };
static const char *const dialect_names[DIALECTS] = {"rfc18", "majortomo", "mdp01", "libmdp0x", "mx"};
enum role { WORKER, CLIENT, PARKER };
enum { TARGETS_MAX = 8, LATENCIES_MAX = 2000000 };

/* A broker, and what is known of it. */
struct target {
  enum dialect dialect;
  int port, has_clock, unparked;
  long pid, sent, outstanding, replies, errors;
  clockid_t clock;
  double seconds, cpu, cpu_main, cpu_self, cpu_seconds, *latency; /* measured: time of its turns, CPU time of the broker, of its first thread, of this process, in how long */
  long measured, with_cpu, stored; /* replies within the turns, replies that the CPU time was spent on, latencies kept */
};
struct connection {
  int fd, state, dirty; /* state: 0 greeting, 1 handshake, 2 ready */
  enum role role;
  int outstanding, parked, partials; /* partials: heard since the last FINAL */
  struct target *target;
  char name[64]; /* a worker's service */
  struct bytes in, out;
  struct mx_batch gathered; /* from here on only with MX */
  struct asked *asked; /* a place for each id, where its last bits say */
  struct stream *streams;
  uint32_t asked_mask, next_id;
  int stream_count;
};

static const char *host = "127.0.0.1", *service = "echo";
static int workers = 64, clients = 1, window = 64, services = 1, idle_workers, idle_services, logical, body = 32;
static int partials, credit; /* PARTIALs of each reply, before its FINAL; requests that an MX worker takes at once */
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

static void touch(struct connection *c) { /* it has something to send: flushed once, at the end of this turn */
  if (!c->dirty) { c->dirty = 1; dirty[dirty_count++] = c; }
}

static void flush_connection(struct connection *c) {
  struct bytes *b = &c->out;
  if (c->gathered.count) put_mx_message(b, &c->gathered);
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

/* A worker was told DISCONNECT: nothing that is measured from here on is what was asked for. */
static void disconnected(void) {
  fprintf(stderr, "mdpload: a worker was disconnected\n");
  refused = 1;
}

/* What the broker sends cannot be read: there is nothing to measure. */
static void broken(const char *what, const char *why) {
  fprintf(stderr, "mdpload: a message of the broker %s%s\n", what, why);
  exit(1);
}

/* A FINAL came; last is the last frame of its body. */
static void replied(struct connection *c, const struct frame *last);
