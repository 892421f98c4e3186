// SPDX-License-Identifier: Apache-2.0
// usage.test - help, version, and what is said to a wrong command line

import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { OPTIONS, shownFlag } from '../../src/options-table.js';
import { runCli } from '../support/cli.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

test('--version is the version of the package', async () => {
  expect(await runCli(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('--help', () => {
  test('has every option with its default, and the commands', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    const words = stdout.replaceAll(/\s+/g, ' ');
    for (const row of OPTIONS) {
      expect(words).toContain(`--${shownFlag(row)} `);
      if (row.rule.kind !== 'boolean') expect(words).toContain(`[default: ${row.defaultText}]`);
    }
    for (const text of [
      '-c, --config',
      '-V, --verbose',
      '-D, --debug',
      '-h, --help',
      'mdp-broker echo',
      'mdp-broker ping',
      'mdp-broker keygen',
    ]) {
      expect(stdout).toContain(text);
    }
    expect(stdout).not.toMatch(/ --(zmtp-heartbeats|no-forward-errors)\b/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(110);
  });

  test.each([
    [
      ['echo', '--help'],
      ['echo worker', 'echo client'],
    ],
    [
      ['echo', 'worker', '-h'],
      ['-b, --broker-url', '-n, --service', '-d, --delay', '-i, --heartbeat-interval', '-f, --garbage', '--dialect'],
    ],
    [
      ['echo', 'client', '-h'],
      ['-m, --message', '-r, --repeat', '-d, --delay', '-t, --timeout', '--dialect', '--server-key', '--key'],
    ],
    [
      ['ping', '--help'],
      ['-b, --broker-url', '-t, --timeout', '--server-key', '--key'],
    ],
    [
      ['keygen', '--help'],
      ['keygen [NAME...]', '--dir', '--expires'],
    ],
  ])('%j has its own', async (args, texts) => {
    const { code, stdout, stderr } = await runCli(args);
    expect([code, stderr]).toEqual([0, '']);
    for (const text of texts) expect(stdout).toContain(text);
    expect(stdout).not.toContain('--bind-url');
  });
});

const DURATION = 'seconds (2.5), or a number with ms, s, m, h or d (2500ms, 15m, 1h30m)';

describe('a wrong command line says what is wrong and what is allowed, without a stack, and exits with 2', () => {
  test.each([
    [['-i', 'abc'], `--heartbeat-interval: got "abc", allowed is a duration from 10ms to 24d: ${DURATION}`],
    [['-i', '-5'], `--heartbeat-interval: got "-5", allowed is a duration from 10ms to 24d: ${DURATION}`],
    [['--heartbeat-interval='], `--heartbeat-interval: got "", allowed is a duration from 10ms to 24d: ${DURATION}`],
    [['-B'], `--busy-worker-timeout needs a value: allowed is a duration from 10ms to 24d: ${DURATION}`],
    [['--no-worker-timeout'], `--no-worker-timeout needs a value: allowed is a duration from 0 to 24d: ${DURATION}`],
    [
      ['-i', '3', '-t', '10'],
      '--heartbeat-timeout (10s): allowed is a whole multiple, 2 to 100 times, of --heartbeat-interval (3s): 9s or 12s would do',
    ],
    [['--max-attempts', '1e1'], '--max-attempts: got "1e1", allowed is a whole number from 1 to 100'],
    [
      ['-b', 'localhost:5555'],
      '--bind-url: got "localhost:5555", allowed is tcp://host:port (up to 65535), ipc://path or inproc://name',
    ],
    [['-b', 'tcp://*:1,role=boss'], '--bind-url (role): got "boss", allowed is any, client, worker'],
    [['--log-format', 'xml'], '--log-format: got "xml", allowed is text, json'],
    [['--heartbeat-intervall', '3'], 'unknown option --heartbeat-intervall; did you mean --heartbeat-interval?'],
    [['--heartbeatInterval', '3'], 'unknown option --heartbeatInterval; did you mean --heartbeat-interval?'],
    [['-x'], 'unknown option -x'],
    [['--no-verbose'], 'unknown option --no-verbose; did you mean --verbose?'],
    [
      ['start'],
      'unknown command "start", allowed is echo, call, work, services, top, ping, bench, init, check-config, keygen, completion',
    ],
    [
      ['pong'],
      'unknown command "pong", allowed is echo, call, work, services, top, ping, bench, init, check-config, keygen, completion; did you mean ping?',
    ],
    [['echo'], 'echo alone does nothing, allowed is echo worker, echo client'],
    [['echo', 'clint'], 'unknown command "clint", allowed is worker, client; did you mean client?'],
    [['echo', 'client', 'hello'], 'unexpected argument "hello"'],
    [['echo', 'client', '-r', '0'], '--repeat: got "0", allowed is a whole number from 1 to 1000000000'],
    [['-c', 'no-such-file.yaml'], '--config: cannot read "no-such-file.yaml": there is no such file'],
    [['--zmtp-heartbeats', '--no-zmtp-heartbeats'], '--zmtp-heartbeats and --no-zmtp-heartbeats contradict each other'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await runCli(args);
    expect(stderr).toBe(`mdp-broker: ${message}\nTry 'mdp-broker --help'.\n`);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('a wrong variable as well', async () => {
    const { code, stderr } = await runCli([], { env: { MDP_DRAIN: 'soon' } });
    expect(stderr).toContain(`mdp-broker: MDP_DRAIN: got "soon", allowed is a duration from 0 to 24d: ${DURATION}\n`);
    expect(code).toBe(2);
  });

  test('an argument cannot write to the terminal', async () => {
    const { code, stderr } = await runCli(['--\u001b[2J\u202ex']);
    expect(stderr).toBe("mdp-broker: unknown option --\\u001b[2J\\u202ex\nTry 'mdp-broker --help'.\n");
    expect(code).toBe(2);
  });
});
