// SPDX-License-Identifier: Apache-2.0
// attributes - what stands behind a name on a command line: NAME,key=value,key=value

const ATTRIBUTE = /,([A-Za-z-]+)=([^,]*)$/;

/**
 * Split `NAME,key=value,key=value` from the end, so that the name may have commas of its own.
 *
 * @returns the name, and the attributes in the order they were written
 */
export function splitAttributes(text: string): { name: string; attributes: [key: string, value: string][] } {
  const attributes: [string, string][] = [];
  let name = text;
  for (let match = ATTRIBUTE.exec(name); match !== null; match = ATTRIBUTE.exec(name)) {
    attributes.unshift([match[1] ?? '', match[2] ?? '']);
    name = name.slice(0, match.index);
  }
  return { name, attributes };
}
