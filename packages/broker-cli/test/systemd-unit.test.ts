// SPDX-License-Identifier: Apache-2.0
// systemd-unit.test - the unit in docker/systemd is one that systemd and the broker take

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '@mdp/testkit';
import { parseConfig } from '../src/config-file.js';
import { readEnvironment, unknownVariables } from '../src/environment.js';
import { EXIT_CODES } from '../src/exit-codes.js';
import { readCommandLine } from '../src/command-line.js';
import { resolveSettings } from '../src/settings.js';
import { BIN, ROOT } from './support/cli.js';

const FOLDER = join(ROOT, 'docker/systemd');
const read = (file: string): string => readFileSync(join(FOLDER, file), 'utf8');

/** The values of each setting, in order. */
function settings(unit: string): Map<string, string[]> {
  const all = new Map<string, string[]>();
  for (const [, name = '', value = ''] of unit.matchAll(/^([A-Za-z]+)=(.*)$/gm)) {
    all.set(name, [...(all.get(name) ?? []), value]);
  }
  return all;
}

/** The variables that a unit sets. */
function variables(unit: string): Record<string, string> {
  const pairs = settings(unit).get('Environment') ?? [];
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

const unit = read('mdp-broker.service');

describe('docker/systemd/mdp-broker.service', () => {
  const of = (name: string): string[] => settings(unit).get(name) ?? [];

  test('runs a command line that the program takes, with the variables that it knows', async () => {
    const [program, ...args] = (of('ExecStart')[0] ?? '').split(' ');
    // Without a folder: npm installs into /usr or /usr/local, and systemd looks into both.
    expect(program).toBe('mdp-broker');
    expect((await readCommandLine(args))?.values.get('config')).toEqual(['/etc/mdp-broker/broker.yaml']);
    expect(unknownVariables(variables(unit))).toEqual([]);
  });

  test('does not start it again after a wrong option', () => {
    expect(of('RestartPreventExitStatus')).toEqual([String(EXIT_CODES.USAGE)]);
  });

  test('lets it bind the ports of its config, and no others', async () => {
    const { broker, drainMs } = resolveSettings(await parseConfig(read('broker.yaml'), 'broker.yaml'));
    const [, from = '', to = ''] = /^tcp:(\d+)-(\d+)$/.exec(of('SocketBindAllow')[0] ?? '') ?? [];
    const ports = [broker.endpoints].flat().map((one) => {
      const { endpoint } = one as { readonly endpoint: string };
      return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
    });
    expect(ports).toHaveLength(2);
    for (const port of ports) {
      expect(port).toBeGreaterThanOrEqual(Number(from));
      expect(port).toBeLessThanOrEqual(Number(to));
    }
    expect(drainMs).toBeLessThan(Number(of('TimeoutStopSec')[0]) * 1000);
  });
});

test('docker/systemd/encryption.conf sets variables that the program knows', () => {
  const env = variables(read('encryption.conf'));
  expect(Object.keys(env)).toEqual(['MDP_CURVE_KEY', 'MDP_ALLOW']);
  expect(unknownVariables(env)).toEqual([]);
  expect(readEnvironment(env).size).toBe(2);
});

/** The version of the systemd that is here, running or not; 0 for none. Since 250 it can check all of this without one that runs. */
const version = Number(/^systemd (\d+)/.exec(String(spawnSync('systemd-analyze', ['--version']).stdout))?.[1] ?? 0);
const analyzes = version >= 250;
if (!analyzes)
  process.stdout.write(
    'SKIPPED: what systemd-analyze says of the unit, because there is none of version 250 or newer\n',
  );

(analyzes ? describe : describe.skip)('systemd-analyze', () => {
  let folder: string;
  let file: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mdp-unit-'));
    file = join(folder, 'mdp-broker.service');
    // It looks whether the program is there.
    writeFileSync(file, unit.replace('ExecStart=mdp-broker', `ExecStart=${BIN}`));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('has nothing to complain about', async () => {
    const { stderr } = await run('systemd-analyze', ['verify', file]);
    expect(stderr.split('\n').filter((line) => line.includes('mdp-broker'))).toEqual([]);
  });

  test('finds that it is exposed to little', async () => {
    const args = ['security', '--offline=true', '--threshold=20', '--no-pager', file];
    const { code, stdout } = await run('systemd-analyze', args, { allowFailure: true });
    expect([code, /Overall exposure level.*/.exec(stdout)?.[0]]).toEqual([0, expect.stringContaining('OK')]);
  });
});
