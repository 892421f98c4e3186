// SPDX-License-Identifier: Apache-2.0
// installed - packages that are only measured: installed on demand into throw-away folders, so that nobody else carries them

import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { can, npm, reason } from './programs.js';

/** Exact versions by name, and files that stand beside them, by their path in the folder. */
export interface Packages {
  readonly dependencies: Readonly<Record<string, string>>;
  /** Packages that others of them are to get in another's place. */
  readonly overrides?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

/** Folders in which packages were installed. */
export interface Installed {
  readonly folder: string;
}

/**
 * Install packages into a folder of their own under the one for temporary files, unless they are there from before. No
 * package's install script runs.
 *
 * @param name - of the folder, for people
 * @returns where they are, or why they are not
 */
export async function install(name: string, packages: Packages): Promise<Installed | string> {
  const { dependencies, overrides, files = {} } = packages;
  const digest = createHash('sha256').update(JSON.stringify(packages)).digest('hex').slice(0, 12);
  const folder = join(tmpdir(), `mdp-bench-${name}-${digest}`);
  // Written last: a folder without it was left half done.
  const done = join(folder, 'installed');
  if (await can(done)) return { folder };
  try {
    await mkdir(folder, { recursive: true });
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }, null, 2));
    await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev'], folder);
    await writeFile(done, '');
  } catch (error) {
    return `${describeVersions(dependencies)} could not be installed: ${npmReason(error)}`;
  }
  return { folder };
}

/** What npm writes before it fails is long, and names paths and hosts: its code says enough, where there is one. */
export function npmReason(error: unknown): string {
  const { stderr = '' } = error as { stderr?: string };
  const [, code] = /^npm error code (\S+)$/m.exec(stderr) ?? [];
  return code === undefined ? reason(error) : `npm says ${code}`;
}

/** Names and versions, for people. */
export function describeVersions(dependencies: Packages['dependencies']): string {
  return Object.entries(dependencies)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}
