// SPDX-License-Identifier: Apache-2.0
// sides - a broker, a worker and a client as the suite sees them, whoever made them; and ours

import { Broker } from '@mdp/broker';
import type { BrokerOptions } from '@mdp/broker';
import { Client } from '@mdp/client';
import type { Dialect, Frame } from '@mdp/protocol';
import { Worker } from '@mdp/worker';
import type { WorkerOptions } from '@mdp/worker';

/** One part of a reply: its frames in hexadecimal. */
export type Part = readonly string[];

/** Something that listens. */
export interface BrokerSide {
  readonly title: string;
  readonly endpoint: string;
  readonly close: () => Promise<void>;
}

/** Something that serves; the first frame of a request says what to do with the rest. See `peers/worker.py`. */
export interface WorkerSide {
  readonly close: () => Promise<void>;
}

/** Something that asks. Frames are in hexadecimal. */
export interface ClientSide {
  /** Ask once, and get every part of the reply; rejects when none has come in time. */
  readonly ask: (service: string, frames: readonly string[], timeoutMs?: number) => Promise<Part[]>;
  /** Ask one after the other. */
  readonly askInTurn: (service: string, requests: readonly (readonly string[])[]) => Promise<Part[][]>;
  readonly close: () => Promise<void>;
}

/** Text in hexadecimal. */
export function hex(text: string): string {
  return Buffer.from(text).toString('hex');
}

/** Start our broker on a free port. */
export async function ourBroker(options: BrokerOptions = {}): Promise<BrokerSide & { readonly broker: Broker }> {
  const broker = new Broker({ endpoints: 'tcp://127.0.0.1:*', ...options });
  await broker.start();
  return {
    title: 'our broker',
    endpoint: broker.endpoints[0] ?? '',
    broker,
    close: () => broker.stop({ drainMs: 0 }),
  };
}

/** How many workers a broker has lost, for whatever reason. */
export function lostWorkers(broker: Broker): number {
  return Object.values(broker.stats().counters.workersLost).reduce((sum, n) => sum + n, 0);
}

async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

const text = (frame: Frame | undefined): string => Buffer.from(frame ?? []).toString();

/** Start a worker of ours that does what `peers/worker.py` does. */
export async function ourWorker(
  endpoint: string,
  service: string,
  options: WorkerOptions = {},
): Promise<WorkerSide & { readonly worker: Worker; readonly jobs: (command: string) => number }> {
  const begun: string[] = [];
  const worker = new Worker(
    endpoint,
    service,
    async function* (request) {
      const [command, ...rest] = request.body;
      begun.push(text(command));
      switch (text(command)) {
        case 'echo':
          return rest;
        case 'partials':
          for (let i = 0; i < Number(text(rest[0])); i++) yield ['part', String(i)];
          return ['end'];
        case 'empty':
          return [];
        case 'sleep':
          await sleep(1000 * Number(text(rest[0])));
          return rest;
        default:
          throw new Error(`unknown command ${text(command)}`);
      }
    },
    options,
  );
  await worker.start();
  return {
    worker,
    jobs: (command) => begun.filter((name) => name === command).length,
    close: () => worker.stop({ drainMs: 0 }),
  };
}

/** A client of ours. */
export function ourClient(endpoint: string, dialect: Dialect): ClientSide {
  const client = new Client(endpoint, { dialect, timeoutMs: 30_000 });
  const ask: ClientSide['ask'] = async (service, frames, timeoutMs = 30_000) => {
    const parts: Part[] = [];
    const body = frames.map((frame) => Buffer.from(frame, 'hex'));
    for await (const part of client.request(service, body, { timeoutMs })) {
      parts.push(part.map((frame) => Buffer.from(frame).toString('hex')));
    }
    return parts;
  };
  return {
    ask,
    askInTurn: async (service, requests) => {
      const replies: Part[][] = [];
      for (const frames of requests) replies.push(await ask(service, frames));
      return replies;
    },
    close: () => client.close(),
  };
}
