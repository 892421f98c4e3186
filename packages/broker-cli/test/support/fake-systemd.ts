// SPDX-License-Identifier: Apache-2.0
// fake-systemd - a systemd-notify that writes down what it is to tell systemd

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { waitUntil } from '@mdp/testkit';

/** Assignments on a line, apart by `|`; what stands in `fault` makes it fail. */
const SCRIPT = `#!/bin/sh
folder=\${0%/*}
IFS='|'
if [ -e "$folder/fault" ]; then read -r fault <"$folder/fault"; echo "$fault" >&2; exit 1; fi
printf '%s\\n' "$*" >>"$folder/told"
`;

/** Stands in for systemd. Not on Windows. */
export class FakeSystemd implements AsyncDisposable {
  readonly #folder: string;
  /** What a process has to have in its environment. */
  readonly env: Readonly<Record<string, string>>;

  private constructor(folder: string) {
    this.#folder = folder;
    this.env = { NOTIFY_SOCKET: '@not-there', PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
  }

  static async start(): Promise<FakeSystemd> {
    const folder = await mkdtemp(join(tmpdir(), 'mdp-systemd-'));
    await writeFile(join(folder, 'told'), '');
    await writeFile(join(folder, 'systemd-notify'), SCRIPT);
    await chmod(join(folder, 'systemd-notify'), 0o755);
    return new FakeSystemd(folder);
  }

  /** Fail with this complaint from now on; without one, work again. */
  async fail(complaint?: string): Promise<void> {
    if (complaint === undefined) await rm(join(this.#folder, 'fault'));
    else await writeFile(join(this.#folder, 'fault'), `${complaint}\n`);
  }

  /** The messages so far, each with its assignments. */
  async told(): Promise<string[][]> {
    const text = await readFile(join(this.#folder, 'told'), 'utf8');
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('|'));
  }

  /** Wait for a message that begins with this; the first one is 1. */
  async heard(first: string, nth = 1): Promise<string[]> {
    return waitUntil(`systemd to hear ${first}`, async () => {
      const all = await this.told();
      return all.filter(([one]) => one === first)[nth - 1];
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }
}
