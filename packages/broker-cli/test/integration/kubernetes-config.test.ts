// SPDX-License-Identifier: Apache-2.0
// kubernetes-config.test - the config of the manifests and the keys that the document makes, put to use

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '../support/kubernetes.js';
import { ROOT, runCli, said, startCli } from '../support/cli.js';

interface Config extends Manifest {
  readonly data: { readonly 'broker.yaml': string };
}

let folder: string;

/** The config as it is in the cluster, but for the folders and the ports. */
function config(): string {
  const text = readFileSync(join(ROOT, 'docker/kubernetes/broker.yaml'), 'utf8');
  const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  const { data } = manifests.find(({ kind }) => kind === 'ConfigMap') as Config;
  return data['broker.yaml'].replaceAll('/etc/', `${folder}/`).replaceAll(/tcp:\/\/\*:\d+/g, 'tcp://127.0.0.1:*');
}

/** What the commands of docs/deployment.md put into the Secret or ConfigMap of this name. */
function filesOf(name: string): string[] {
  const text = readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8').replaceAll(/ \\\r?\n\s*/g, ' ');
  const [line = ''] = text.split('\n').filter((one) => one.startsWith('kubectl create') && one.includes(` ${name} `));
  const files = Array.from(line.matchAll(/--from-file=keys\/(\S+)/g), ([, file = '']) => file);
  expect(files).not.toEqual([]);
  return files;
}

describe('docker/kubernetes/broker.yaml', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mdp-kubernetes-'));
    const [line = ''] =
      /^mdp-broker (keygen --dir keys .+)$/m.exec(readFileSync(join(ROOT, 'docs/deployment.md'), 'utf8')) ?? [];
    const [, ...args] = line.split(' ');
    expect(await runCli(args, { cwd: folder })).toMatchObject({ code: 0 });
    const volumes = {
      'mdp-broker-keys': 'mdp-keys',
      'mdp-broker-clients': 'mdp-clients',
      'mdp-broker-workers': 'mdp-workers',
    };
    for (const [name, volume] of Object.entries(volumes)) {
      mkdirSync(join(folder, volume));
      for (const file of filesOf(name)) {
        writeFileSync(join(folder, volume, file), readFileSync(join(folder, 'keys', file)), { mode: 0o400 });
      }
    }
    writeFileSync(join(folder, 'broker.yaml'), config());
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test('lets in clients, workers and probes, each where they belong', async () => {
    await using broker = startCli(['--config', 'broker.yaml', '--log-format', 'text'], { cwd: folder });
    const [, clients = ''] = await said(broker, /listening on (\S+) for clients only/);
    const [, workers = ''] = await said(broker, /listening on (\S+) for workers only/);
    const as = (name: string, url: string): { cwd: string; env: Record<string, string> } => ({
      cwd: folder,
      env: { MDP_BROKER_URL: url, MDP_SERVER_KEY: 'mdp-keys/broker.key', MDP_KEY: `${name}.key_secret` },
    });
    // What the probes do.
    expect(await runCli(['ping', '-t', '30'], as('mdp-keys/health', clients))).toMatchObject({ code: 0 });
    await using worker = startCli(['echo', 'worker'], as('keys/resizer', workers));
    const reply = await runCli(['echo', 'client', '-m', 'hello', '-t', '30'], as('keys/shop', clients));
    expect([reply.code, reply.stdout]).toEqual([0, expect.stringContaining('"hello"')]);
    expect(worker.alive).toBe(true);
    // A client's key registers no worker.
    const { code, stderr } = await runCli(['ping', '-t', '30'], as('keys/shop', workers));
    expect([code, stderr]).toEqual([7, expect.stringContaining('refused')]);
  });
});
