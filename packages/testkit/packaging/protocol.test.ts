// SPDX-License-Identifier: Apache-2.0
// protocol.test - @mdp/protocol as packed: it needs no Node.js, and its vectors can be read by anybody

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@mdp/testkit';
import type { Installed } from './workshop.js';
import { ROOT, Workshop, ownFile } from './workshop.js';

describe('@mdp/protocol', () => {
  let workshop: Workshop;
  let installed: Installed;

  beforeAll(async () => {
    workshop = await Workshop.open();
    installed = await workshop.installAlone('@mdp/protocol');
  });

  afterAll(async () => {
    await workshop[Symbol.asyncDispose]();
  });

  test('asks for no module of Node.js and for none of its globals', async () => {
    // But for what says in its name that it is for Node.js.
    for (const file of installed.files.filter((name) => /^dist\/(?!node\b).*\.js$/.test(name))) {
      const code = await readFile(join(installed.folder, file), 'utf8');
      expect(code).not.toMatch(/from ['"]\.\/node\b/);
      expect(code).not.toMatch(/from ['"][^.]/);
      expect(code.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')).not.toMatch(/\b(?:Buffer|process|global|require)\b/);
    }
  });

  test('compiles in a project for the browser that does not know Node.js', async () => {
    const folder = join(installed.project, 'browser');
    await mkdir(folder);
    await copyFile(ownFile('consumers', 'protocol.ts'), join(folder, 'main.ts'));
    const compilerOptions = {
      module: 'ESNext',
      moduleResolution: 'Bundler',
      target: 'ES2022',
      lib: ['ES2022', 'DOM'],
      types: [],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
    await run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', folder]);
  });

  test('gives its vectors to import and to require', async () => {
    const vectors = installed.files.filter((file) => /^vectors\/.*\.json$/.test(file));
    expect(vectors.length).toBeGreaterThan(0);
    const modules = vectors.map((file) => `@mdp/protocol/${file}`);
    const esm = modules.map((name, i) => `import v${String(i)} from '${name}' with { type: 'json' };`);
    await writeFile(
      join(installed.project, 'vectors.mjs'),
      `${esm.join('\n')}\nconsole.log(JSON.stringify([${modules.map((_, i) => `v${String(i)}`).join(', ')}]));\n`,
    );
    await writeFile(
      join(installed.project, 'vectors.cjs'),
      `console.log(JSON.stringify([${modules.map((name) => `require('${name}')`).join(', ')}]));\n`,
    );
    const imported = await run(process.execPath, [join(installed.project, 'vectors.mjs')]);
    const required = await run(process.execPath, [join(installed.project, 'vectors.cjs')]);
    const files = await Promise.all(vectors.map((file) => readFile(join(installed.folder, file), 'utf8')));
    expect(JSON.parse(imported.stdout)).toEqual(files.map((text) => JSON.parse(text) as unknown));
    expect(required.stdout).toBe(imported.stdout);
  });
});
