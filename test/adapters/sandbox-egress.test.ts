import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isOtherMachine, isPublicAddress } from '../../daemon/adapters/sandbox/addresses.ts';
import { type Egress, type EgressOptions, openEgress } from '../../daemon/adapters/sandbox/egress.ts';
import { ODD_ANSWERS, startOddServer } from '../support/odd-server.ts';

const folder = mkdtempSync('/tmp/egress-test-');
const socket = join(folder, 'egress.sock');
const refused: string[] = [];
let target: http.Server;
let port: number;
let proxy: Egress | undefined;

beforeAll(async () => {
  target = http.createServer((request, reply) => {
    request.resume();
    reply.end(`${request.headers.host} ${request.url} ${request.headers['proxy-authorization'] ?? '-'}`);
  });
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
  port = (target.address() as net.AddressInfo).port;
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
  refused.length = 0;
});
afterAll(() => {
  target.close();
  rmSync(folder, { recursive: true });
});

function open(more: Partial<EgressOptions>): void {
  const opened = openEgress({
    socket,
    hosts: ['allowed.test'],
    onRefused: (host) => refused.push(host),
    ports: { connect: port, plain: port },
    ...more,
  });
  if ('detail' in opened) throw new Error(opened.detail);
  proxy = opened;
}

function connect(authority: string): Promise<{ status: number; tunnel: net.Socket }> {
  return new Promise((resolve, reject) => {
    http
      .request({ socketPath: socket, method: 'CONNECT', path: authority, agent: false })
      .on('connect', (reply, tunnel) => resolve({ status: reply.statusCode ?? 0, tunnel: tunnel as net.Socket }))
      .on('error', reject)
      .end();
  });
}

const here = { resolve: async () => ['127.0.0.1'], isAllowedAddress: () => true };

describe('the way out of a sandbox', () => {
  it('tunnels to an allowed host', async () => {
    open(here);
    const { status, tunnel } = await connect(`allowed.test:${port}`);
    expect(status).toBe(200);
    const text = await new Promise<string>((resolve) => {
      let all = '';
      tunnel.on('data', (chunk) => {
        all += chunk;
      });
      tunnel.on('close', () => resolve(all));
      tunnel.write('GET /deep HTTP/1.1\r\nHost: allowed.test\r\nConnection: close\r\n\r\n');
    });
    expect(text).toContain('allowed.test /deep -');
  });

  it('forwards plain HTTP without what was meant for the proxy, under the name that was judged', async () => {
    open(here);
    const text = await new Promise<string>((resolve, reject) => {
      http
        .get(
          {
            socketPath: socket,
            path: `http://allowed.test:${port}/a?b=c`,
            headers: { host: 'other.test', 'proxy-authorization': 'secret' },
          },
          (reply) => {
            reply.setEncoding('utf8').on('data', resolve);
          },
        )
        .on('error', reject);
    });
    expect(text).toBe(`allowed.test:${port} /a?b=c -`);
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '192.168.0.1',
    '::1',
    'fe80::1',
    'fc00::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
  ])('NET-03: an allowed name that leads to %s is refused', async (address) => {
    open({ resolve: async () => ['93.184.216.34', address] });
    expect((await connect(`allowed.test:${port}`)).status).toBe(403);
    expect(refused).toEqual(['allowed.test']);
  });

  it('NET-03: the address that was judged is the one that is dialled', async () => {
    let asked = 0;
    open({ resolve: async () => [asked++ === 0 ? '127.0.0.1' : '203.0.113.1'], isAllowedAddress: () => true });
    expect((await connect(`allowed.test:${port}`)).status).toBe(200);
    expect(asked).toBe(1);
  });

  it('NET-02: other names, other ports and addresses are refused and reported', async () => {
    open(here);
    const refusals = [
      `evil.test:${port}`,
      'allowed.test:22',
      `Allowed.test:${port}`,
      `allowed.test.:${port}`,
      `127.0.0.1:${port}`,
      `x@allowed.test:${port}`,
      'allowed.test',
      '',
    ];
    for (const each of refusals) expect((await connect(each)).status, each).toBe(403);
    expect(refused).toHaveLength(refusals.length);
  });

  it('NET-04: a client that goes away takes its connection with it, and closing ends those that stay', async () => {
    const connections = new Set<net.Socket>();
    const hold = net.createServer((each) => {
      connections.add(each);
      each.on('close', () => connections.delete(each)).resume();
    });
    await new Promise<void>((resolve) => hold.listen(0, '127.0.0.1', resolve));
    const holdPort = (hold.address() as net.AddressInfo).port;
    open({ ...here, ports: { connect: holdPort, plain: holdPort } });
    const first = await connect(`allowed.test:${holdPort}`);
    const second = await connect(`allowed.test:${holdPort}`);
    expect(connections.size).toBe(2);
    const [one] = connections;
    const gone = new Promise((resolve) => one?.once('close', resolve));
    first.tunnel.destroy();
    await gone;
    expect(connections.size).toBe(1);
    const ended = new Promise((resolve) => second.tunnel.once('close', resolve));
    second.tunnel.on('error', () => {});
    await proxy?.close();
    proxy = undefined;
    await ended;
    await new Promise((resolve) => hold.close(resolve));
  });

  it('tells public addresses from those of this machine and its networks', () => {
    for (const address of ['1.1.1.1', '93.184.216.34', '2606:4700:4700::1111']) expect(isPublicAddress(address), address).toBe(true);
    for (const address of ['0.0.0.0', '100.64.0.1', '172.31.0.1', '255.255.255.255', '224.0.0.1', 'ff02::1', '::', 'not an address', '']) {
      expect(isPublicAddress(address), address).toBe(false);
    }
  });

  it('of a name that the host gives may lie in a private network, but never be this machine or its surroundings', () => {
    for (const address of [
      '1.1.1.1',
      '10.1.2.3',
      '172.16.0.9',
      '192.168.7.7',
      '203.0.113.80',
      '100.64.1.1',
      '2606:4700:4700::1111',
      'fd12::7',
    ])
      expect(isOtherMachine(address, []), address).toBe(true);
    const never = [
      '127.0.0.1',
      '127.8.8.8',
      '0.0.0.0',
      '169.254.169.254',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      'fe80::1',
      'ff02::1',
      '::ffff:10.1.2.3',
    ];
    for (const address of never) expect(isOtherMachine(address, []), address).toBe(false);
    expect(isOtherMachine('10.1.2.3', ['10.1.2.3'])).toBe(false);
    for (const { address } of Object.values(networkInterfaces()).flatMap((all) => all ?? []))
      expect(isOtherMachine(address), address).toBe(false);
  });

  it.each(['upgrade', 'chattyUpgrade', 'badStatus', 'headers', 'twoFrames', 'noHttp', 'nothing'] as const)(
    'an allowed host that answers with %s gets nobody into trouble',
    async (answer) => {
      const oddPort = await startOddServer(ODD_ANSWERS[answer]);
      open({ ...here, ports: { connect: oddPort, plain: oddPort } });
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const path = `http://allowed.test:${oddPort}/`;
        http.get({ socketPath: socket, path, agent: false }, (reply) => resolve(reply.resume().statusCode)).on('error', reject);
      });
      expect(status).toBe(502);
      expect((await connect(`allowed.test:${oddPort}`)).status).toBe(200);
    },
  );

  it.each([
    ['a name that is not known', 'ENOTFOUND', 'the name is not known'],
    ['a name server that is down', 'EAI_AGAIN', 'the name cannot be looked up (EAI_AGAIN)'],
  ])('%s is said as what it is', async (_what, code, words) => {
    const unreachable: string[] = [];
    open({ resolve: () => Promise.reject(Object.assign(new Error('no'), { code })), onUnreachable: (host) => unreachable.push(host) });
    const text = await new Promise<string>((resolve, reject) => {
      http
        .get({ socketPath: socket, path: `http://allowed.test:${port}/`, agent: false }, (reply) => {
          reply.setEncoding('utf8').on('data', resolve);
        })
        .on('error', reject);
    });
    expect(text).toBe(`${words}\n`);
    expect(unreachable).toEqual(['allowed.test']);
  });

  it('may have a port of its own, and then no other', async () => {
    open({ ...here, hosts: [`odd.test:${port}`], ports: { connect: 443, plain: 80 } });
    expect((await connect(`odd.test:${port}`)).status).toBe(200);
    expect((await connect('odd.test:443')).status).toBe(403);
    expect((await connect(`allowed.test:${port}`)).status).toBe(403);
  });
});
