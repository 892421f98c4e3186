// SPDX-License-Identifier: Apache-2.0
// process - what this process, another one and the whole machine have used so far
#pragma once
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static long resident_kib(long pid) {
  char path[64];
  long pages = 0;
  snprintf(path, sizeof path, "/proc/%ld/statm", pid);
  FILE *file = pid ? fopen(path, "r") : NULL;
  if (!file) return 0;
  if (fscanf(file, "%*d %ld", &pages) != 1) pages = 0;
  fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* CPU time of the first thread of a process so far, in seconds. */
static double cpu_of_main_thread(long pid) {
  char path[64];
  unsigned long long ns = 0;
  snprintf(path, sizeof path, "/proc/%ld/task/%ld/schedstat", pid, pid);
  FILE *file = pid ? fopen(path, "r") : NULL;
  if (!file) return 0;
  if (fscanf(file, "%llu", &ns) != 1) ns = 0;
  fclose(file);
  return (double)ns / 1e9;
}

/* CPU time of this process so far, in seconds. */
static double cpu_of_self(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* CPU time of everything on this machine so far, in seconds, with what the hypervisor gave to others. */
static double cpu_of_all(void) {
  unsigned long long user = 0, nice = 0, system = 0, irq = 0, softirq = 0, steal = 0;
  FILE *file = fopen("/proc/stat", "r");
  if (!file) return 0;
  int n = fscanf(file, "cpu %llu %llu %llu %*u %*u %llu %llu %llu", &user, &nice, &system, &irq, &softirq, &steal);
  fclose(file);
  return n == 6 ? (double)(user + nice + system + irq + softirq + steal) / (double)sysconf(_SC_CLK_TCK) : 0;
}
