// SPDX-License-Identifier: Apache-2.0
// process - what another process has used so far, from /proc
#pragma once
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* CPU time of a process so far, in seconds: user and system, all threads. */
static double cpu_of(long pid) {
  char path[64], line[1024];
  unsigned long user = 0, system = 0;
  snprintf(path, sizeof path, "/proc/%ld/stat", pid);
  FILE *file = pid ? fopen(path, "r") : NULL;
  if (!file) return 0;
  char *after = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
  if (after) sscanf(after + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  fclose(file);
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

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
