// SPDX-License-Identifier: Apache-2.0
// workshop - packs the published packages and installs each of them alone, as a stranger would

import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RunResult } from '@mdp/testkit';
import { run } from '@mdp/testkit';
import { PUBLISHED } from './packages.js';

/** The top of the repository; the suites run from there. */
export const ROOT = process.cwd();

/** A manifest as it was packed. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** A package that was installed alone into an empty folder. */
export interface Installed {
  /** The folder of the stranger's project. */
  readonly project: string;
  /** The folder of the package inside it. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** Every file of the package, relative to its folder, with `/`. */
  readonly files: readonly string[];
  /** How long the installation took, in milliseconds. */
  readonly ms: number;
  /** The size of everything that was installed, in bytes. */
  readonly bytes: number;
}

/** Run npm: the one that runs this test, when there is one. */
export async function npm(args: readonly string[], cwd: string): Promise<RunResult> {
  const script = process.env['npm_execpath'];
  const options = { cwd, env: { npm_config_loglevel: 'error', npm_config_update_notifier: 'false' } };
  return script === undefined ? run('npm', args, options) : run(process.execPath, [script, ...args], options);
}

/** Every file under a folder, relative to it. */
async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    );
}

async function sizeOf(folder: string): Promise<number> {
  const sizes = await Promise.all(
    (await filesUnder(folder)).map(async (file) => (await stat(join(folder, file))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** A temporary folder with the packed packages and the projects that install them. */
export class Workshop implements AsyncDisposable {
  readonly #folder: string;
  /** The tarball of each package, by its name. */
  readonly tarballs: ReadonlyMap<string, string>;

  private constructor(folder: string, tarballs: ReadonlyMap<string, string>) {
    this.#folder = folder;
    this.tarballs = tarballs;
  }

  /** Pack every published package as `npm publish` would. */
  static async open(): Promise<Workshop> {
    const folder = await mkdtemp(join(tmpdir(), 'mdp-packages-'));
    const workspaces = PUBLISHED.flatMap((spec) => ['--workspace', `packages/${spec.folder}`]);
    const { stdout } = await npm(['pack', '--json', '--pack-destination', folder, ...workspaces], ROOT);
    const packed = JSON.parse(stdout) as { name: string; filename: string }[];
    return new Workshop(folder, new Map(packed.map(({ name, filename }) => [name, join(folder, filename)])));
  }

  /** Install one package, and nothing but it, into an empty project. Siblings come from their tarballs as well. */
  async installAlone(name: string): Promise<Installed> {
    const project = join(this.#folder, name.replace('@mdp/', 'uses-'));
    await mkdir(project);
    const specs = [...this.tarballs].map(([sibling, path]) => [sibling, pathToFileURL(path).href] as const);
    const stranger = {
      name: 'stranger',
      private: true,
      dependencies: Object.fromEntries(specs.filter(([sibling]) => sibling === name)),
      // Until they are published the siblings are found nowhere else.
      overrides: Object.fromEntries(specs.filter(([sibling]) => sibling !== name)),
    };
    await writeFile(join(project, 'package.json'), JSON.stringify(stranger, null, 2));
    const { ms } = await npm(['install', '--ignore-scripts', '--no-audit', '--no-fund'], project);
    const folder = join(project, 'node_modules', ...name.split('/'));
    return {
      project,
      folder,
      manifest: JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest,
      files: await filesUnder(folder),
      ms,
      bytes: await sizeOf(join(project, 'node_modules')),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A file of this suite. */
export function ownFile(...path: string[]): string {
  return resolve(ROOT, 'packages', 'testkit', 'packaging', ...path);
}
