// SPDX-License-Identifier: Apache-2.0
// consumer - a stranger's program, written once and compiled in each way in which it can ask for the package

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@mdp/testkit';
import { ROOT, ownFile } from './workshop.js';

/** How a program asks for the package; all of them are compiled by TypeScript, and what comes out is run. */
export interface Way {
  readonly title: string;
  /** `.mts` becomes an ES module; `.cts` becomes CommonJS, which says `require()`. */
  readonly extension: '.mts' | '.cts';
  readonly rewrite: (source: string) => string;
  /** What the compiled program must say, so that a way is what it claims to be. */
  readonly compiled: RegExp;
}

/** `import { a, b } from 'x'` becomes `import x0 = require('x')` and `const { a, b } = x0`, but not for Node.js's own. */
function importEquals(source: string): string {
  let count = 0;
  return source.replaceAll(/^import \{([^}]+)\} from ('(?!node:)[^']+');$/gm, (_, names: string, module: string) => {
    const variable = `module${String(count++)}`;
    return `import ${variable} = require(${module});\nconst {${names}} = ${variable};`;
  });
}

/** Every way. */
export const WAYS: readonly Way[] = [
  {
    title: 'an ES module that imports',
    extension: '.mts',
    rewrite: (source) => source,
    compiled: /^import \{.+\} from '@mdp\//m,
  },
  {
    title: 'CommonJS from `import { }`',
    extension: '.cts',
    rewrite: (source) => source,
    compiled: /require\("@mdp\//,
  },
  {
    title: 'CommonJS from `import x = require()`',
    extension: '.cts',
    rewrite: importEquals,
    compiled: /require\("@mdp\//,
  },
];

/**
 * Compile a program in a stranger's project, in every way at once, strictly and with the declarations of its dependencies
 * checked as well.
 *
 * @returns where the compiled programs are, in the order of {@link WAYS}
 */
export async function compile(project: string, consumer: string): Promise<string[]> {
  const source = await readFile(ownFile('consumers', `${consumer}.ts`), 'utf8');
  const files = WAYS.map((way, i) => join(`way-${String(i)}`, `main${way.extension}`));
  for (const [i, way] of WAYS.entries()) {
    await mkdir(join(project, `way-${String(i)}`));
    await writeFile(join(project, files[i] ?? ''), way.rewrite(source));
  }
  const config = {
    compilerOptions: {
      module: 'NodeNext',
      target: 'ES2022',
      lib: ['ES2022'],
      strict: true,
      skipLibCheck: false,
      // The stranger has the types of Node.js; they come from here, so that the project holds the package alone.
      typeRoots: [join(ROOT, 'node_modules', '@types')],
      types: ['node'],
    },
    files,
  };
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify(config));
  await run(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '--project', project]);
  return files.map((file) => join(project, file.replace(/\.mts$/, '.mjs').replace(/\.cts$/, '.cjs')));
}
