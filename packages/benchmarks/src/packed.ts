// SPDX-License-Identifier: Apache-2.0
// packed - the published packages as a stranger gets them: packed, and installed into empty folders

import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { npm } from './programs.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** The published packages. */
export const PUBLISHED = ['protocol', 'broker', 'client', 'worker', 'broker-cli'].map((folder) => `@mdp/${folder}`);

/** A package that was installed alone. */
export interface Footprint {
  readonly name: string;
  /** The folder of the project that it was installed into. */
  readonly project: string;
  /** The size of the package itself as it is downloaded, in bytes. */
  readonly packedBytes: number;
  /** The size of everything that was installed with it, in bytes. */
  readonly bytes: number;
  /** How many packages were installed, itself among them. */
  readonly packages: number;
}

/** Pack and install every published package; the folders go when this process ends. */
export async function installPublished(): Promise<Footprint[]> {
  const folder = await mkdtemp(join(tmpdir(), 'mdp-bench-packed-'));
  process.once('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  const workspaces = PUBLISHED.flatMap((name) => ['--workspace', name]);
  // They are built: the harness runs from what was built with them.
  const packed = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...workspaces], ROOT);
  const tarballs = new Map(
    (JSON.parse(packed) as { name: string; filename: string; size: number }[]).map(({ name, filename, size }) => [
      name,
      { url: pathToFileURL(join(folder, filename)).href, size },
    ]),
  );
  const urls = new Map([...tarballs].map(([name, { url }]) => [name, url]));
  const found: Footprint[] = [];
  for (const name of PUBLISHED) {
    const project = join(folder, name.replace('@mdp/', 'uses-'));
    await installAlone(name, project, urls);
    const modules = join(project, 'node_modules');
    found.push({
      name,
      project,
      packedBytes: tarballs.get(name)?.size ?? NaN,
      bytes: await sizeOf(modules),
      packages: countPackages(await readFile(join(modules, '.package-lock.json'), 'utf8')),
    });
  }
  return found;
}

async function installAlone(name: string, project: string, urls: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(project);
  const others = [...urls].filter(([sibling]) => sibling !== name);
  const manifest = {
    private: true,
    dependencies: { [name]: urls.get(name) },
    // What is packed here is not what a registry has under the same version.
    overrides: Object.fromEntries(others),
  };
  await writeFile(join(project, 'package.json'), JSON.stringify(manifest, null, 2));
  await npm(['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], project);
}

/** How many packages npm says that it installed. */
export function countPackages(lockfile: string): number {
  return Object.keys((JSON.parse(lockfile) as { packages: object }).packages).length;
}

/** The size of all files under a folder, in bytes. */
async function sizeOf(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return sum;
}
