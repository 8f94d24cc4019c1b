import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dataFor, promptOf, useDemo } from './open-demo.ts';
import { startShop } from './run-sample.ts';

const { open, baseUrl } = useDemo();

describe('what it does not understand', () => {
  test.each(['Write me a poem', 'Change the headline', 'Make the accent colour nicer', 'Add a page'])(
    '"%s" changes nothing and says who speaks',
    async (prompt) => {
      const run = await open().ask(prompt);
      expect([run.code, run.changed, run.commands, run.patches, run.answer.files]).toEqual([0, [], [], [], []]);
      expect(run.answer.summary).toMatch(/^Demo model: [\s\S]*changed nothing[\s\S]*Make the accent colour plum/);
    },
  );

  test('an app that is not the sample is left alone', async () => {
    const { ask, repo } = open();
    rmSync(join(repo, 'pages/home.mjs'));
    const run = await ask(promptOf('headline'));
    expect(run.answer.summary).toMatch(/^Demo model: I stopped/);
    expect(run.patches).toEqual([]);
  });
});

describe('what a person types', () => {
  test('never becomes code or markup', async () => {
    const { ask, text, repo } = open();
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it must arrive as it is
    const run = await ask('Change the headline to "<b>`${process.exit(1)}` \\ Tom & Jerry"');
    expect(run.commands.at(-1)?.exitCode).toBe(0);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it must stand there as text
    expect(text('pages/home.mjs')).toContain('<h1>&lt;b&gt;\\`\\${process.exit(1)}\\` \\\\ Tom &amp; Jerry</h1>');
    const shop = await startShop(repo, dataFor(repo));
    try {
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it must arrive as it was typed
      expect(await (await fetch(shop.base)).text()).toContain('<h1>&lt;b&gt;`${process.exit(1)}` \\ Tom &amp; Jerry</h1>');
    } finally {
      await shop.stop();
    }
  });

  test('a second change builds on the first, in the same thread', async () => {
    const { ask, text } = open();
    const first = await ask(promptOf('headline'));
    const second = await ask('Change the headline to "Mosses, too"', { resume: first.threadId });
    expect(second.code).toBe(0);
    expect(text('pages/home.mjs')).toContain('<h1>Mosses, too</h1>');
  });

  test('asked to go on after an interruption, it finds its work done', async () => {
    const { ask } = open();
    const first = await ask(promptOf('accent'));
    const second = await ask('You were interrupted. Go on.', { resume: first.threadId, raw: true });
    expect(second.answer.summary).toBe('Demo model: the accent colour is plum already.');
    expect(second.changed).toEqual(['public/style.css']);
  });

  test('a model without the patch tool edits through the shell', async () => {
    const run = await open().ask(promptOf('footer'), { model: 'scripted' });
    expect(run.changed).toEqual(['pages/layout.mjs']);
    expect(run.patches).toEqual(['completed']);
  });
});

describe('the server', () => {
  test.each([
    ['GET', '/v1/other', undefined, 404],
    ['POST', '/v1/responses', 'not json', 400],
    ['GET', '/v1/models', undefined, 200],
  ])('%s %s with %s is %i', async (method, path, body, status) => {
    const response = await fetch(new URL(path, baseUrl()), { method, ...(body === undefined ? {} : { body }) });
    expect(response.status).toBe(status);
  });
});
