// SPDX-License-Identifier: Apache-2.0
// named-hosts - hosts of their own, and one name for all brokers, which can stand for others at any time

import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Network } from '../namespaces.js';
import { OwnHosts, PORT } from './place.js';

const NAME = 'brokers.test';

/** The table of names always has so many bytes: who reads it while it is written sees all of the old one or of the new one. */
const TABLE_BYTES = 2_048;

/** Like {@link OwnHosts}, but nobody is told addresses. Every host looks names up in the same table, in place of its `/etc/hosts`. */
export class NamedHosts extends OwnHosts {
  readonly #folder = mkdtempSync(join(tmpdir(), 'mdp-names-'));
  readonly #table = join(this.#folder, 'hosts');
  readonly #file = openSync(this.#table, 'w');
  readonly #listed = new Set<string>();

  /** A network without hosts, and a name that stands for nobody. */
  static override async open(): Promise<NamedHosts> {
    const named = new NamedHosts(await Network.open());
    named.#write();
    return named;
  }

  /** The name stands for one more broker. */
  list(endpoint: string): void {
    this.#listed.add(endpoint);
    this.#write();
  }

  /** It stands for that broker no longer. */
  unlist(endpoint: string): void {
    this.#listed.delete(endpoint);
    this.#write();
  }

  #write(): void {
    const lines = [...this.#listed].map((endpoint) => `${new URL(endpoint).hostname} ${NAME}\n`);
    writeSync(this.#file, `127.0.0.1 localhost\n${lines.join('')}`.padEnd(TABLE_BYTES, '\n'), 0);
  }

  override async endpoint(): Promise<string> {
    const endpoint = await super.endpoint();
    this.list(endpoint);
    return endpoint;
  }

  override told(): readonly string[] {
    return [`tcp://${NAME}:${String(PORT)}`];
  }

  override command(host: string, program: string, args: readonly string[]): [string, readonly string[]] {
    // The namespace has mounts of its own as well; they end with the process.
    const mount = 'mount --bind "$0" /etc/hosts && exec "$@"';
    return super.command(host, 'sh', ['-c', mount, this.#table, program, ...args]);
  }

  override async close(): Promise<void> {
    await super.close();
    closeSync(this.#file);
    rmSync(this.#folder, { recursive: true });
  }
}
