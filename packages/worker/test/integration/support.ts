// SPDX-License-Identifier: Apache-2.0
// support - a broker played by hand, and workers that are stopped after each test

import { afterEach, expect } from '@jest/globals';
import type { BrokerInbound, Dialect, Frame, WorkerReply } from '@mdp/protocol';
import { bytes, decodeAtBroker, decodeErrorReply, encodeSignal, encodeWorkerRequest, text } from '@mdp/protocol';
import type { RawFrame } from '@mdp/testkit';
import { RawBroker, waitUntil } from '@mdp/testkit';
import type { Handler, WorkerOptions } from '../../src/index.js';
import { Worker } from '../../src/index.js';

/** A command of a worker, and who said it. */
export interface Said {
  /** The routing id, in hexadecimal. */
  readonly peer: string;
  readonly message: BrokerInbound;
}

/** A broker that says only what a test tells it to. */
export class HandBroker {
  readonly raw: RawBroker;
  readonly dialect: Dialect;
  /** Everything that arrived and was not taken yet. */
  readonly #said: Said[] = [];

  private constructor(raw: RawBroker, dialect: Dialect) {
    this.raw = raw;
    this.dialect = dialect;
  }

  static async bind(dialect: Dialect = 'rfc18', endpoint?: string): Promise<HandBroker> {
    const broker = new HandBroker(await RawBroker.bind(endpoint), dialect);
    onEnd(() => {
      broker.close();
    });
    return broker;
  }

  get endpoint(): string {
    return this.raw.endpoint;
  }

  /** Everything that has arrived, in order, heartbeats too. */
  get said(): readonly Said[] {
    for (const [id, ...frames] of this.raw.inbox.splice(0)) {
      const message = decodeAtBroker(frames);
      if (message.type === 'invalid') throw new Error(`the worker sent what is no command: ${message.reason}`);
      this.#said.push({ peer: id?.toString('hex') ?? '', message });
    }
    return this.#said;
  }

  /** Take the next command of this kind, dropping what is before it. */
  async take<T extends BrokerInbound['type']>(
    type: T,
    timeoutMs?: number,
  ): Promise<{ peer: string; message: BrokerInbound & { type: T } }> {
    const at = await waitUntil(
      `${type} from a worker`,
      () => {
        const index = this.said.findIndex(({ message }) => message.type === type);
        return index < 0 ? undefined : { index };
      },
      timeoutMs,
    );
    return this.#said.splice(0, at.index + 1)[at.index] as {
      peer: string;
      message: BrokerInbound & { type: T };
    };
  }

  /** Wait for a worker's READY. @returns who it is */
  async ready(timeoutMs?: number): Promise<string> {
    return (await this.take('ready', timeoutMs)).peer;
  }

  /** Take the reply to a request: PARTIALs and the FINAL, all of this peer, each as text. */
  async reply(peer: string, token: string): Promise<string[][]> {
    const parts: WorkerReply[] = [];
    for (let ended = false; !ended; ended = parts.at(-1)?.type === 'final') {
      const { peer: from, message } = await waitUntil('a reply', () => {
        const at = this.said.findIndex(({ message: { type } }) => type === 'partial' || type === 'final');
        return at < 0 ? undefined : this.#said.splice(at, 1)[0];
      });
      expect(from).toBe(peer);
      expect(text((message as WorkerReply).token)).toBe(token);
      parts.push(message as WorkerReply);
    }
    return parts.map(({ body }) => body.map((frame) => text(frame) ?? '?'));
  }

  /** Take the FINAL and read it as an error reply. */
  async failure(): Promise<{ status: number; message: string } | undefined> {
    return decodeErrorReply((await this.take('final')).message.body);
  }

  async request(peer: string, token: string, ...body: RawFrame[]): Promise<void> {
    const frames = body.length === 0 ? ['body'] : body;
    await this.raw.send(
      ...encodeWorkerRequest(
        this.dialect,
        this.#envelope(peer),
        bytes(token),
        frames.map((frame) => (typeof frame === 'string' ? bytes(frame) : frame)),
      ),
    );
  }

  async signal(peer: string, type: 'heartbeat' | 'disconnect'): Promise<void> {
    await this.raw.send(...encodeSignal(this.dialect, type, this.#envelope(peer)));
  }

  #envelope(peer: string): Frame[] {
    const id = Buffer.from(peer, 'hex');
    return this.dialect === 'rfc18' ? [id] : [id, Buffer.alloc(0)];
  }

  /** Answer every HEARTBEAT from now on with one, as a broker that lives does. */
  beat(): void {
    const timer = setInterval(() => {
      for (const { peer, message } of this.said) {
        if (message.type !== 'heartbeat' || this.#beaten.has(message)) continue;
        this.#beaten.add(message);
        // A worker that has gone away meanwhile needs no answer.
        this.signal(peer, 'heartbeat').catch((error: unknown) => {
          if ((error as { code?: string }).code !== 'EHOSTUNREACH') throw error;
        });
      }
    }, 5);
    onEnd(() => {
      clearInterval(timer);
    });
  }

  readonly #beaten = new WeakSet<BrokerInbound>();

  close(): void {
    this.raw.close();
  }
}

const ends: (() => void | Promise<void>)[] = [];

/** Do this when the test is over; what was asked for last is done first. */
export function onEnd(end: () => void | Promise<void>): void {
  ends.push(end);
}

afterEach(async () => {
  while (ends.length > 0) await ends.pop()?.();
});

/** A worker that is started, and stopped when the test is over. */
export async function startWorker(
  endpoint: string | readonly string[],
  handler: Handler,
  options: WorkerOptions = {},
): Promise<Worker> {
  const worker = new Worker(endpoint, 'echo', handler, { wire: 'rfc18', ...options });
  stopAtEnd(worker);
  await worker.start();
  return worker;
}

/** Stop a worker when the test is over, and see that nothing of it is left. */
export function stopAtEnd(worker: Worker): void {
  onEnd(async () => {
    await worker.stop({ drainMs: 0 });
    expect(worker.stats()).toMatchObject({ phase: 'stopped', registered: 0, busy: 0 });
  });
}

/** A promise that is settled by hand. */
export class Gate<T = void> {
  open!: (value: T) => void;
  readonly passed = new Promise<T>((resolve) => {
    this.open = resolve;
  });
}
