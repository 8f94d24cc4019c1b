import { expect, test } from '@playwright/test';
import { type DaemonProcess, endEverything, freePort, must, startDaemon, stateFolder } from '../support/daemon-process.ts';
import { FIREFOX_ORIGIN, type Firefox, openFirefox } from '../support/firefox.ts';
import { type GeneratedApp, generateApp } from '../support/generated-app.ts';

let app: GeneratedApp;
let daemon: DaemonProcess;
let state: string;
let firefox: Firefox;

test.beforeAll(async () => {
  app = generateApp();
  state = stateFolder();
  const ports = { control: await freePort(), gateway: await freePort() };
  daemon = await startDaemon({ repo: app.repo, state, ports });
  firefox = await openFirefox();
});

test.afterAll(async () => {
  await firefox?.close();
  await endEverything(state, app.repo);
});

test('Firefox pairs from its own origin, proves itself on the socket and sends a request with its picture', async () => {
  const options = await firefox.open(`${FIREFOX_ORIGIN}/options.html`);
  const tell = (name: string, body: unknown) =>
    firefox.evaluate(options, `browser.runtime.sendMessage(${JSON.stringify({ name, body })})`) as Promise<{
      ok: boolean;
      value: Record<string, string>;
    }>;

  const wrong = await tell('pair', { address: daemon.control, code: 'AAAA-AAAA', name: 'Firefox of Ann' });
  expect(wrong).toMatchObject({ ok: true, value: { end: 'failed', why: 'wrong_code' } });
  const { code } = await must(daemon.client.call('createPairCode', { body: {} }));
  const paired = await tell('pair', { address: daemon.control, code, name: 'Firefox of Ann' });
  expect(paired).toMatchObject({ ok: true, value: { end: 'paired' } });

  const sent = await tell('submit', {
    daemonId: paired.value['daemonId'],
    key: 'asked-from-firefox',
    request: { prompt: 'Asked from Firefox', context: { url: 'http://shop.test/cart' } },
    pictures: [Buffer.from('a picture').toString('base64')],
  });
  expect(sent).toMatchObject({ ok: true, value: { end: 'sent', run: { prompt: 'Asked from Firefox' } } });
  const words = () => firefox.evaluate(options, 'document.body.innerText');
  await expect.poll(words).toContain('Connected');
  const { devices } = await must(daemon.client.call('listDevices', {}));
  expect(devices.filter(({ kind }) => kind === 'extension').map(({ name }) => name)).toEqual(['Firefox of Ann']);
});
