// SPDX-License-Identifier: Apache-2.0
// event-stream - reads server-sent events, as far as the broker uses them

/** One event. */
export interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
}

/** The longest event that is waited for, in characters. */
const LONGEST = 16 * 1_024 * 1_024;

/** Takes text as it comes, and gives whole events. */
export class EventReader {
  #rest = '';

  /**
   * Read on.
   *
   * @throws Error for what never ends, and SyntaxError for what is no JSON
   */
  read(text: string): StreamEvent[] {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    if (this.#rest.length > LONGEST) throw new Error('an event has no end');
    return blocks.flatMap((block) => {
      const fields = new Map(block.split('\n').map((line) => fieldOf(line)));
      const [event, data] = [fields.get('event'), fields.get('data')];
      return event === undefined || data === undefined ? [] : [{ event, data: JSON.parse(data) as unknown }];
    });
  }
}

function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(': ');
  return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 2)];
}
