import { createConfig, lintFromString } from '@redocly/openapi-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDoor } from './support/open-door.ts';
import { send } from './support/raw-http.ts';

let text: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  const door = await openDoor();
  stop = door.stop;
  text = (await send(door.port, { path: '/openapi.json' })).body;
});

afterAll(() => stop());

/** Every recommended rule of Redocly, none switched off and none made weaker. */
async function lint(source: string) {
  const problems = await lintFromString({
    source,
    absoluteRef: '/openapi.json',
    config: await createConfig({ extends: ['recommended'] }),
  });
  return problems.map(({ severity, ruleId, message }) => `${severity} ${ruleId}: ${message}`);
}

test('the document passes a linter of another house', async () => {
  expect(await lint(text)).toEqual([
    // The frames of the socket are referred to from `x-websocket`, where no linter looks.
    'warn no-unused-components: Component: "ClientFrame" is never used.',
    'warn no-unused-components: Component: "DaemonFrame" is never used.',
  ]);
});

test('that linter does find what is wrong', async () => {
  type Document = { paths: Record<string, Record<string, { operationId: string; responses: unknown; security?: unknown }>> };
  const broken = JSON.parse(text) as Document;
  broken.paths['/api/runs']!['get']!.operationId = 'createRun';
  broken.paths['/api/flags']!['put']!.security = [{ nobody: [] }];
  broken.paths['/api/slots']!['get']!.responses = {
    '200': { description: 'x', content: { 'application/json': { schema: { $ref: '#/none' } } } },
  };
  const found = (await lint(JSON.stringify(broken))).filter((line) => line.startsWith('error'));
  for (const rule of ['operation-operationId-unique', 'security-defined', 'no-unresolved-refs']) {
    expect(
      found.some((line) => line.includes(rule)),
      rule,
    ).toBe(true);
  }
});
