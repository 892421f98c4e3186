// SPDX-License-Identifier: Apache-2.0
// mdpload - a load generator for MDP brokers: ZMTP 3.0 (NULL) over plain TCP with epoll, so that the broker saturates first
/*
 * One thread drives every simulated worker (a lockstep echo, as RFC 18 wants) and every client (a window of W
 * outstanding requests on a connection; W = 1 is the strict RFC 18 dialog). Each body starts with its send time,
 * which the echo brings back: latency is taken from it. Nothing is sent before every worker has registered.
 *
 * usage: mdpload -p port [options]
 *   -h host       numeric IPv4 address of the broker                        127.0.0.1
 *   -d dialect    rfc18, majortomo, mdp01 or libmdp0x                       rfc18
 *   -s bytes      body of a request, 8 or more                              32
 *   -S name       the service, and the prefix of its numbered siblings      echo
 *   -w workers    that take the load                                        64
 *   -c clients    that make it                                              1
 *   -W window     outstanding requests of each client                       64
 *   -M services   the load and its workers go round robin over so many      1
 *   -E workers    more workers, which only register and beat                0
 *   -F services   more services, for these workers; those beyond their number are known to the broker only by one
 *                 request each, which waits for a worker that never comes   0
 *   -L logical    workers behind each worker connection, as a proxy has     0
 *   -u seconds    warm-up, not measured                                     0
 *   -D seconds    measure for so long (0: until -n replies have come)       0
 *   -n requests   the most that are sent after the warm-up                  100000, with -D 4000000
 *   -H ms         between two heartbeats of a worker                        500
 *   -P pid        of the broker: its CPU time and memory are reported       none
 *   -t seconds    give up after so long in all                              60
 *   -J            one line of JSON instead of one for people
 * Exit: 0 measured, 1 too few replies came in time, 2 wrong usage or no connection, 3 the broker cut somebody off.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "process.h"
#include "zmtp.h"

enum dialect { RFC18, MAJORTOMO, MDP01, LIBMDP0X };
enum role { WORKER, CLIENT, PARKER };
enum { HANDSHAKES_AT_ONCE = 64, FRAMES_MAX = 32, PARKED_EACH = 500 };

struct connection {
  int fd, state, dirty; /* state: 0 greeting, 1 handshake, 2 ready */
  enum role role;
  int outstanding, parked;
  char name[64]; /* a worker's service */
  struct bytes in, out;
};

static enum dialect dialect = RFC18;
static const char *host = "127.0.0.1", *service = "echo";
static int port, workers = 64, clients = 1, window = 64, services = 1, idle_workers, idle_services, logical, body = 32;
static int limit_seconds = 60, heartbeat_ms = 500, json, refused;
static enum { CONNECTING, SETTLING, WARMING, MEASURING, DRAINING, DONE } phase = CONNECTING;
static double warm_seconds, measure_seconds;
static long most, sent, received, outstanding, errors, broker_pid;
static double *latency;
static struct connection *connections, **dirty;
static int dirty_count, ready_count, unparked;

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
  if (logical) { int id = (int)sent + 1; put_frame(o, &id, sizeof id, 1); }
  if (dialect != RFC18) put_frame(o, "", 0, 1);
  put_frame(o, header(CLIENT), 6, 1);
  if (!old_commands()) put_frame(o, &command, 1, 1);
  put_frame(o, name, strlen(name), 1);
  put_frame(o, content, (size_t)body, 0);
  touch(c);
}

static void fill_window(struct connection *c) {
  char name[64];
  while (c->outstanding < window && (phase < MEASURING || (phase == MEASURING && sent < most))) {
    name_service(name, sizeof name, sent);
    send_request(c, name);
    sent++;
    c->outstanding++;
    outstanding++;
  }
}

static void park(struct connection *c) {
  char name[64];
  for (; c->parked < PARKED_EACH && unparked > 0; c->parked++, unparked--) {
    snprintf(name, sizeof name, "idle-%d", idle_services - unparked);
    send_request(c, name);
  }
}

/* -- what the broker says ---------------------------------------------------------------------------------------- */

static void at_worker(struct connection *c, const struct frame *f, int n, int at) {
  if (n < at + 2 || f[at].length != 6 || f[at + 1].length != 1) { errors++; return; }
  uint8_t command = f[at + 1].at[0], final = old_commands() ? 3 : 4;
  if (command == 2 && n > at + 3) {
    struct bytes *o = &c->out;
    if (at) put_frame(o, f[0].at, f[0].length, 1);
    put_frame(o, f[at].at, 6, 1);
    put_frame(o, &final, 1, 1);
    for (int k = at + 2; k < n; k++) put_frame(o, f[k].at, f[k].length, k + 1 < n);
    touch(c);
  } else if (command == (old_commands() ? 5 : 6)) {
    fprintf(stderr, "mdpload: a worker was disconnected\n");
    refused = 1;
  }
}

static void at_client(struct connection *c, const struct frame *f, int n) {
  double t;
  if (c->role == PARKER) { errors++; return; } /* nobody serves it: an answer is an error reply */
  if (f[n - 1].length == (size_t)body) {
    memcpy(&t, f[n - 1].at, sizeof t);
    if (received < most && phase < DRAINING) latency[received++] = now() - t;
  } else errors++;
  c->outstanding--;
  outstanding--;
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

/* -- the run ----------------------------------------------------------------------------------------------------- */

static void open_connection(struct connection *c, int ep) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  int one = 1;
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) { fprintf(stderr, "mdpload: bad address %s\n", host); exit(2); }
  if ((c->fd = socket(AF_INET, SOCK_STREAM, 0)) < 0 || connect(c->fd, (void *)&address, sizeof address)) { perror("mdpload: connect"); exit(2); }
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  put(&c->out, greeting, sizeof greeting);
  touch(c);
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
  epoll_ctl(ep, EPOLL_CTL_ADD, c->fd, &e);
}

static void read_connection(struct connection *c, uint8_t *scratch, size_t size) {
  for (;;) {
    ssize_t n = read(c->fd, scratch, size);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
      fprintf(stderr, "mdpload: the broker closed a connection\n");
      refused = 1;
      return;
    }
    if (n <= 0) break;
    put(&c->in, scratch, (size_t)n);
    if ((size_t)n < size) break;
  }
  parse(c);
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a - *(const double *)b;
  return (x > 0) - (x < 0);
}

static void usage(const char *why) { fprintf(stderr, "mdpload: %s; the options are listed at the top of mdpload.c\n", why); exit(2); }

static void read_options(int count, char **given) {
  int o;
  while ((o = getopt(count, given, "h:p:d:s:S:w:c:W:M:E:F:L:u:D:n:H:P:t:J")) != -1) switch (o) {
    case 'h': host = optarg; break;
    case 'p': port = atoi(optarg); break;
    case 'd':
      if (!strcmp(optarg, "rfc18")) dialect = RFC18;
      else if (!strcmp(optarg, "majortomo")) dialect = MAJORTOMO;
      else if (!strcmp(optarg, "mdp01")) dialect = MDP01;
      else if (!strcmp(optarg, "libmdp0x")) dialect = LIBMDP0X;
      else usage("unknown dialect");
      break;
    case 's': body = atoi(optarg); break;
    case 'S': service = optarg; break;
    case 'w': workers = atoi(optarg); break;
    case 'c': clients = atoi(optarg); break;
    case 'W': window = atoi(optarg); break;
    case 'M': services = atoi(optarg); break;
    case 'E': idle_workers = atoi(optarg); break;
    case 'F': idle_services = atoi(optarg); break;
    case 'L': logical = atoi(optarg); break;
    case 'u': warm_seconds = atof(optarg); break;
    case 'D': measure_seconds = atof(optarg); break;
    case 'n': most = atol(optarg); break;
    case 'H': heartbeat_ms = atoi(optarg); break;
    case 'P': broker_pid = atol(optarg); break;
    case 't': limit_seconds = atoi(optarg); break;
    case 'J': json = 1; break;
    default: usage("unknown option");
  }
  if (port < 1 || workers < 1 || clients < 1 || window < 1 || services < 1 || heartbeat_ms < 1) usage("a number is missing or too small");
  if (body < 8) body = 8;
  if (idle_workers && idle_services < 1) idle_services = 1;
  if (!most) most = measure_seconds > 0 ? 4000000 : 100000;
}

int main(int count, char **given) {
  read_options(count, given);
  struct rlimit files;
  if (!getrlimit(RLIMIT_NOFILE, &files)) { files.rlim_cur = files.rlim_max; setrlimit(RLIMIT_NOFILE, &files); }
  unparked = idle_services > idle_workers ? idle_services - idle_workers : 0;
  int parkers = (unparked + PARKED_EACH - 1) / PARKED_EACH, all_workers = workers + idle_workers;
  int total = all_workers + parkers + clients, opened = 0;
  connections = need(calloc((size_t)total, sizeof *connections));
  dirty = need(calloc((size_t)total, sizeof *dirty));
  latency = need(calloc((size_t)most + 1, sizeof *latency));
  for (int i = 0; i < total; i++) {
    struct connection *c = &connections[i];
    c->role = i < all_workers ? WORKER : i < all_workers + parkers ? PARKER : CLIENT;
    if (i < workers) name_service(c->name, sizeof c->name, i);
    else if (i < all_workers) snprintf(c->name, sizeof c->name, "idle-%d", (i - workers) % idle_services);
  }

  int ep = epoll_create1(0), beaten = 0;
  double begin = now(), turn = begin, mark = 0, started = 0, beat_debt = 0, cpu = 0, others = 0, seconds = 0;
  static uint8_t scratch[1 << 18];
  struct epoll_event events[256];
  while (phase != DONE && !refused && turn < begin + limit_seconds) {
    /* A few at a time: a backlog that overflows costs a second for each connection that it drops. */
    while (opened < total && opened - ready_count < HANDSHAKES_AT_ONCE) open_connection(&connections[opened++], ep);
    flush_all();
    int n = epoll_wait(ep, events, 256, phase == CONNECTING ? 1 : 5);
    for (int i = 0; i < n; i++) read_connection(events[i].data.ptr, scratch, sizeof scratch);
    double t = now();
    /* Beats are spread evenly over the interval. */
    beat_debt += (t - turn) * 1e3 / heartbeat_ms * all_workers;
    turn = t;
    for (; beat_debt >= 1; beat_debt--, beaten++) {
      struct connection *c = &connections[beaten % all_workers];
      if (c->state == 2) say(c, old_commands() ? 4 : 5, NULL);
    }
    if (phase == CONNECTING && ready_count == total) {
      for (int i = all_workers; i < all_workers + parkers; i++) park(&connections[i]);
      phase = SETTLING;
      mark = t + 0.3 + total / 20000.0;
    } else if (phase == SETTLING && t >= mark) {
      for (int i = all_workers + parkers; i < total; i++) fill_window(&connections[i]);
      phase = WARMING;
      mark = t + warm_seconds;
    } else if (phase == WARMING && t >= mark) {
      phase = MEASURING;
      sent = outstanding; /* what is on its way counts as sent: its replies are measured */
      received = 0;
      started = t;
      cpu = cpu_of(broker_pid);
      others = cpu_of_all() - cpu - cpu_of_self();
    } else if (phase == MEASURING && (received >= most || (measure_seconds > 0 && t >= started + measure_seconds))) {
      phase = DRAINING;
      seconds = t - started;
      double broker_cpu = cpu_of(broker_pid);
      others = (cpu_of_all() - broker_cpu - cpu_of_self() - others) / (seconds * (double)sysconf(_SC_NPROCESSORS_ONLN));
      cpu = broker_cpu - cpu;
      mark = t + 3;
    } else if (phase == DRAINING && (outstanding == 0 || t >= mark)) phase = DONE; /* what has not come by now is lost */
    /* A warm-up that fills the store of latencies starts it anew. */
    if (phase == WARMING && received > most / 2) received = 0;
  }

  double cpu_us = seconds > 0 && received ? cpu * 1e6 / (double)received : 0;
  qsort(latency, (size_t)received, sizeof *latency, by_size);
  double p50 = latency[received / 2] * 1e3, p99 = latency[(long)((double)received * .99)] * 1e3;
  double worst = latency[received ? received - 1 : 0] * 1e3, rate = seconds > 0 ? (double)received / seconds : 0;
  int enough = phase == DONE && received > 0 && !refused;
  if (json) printf("{\"ok\":%s,\"requests\":%ld,\"seconds\":%.4f,\"perSecond\":%.1f,\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"maxMs\":%.4f,\"errors\":%ld,"
                   "\"lost\":%ld,\"cpuUs\":%.3f,\"rssKiB\":%ld,\"othersShare\":%.3f}\n", enough ? "true" : "false", received, seconds, rate, p50, p99, worst, errors, outstanding, cpu_us, resident_kib(broker_pid), others > 0 ? others : 0);
  else printf("%ld requests in %.2f s = %.0f req/s; latency ms p50 %.3f p99 %.3f max %.3f; %ld errors, %ld lost; broker %.1f us of CPU per request, %ld KiB; others took %.0f %% of the machine\n",
              received, seconds, rate, p50, p99, worst, errors, outstanding, cpu_us, resident_kib(broker_pid), others > 0 ? others * 100 : 0);
  return enough ? 0 : refused ? 3 : 1;
}
