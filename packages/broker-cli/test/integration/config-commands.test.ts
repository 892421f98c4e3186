// SPDX-License-Identifier: Apache-2.0
// config-commands.test - init and check-config as processes

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { configTemplate } from '../../src/config-template.js';
import type { CliResult } from '../support/cli.js';
import { runCli } from '../support/cli.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mdp-config-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function cli(args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> {
  return runCli(args, { cwd: folder, env });
}

test('init writes a file that check-config takes, and does not overwrite it', async () => {
  const { code, stdout } = await cli(['init']);
  expect(stdout).toMatch(/^wrote "broker.yaml"; run a broker with it:\n {2}.+ -c broker.yaml\n$/);
  expect(code).toBe(0);
  expect(readFileSync(join(folder, 'broker.yaml'), 'utf8')).toBe(configTemplate());
  expect(await cli(['check-config', 'broker.yaml'])).toEqual({
    code: 0,
    stdout: 'all is right; every option has its default\n',
    stderr: '',
  });
  const again = await cli(['init', 'broker.yaml']);
  expect(again).toMatchObject({ code: 2, stdout: '' });
  expect(again.stderr).toContain('FILE: "broker.yaml" cannot be written: it exists, and is not overwritten');
  expect((await cli(['init', '-'])).stdout).toBe(configTemplate());
});

test('check-config tells what is set, and where, from all sources', async () => {
  writeFileSync(
    join(folder, 'b.yaml'),
    'maxAttempts: 3\nmaxPendingBytes: 1GiB\nendpoints: [tcp://127.0.0.1:1, ipc:///tmp/x]\nservices: { a: { maxQueued: 5 } }\n',
  );
  const args = ['check-config', '-c', 'b.yaml', '--service', 'b,queue-timeout=1h', '--drain', '5'];
  const { code, stdout, stderr } = await cli(args, { MDP_MAX_ATTEMPTS: '4', MDP_LOG_LEVL: 'x' });
  expect(stdout).toBe(
    [
      'all is right; these differ from the defaults, or say the same:',
      '',
      'OPTION           VALUE                               FROM',
      'endpoints        tcp://127.0.0.1:1 ipc:///tmp/x      b.yaml:3: endpoints',
      'maxAttempts      4                                   MDP_MAX_ATTEMPTS',
      'services         a: maxQueued 5; b: queueTimeout 1h  b.yaml:4: services, --service',
      'maxPendingBytes  1GiB                                b.yaml:2: maxPendingBytes',
      'drain            5s                                  --drain',
      '',
    ].join('\n'),
  );
  expect(stderr).toMatch(/^mdp-broker: .*MDP_LOG_LEVL.*\n$/);
  expect(code).toBe(0);
});

test.each([
  ['maxAttempts: 0\n', /^mdp-broker: b\.yaml:1: maxAttempts: got 0, allowed is /],
  ['curveKey: no.key_secret\n', /^mdp-broker: b\.yaml:1: curveKey: got "no\.key_secret"/],
  ['heartbeatInterval: 3\nheartbeatTimeout: 10\n', /^mdp-broker: b\.yaml:2: heartbeatTimeout \(10s\): allowed is /],
])('what a broker would refuse is refused: %j', async (text, why) => {
  writeFileSync(join(folder, 'b.yaml'), text);
  const { code, stdout, stderr } = await cli(['check-config', 'b.yaml']);
  expect(stderr).toMatch(why);
  expect([code, stdout]).toEqual([2, '']);
});

test('a list of keys that cannot be read is found, too', async () => {
  await cli(['keygen', 'broker']);
  writeFileSync(join(folder, 'b.yaml'), 'curveKey: broker.key_secret\nallow: none.key\n');
  const { code, stderr } = await cli(['check-config', 'b.yaml']);
  expect(stderr).toMatch(/^mdp-broker: b\.yaml:2: allow: got .*none\.key/);
  expect(code).toBe(2);
});
