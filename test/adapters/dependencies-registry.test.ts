import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findCaFile } from '../../daemon/adapters/dependencies/registry.ts';
import { type DependencyBench, openDependencyBench } from './dependencies-support.ts';

const REGISTRY = 'https://registry.npmjs.org';
const LOCK = {
  name: 'shop',
  version: '1.0.0',
  lockfileVersion: 3,
  requires: true,
  packages: {
    '': { name: 'shop', version: '1.0.0', hasInstallScript: true, dependencies: { 'is-odd': '3.0.1' } },
    'node_modules/is-number': {
      version: '6.0.0',
      resolved: `${REGISTRY}/is-number/-/is-number-6.0.0.tgz`,
      integrity: 'sha512-Wu1VHeILBK8KAWJUAiSZQX94GmOE45Rg6/538fKwiloUu21KncEkYGPqob2oSZ5mUT73vLGrHQjKw3KMPwfDzg==',
    },
    'node_modules/is-odd': {
      version: '3.0.1',
      resolved: `${REGISTRY}/is-odd/-/is-odd-3.0.1.tgz`,
      integrity: 'sha512-CQpnWPrDwmP1+SMHXZhtLtJv90yiyVfluGsX5iNCVkrhQtU3TQHsUWPG9wkdk9Lgd5yNpAg9jQEo90CBaXgWMA==',
      dependencies: { 'is-number': '^6.0.0' },
    },
  },
};

let bench: DependencyBench;
beforeAll(async () => {
  const caFile = findCaFile(process.env);
  bench = await openDependencyBench(
    {
      'apps/shop/package.json': JSON.stringify({
        name: 'shop',
        version: '1.0.0',
        dependencies: { 'is-odd': '3.0.1' },
        scripts: { postinstall: 'node reach.mjs' },
      }),
      'apps/shop/package-lock.json': JSON.stringify(LOCK),
      // What a package's own script can reach while it is installed.
      'apps/shop/reach.mjs': `
        import http from 'node:http';
        import net from 'node:net';
        import { writeFileSync } from 'node:fs';
        const proxy = new URL(process.env.HTTPS_PROXY);
        const tunnel = (to) => new Promise((resolve) => http.request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: to })
          .on('connect', (reply, socket) => { socket.destroy(); resolve(reply.statusCode); }).on('response', (reply) => resolve(reply.statusCode)).on('error', (error) => resolve(error.code)).end());
        const direct = (host, port) => new Promise((resolve) => net.connect({ host, port }).on('connect', () => resolve('open')).on('error', (error) => resolve(error.code)));
        writeFileSync('node_modules/reach.json', JSON.stringify({
          registry: await tunnel('registry.npmjs.org:443'), other: await tunnel('example.com:443'), port: await tunnel('registry.npmjs.org:22'),
          address: await tunnel('127.0.0.1:443'), direct: await direct('203.0.113.80', 443), secret: process.env.NPM_TOKEN,
        }));`,
      'apps/shop/app.mjs': `import isOdd from 'is-odd'; console.log(isOdd(3));`,
    },
    { registry: { hosts: ['registry.npmjs.org'], ...(caFile === undefined ? {} : { caFile }) } },
  );
});
afterAll(() => bench.close());

describe('npm ci in the sandbox', () => {
  it('SBX-14: installs from the registry, and its scripts reach nothing else', { timeout: 60_000 }, async () => {
    const { outcome, log } = await bench.provide({
      setup: { command: 'npm ci', appFolder: 'apps/shop', network: 'registry' },
      env: { NPM_TOKEN: 'given' },
    });
    expect(outcome, log).toEqual({ end: 'ready' });
    expect(await bench.look('cd apps/shop && node app.mjs')).toBe('true\n');
    expect(JSON.parse(await bench.look('cat apps/shop/node_modules/reach.json'))).toEqual({
      registry: 200,
      other: 403,
      port: 403,
      address: 403,
      direct: 'ENETUNREACH',
      secret: 'given',
    });
  });

  it('that asks another host says which ones it may', { timeout: 60_000 }, async () => {
    const { outcome, log } = await bench.provide({
      setup: {
        command: 'npm ci --registry=https://npm.example.com --replace-registry-host=always --fetch-retries=0',
        appFolder: 'apps/shop',
        network: 'registry',
      },
    });
    expect(outcome).toMatchObject({
      end: 'failed',
      detail: expect.stringContaining('only registry.npmjs.org (sandbox.registryHosts in host.jsonc)'),
    });
    expect(log).toMatch(/403|tunneling/i);
  });
});
