import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@playwright/test';
import { WebSocketServer } from 'ws';
import { CLOSE } from '#shared/socket.ts';
import { freePort, must } from '../support/daemon-process.ts';
import { type ExtendedApp, openExtendedApp } from '../support/extended-app.ts';
import { fillPairing, pairCode } from '../support/pairing.ts';

let live: ExtendedApp;
let { daemon, browser } = {} as ExtendedApp;

test.beforeAll(async () => {
  live = await openExtendedApp({ untilLive: false });
  ({ daemon, browser } = live);
});

test.afterAll(() => live?.end());

test('the options name both keys, and a new one is heard as soon as it is asked for', async () => {
  const options = await browser.options();
  await expect(options.getByText(/Ctrl\+Shift\+K does too/)).toBeVisible();
  await options.getByRole('button', { name: 'Change the key…' }).click();
  await options.keyboard.press('Control+j');
  await expect(options.getByText(/Ctrl\+J opens the overlay/)).toBeVisible();
  await options.getByRole('button', { name: 'Back to Ctrl+K' }).click();
  await expect(options.getByText(/Ctrl\+K opens the overlay/)).toBeVisible();
  await options.close();
});

test('an address where nothing listens, one where something else does, and one on another machine are told apart', async () => {
  const options = await browser.options();
  await fillPairing(options, `127.0.0.1:${await freePort()}`, 'ABCD-EFGH');
  await expect(options.getByRole('alert')).toContainText('The daemon did not answer');
  await expect(options.getByRole('alert')).toContainText('npm start');

  const other = createServer((_request, response) => response.end('<h1>It works!</h1>')).listen(0, '127.0.0.1');
  await new Promise((listening) => other.once('listening', listening));
  await fillPairing(options, `127.0.0.1:${(other.address() as AddressInfo).port}`, 'ABCD-EFGH');
  await expect(options.getByRole('alert')).toContainText('Something else answers there');
  other.close();

  await fillPairing(options, 'http://daemon.evil.test:4400', 'ABCD-EFGH');
  await expect(options.getByRole('alert')).toContainText('This is no address of a daemon');
  await options.close();
});

test('a code that is wrong or used pairs nothing and says what to do', async () => {
  const options = await browser.options();
  await fillPairing(options, daemon.control, 'AAAA-AAAA');
  await expect(options.getByRole('alert')).toContainText('The code is not right');
  await expect(options.getByRole('alert')).toContainText('scripts/codex-builder pair');
  const { devices } = await must(daemon.client.call('listDevices', {}));
  expect(devices.filter(({ kind }) => kind === 'extension')).toEqual([]);
  await options.close();
});

test('the link that pairs a browser pairs this one, which is listed by its name; revoked, it is told so at once and after a restart', async () => {
  let options = await browser.options();
  const { url, code } = await pairCode(daemon);
  await options.getByLabel(/Name of this browser/).fill('Laptop of Ann');
  await options.getByLabel(/Address of the daemon/).fill(url);
  await options.getByRole('button', { name: 'Pair this browser' }).click();
  await expect(options.getByText('Connected', { exact: true })).toBeVisible();
  await fillPairing(options, daemon.control, code);
  await expect(options.getByRole('alert')).toContainText('The code is not right');

  const { devices } = await must(daemon.client.call('listDevices', {}));
  const paired = devices.filter(({ kind }) => kind === 'extension');
  expect(paired.map(({ name }) => name)).toEqual(['Laptop of Ann']);

  const owner = await browser.context.newPage();
  await owner.goto(daemon.open);
  await owner.getByRole('link', { name: 'Settings' }).click();
  await owner.locator('.device', { hasText: 'Laptop of Ann' }).getByRole('button', { name: 'Revoke…' }).click();
  await owner.getByRole('button', { name: 'Revoke Laptop of Ann' }).click();
  await options.bringToFront();
  await expect(options.getByText('Revoked', { exact: true })).toBeVisible();
  await expect(options.getByText('An admin took its access away.')).toBeVisible();

  await browser.restart();
  options = await browser.options();
  await expect(options.getByText('Revoked', { exact: true })).toBeVisible();

  // A new code makes of it the same pairing again, not a second one.
  await fillPairing(options, daemon.control, (await pairCode(daemon)).code);
  await expect(options.getByText('Connected', { exact: true })).toBeVisible();
  await expect(options.getByRole('button', { name: 'Unpair…' })).toHaveCount(1);
  await options.getByRole('button', { name: 'Unpair…' }).click();
  await options.getByRole('button', { name: /^Unpair / }).click();
  await expect(options.getByRole('heading', { name: 'Pair with your daemon' })).toBeVisible();
  await options.close();
});

test('a daemon of another version is named as that, before pairing and after', async () => {
  const refusal = { error: { code: 'version_mismatch', message: 'This daemon speaks protocol 2.', requestId: 'req_1' } };
  const device = { id: 'dev_1', name: 'x', kind: 'extension', user: 'owner', role: 'admin', createdAt: new Date().toISOString() };
  let isOld = true;
  const future = createServer((_request, response) => {
    response.writeHead(isOld ? 426 : 201, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isOld ? refusal : { device, secret: 'ab'.repeat(32) }));
  }).listen(0, '127.0.0.1');
  const sockets = new WebSocketServer({ server: future });
  sockets.on('connection', (socket) => socket.once('message', () => socket.close(CLOSE.version, 'another protocol')));
  await new Promise((listening) => future.once('listening', listening));
  const address = `127.0.0.1:${(future.address() as AddressInfo).port}`;

  const options = await browser.options();
  await fillPairing(options, address, 'ABCD-EFGH');
  await expect(options.getByRole('alert')).toContainText('different versions');
  isOld = false; // it was paired with before it was updated
  await fillPairing(options, address, 'ABCD-EFGH');
  await expect(options.getByText('Another version', { exact: true })).toBeVisible();
  await options.close();
  sockets.close();
  future.close();
});
