// SPDX-License-Identifier: Apache-2.0
// bench-report.test - what bench tells of a run

import { describe, expect, test } from '@jest/globals';
import type { BenchReport } from '../src/bench-report.js';
import { reportJson, reportText } from '../src/bench-report.js';
import { Failures } from '../src/failures.js';
import { Latencies } from '../src/latencies.js';

function latencies(...times: readonly number[]): Latencies {
  const all = new Latencies();
  for (const ms of times) all.add(ms);
  return all;
}

const REPORT: BenchReport = {
  service: 'resize',
  brokers: ['tcp://127.0.0.1:5555'],
  wire: 'mx',
  concurrency: 64,
  clients: 1,
  perSecond: undefined,
  frames: [32],
  stream: false,
  elapsedMs: 2000,
  answered: 4,
  answeredInTime: 3,
  wrong: 0,
  unsent: 0,
  parts: 4,
  bytes: 128,
  latencies: latencies(1.2, 1.2, 1.2, 2.5),
  firsts: latencies(),
  failures: new Failures(),
};

describe('for people', () => {
  test('figures, and how the times are spread', () => {
    expect(reportText(REPORT)).toBe(
      [
        'resize at tcp://127.0.0.1:5555 by mx: 1 frame of 32 bytes, 64 under way, 2.0 s',
        '',
        'REQUESTS  A SECOND  FAILED      P50      P90      P99    P99.9      MAX',
        '       4       1.5       0  1.21 ms  2.49 ms  2.49 ms  2.49 ms  2.50 ms',
        '',
        '          TOOK  REQUESTS   SHARE',
        `1 ms to 1.5 ms         3  75.0 %  ${'█'.repeat(40)}`,
        '1.5 ms to 2 ms         0   0.0 %',
        `  2 ms to 3 ms         1  25.0 %  ${'█'.repeat(13)}▍`,
        '',
      ].join('\n'),
    );
  });

  test('what was asked for, and what went wrong', () => {
    const failures = new Failures();
    failures.note(Object.assign(new Error('\u001b[2Jgone'), { code: 'MDP_REMOTE', status: 503 }));
    const text = reportText({
      ...REPORT,
      ...{ clients: 2, perSecond: 500, frames: [2048, 10], stream: true, parts: 12, wrong: 1, unsent: 7, failures },
      firsts: latencies(0.5),
    });
    expect(text).toContain('2058 in 2 frames, 64 under way from 2 clients, 500 requests due a second, 2.0 s');
    expect(text).toContain('12 parts, 6 a second; the first one after 0.500 ms (p50), 0.500 ms (p99)\n');
    expect(text).toContain('1 request failed: MDP_REMOTE 503, \\u001b[2Jgone\n');
    expect(text).toContain('1 reply not what was sent\n');
    expect(text).toContain('7 requests due and never sent: 64 were under way all the time\n');
  });

  test('of nothing', () => {
    const text = reportText({ ...REPORT, answered: 0, answeredInTime: 0, elapsedMs: 0, latencies: latencies() });
    expect(text.split('\n').slice(2)).toEqual([
      'REQUESTS  A SECOND  FAILED  P50  P90  P99  P99.9  MAX',
      '       0         0       0    -    -    -      -    -',
      '',
    ]);
  });
});

describe('for programs', () => {
  test('one line', () => {
    const text = reportJson(REPORT);
    expect(text.indexOf('\n')).toBe(text.length - 1);
    expect(JSON.parse(text)).toEqual({
      ...{ service: 'resize', brokers: ['tcp://127.0.0.1:5555'], wire: 'mx', concurrency: 64, clients: 1 },
      ...{
        frames: [32],
        seconds: 2,
        requests: 4,
        perSecond: 1.5,
        failed: 0,
        failures: [],
        wrong: 0,
        unsent: 0,
        bytes: 128,
      },
      latencyMs: {
        p50: 1.205,
        p90: 2.492,
        p99: 2.492,
        p999: 2.492,
        max: 2.5,
        mean: expect.closeTo(1.525),
      },
      histogram: [
        { fromMs: 1, toMs: 1.5, count: 3 },
        { fromMs: 1.5, toMs: 2, count: 0 },
        { fromMs: 2, toMs: 3, count: 1 },
      ],
    });
  });

  test('of nothing, and what only some runs have', () => {
    const value = JSON.parse(
      reportJson({ ...REPORT, latencies: latencies(), firsts: latencies(1), stream: true, perSecond: 9 }),
    );
    expect(value).toMatchObject({ latencyMs: null, histogram: [], parts: 4, firstPartMs: { max: 1 }, rate: 9 });
  });
});
