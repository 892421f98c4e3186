// SPDX-License-Identifier: Apache-2.0
// exposition - reads the text format of Prometheus strictly: what is not exactly so is an error

/** One metric. */
export interface Family {
  readonly type: string;
  readonly help: string;
  /** Values by name and labels, as they are written: `mdp_workers{state="busy"}`. */
  readonly values: Map<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\["\\\\n])*"';
const SAMPLE = new RegExp(`^(${NAME})(\\{${LABEL}(?:,${LABEL})*\\})? (\\S+)$`);
const PARTS: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

function numberOf(text: string, line: string): number {
  const value = Number(text.replace(/^\+?Inf$/, 'Infinity').replace(/^-Inf$/, '-Infinity'));
  if (Number.isNaN(value) && !/^nan$/i.test(text)) throw new Error(`no number: ${line}`);
  return value;
}

/**
 * Read metrics, in the form of Prometheus or of OpenMetrics.
 *
 * @throws Error that shows the line that is wrong
 */
export function readExposition(text: string, openMetrics = false): Map<string, Family> {
  if (!text.endsWith(openMetrics ? '\n# EOF\n' : '\n')) throw new Error('it does not end as it should');
  const families = new Map<string, Family>();
  let help: [name: string, text: string] | undefined;
  let current: [name: string, family: Family] | undefined;
  const whole = text.replace(/\n# EOF\n$/, '\n');
  if (openMetrics && whole.includes('\n\n')) throw new Error('OpenMetrics has no empty lines');
  for (const line of whole.split('\n')) {
    if (line === '') continue;
    const [, keyword, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      help = [name, rest];
    } else if (keyword === 'TYPE') {
      if (help?.[0] !== name || families.has(name)) throw new Error(`not after its help, or told twice: ${line}`);
      current = [name, { type: rest, help: help[1], values: new Map() }];
      families.set(...current);
    } else {
      addSample(line, current, openMetrics);
    }
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family);
  return families;
}

/** The buckets of each histogram ascend and end with +Inf, and its sum and count come at once after them. */
function checkHistogram(name: string, { values }: Family): void {
  let before = { le: -Infinity, value: 0 };
  for (const [key, value] of values) {
    const bound = /[{,]le="([^"]+)"/.exec(key)?.[1];
    if (bound === undefined) {
      if (before.le !== Infinity) throw new Error(`not after its last bucket: ${key}`);
      if (!key.startsWith(`${name}_count`)) continue;
      if (value !== before.value) throw new Error(`not as many as in its buckets: ${key}`);
      before = { le: -Infinity, value: 0 };
      continue;
    }
    const le = numberOf(bound, key);
    if (le <= before.le || value < before.value) throw new Error(`does not ascend: ${key}`);
    before = { le, value };
  }
  if (before.le !== -Infinity) throw new Error(`has no end: ${name}`);
}

function addSample(line: string, current: [string, Family] | undefined, openMetrics: boolean): void {
  const [, name, labels = '', value = ''] = SAMPLE.exec(line) ?? [];
  if (name === undefined || current === undefined) throw new Error(`no sample: ${line}`);
  const [family, { type, values }] = current;
  const suffixes = openMetrics && type === 'counter' ? ['_total'] : (PARTS[type] ?? ['']);
  if (!suffixes.some((suffix) => name === family + suffix)) throw new Error(`not of ${family}: ${line}`);
  const key = name + labels;
  if (values.has(key)) throw new Error(`told twice: ${line}`);
  values.set(key, numberOf(value, line));
}
