// SPDX-License-Identifier: Apache-2.0
// service-labels.test - which services have metrics of their own, and what becomes of the rest

import { describe, expect, test } from '@jest/globals';
import type { ServiceStats } from '@mdp/broker';
import { OTHERS, ServiceLabels } from '../src/service-labels.js';
import { grownBy, mergeServices, sumServices } from '../src/service-sums.js';
import { durations, serviceStats } from './support/figures.js';

const served = (name: string, requests = 0): ServiceStats => serviceStats(name, { workers: 1, waiting: 1, requests });
const names = (services: readonly ServiceStats[]): string[] => services.map(({ name }) => name);

describe('labels', () => {
  test('are for the first services that have workers, and they keep them', () => {
    const labels = new ServiceLabels(2);
    expect(names(labels.limit([served('a'), served('b')]))).toEqual(['a', 'b']);
    expect(names(labels.limit([served('c'), served('a'), served('b')]))).toEqual(['a', 'b', OTHERS]);
  });

  test('are not for names that somebody invents', () => {
    const labels = new ServiceLabels(2);
    const invented = ['x', 'y', 'z'].map((name) => serviceStats(name, { queued: 1, requests: 1 }));
    const [only, none] = labels.limit(invented);
    expect([only?.name, only?.queued, only?.requests, none]).toEqual([OTHERS, 3, 3, undefined]);
    expect(names(labels.limit([...invented, served('a')]))).toEqual(['a', OTHERS]);
  });

  test('are given on when their services are gone and others want them', () => {
    const labels = new ServiceLabels(2);
    labels.limit([served('a'), served('b')]);
    expect(names(labels.limit([served('b')]))).toEqual(['b']);
    expect(names(labels.limit([served('b'), served('c')]))).toEqual(['b', 'c']);
  });

  test('cannot be taken by who calls itself as the others are called', () => {
    const found = new ServiceLabels(2).limit([served(OTHERS, 3), served('a')]);
    expect(names(found)).toEqual(['a', OTHERS]);
    expect(found[1]?.requests).toBe(3);
  });
});

describe('what is counted for the others', () => {
  test('only grows, though services are forgotten and begin anew', () => {
    const labels = new ServiceLabels(0);
    const look = (...services: ServiceStats[]): number | undefined => labels.limit(services)[0]?.requests;
    expect(look(served('a', 10), served('b', 5))).toBe(15);
    expect(look(served('a', 12), served('b', 5))).toBe(17);
    expect(look(served('a', 12))).toBe(17);
    expect(look(served('a', 3))).toBe(20);
    expect(look()).toBe(20);
    expect(look(served('b', 2), served('a', 4))).toBe(26);
  });

  test('tells how they stand as they stand now', () => {
    const labels = new ServiceLabels(0);
    labels.limit([serviceStats('a', { workers: 2, queued: 7, oldestMs: 9 })]);
    const [now] = labels.limit([serviceStats('b', { workers: 1, waiting: 1, queued: 1, oldestMs: 3 })]);
    expect(now).toMatchObject({ workers: 1, waiting: 1, busy: 0, queued: 1, oldestMs: 3 });
  });
});

describe('sums', () => {
  const one = serviceStats('s', { requests: 2, failed: { 404: 1 }, oldestMs: 5, waitMs: durations(3, 0, 2) });
  const other = serviceStats('s', { requests: 3, failed: { 404: 1, 500: 2 }, oldestMs: 4, waitMs: durations(1, 2) });

  test('of two are name by name and bucket by bucket', () => {
    const sum = sumServices(one, other);
    expect(sum).toMatchObject({ name: 's', requests: 5, failed: { 404: 2, 500: 2 }, oldestMs: 5 });
    expect(sum.waitMs).toEqual(durations(4, 0, 2, 2));
    expect(sumServices(one, serviceStats('s')).waitMs).toEqual(one.waitMs);
  });

  test('less what was there before are what came since', () => {
    const sum = sumServices(one, other);
    expect(grownBy(sum, one)).toMatchObject({ requests: 3, failed: { 404: 1, 500: 2 }, waitMs: durations(1, 2) });
    expect(grownBy(one, sum)).toBe(one);
    expect(grownBy(one, undefined)).toBe(one);
  });

  test('of several brokers are by name', () => {
    const merged = mergeServices([[one, served('a', 1)], [served('b', 2)], [other]]);
    expect(merged.map(({ name, requests }) => [name, requests])).toEqual([
      ['s', 5],
      ['a', 1],
      ['b', 2],
    ]);
    expect(mergeServices([])).toEqual([]);
  });
});
