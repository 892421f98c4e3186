// SPDX-License-Identifier: Apache-2.0
// packed.test - the packages as a stranger gets them: packed, installed alone into an empty folder, and used

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { run } from '@mdp/testkit';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { WAYS, compile } from './consumer.js';
import { PUBLISHED } from './packages.js';
import type { Installed } from './workshop.js';
import { ROOT, Workshop } from './workshop.js';

let workshop: Workshop;

beforeAll(async () => {
  workshop = await Workshop.open();
});

afterAll(async () => {
  await workshop[Symbol.asyncDispose]();
});

/** The text of a file of a package. */
async function read(installed: Installed, file: string): Promise<string> {
  return readFile(join(installed.folder, ...file.split('/')), 'utf8');
}

/** Every module that a package's code asks for, without its own files. */
async function importsOf(installed: Installed): Promise<Set<string>> {
  const code = installed.files.filter((file) => /\.(?:js|d\.ts)$/.test(file));
  const texts = await Promise.all(code.map((file) => read(installed, file)));
  const specifiers = texts.flatMap((text) => [
    ...text.matchAll(/^\s*(?:import|export)\b[^'";]*?\bfrom ['"]([^'"]+)['"]/gm),
    ...text.matchAll(/\bimport\(['"]([^'"]+)['"]\)/g),
    ...text.matchAll(/^\s*import ['"]([^'"]+)['"]/gm),
  ]);
  return new Set(specifiers.map(([, name]) => name ?? '').filter((name) => !name.startsWith('.')));
}

describe.each(PUBLISHED)('$name', (spec) => {
  let installed: Installed;
  let programs: Promise<string[]> | undefined;

  beforeAll(async () => {
    installed = await workshop.installAlone(spec.name);
    const seconds = (installed.ms / 1000).toFixed(1);
    const mebibytes = (installed.bytes / 1024 / 1024).toFixed(1);
    process.stdout.write(`${spec.name}: installed alone in ${seconds} s, ${mebibytes} MiB with all it depends on\n`);
  });

  test('depends on exactly what is allowed', async () => {
    const { manifest } = installed;
    const dependencies = (manifest['dependencies'] ?? {}) as Record<string, string>;
    expect(Object.keys(dependencies).sort()).toEqual(spec.dependencies);
    for (const [name, range] of Object.entries(dependencies)) {
      // The siblings are released together and share an unstable entry; everything else may get its fixes.
      expect(`${name}@${range}`).toMatch(name.startsWith('@mdp/') ? `${name}@${manifest.version}` : /@\^\d/);
    }
    for (const kind of ['peerDependencies', 'optionalDependencies', 'bundleDependencies', 'bundledDependencies']) {
      expect(manifest[kind]).toBeUndefined();
    }
    const asked = [...(await importsOf(installed))].filter((name) => !name.startsWith('node:'));
    const packages = new Set(asked.map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/')));
    expect([...packages].sort().filter((name) => !spec.dependencies.includes(name))).toEqual([]);
  });

  test('runs nothing when it is installed', () => {
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare'];
    expect(Object.keys(installed.manifest.scripts ?? {}).filter((name) => hooks.includes(name))).toEqual([]);
    expect(installed.files.filter((file) => file.endsWith('.gyp'))).toEqual([]);
  });

  test('says what it is', () => {
    const { manifest } = installed;
    expect(manifest).toMatchObject({
      license: 'Apache-2.0',
      type: 'module',
      sideEffects: false,
      engines: { node: '>=20.19' },
      publishConfig: { access: 'public', provenance: true },
    });
    expect(manifest['private']).toBeUndefined();
    expect(String(manifest['description']).length).toBeGreaterThan(20);
    expect(Object.keys(manifest['exports'] as object)).toEqual(
      expect.arrayContaining([...spec.entryPoints, './package.json']),
    );
  });

  test('brings its README and the LICENSE, and nothing that only this repository needs', async () => {
    expect(await read(installed, 'LICENSE')).toBe(await readFile(join(ROOT, 'LICENSE'), 'utf8'));
    expect(await read(installed, 'README.md')).toMatch(new RegExp(`^# .*${spec.name}`));
    const top = new Set(installed.files.map((file) => file.replace(/\/.*/, '/')));
    expect([...top].sort()).toEqual(['LICENSE', 'README.md', 'package.json', ...spec.contents].sort());
    expect(installed.files.filter((file) => /tsbuildinfo|\.test\.|(?:^|\/)test\/|(?:^|\/)\./.test(file))).toEqual([]);
  });

  test('has a source map beside every file, and every source that one names', async () => {
    const code = installed.files.filter((file) => /^dist\/.*(?:\.js|\.d\.ts)$/.test(file));
    expect(code.length).toBeGreaterThan(1);
    for (const file of code) {
      const link = /^\/\/# sourceMappingURL=(.+)$/m.exec(await read(installed, file))?.[1];
      expect(link).toBe(`${posix.basename(file)}.map`);
      const map = JSON.parse(await read(installed, `${file}.map`)) as { sources: string[]; sourceRoot?: string };
      const sources = map.sources.map((source) => posix.join(posix.dirname(file), map.sourceRoot ?? '', source));
      expect(sources.filter((source) => !installed.files.includes(source))).toEqual([]);
    }
  });

  test('is clean for publint', async () => {
    const tarball = await readFile(workshop.tarballs.get(spec.name) ?? '');
    const { messages, pkg } = await publint({
      pack: { tarball: new Uint8Array(tarball).buffer },
      strict: true,
      level: 'suggestion',
    });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test('has types that are right for ES modules', async () => {
    const attw = join(ROOT, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
    const args = [attw, workshop.tarballs.get(spec.name) ?? '', '--profile', 'esm-only', '--format', 'ascii'];
    const { stdout } = await run(process.execPath, [...args, '--no-emoji', '--no-color']);
    for (const entryPoint of spec.entryPoints) {
      const name = posix.join(spec.name, entryPoint);
      expect(stdout).toMatch(new RegExp(`"${name}"\\s+node16 \\(from ESM\\): OK \\(ESM\\)\\s+bundler: OK\\s`));
    }
  });

  test.each(WAYS.map((way, i) => ({ ...way, i })))('does its work in $title', async (way) => {
    programs ??= compile(installed.project, spec.folder);
    const program = (await programs)[way.i] ?? '';
    expect(await readFile(program, 'utf8')).toMatch(way.compiled);
    const { stderr } = await run(process.execPath, [program], { cwd: installed.project });
    expect(stderr.replaceAll(/^.*ExperimentalWarning.*\n(?:.*--trace-warnings.*\n)?/gm, '')).toBe('');
  });
});
