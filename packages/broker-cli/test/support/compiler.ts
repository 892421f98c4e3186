// SPDX-License-Identifier: Apache-2.0
// compiler - what TypeScript says of a text: whether values have the types that somebody else has published

import { join } from 'node:path';
import ts from 'typescript';
import { ROOT } from './cli.js';

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: [],
  skipLibCheck: true,
  noEmit: true,
  strict: true,
};

/**
 * Compile a module, as if it stood in this folder.
 *
 * @returns what is wrong with it
 */
export function complaintsOf(text: string): string[] {
  const file = join(ROOT, 'packages/broker-cli/test/support/compiled.mts');
  const plain = ts.createCompilerHost(OPTIONS);
  const host: ts.CompilerHost = {
    ...plain,
    fileExists: (name) => name === file || plain.fileExists(name),
    readFile: (name) => (name === file ? text : plain.readFile(name)),
    getSourceFile: (name, version, ...rest) =>
      name === file ? ts.createSourceFile(name, text, version) : plain.getSourceFile(name, version, ...rest),
  };
  const program = ts.createProgram({ rootNames: [file], options: OPTIONS, host });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
