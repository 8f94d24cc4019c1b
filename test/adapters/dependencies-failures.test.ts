import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainFailure } from '../../daemon/adapters/dependencies/explain-failure.ts';
import { findCaFile } from '../../daemon/adapters/dependencies/registry.ts';
import type { ProcessOutcome } from '../../daemon/ports.ts';
import { type DependencyBench, openDependencyBench } from './dependencies-support.ts';

const QUICK = '--fetch-retries=0 --no-audit';
const LOCK = (url: string) => ({
  name: 'shop',
  version: '1.0.0',
  lockfileVersion: 3,
  packages: {
    '': { name: 'shop', version: '1.0.0', dependencies: { 'is-number': '6.0.0' } },
    'node_modules/is-number': { version: '6.0.0', resolved: `${url}/is-number/-/is-number-6.0.0.tgz` },
  },
});
const SHOP = JSON.stringify({ name: 'shop', version: '1.0.0', dependencies: { 'is-number': '6.0.0' } });

let bench: DependencyBench;
beforeAll(async () => {
  const caFile = findCaFile(process.env);
  bench = await openDependencyBench(
    {
      'none/package.json': SHOP,
      'old/package.json': SHOP.replace('6.0.0"}', '7.0.0"}'),
      'old/package-lock.json': JSON.stringify(LOCK('https://registry.npmjs.org')),
      'private/package.json': SHOP,
      'private/package-lock.json': JSON.stringify(LOCK('https://npm.company.test')),
      'gone/package.json': SHOP,
      'gone/package-lock.json': JSON.stringify(LOCK('https://registry.invalid')),
    },
    { registry: { hosts: ['registry.npmjs.org', 'registry.invalid'], ...(caFile === undefined ? {} : { caFile }) } },
  );
});
afterAll(() => bench.close());

describe('a setup that fails says why and what to do', () => {
  it.each([
    ['there is no lockfile', 'none', `npm ci ${QUICK}`, 'there is no lockfile on this commit: install once on your machine and commit'],
    ['the lockfile is another one', 'old', `npm ci ${QUICK}`, 'the lockfile does not fit package.json: install once on your machine'],
    [
      'a registry is private',
      'private',
      `npm ci ${QUICK} --replace-registry-host=never`,
      'it wanted npm.company.test, which this host does not allow: add the name to sandbox.registryHosts in host.jsonc',
    ],
    [
      'the registry cannot be reached',
      'gone',
      `npm ci ${QUICK} --replace-registry-host=never`,
      'registry.invalid cannot be reached from this host: mend its network, then try again',
    ],
    [
      'its program is missing',
      'none',
      'no-such-manager install',
      'no-such-manager is not installed on the host of the daemon: install it for the whole system',
    ],
  ])('when %s', { timeout: 60_000 }, async (_when, appFolder, command, expected) => {
    const { outcome, log } = await bench.provide({ setup: { command, appFolder, network: 'registry' } });
    expect(outcome, log).toMatchObject({ end: 'failed', detail: expect.stringContaining(expected) });
    expect(outcome).toMatchObject({ detail: expect.stringContaining('it may reach only registry.npmjs.org, registry.invalid') });
  });

  const failed: ProcessOutcome = { end: 'exited', code: 1, durationMs: 1, stderrTail: '', survivors: [] };
  it.each([
    ['pnpm, which has an old lockfile', 'ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"', /lockfile does not fit/],
    ['Yarn, which has an old lockfile', 'error Your lockfile needs to be updated, but yarn was run with', /lockfile does not fit/],
    ['npm, which wants a sign-in', 'npm error code E401', /<state>\/env\/setup\.env/],
    ['a certificate nobody knows', 'SELF_SIGNED_CERT_IN_CHAIN', /sandbox\.caFile/],
    ['a compiler that is missing', 'npm error gyp ERR! not ok', /python3, make and g\+\+/],
  ])('%s', (_who, output, expected) => {
    expect(explainFailure({ process: failed, output, refused: [], unreachable: [] })).toMatch(expected);
  });

  it('a refused registry is not taken for one that wants a sign-in', () => {
    const said = explainFailure({ process: failed, output: 'npm error code E403', refused: ['npm.company.test'], unreachable: [] });
    expect(said).not.toContain('sign-in');
    expect(explainFailure({ process: failed, output: 'something else', refused: [], unreachable: [] })).toBe('setup failed');
  });
});
