import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { type Browser, type CDPSession, chromium, type Page } from '@playwright/test';
import { build } from 'esbuild';
import { CHROMIUM_FLAGS, findChromium } from '../support/chromium.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Real pages in a real browser, with capture in a world of its own as an extension has it: the page's patches do not reach it. */
export interface CaptureBench {
  /** Opens a page of these files; `/` is the first. Answers what runs code of capture beside it. */
  open(files: Readonly<Record<string, string | Buffer>>, options?: { dark?: boolean }): Promise<CapturePage>;
  close(): Promise<void>;
}

export interface CapturePage {
  page: Page;
  /** Calls `run` with capture's modules and one argument, beside the page. It is sent as text. */
  beside<A, R>(run: (capture: CaptureModules, argument: A) => R | Promise<R>, argument?: A): Promise<R>;
}

export type CaptureModules = typeof import('./capture-modules.ts');

export async function openCaptureBench(): Promise<CaptureBench> {
  const browser: Browser = await chromium.launch({ executablePath: findChromium(), args: [...CHROMIUM_FLAGS] });
  const bundled = await build({
    entryPoints: [resolve(import.meta.dirname, 'capture-modules.ts')],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'captureModules',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.css': 'text' },
    target: 'chrome120',
  });
  const code = bundled.outputFiles[0]!.text;
  const servers: Server[] = [];

  async function serve(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
    const server = createServer((request, response) => {
      const path = (request.url ?? '/').split('?')[0]!;
      const file = path === '/' ? Object.values(files)[0] : files[decodeURIComponent(path.slice(1))];
      const type = path.endsWith('.js')
        ? 'text/javascript'
        : path.endsWith('.css')
          ? 'text/css'
          : path.endsWith('.png')
            ? 'image/png'
            : 'text/html';
      response.writeHead(file === undefined ? 404 : 200, { 'content-type': `${type}; charset=utf-8` }).end(file ?? 'none');
    });
    servers.push(server);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  return {
    async open(files, { dark = false } = {}) {
      const origin = await serve(files);
      const context = await browser.newContext({
        viewport: { width: 1000, height: 700 },
        colorScheme: dark ? 'dark' : 'light',
        bypassCSP: false,
      });
      const page = await context.newPage();
      await page.goto(`${origin}/?token=abcdefgh12345678&tab=2#private`);
      const session: CDPSession = await context.newCDPSession(page);
      const { frameTree } = await session.send('Page.getFrameTree');
      const { executionContextId } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id, worldName: 'capture' });
      const evaluate = async (expression: string) => {
        const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
          expression,
          contextId: executionContextId,
          awaitPromise: true,
          returnByValue: true,
        });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value as never;
      };
      // What the background would do, which an extension's own test shows: the picture comes from the browser.
      await session.send('Runtime.addBinding', { name: 'photographTab', executionContextId } as never).catch(() => undefined);
      session.on('Runtime.bindingCalled', ({ name }) => {
        if (name !== 'photographTab') return;
        void page
          .screenshot()
          .then((png) => evaluate(`globalThis.photographed('data:image/png;base64,${png.toString('base64')}')`))
          .catch(() => undefined);
      });
      await evaluate(`${code};
        globalThis.captureModules = captureModules;
        globalThis.chrome = { runtime: { id: 'bench', sendMessage: ({ name }) => name === 'photograph'
          ? new Promise((resolve) => { globalThis.photographed = (picture) => resolve({ ok: true, value: { ok: true, picture } }); globalThis.photographTab(''); })
          : Promise.resolve({ ok: false, why: 'refused', message: 'not here' }) } };
        undefined`);
      return { page, beside: (run, argument) => evaluate(`(${run.toString()})(captureModules, ${JSON.stringify(argument ?? null)})`) };
    },
    async close() {
      await browser.close();
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}
