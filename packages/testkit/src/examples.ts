// SPDX-License-Identifier: Apache-2.0
// examples - code in documents that is code in files: found, compared, and run as a reader would run it

import { readFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import type { ProcessOptions } from './processes.js';
import { TestProcess } from './processes.js';
import { DEADLINE_MS, waitUntil } from './wait.js';

/** A fenced block of code in a Markdown document. */
export interface CodeBlock {
  /** The line of the opening fence; the first line is 1. */
  readonly line: number;
  /** What stands behind the opening fence: `ts`, `js`, `sh`, `text`; empty when nothing does. */
  readonly language: string;
  /** The lines between the fences, each with its end. */
  readonly code: string;
  /** What the comment right before it says, without the marks: `example: packages/broker/examples/hello.js#broker`. */
  readonly note: string | undefined;
}

const FENCE = /^( *)(`{3,})([a-z]*)\s*$/;
const NOTE = /^ *<!-- (.+) -->\s*$/;

/**
 * All fenced blocks of a document, in order. A note is the last comment line before the fence, with at most one empty
 * line between.
 *
 * @throws Error when a fence is never closed
 */
export function codeBlocks(markdown: string): CodeBlock[] {
  const lines = markdown.split('\n');
  const blocks: CodeBlock[] = [];
  for (let i = 0; i < lines.length; i++) {
    const open = FENCE.exec(lines[i] ?? '');
    if (open === null) continue;
    const [, indent = '', fence = '', language = ''] = open;
    const end = lines.findIndex((line, j) => j > i && line.trim() === fence);
    if (end < 0) throw new Error(`the fence in line ${String(i + 1)} is never closed`);
    const before = lines[i - 1]?.trim() === '' ? lines[i - 2] : lines[i - 1];
    blocks.push({
      line: i + 1,
      language,
      code: lines
        .slice(i + 1, end)
        .map((line) => `${line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()}\n`)
        .join(''),
      note: NOTE.exec(before ?? '')?.[1],
    });
    i = end;
  }
  return blocks;
}

const MARK = /^\s*\/\/ #(?:end)?region\b/;

/**
 * What a document shows of a source file.
 *
 * @param source - the file
 * @param region - what stands between `// #region name` and its `// #endregion`, moved to the left as far as it goes;
 * without it the whole file. The marks of other regions are left out.
 * @throws Error when there is no such region
 */
export function exampleText(source: string, region?: string): string {
  let lines = source.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (region !== undefined) {
    const start = lines.findIndex((line) => line.trim() === `// #region ${region}`);
    if (start < 0) throw new Error(`there is no region ${region}`);
    let depth = 1;
    let end = start;
    while (depth > 0) {
      const line = lines[++end];
      if (line === undefined) throw new Error(`the region ${region} has no end`);
      if (MARK.test(line)) depth += line.includes('#endregion') ? -1 : 1;
    }
    lines = lines.slice(start + 1, end);
  }
  const kept = lines.filter((line) => !MARK.test(line));
  const margin = Math.min(
    ...kept.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)?.[0].length ?? 0),
  );
  return kept.map((line) => `${region === undefined ? line : line.slice(margin)}\n`).join('');
}

/** How an example is run. */
export interface RunExampleOptions extends ProcessOptions {
  /** After so long without an end the run fails, in milliseconds. Default: {@link DEADLINE_MS}. */
  readonly timeoutMs?: number;
}

/**
 * Run an example file to its end, as a process of its own that uses the built packages. TypeScript is turned into what
 * Node.js 20 understands first (`await using` is newer); JavaScript runs as it is.
 *
 * @returns what it wrote to its standard output
 * @throws Error with all that it wrote, when it does not end in time or its exit code is not 0
 */
export async function runExample(file: string, options: RunExampleOptions = {}): Promise<string> {
  const { timeoutMs = DEADLINE_MS, ...processOptions } = options;
  await using child =
    extname(file) === '.ts'
      ? // What is evaluated finds its imports from the folder that it runs in.
        TestProcess.node('--input-type=module', ['--eval', await toJavaScript(file)], {
          ...processOptions,
          cwd: dirname(file),
        })
      : TestProcess.node(file, [], processOptions);
  child.endInput();
  const problem = await waitUntil(file, () => !child.alive, timeoutMs).then(
    () => child.exited.then(({ code, signal }) => (code === 0 ? undefined : `ended with ${String(signal ?? code)}`)),
    () => `did not end within ${String(timeoutMs)} ms`,
  );
  if (problem !== undefined) throw new Error(`${file} ${problem}\n${child.stdout}${child.stderr}`);
  return child.stdout;
}

async function toJavaScript(file: string): Promise<string> {
  const { ModuleKind, ScriptTarget, transpileModule } = (await import('typescript')).default;
  const { outputText } = transpileModule(await readFile(file, 'utf8'), {
    fileName: file,
    compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ES2022, verbatimModuleSyntax: true },
  });
  return outputText;
}
