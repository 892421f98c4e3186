// SPDX-License-Identifier: Apache-2.0
// typecheck - whether code in documents fits the packages that it uses

import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './documents.js';

/** Code that is checked: a file of the repository, or a text that is treated as one. */
export interface Source {
  /** From the root of the repository. */
  readonly path: string;
  /** What is in it; without, the file itself is read. */
  readonly text?: string;
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.es2024.string.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  typeRoots: [join(ROOT, 'node_modules/@types')],
  skipLibCheck: true,
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  // `catch (error)` in an example looks at `error.code` at once.
  useUnknownInCatchVariables: false,
};

/** JavaScript is checked as an editor would: what may be null is its own affair. */
const JAVASCRIPT: ts.CompilerOptions = {
  ...OPTIONS,
  allowJs: true,
  checkJs: true,
  strictNullChecks: false,
  exactOptionalPropertyTypes: false,
  noImplicitAny: false,
};

/** What a fragment may use without an import: everything that the packages export, and one object of each role. */
const PRELUDE = `
import type * as B from '@mdp/broker';
import type * as C from '@mdp/client';
import type * as M from '@mdp/client/mock';
import type * as P from '@mdp/protocol';
import type * as W from '@mdp/worker';
declare global {
  const broker: B.Broker;
  const client: C.Client;
  const worker: W.Worker;
  NAMES
}
`;

function prelude(): string {
  const classes = { B: ['Broker'], C: ['Client'], M: ['MockClient'], W: ['Worker'] };
  const ofProtocol = ['RemoteError', 'MdpError', 'STATUS', 'text', 'bytes'];
  const names = [
    ...Object.entries(classes).flatMap(([from, list]) =>
      list.flatMap((name) => [`const ${name}: typeof ${from}.${name};`, `type ${name} = ${from}.${name};`]),
    ),
    ...ofProtocol.map((name) => `const ${name}: typeof P.${name};`),
  ];
  return PRELUDE.replace('NAMES', names.join('\n  '));
}

/** Names that a fragment takes from the reader's program, and a function around it that is left out. */
const TOLERATED = new Set([
  1108, // a 'return' outside of a function
  2304, // cannot find name
  2552, // cannot find name, did you mean
  18004, // no value in scope for a shorthand property
]);

/** JavaScript looks into values of several types, or of any, without asking first. */
const UNASKED = /^Property '\w+' does not exist on type '(?:unknown'|[^']+ \|)/;

/** Files that were read already: the libraries are most of the work. All programs here read them in the same way. */
const parsed = new Map<string, ts.SourceFile | undefined>();

function check(sources: readonly Source[], options: ts.CompilerOptions, tolerated: ReadonlySet<number>): string[] {
  const texts = new Map(sources.flatMap(({ path, text }) => (text === undefined ? [] : [[join(ROOT, path), text]])));
  const plain = ts.createCompilerHost(options);
  const own = (name: string): string | undefined => texts.get(join(name));
  const host: ts.CompilerHost = {
    ...plain,
    getCurrentDirectory: () => ROOT,
    fileExists: (name) => own(name) !== undefined || plain.fileExists(name),
    readFile: (name) => own(name) ?? plain.readFile(name),
    getSourceFile: (name, languageVersion, ...rest) => {
      const text = own(name);
      if (text !== undefined) return ts.createSourceFile(name, text, languageVersion);
      if (!parsed.has(name)) parsed.set(name, plain.getSourceFile(name, languageVersion, ...rest));
      return parsed.get(name);
    },
  };
  const program = ts.createProgram({ rootNames: sources.map(({ path }) => join(ROOT, path)), options, host });
  return ts
    .getPreEmitDiagnostics(program)
    .filter(({ code }) => !tolerated.has(code))
    .map((diagnostic) => ({ ...diagnostic, message: ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n') }))
    .filter(({ message }) => options.checkJs !== true || !UNASKED.test(message))
    .map(({ file, start, message, code }) => {
      const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
      return `${file?.fileName.slice(ROOT.length + 1) ?? ''}:${String(line)}: TS${String(code)}: ${message}`;
    });
}

function split(sources: readonly Source[]): [typescript: Source[], javascript: Source[]] {
  const isTypeScript = ({ path }: Source): boolean => path.endsWith('.ts');
  return [sources.filter(isTypeScript), sources.filter((source) => !isTypeScript(source))];
}

/**
 * Check whole files.
 *
 * @returns what is wrong, with file and line
 */
export function checkFiles(sources: readonly Source[]): string[] {
  const [typescript, javascript] = split(sources);
  return [
    ...(typescript.length > 0 ? check(typescript, OPTIONS, new Set()) : []),
    ...(javascript.length > 0 ? check(javascript, JAVASCRIPT, new Set()) : []),
  ];
}

/**
 * Check pieces of code that do not stand alone: they may use {@link PRELUDE} and names of the reader's own, which fit
 * everywhere.
 *
 * @returns what is wrong, with file and line
 */
export function checkFragments(sources: readonly Source[]): string[] {
  const asModules = sources.map(({ path, text = '' }) => ({ path, text: `${text}\nexport {};\n` }));
  const given = { path: 'docs/prelude.d.ts', text: prelude() };
  return split(asModules).flatMap((list, i) =>
    list.length > 0 ? check([given, ...list], i === 0 ? OPTIONS : JAVASCRIPT, TOLERATED) : [],
  );
}
