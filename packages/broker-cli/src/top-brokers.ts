// SPDX-License-Identifier: Apache-2.0
// top-brokers - asks brokers what services they have and how they are

import type { BrokerInfo } from '@mdp/client';
import { Client } from '@mdp/client';
import { MdpError } from '@mdp/protocol';
import type { ExitCode } from './exit-codes.js';
import { EXIT_CODES } from './exit-codes.js';
import { loadPeerKeys } from './peer-keys.js';
import { explainNoServices } from './services-question.js';
import { readFigures } from './top-figures.js';
import type { TopSettings } from './top-flags.js';
import type { BrokerAnswer } from './top-sample.js';

/** What a round of questions came to. */
export interface Round {
  readonly answers: readonly BrokerAnswer[];
  /** 0 when all have answered; else by the failure of the first that did not. */
  readonly code: ExitCode;
}

/** The brokers, each with a client of its own: what one of them does not answer is not asked of another. */
export class TopBrokers implements AsyncDisposable {
  readonly #settings: TopSettings;
  readonly #signal: AbortSignal;
  readonly #clients: ReadonlyMap<string, Client>;

  /**
   * @param signal - ends all questions: their answers are of no use then
   * @throws {@link ArgumentError} `MDP_INVALID_ARGUMENT` for keys that cannot be read
   */
  constructor(settings: TopSettings, signal: AbortSignal) {
    const { brokers, dialect, timeoutMs, keys } = settings;
    const curve = loadPeerKeys(keys);
    this.#settings = settings;
    this.#signal = signal;
    this.#clients = new Map(
      // Questions are asked one at a time: the strict wire is enough, and does not ask first.
      brokers.map((broker) => [broker, new Client(broker, { dialect, wire: 'rfc18', timeoutMs, curve, signal })]),
    );
  }

  /** Ask all of them at once. */
  async ask(): Promise<Round> {
    const asked = await Promise.all(Array.from(this.#clients, ([broker, client]) => this.#askOne(broker, client)));
    return {
      answers: asked.map(({ answer }) => answer),
      code: asked.find(({ code }) => code !== EXIT_CODES.OK)?.code ?? EXIT_CODES.OK,
    };
  }

  async #askOne(broker: string, client: Client): Promise<{ answer: BrokerAnswer; code: ExitCode }> {
    const info = askInfo(client);
    try {
      const services = readFigures(await client.services());
      const atMs = performance.now();
      const { version, uptimeMs } = (await info) ?? {};
      return { answer: { broker, version, snapshot: { atMs, services, uptimeMs } }, code: EXIT_CODES.OK };
    } catch (error) {
      if (this.#signal.aborted) return { answer: { broker }, code: EXIT_CODES.OK };
      const { text, code } = explainNoServices(error, broker, this.#settings, client.stats());
      return { answer: { broker, failure: text }, code };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Array.from(this.#clients.values(), (client) => client.close()));
  }
}

/** How a broker is: not every endpoint tells. */
async function askInfo(client: Client): Promise<Pick<BrokerInfo, 'version' | 'uptimeMs'> | undefined> {
  try {
    const info: unknown = await client.brokerInfo();
    const { version, uptimeMs } = (info ?? {}) as Partial<BrokerInfo>;
    return typeof version === 'string' && typeof uptimeMs === 'number' ? { version, uptimeMs } : undefined;
  } catch (error) {
    // The services are what matters, and are asked for at the same time.
    if (error instanceof MdpError) return undefined;
    throw error;
  }
}
