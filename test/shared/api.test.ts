import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { API, type Door, type DoorName, doorPath } from '#shared/api.ts';
import { ERROR_STATUS } from '#shared/errors.ts';
import { IdempotencyKey, RunId } from '#shared/ids.ts';

const doors = Object.entries(API) as [DoorName, Door][];

describe('the table', () => {
  test('no two doors are the same place', () => {
    const places = doors.map(([, { method, path }]) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`);
    expect(new Set(places).size).toBe(places.length);
    expect(places.length).toBeGreaterThan(20);
  });

  test.each(doors)('%s names exactly the parameters of its path', (_name, { path, params }) => {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const described = params ? Object.keys((params as z.ZodMiniObject)._zod.def.shape) : [];
    expect(described).toEqual(inPath);
  });

  test.each(doors)('%s takes a body only when it changes something, and only a stranger pairs', (name, door) => {
    if (door.method === 'GET') expect([door.body, door.key]).toEqual([undefined, undefined]);
    if (door.role === 'none') expect(name).toBe('pair');
    if (door.key === false) expect(['pair', 'createArtifact', 'previewBrief', 'findSources', 'markRun']).toContain(name);
    expect(door.path.startsWith('/api/')).toBe(true);
  });

  test('every refusal has a status that says so', () => {
    for (const status of Object.values(ERROR_STATUS)) expect(status).toBeGreaterThanOrEqual(400);
  });
});

test('a path parameter cannot leave its place', () => {
  expect(doorPath('getLog', { id: 'run_1', name: '../../etc/passwd?x=1#y' })).toBe(
    '/api/runs/run_1/logs/..%2F..%2Fetc%2Fpasswd%3Fx%3D1%23y',
  );
  expect(doorPath('status')).toBe('/api/status');
});

test.each([
  ['getLog', { id: `run_${'0'.repeat(26)}`, name: '../secret' }],
  ['getLog', { id: `run_${'0'.repeat(26)}`, name: '.hidden' }],
  ['getLog', { id: `run_${'0'.repeat(26)}`, name: 'a/b' }],
  ['getRun', { id: '../x' }],
  ['rollback', { id: 'latest' }],
] as [DoorName, object][])('%s does not take %j', (name, params) => {
  expect(z.safeParse((API[name] as Door).params as z.ZodMiniType, params).success).toBe(false);
});

test('an id and a key stop at their end: no newline after them', () => {
  expect(z.safeParse(RunId, `run_${'0'.repeat(26)}\n`).success).toBe(false);
  expect(z.safeParse(IdempotencyKey, 'abcdefgh\n').success).toBe(false);
  expect(z.safeParse(IdempotencyKey, 'abcdefgh').success).toBe(true);
});
