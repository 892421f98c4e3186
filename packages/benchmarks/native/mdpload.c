// SPDX-License-Identifier: Apache-2.0
// mdpload - a load generator for MDP brokers: ZMTP 3.0 (NULL) over plain TCP with epoll, so that the broker saturates first
/*
 * One thread drives every simulated worker (a lockstep echo, as RFC 18 wants) and every client (a window of W
 * outstanding requests on a connection; W = 1 is the strict RFC 18 dialog). Each body starts with its send time,
 * which the echo brings back: latency is taken from it. Nothing is sent before every worker has registered.
 *
 * Over mx (docs/mx.md) a worker holds as many requests as its credit says, what one turn of the loop says on a
 * connection leaves as one message, and bodies of more than 65,536 bytes stand apart.
 *
 * Several brokers are loaded in turns of a fraction of a second, each with workers and clients of its own, while the
 * others only get heartbeats: whatever else the machine does falls on all of them alike. A single broker is measured
 * without a pause after its warm-up, so that its queues are as long as they get.
 *
 * usage: mdpload -p port[,port...] [options]
 *   -P pid[,...]  of the brokers: their CPU time and memory are reported    none
 *   -h host       numeric IPv4 address of the brokers                       127.0.0.1
 *   -d dialect    rfc18, majortomo, mdp01, libmdp0x or mx; with commas
 *                 between them, one for each broker                         rfc18
 *   -s bytes      body of a request, 8 or more                              32
 *   -S name       the service, and the prefix of its numbered siblings      echo
 *   -w workers    that take the load                                        64
 *   -c clients    that make it; 0 only looks at what beating workers cost   1
 *   -W window     outstanding requests of each client                       64
 *   -M services   the load and its workers go round robin over so many      1
 *   -E workers    more workers, which only register and beat                0
 *   -F services   more services, for these workers; those beyond their number are known to the broker only by one
 *                 request each, which waits for a worker that never comes   0
 *   -R partials   of each reply, before its FINAL: needs a window of 1,
 *                 or mx, where they keep to the flow control of streams     0
 *   -K credit     requests that a worker takes at once: mx only             64
 *   -L logical    workers behind each worker connection, as a proxy has:
 *                 not over mx                                               0
 *   -u seconds    warm-up of each broker, not measured                      1
 *   -D seconds    how long each broker is measured                          2
 *   -T seconds    length of a turn, when there are several brokers          0.2
 *   -H ms         between two heartbeats of a worker                        2500
 *   -t seconds    give up after so long in all                              60
 *   -J            one line of JSON for each broker instead of one for people
 * Exit: 0 measured, 1 no, lost or unreadable replies, 2 wrong usage or no connection, 3 a broker cut somebody off.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "peers.h"
#include "process.h"

/* -- the run ----------------------------------------------------------------------------------------------------- */

static void open_connection(struct connection *c, int ep) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)c->target->port)};
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

static void report(struct target *t, double others) {
  long n = t->stored;
  qsort(t->latency, (size_t)n, sizeof *t->latency, by_size);
  double p50 = n ? t->latency[n / 2] * 1e3 : 0, p99 = n ? t->latency[(long)((double)n * .99)] * 1e3 : 0;
  double most = n ? t->latency[n - 1] * 1e3 : 0, rate = t->seconds > 0 ? (double)t->measured / t->seconds : 0;
  double busy = t->cpu_seconds > 0 ? t->cpu / t->cpu_seconds : 0, own = t->cpu_seconds > 0 ? t->cpu_self / t->cpu_seconds : 0;
  double per = t->with_cpu ? 1e6 / (double)t->with_cpu : 0, cpu_us = t->cpu * per, main_us = t->cpu_main * per;
  long rss = resident_kib(t->pid);
  if (json) printf("{\"requests\":%ld,\"perSecond\":%.1f,\"p50Ms\":%.4f,\"p99Ms\":%.4f,\"errors\":%ld,\"lost\":%ld,\"cpuUs\":%.3f,\"mainUs\":%.3f,"
                   "\"busyShare\":%.5f,\"generatorShare\":%.3f,\"rssKiB\":%ld,\"othersShare\":%.3f}\n", t->measured, rate, p50, p99, t->errors, t->outstanding, cpu_us, main_us, busy, own, rss, others);
  else printf("port %d: %ld requests in %.2f s = %.0f req/s; latency ms p50 %.3f p99 %.3f max %.3f; %ld errors, %ld lost; broker %.1f us of CPU per "
              "request, %.1f in its first thread, %.1f %% of a core, %ld KiB; the load took %.1f %% of a core, others %.0f %% of the machine\n", t->port, t->measured, t->seconds, rate, p50, p99, most, t->errors, t->outstanding, cpu_us, main_us, busy * 100, rss, own * 100, others * 100);
}

static void usage(const char *why) { fprintf(stderr, "mdpload: %s; the options are listed at the top of mdpload.c\n", why); exit(2); }

/* Reads "1,2,3": how many there were. */
static int read_list(char *text, long *out) {
  int n = 0;
  for (char *part = strtok(text, ","); part && n < TARGETS_MAX; part = strtok(NULL, ",")) out[n++] = atol(part);
  return n;
}

/* Reads "rfc18,majortomo": how many there were. */
static int read_dialects(char *text, enum dialect *out) {
  int n = 0;
  for (char *part = strtok(text, ","); part && n < TARGETS_MAX; part = strtok(NULL, ",")) {
    int d = 0;
    while (d < DIALECTS && strcmp(part, dialect_names[d])) d++;
    if (d == DIALECTS) usage("unknown dialect");
    out[n++] = (enum dialect)d;
  }
  return n;
}

static void read_options(int count, char **given) {
  int o, pid_count = 0, dialect_count = 1, over_mx = 0;
  enum dialect dialects[TARGETS_MAX] = {RFC18};
  long ports[TARGETS_MAX] = {0}, pids[TARGETS_MAX] = {0};
  while ((o = getopt(count, given, "h:p:d:s:S:w:c:W:M:E:F:K:L:R:u:D:T:H:P:t:J")) != -1) switch (o) {
    case 'h': host = optarg; break;
    case 'p': target_count = read_list(optarg, ports); break;
    case 'P': pid_count = read_list(optarg, pids); break;
    case 'd': dialect_count = read_dialects(optarg, dialects); break;
    case 's': body = atoi(optarg); break;
    case 'S': service = optarg; break;
    case 'w': workers = atoi(optarg); break;
    case 'c': clients = atoi(optarg); break;
    case 'W': window = atoi(optarg); break;
    case 'M': services = atoi(optarg); break;
    case 'E': idle_workers = atoi(optarg); break;
    case 'F': idle_services = atoi(optarg); break;
    case 'K': if ((credit = atoi(optarg)) < 1) usage("a credit is 1 or more"); break;
    case 'L': logical = atoi(optarg); break;
    case 'R': partials = atoi(optarg); break;
    case 'u': warm_seconds = atof(optarg); break;
    case 'D': measure_seconds = atof(optarg); break;
    case 'T': turn_seconds = atof(optarg); break;
    case 'H': heartbeat_ms = atoi(optarg); break;
    case 't': limit_seconds = atoi(optarg); break;
    case 'J': json = 1; break;
    default: usage("unknown option");
  }
  if (target_count < 1 || workers < 1 || clients < 0 || window < 1 || services < 1 || heartbeat_ms < 1 || turn_seconds <= 0) usage("a number is missing or too small");
  if (pid_count && pid_count != target_count) usage("as many ports as pids are needed");
  if (dialect_count != 1 && dialect_count != target_count) usage("one dialect is needed, or as many as ports");
  if (partials < 0 || (partials && logical)) usage("PARTIALs need workers that are not behind others");
  if (body < 8) body = 8;
  if (idle_workers && idle_services < 1) idle_services = 1;
  for (int i = 0; i < target_count; i++) {
    struct target *t = &targets[i];
    t->dialect = dialects[dialect_count > 1 ? i : 0];
    over_mx += t->dialect == MX;
    if (partials && old_commands(t->dialect)) usage("PARTIALs need a dialect that knows them");
    if (partials && window > 1 && t->dialect != MX) usage("PARTIALs need a window of 1, or mx");
    if (logical && t->dialect == MX) usage("no workers behind others (-L) over mx: one of mx takes as many requests at once as its credit says (-K)");
    t->port = (int)ports[i];
    t->pid = pids[i];
    t->has_clock = t->pid && !clock_getcpuclockid((pid_t)t->pid, &t->clock);
    t->unparked = idle_services > idle_workers ? idle_services - idle_workers : 0;
    t->latency = need(malloc(LATENCIES_MAX * sizeof *t->latency));
  }
  if (credit && !over_mx) usage("a credit (-K) is for mx only");
  if (!credit) credit = 64;
}

/* -- turns ------------------------------------------------------------------------------------------------------- */

static int per_target, all_workers, parkers;
static struct { int number, rounds, warm_rounds; double begin, length, cpu, cpu_main, cpu_self; long replies; } turn;

static double cpu_of_targets(void) {
  double sum = 0;
  for (int i = 0; i < target_count; i++) sum += cpu_of(&targets[i]);
  return sum;
}

static void begin_turn(double t) {
  int round = turn.number / target_count;
  active = &targets[turn.number % target_count]; /* A B C A B C, and not C B A: two turns in a row would be an advantage */
  measuring = round >= turn.warm_rounds;
  draining = 0;
  turn.begin = t;
  turn.length = target_count > 1 ? turn_seconds : measuring ? measure_seconds : warm_seconds;
  turn.replies = active->replies;
  turn.cpu = cpu_of(active);
  turn.cpu_main = cpu_of_main_thread(active->pid);
  turn.cpu_self = cpu_of_self();
  struct connection *first = &connections[(active - targets) * per_target];
  for (int i = all_workers + parkers; i < per_target; i++) fill_window(&first[i]);
}

static int turn_is_over(double t) { /* a machine with other things to do may need longer for the first reply that is measured */
  double over = t - turn.begin - turn.length;
  return over >= 0 && (!measuring || clients == 0 || active->measured || active->replies > turn.replies || over >= PATIENCE);
}

static void account(double t) { /* what the broker has used in this turn, and for how many replies */
  if (!measuring) return;
  active->cpu_seconds += t - turn.begin;
  active->cpu += cpu_of(active) - turn.cpu;
  active->cpu_main += cpu_of_main_thread(active->pid) - turn.cpu_main;
  active->cpu_self += cpu_of_self() - turn.cpu_self;
  active->with_cpu += active->replies - turn.replies;
}

static void end_turn(double t) { /* its time is over: what is under way may still come */
  draining = 1;
  if (target_count == 1) account(t);
  if (!measuring) return;
  active->measured += active->replies - turn.replies;
  active->seconds += t - turn.begin;
}

static void close_turn(double t) { /* everything has come, or is lost; a single broker goes on from its warm-up */
  if (target_count > 1) account(t);
  turn.number++;
}

int main(int count, char **given) {
  read_options(count, given);
  struct rlimit files;
  if (!getrlimit(RLIMIT_NOFILE, &files)) { files.rlim_cur = files.rlim_max; setrlimit(RLIMIT_NOFILE, &files); }
  all_workers = workers + idle_workers;
  parkers = (targets[0].unparked + PARKED_EACH - 1) / PARKED_EACH;
  per_target = all_workers + parkers + clients;
  int total = per_target * target_count, opened = 0, beaten = 0, ep = epoll_create1(0);
  connections = need(calloc((size_t)total, sizeof *connections));
  dirty = need(calloc((size_t)total, sizeof *dirty));
  for (int i = 0; i < total; i++) {
    struct connection *c = &connections[i];
    int at = i % per_target;
    c->target = &targets[i / per_target];
    c->role = at < all_workers ? WORKER : at < all_workers + parkers ? PARKER : CLIENT;
    if (at < workers) name_service(c->name, sizeof c->name, at);
    else if (at < all_workers) snprintf(c->name, sizeof c->name, "idle-%d", (at - workers) % idle_services);
  }
  turn.warm_rounds = target_count > 1 ? (int)(warm_seconds / turn_seconds + .5) : warm_seconds > 0;
  turn.rounds = turn.warm_rounds + (target_count > 1 ? (int)(measure_seconds / turn_seconds + .5) : 1);
  if (turn.rounds == turn.warm_rounds) turn.rounds++;

  enum { CONNECTING, SETTLING, TURNING, DONE } phase = CONNECTING;
  double begin = now(), last = begin, mark = 0, beat_debt = 0, others = 0, since = 0;
  long heard = 0;
  static uint8_t scratch[1 << 18];
  struct epoll_event events[256];
  while (phase != DONE && !refused && last < begin + limit_seconds) {
    /* A few at a time: a backlog that overflows costs a second for each connection that it drops. */
    while (opened < total && opened - ready_count < HANDSHAKES_AT_ONCE) open_connection(&connections[opened++], ep);
    flush_all();
    int n = epoll_wait(ep, events, 256, phase == CONNECTING ? 1 : 5);
    for (int i = 0; i < n; i++) read_connection(events[i].data.ptr, scratch, sizeof scratch);
    double t = now();
    /* Beats are spread evenly over the interval. */
    beat_debt += (t - last) * 1e3 / heartbeat_ms * all_workers * target_count;
    last = t;
    for (; beat_debt >= 1; beat_debt--, beaten++) {
      struct connection *c = &connections[beaten % total];
      if (c->role != WORKER) { beat_debt++; continue; }
      if (c->state == 2) say_heartbeat(c);
    }
    if (phase == CONNECTING && ready_count == total) {
      for (int i = 0; i < total; i++) if (connections[i].role == PARKER) park(&connections[i]);
      phase = SETTLING;
      mark = t + 0.3 + total / 20000.0;
    } else if (phase == SETTLING && t >= mark) {
      phase = TURNING;
      begin_turn(t);
    } else if (phase == TURNING && !draining && turn_is_over(t)) {
      end_turn(t);
      mark = t + 3 + (double)active->outstanding / SLOWEST; /* a long queue takes its time */
      if (target_count == 1 && !measuring) mark = t; /* and is there from the first moment that is measured */
    } else if (phase == TURNING && draining && active->outstanding && t < mark) {
      if (active->replies != heard && mark < t + 3) mark = t + 3; /* nothing is lost while something comes */
      heard = active->replies;
    } else if (phase == TURNING && draining) {
      close_turn(t);
      if (turn.number == turn.warm_rounds * target_count) { since = t; others = cpu_of_all() - cpu_of_self() - cpu_of_targets(); }
      if (turn.number == turn.rounds * target_count) phase = DONE;
      else begin_turn(t);
    }
  }
  others = (cpu_of_all() - cpu_of_self() - cpu_of_targets() - others) / ((last - since) * (double)sysconf(_SC_NPROCESSORS_ONLN));
  int failed = phase != DONE;
  for (int i = 0; i < target_count; i++) {
    report(&targets[i], others > 0 ? others : 0);
    if ((clients && !targets[i].measured) || targets[i].outstanding) failed = 1;
  }
  return refused ? 3 : failed;
}
