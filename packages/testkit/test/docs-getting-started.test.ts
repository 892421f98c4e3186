// SPDX-License-Identifier: Apache-2.0
// docs-getting-started.test - the worker and the client of "Getting started", as programs of their own

import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { Broker } from '@mdp/broker';
import { TestProcess, runExample, waitUntil } from '@mdp/testkit';
import { ROOT, readDocument } from './support/documents.js';

const FOLDER = join(ROOT, 'packages/broker/examples/getting-started');

test('the client gets from the worker what the document says', async () => {
  await using broker = new Broker({ endpoints: 'tcp://127.0.0.1:*' });
  await broker.start();
  const [endpoint = ''] = broker.endpoints;
  const env = { MDP_BROKER_URL: endpoint };
  await using worker = TestProcess.node(join(FOLDER, 'worker.js'), [], { env });
  await waitUntil('both services', () => broker.stats().workers.registered === 2);

  const printed = await runExample(join(FOLDER, 'client.js'), { env });
  const document = readDocument('docs/getting-started.md');
  const promised = document.blocks.find(({ language }) => language === 'text')?.code ?? 'no block of text';
  expect(printed.slice(0, promised.length)).toBe(promised);
  expect(printed.slice(promised.length)).toMatch(/^nobody MDP_TIMEOUT .*\n$/);

  if (process.platform === 'win32') return; // a signal ends a process there without asking it
  worker.signal('SIGINT');
  expect(await worker.exited).toEqual({ code: 0, signal: null });
  expect(broker.stats().counters.workersLost['disconnect']).toBe(2);
});

test('its commands are those of the repository', () => {
  const lines = readDocument('docs/getting-started.md')
    .blocks.filter(({ language }) => language === 'sh')
    .map(({ code }) => code.trimEnd());
  expect(lines.slice(0, 4)).toEqual([
    'npm ci && npm start',
    'npx mdp-broker echo worker\nnpx mdp-broker echo client -m hello',
    'node packages/broker/examples/getting-started/worker.js',
    'node packages/broker/examples/getting-started/client.js',
  ]);
});
