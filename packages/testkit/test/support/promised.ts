// SPDX-License-Identifier: Apache-2.0
// promised - what a document says that programs print

import { readDocument } from './documents.js';

/** The text that follows each command `node PROGRAM`, in blocks of their own, by the program. */
export function promisedOutputs(path: string): Map<string, string> {
  const { blocks } = readDocument(path);
  return new Map(
    blocks.flatMap(({ language, code }, i) => {
      const program = /^node (\S+)\n$/.exec(code)?.[1];
      if (language !== 'sh' || program === undefined) return [];
      const next = blocks[i + 1];
      return [[program, next?.language === 'text' ? next.code : 'no block of text follows'] as const];
    }),
  );
}
