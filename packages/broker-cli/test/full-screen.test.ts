// SPDX-License-Identifier: Apache-2.0
// full-screen.test - a page on a terminal, and the terminal as it was before

import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Terminal } from '../src/full-screen.js';
import { FullScreen } from '../src/full-screen.js';

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l';

class FakeOutput extends EventEmitter {
  written = '';
  columns = 100;
  rows = 30;
  readonly isTTY = true;
  writableNeedDrain = false;
  write(text: string): boolean {
    this.written += text;
    return true;
  }
}

class FakeInput extends EventEmitter {
  readonly isTTY = true;
  raw = false;
  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }
  setEncoding(): this {
    return this;
  }
  resume(): this {
    return this;
  }
  pause(): this {
    return this;
  }
}

let output: FakeOutput;
let input: FakeInput;
let events: string[];
let screen: FullScreen;

beforeEach(() => {
  output = new FakeOutput();
  input = new FakeInput();
  events = [];
  screen = new FullScreen({ output, input } as unknown as Terminal, {
    onKey: (key) => events.push(key),
    onRedraw: () => events.push('redraw'),
  });
  screen.open();
});
afterEach(() => {
  screen.close();
});

test('it takes the terminal, and gives it back once', () => {
  expect(output.written).toBe(ENTER);
  expect(input.raw).toBe(true);
  screen.close();
  screen.close();
  expect(output.written).toBe(`${ENTER}${LEAVE}`);
  expect(input.raw).toBe(false);
  expect([output.listenerCount('resize'), input.listenerCount('data')]).toEqual([0, 0]);
  screen.draw([{ text: 'late', style: 'plain' }]);
  expect(output.written).toBe(`${ENTER}${LEAVE}`);
});

test('whatever ends the process, the terminal is given back', () => {
  const listener = process.listeners('exit').at(-1) as (code: number) => void;
  listener(1);
  expect(output.written).toBe(`${ENTER}${LEAVE}`);
  expect(input.raw).toBe(false);
});

test('each line is put into its place', () => {
  output.written = '';
  screen.draw([
    { text: 'first', style: 'plain' },
    { text: 'second', style: 'title' },
  ]);
  expect(output.written).toBe(
    '\u001b[?2026h\u001b[1;1H\u001b[Kfirst\u001b[2;1H\u001b[K\u001b[7msecond\u001b[0m\u001b[?2026l',
  );
});

test('a terminal that is too slow is left in peace', () => {
  output.written = '';
  output.writableNeedDrain = true;
  screen.draw([{ text: 'x', style: 'plain' }]);
  expect(output.written).toBe('');
});

test('keys and sizes are told', () => {
  events = [];
  input.emit('data', 'q\u001b[A');
  output.emit('resize');
  expect(events).toEqual(['q', 'up', 'redraw']);
  expect(screen.size).toEqual({ columns: 100, rows: 30 });
  output.columns = 0;
  output.rows = 0;
  expect(screen.size).toEqual({ columns: 80, rows: 24 });
});

test('when the shell gives the terminal back it is taken again', () => {
  events = [];
  const resume = process.listeners('SIGCONT').at(-1) as (signal: string) => void;
  resume('SIGCONT');
  // It has it already.
  expect(events).toEqual([]);
});
