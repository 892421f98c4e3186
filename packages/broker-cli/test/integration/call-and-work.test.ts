// SPDX-License-Identifier: Apache-2.0
// call-and-work.test - commands that serve requests, and requests from the shell, each a process

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { TestProcess } from '@mdp/testkit';
import { run, waitUntil } from '@mdp/testkit';
import type { CliResult, RunningBroker } from '../support/cli.js';
import { BIN, HAS_SIGNALS, runCli, said, startBroker, startCli } from '../support/cli.js';

let broker: RunningBroker;
let env: { MDP_BROKER_URL: string };
const workers: TestProcess[] = [];

/** Start a worker, and wait until it is registered. */
async function work(...args: readonly string[]): Promise<TestProcess> {
  const worker = startCli(['work', ...args], { env });
  workers.push(worker);
  await said(worker, 'registered for');
  return worker;
}

const NODE = process.execPath;

function call(...args: readonly string[]): Promise<CliResult> {
  return runCli(['call', ...args], { env });
}

beforeEach(async () => {
  broker = await startBroker();
  env = { MDP_BROKER_URL: broker.endpoint };
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
  await broker[Symbol.asyncDispose]();
});

describe.each(['rfc18', 'majortomo', 'mdp01'])('dialect %s', (dialect) => {
  test('the frames go to the standard input of a command, and its output comes back', async () => {
    await work('swap', '--dialect', dialect, '--', NODE, '-e', 'process.stdin.pipe(process.stdout)');
    const { code, stdout, stderr } = await call('swap', '--dialect', dialect, 'grüße', 'zwei', '-V');
    expect(stdout).toBe('grüße\nzwei\n');
    expect(stderr).toMatch(/^mdp-broker: 1 part in [\d.]+ m?s\n$/);
    expect(code).toBe(0);
  });
});

test('frames as arguments, each line a part, and what the command is told of its request', async () => {
  const script = `const { MDP_REQUEST_SERVICE, MDP_REQUEST_FRAMES, MDP_REQUEST_ID, MDP_REQUEST_ATTEMPT } = process.env;
    for (const word of [...process.argv.slice(1), MDP_REQUEST_SERVICE, MDP_REQUEST_FRAMES, MDP_REQUEST_ID, MDP_REQUEST_ATTEMPT]) console.log(word);`;
  await work('list', '--args', '--lines', '--wire', 'mx', '--', NODE, '-e', script, 'first');
  const text = await call('list', '--id', 'order 7', 'a b', 'ü');
  expect(text).toEqual({ code: 0, stdout: 'first\na b\nü\nlist\n2\norder 7\n1\n', stderr: '' });
  const { stdout } = await call('list', '--json', '--hex', '--', '61');
  const parts = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { frames: string[] }).frames);
  const hex = ['first', 'a', 'list', '1', 'undefined', '1', ''].map((word) => [Buffer.from(word).toString('hex')]);
  // A request without a retry has no id.
  expect(parts).toEqual([...hex.slice(0, 4), ...hex.slice(4)]);
});

describe('what goes wrong', () => {
  test('a command that fails: exit code 5 and its reason, as JSON, too', async () => {
    const worker = await work('fail', '--', NODE, '-e', 'process.exit(3)');
    const message = 'the command ended with exit code 3';
    const { code, stdout, stderr } = await call('fail', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'MDP_REMOTE', status: 500, message, attempts: 1 } });
    expect([code, stderr]).toEqual([5, `mdp-broker: error reply 500: ${message}\n`]);
    await said(worker, message);
  });

  test('a command that writes too much, or a line that is too long', async () => {
    const endless = `setInterval(() => process.stdout.write('x'.repeat(500)), 1)`;
    await work('much', '--max-bytes', '1000', '--', NODE, '-e', endless);
    await work('long', '--max-bytes', '1000', '--lines', '--', NODE, '-e', endless);
    expect(await call('much')).toMatchObject({ code: 5, stderr: expect.stringMatching(/wrote more than 1000 bytes/) });
    expect(await call('long')).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/wrote a line of more than 1000 bytes/),
    });
  });

  test('no such command, no worker', async () => {
    const none = await runCli(['work', 's', '--', 'no-such-program-here'], { env });
    expect(none).toMatchObject({ code: 2, stdout: '' });
    expect(none.stderr).toContain('COMMAND: there is no program "no-such-program-here" in the PATH');
    const late = await call('nobody', '-t', '0.3', '--json');
    expect(JSON.parse(late.stdout)).toMatchObject({ error: { code: 'MDP_TIMEOUT' } });
    expect(late).toMatchObject({ code: 4 });
  });

  (HAS_SIGNALS ? test : test.skip)(
    'Ctrl-C gives the request up, with exit code 130, and the command is ended',
    async () => {
      const worker = await work(
        'slow',
        '--wire',
        'mx',
        '--',
        NODE,
        '-e',
        'console.error("be" + "gan"); setInterval(() => 0, 1000)',
      );
      const child = startCli(['call', 'slow', '--wire', 'mx'], { env });
      workers.push(child);
      await said(worker, 'began');
      child.signal('SIGINT');
      expect(await child.exited).toEqual({ code: 130, signal: null });
      await work('quick', '--', NODE, '-e', 'console.log("x")');
      const free = async (): Promise<boolean> => {
        const { stdout } = await runCli(['services', '--json'], { env });
        return stdout.includes('"name":"slow","workers":1,"waiting":1,"busy":0');
      };
      await waitUntil('the worker to be free again', free, 15_000);
    },
  );

  (HAS_SIGNALS ? test : test.skip)('a second signal takes the commands with it', async () => {
    const worker = await work(
      'slow',
      '--',
      NODE,
      '-e',
      'console.error("pid " + process.pid); setInterval(() => 0, 1000)',
    );
    const child = startCli(['call', 'slow'], { env });
    workers.push(child);
    const [, pid] = await said(worker, /pid (\d+)/);
    worker.signal('SIGTERM');
    await said(worker, 'SIGTERM: stopping');
    worker.signal('SIGTERM');
    expect(await worker.exited).toEqual({ code: 143, signal: null });
    await waitUntil('the command to be gone', () => !isAlive(Number(pid)));
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

(process.platform === 'win32' ? test.skip : test)(
  'bash offers the services of the broker, and words with colons',
  async () => {
    await work('report', '--', NODE, '-e', '');
    await work('reset:all', '--', NODE, '-e', '');
    const offers = async (line: string): Promise<string[]> => {
      const script = `mdp-broker() { '${NODE}' '${BIN}' "$@"; }
      source <(mdp-broker completion bash)
      COMP_LINE=$1 COMP_POINT=\${#1} COMPREPLY=()
      _mdp_broker
      printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = await run('bash', ['-c', script, 'bash', line], { env });
      return stdout.split('\n').filter((word) => word !== '');
    };
    expect(await offers('mdp-broker call re')).toEqual(['report', 'reset:all']);
    expect(await offers('mdp-broker call reset:')).toEqual(['all']);
    expect(await offers(`mdp-broker call -b ${broker.endpoint} `)).toEqual(['report', 'reset:all']);
    expect(await offers('mdp-broker call --wire m')).toEqual(['mx']);
    expect(await offers('mdp-broker call report ')).toEqual([]);
  },
);

const fish = spawnSync('fish', ['--version']).status === 0;
if (!fish) process.stderr.write('fish is not installed: one test is skipped\n');

(fish ? test : test.skip)('fish offers files only where there are no words', async () => {
  await work('report', '--', NODE, '-e', '');
  const folder = mkdtempSync(join(tmpdir(), 'mdp-fish-'));
  try {
    writeFileSync(join(folder, 'm.key'), '');
    const offers = async (line: string): Promise<string[]> => {
      const script = `function mdp-broker; '${NODE}' '${BIN}' $argv; end
      mdp-broker completion fish | source
      complete -C $argv[1]`;
      const { stdout } = await run('fish', ['--no-config', '-c', script, line], { env, cwd: folder });
      return stdout.split('\n').filter((word) => word !== '');
    };
    expect(await offers('mdp-broker call --wire ')).toEqual(['auto', 'mx', 'rfc18']);
    expect(await offers('mdp-broker call re')).toEqual(['report']);
    expect(await offers('mdp-broker call --key ')).toEqual(['m.key']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('services lists what there is, at each broker', async () => {
  await work('b', '--', NODE, '-e', '');
  await work('a', '--', NODE, '-e', '');
  const { code, stdout, stderr } = await runCli(['services'], { env });
  expect(stdout).toBe(
    [
      'SERVICE  WORKERS  WAITING  BUSY  QUEUED  OLDEST  REQUESTS  FAILED  P50  P99',
      'a              1        1     0       0       0         0       0    -    -',
      'b              1        1     0       0       0         0       0    -    -',
      '',
    ].join('\n'),
  );
  expect([code, stderr]).toEqual([0, '']);
  const none = await runCli(['services', '-b', 'tcp://127.0.0.1:9', '-t', '300ms']);
  expect(none).toMatchObject({ code: 4, stdout: '' });
  await using other = await startBroker();
  const both = await runCli([
    'services',
    '-b',
    other.endpoint,
    '-b',
    broker.endpoint,
    '-b',
    'tcp://127.0.0.1:9',
    '-t',
    '2',
    '--json',
  ]);
  const found = both.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(found).toMatchObject(
    ['a', 'b'].map((name) => ({ broker: broker.endpoint, name, workers: 1, waiting: 1, busy: 0, queued: 0 })),
  );
  expect(both).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/^mdp-broker: tcp:\/\/127\.0\.0\.1:9: no reply within 2s: /),
  });
});
