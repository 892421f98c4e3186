// SPDX-License-Identifier: Apache-2.0
// conformance-rules - the rules of docs/conformance.md, and the titles of tests that cite them

import ts from 'typescript';

/** One row of docs/conformance.md. */
export interface Rule {
  /** `MDP-B-07`, `MDP01-03`, `MMI-02`. */
  readonly id: string;
  /** The key word of RFC 2119, or `text`. */
  readonly level: string;
  /** The words that point at the sentence. */
  readonly words: string;
  /** Files, or folders with a slash at the end, that enforce the rule. */
  readonly paths: readonly string[];
  /** How it is tested, in words. */
  readonly tested: string;
}

/** A title of a test, or of a group of tests, as it stands in the source. */
export interface Title {
  /** The literal parts of the title, and those of the rows that it prints. */
  readonly text: string;
  /** The line of the call, from 1. */
  readonly line: number;
  /** Whether a test runs under this title: not a group, not skipped, not to do. */
  readonly runs: boolean;
}

/** The levels that a rule may have. */
export const LEVELS: readonly string[] = [
  'MUST',
  'MUST NOT',
  'SHALL',
  'SHALL NOT',
  'SHOULD',
  'SHOULD NOT',
  'MAY',
  'text',
];

const ID = /\b(?:MDP-[A-Z]+-\d+|MDP01-\d+|MMI-\d+)\b/g;

/** Every rule's id in a text, in order. */
export function idsIn(text: string): string[] {
  return text.match(ID) ?? [];
}

/**
 * Read the rules from the tables of docs/conformance.md: `| id | level | words | `paths` | how it is tested |`.
 *
 * @throws Error when a row that begins with an id has not five cells
 */
export function readRules(markdown: string): Rule[] {
  const rules: Rule[] = [];
  for (const line of markdown.split('\n')) {
    if (!/^\| *(?:MDP|MMI)[0-9-]/.test(line)) continue;
    const cells = line.split('|').slice(1, -1);
    const [id = '', level = '', words = '', enforced = '', tested = ''] = cells.map((cell) => cell.trim());
    if (cells.length !== 5) throw new Error(`a row with ${String(cells.length)} cells in place of 5: ${line}`);
    const paths = [...enforced.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path);
    rules.push({ id, level, words, paths, tested });
  }
  return rules;
}

const TESTS = new Set(['test', 'it', 'fit']);
const GROUPS = new Set(['describe', 'fdescribe']);
const SKIPPED = new Set(['xtest', 'xit', 'xdescribe']);
const NOT_RUN = new Set(['skip', 'todo', 'failing']);

/** What is called: `test.each(table)` is a test that runs, with a table. */
interface Callee {
  readonly kind: 'test' | 'group';
  readonly runs: boolean;
  readonly table: ts.Node | undefined;
}

/**
 * Read the titles of tests from a test file. Comments are no titles, nor are strings elsewhere. Rows of `each` count when the
 * title prints them (`%s`, `$name`): literals in the table, or in the constant of the same file that is the table.
 *
 * @param source - TypeScript
 * @param fileName - for the parser's own messages
 */
export function readTitles(source: string, fileName = 'x.test.ts'): Title[] {
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const constants = readConstants(file);
  const titles: Title[] = [];

  const visit = (node: ts.Node, runsHere: boolean): void => {
    let runs = runsHere;
    if (ts.isCallExpression(node)) {
      const callee = readCallee(node.expression, constants);
      const [title, body] = node.arguments;
      if (callee !== undefined && title !== undefined) {
        runs &&= callee.runs;
        const { line } = file.getLineAndCharacterOfPosition(node.getStart());
        const own = literalText(title, constants);
        const rows = callee.table !== undefined && /[%$]/.test(own) ? literalsIn(callee.table, constants) : [];
        titles.push({
          text: [own, ...rows].join(' '),
          line: line + 1,
          runs: runs && callee.kind === 'test' && body !== undefined,
        });
      }
    }
    ts.forEachChild(node, (child) => {
      visit(child, runs);
    });
  };
  visit(file, true);
  return titles;
}

/** The initialisers of a file's constants, by name, at whatever depth: test files do not reuse names for other titles. */
function readConstants(file: ts.SourceFile): ReadonlyMap<string, ts.Expression> {
  const constants = new Map<string, ts.Expression>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined) {
      if (!constants.has(node.name.text)) constants.set(node.name.text, node.initializer);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return constants;
}

function readCallee(node: ts.Expression, constants: ReadonlyMap<string, ts.Expression>, depth = 0): Callee | undefined {
  if (depth > 10) return undefined;
  const inner = (of: ts.Expression): Callee | undefined => readCallee(of, constants, depth + 1);
  if (ts.isIdentifier(node)) {
    if (TESTS.has(node.text)) return { kind: 'test', runs: true, table: undefined };
    if (GROUPS.has(node.text)) return { kind: 'group', runs: true, table: undefined };
    if (SKIPPED.has(node.text)) {
      return { kind: node.text === 'xdescribe' ? 'group' : 'test', runs: false, table: undefined };
    }
    // `const interop = available ? test : test.skip`
    const alias = constants.get(node.text);
    return alias !== undefined && !ts.isCallExpression(alias) ? inner(alias) : undefined;
  }
  if (ts.isParenthesizedExpression(node)) return inner(node.expression);
  if (ts.isConditionalExpression(node)) {
    const yes = inner(node.whenTrue);
    const no = inner(node.whenFalse);
    return yes?.runs === true ? yes : no;
  }
  if (ts.isPropertyAccessExpression(node)) {
    const callee = inner(node.expression);
    return callee === undefined ? undefined : { ...callee, runs: callee.runs && !NOT_RUN.has(node.name.text) };
  }
  if (ts.isCallExpression(node) && isEach(node.expression)) {
    const callee = inner(node.expression);
    return callee === undefined ? undefined : { ...callee, table: node.arguments[0] };
  }
  if (ts.isTaggedTemplateExpression(node) && isEach(node.tag)) {
    const callee = inner(node.tag);
    return callee === undefined ? undefined : { ...callee, table: node.template };
  }
  return undefined;
}

function isEach(node: ts.Expression): boolean {
  return ts.isPropertyAccessExpression(node) && node.name.text === 'each';
}

/** The literal parts of an expression that makes a title. */
function literalText(node: ts.Expression, constants: ReadonlyMap<string, ts.Expression>, depth = 0): string {
  if (depth > 10) return '';
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map(
      (span) => literalText(span.expression, constants, depth + 1) + span.literal.text,
    );
    return node.head.text + spans.join('');
  }
  if (ts.isBinaryExpression(node)) {
    return literalText(node.left, constants, depth + 1) + literalText(node.right, constants, depth + 1);
  }
  if (ts.isIdentifier(node)) {
    const constant = constants.get(node.text);
    return constant === undefined ? '' : literalText(constant, constants, depth + 1);
  }
  return '';
}

/** The literals of a table of rows. Functions that are cells of it are not printed, so what they hold does not count. */
function literalsIn(table: ts.Node, constants: ReadonlyMap<string, ts.Expression>): string[] {
  const found: string[] = [];
  const followed = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.push(node.text);
    else if (ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) found.push(node.text);
    else if (ts.isIdentifier(node)) {
      const constant = constants.get(node.text);
      if (constant !== undefined && !followed.has(node.text)) {
        followed.add(node.text);
        visit(constant);
      }
    } else if (ts.isFunctionLike(node) && !ts.isCallExpression(node.parent)) return;
    ts.forEachChild(node, visit);
  };
  visit(table);
  return found;
}
