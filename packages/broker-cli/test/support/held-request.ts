// SPDX-License-Identifier: Apache-2.0
// held-request - a request that is running for as long as a test wants

import { Client } from '@mdp/client';
import { waitUntil } from '@mdp/testkit';
import { Worker } from '@mdp/worker';

/** A request that a worker holds until it is let go. */
export class HeldRequest implements AsyncDisposable {
  readonly client: Client;
  readonly worker: Worker;
  readonly reply: Promise<string>;
  release: () => void = () => undefined;

  private constructor(endpoint: string) {
    const gate = new Promise<void>((resolve) => (this.release = resolve));
    this.client = new Client(endpoint, { timeoutMs: 30_000, wire: 'rfc18' });
    // Nobody asks how to speak: the tests count requests.
    const hold = async ({ body }: { readonly body: readonly Uint8Array[] }): Promise<Uint8Array[]> => {
      await gate;
      return [...body];
    };
    this.worker = new Worker(endpoint, 'slow', hold, { wire: 'rfc18' });
    this.reply = this.client.request('slow', 'x').then(
      (frames) => frames.map(String).join(),
      (error: unknown) =>
        (error as { status?: number; code: string }).status?.toString() ?? (error as { code: string }).code,
    );
  }

  static async at(endpoint: string): Promise<HeldRequest> {
    const held = new HeldRequest(endpoint);
    await held.worker.start();
    await waitUntil('the worker to be busy', () => held.worker.stats().busy === 1);
    return held;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    await this.client.close();
    await this.worker.stop({ drainMs: 0 });
  }
}
