// SPDX-License-Identifier: Apache-2.0
// processes.test - the process that the slow suites rely on

import { afterEach, describe, expect, test } from '@jest/globals';
import { TestProcess, run } from '@mdp/testkit';

const started: TestProcess[] = [];

/** A process that runs a line of JavaScript. */
function node(source: string): TestProcess {
  const process = TestProcess.node('--input-type=module', ['--eval', source]);
  started.push(process);
  return process;
}

const ECHO = `
  import { createInterface } from 'node:readline';
  console.log('no event');
  console.log(JSON.stringify({ event: 'up', pid: process.pid }));
  for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify({ event: 'told', ...JSON.parse(line) }));
`;

afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.kill()));
});

describe('TestProcess', () => {
  test('hands over events and orders in order', async () => {
    const process = node(ECHO);
    expect(await process.event('up')).toEqual({ event: 'up', pid: process.pid });
    process.tell({ n: 1 });
    process.tell({ n: 2 });
    expect(await process.event('told', undefined, 2)).toEqual({ event: 'told', n: 2 });
    expect(process.events().map((event) => event.event)).toEqual(['up', 'told', 'told']);
    expect(process.stdout).toMatch(/^no event\n/);
  });

  test('ends when its input ends', async () => {
    const process = node(ECHO);
    await process.event('up');
    expect(process.alive).toBe(true);
    process.endInput();
    expect(await process.exited).toEqual({ code: 0, signal: null });
    expect(process.alive).toBe(false);
  });

  test('is gone after kill, and an order to it is then no accident', async () => {
    const process = node(ECHO);
    await process.event('up');
    const end = await process.kill();
    expect(end.code === 0).toBe(false);
    process.tell({ n: 1 });
    process.signal('SIGTERM');
    expect(await process.kill()).toEqual(end);
  });

  test('says why when it ends before the event', async () => {
    const process = node('console.error("out of order"); process.exitCode = 3;');
    await expect(process.event('up')).rejects.toThrow(/ended before the event up \(1\): out of order/);
  });

  test('reports a program that does not exist', async () => {
    const process = new TestProcess('no-such-program-anywhere');
    started.push(process);
    expect(await process.exited).toEqual({ code: 127, signal: null });
    expect(process.stderr).toMatch(/ENOENT/);
  });

  test('does not hand the settings of the test runner on', async () => {
    const process = node('console.log(JSON.stringify({ event: "env", names: Object.keys(globalThis.process.env) }))');
    const { names } = await process.event('env');
    expect(names).not.toContain('JEST_WORKER_ID');
    expect(names).not.toContain('NODE_OPTIONS');
  });
});

describe('run', () => {
  test('gives what was written, and how long it took', async () => {
    const result = await run(process.execPath, ['--eval', 'console.log(1); console.error(2)']);
    expect(result).toMatchObject({ code: 0, stdout: '1\n', stderr: '2\n' });
    expect(result.ms).toBeGreaterThan(0);
  });

  test('throws with everything that was written when the program fails', async () => {
    const args = ['--eval', 'console.log("one"); console.error("two"); process.exitCode = 4'];
    await expect(run(process.execPath, args)).rejects.toThrow(/ended with 4\none\ntwo/);
    expect((await run(process.execPath, args, { allowFailure: true })).code).toBe(4);
  });
});
