import { describe, expect, test } from 'vitest';
import { AgentAnswer } from '#shared/review.ts';
import { EXAMPLES } from '../../scripts/demo-model/examples.mjs';
import { promptOf, useDemo } from './open-demo.ts';
import { runNode, startShop } from './run-sample.ts';

const { open } = useDemo();

describe('what the page suggests', () => {
  test.each(EXAMPLES.filter(({ kind }) => kind !== 'break'))(
    '$prompt is done through real tool calls and leaves the checks green',
    async ({ prompt }) => {
      const { ask, repo } = open();
      const run = await ask(prompt);
      expect(run.code).toBe(0);
      expect(AgentAnswer.parse(run.answer).summary).toMatch(/^Demo model: /);
      expect(run.answer.files.toSorted()).toEqual(run.changed);
      expect(run.changed.length).toBeGreaterThan(0);
      expect(run.patches).toEqual(['completed']);
      expect(run.commands.at(-1)).toMatchObject({ command: expect.stringContaining('tools/lint.mjs'), exitCode: 0 });
      runNode(repo, ['--test'], `${repo}-data`);
    },
  );

  test('the change that is to break the tests breaks them, and says so', async () => {
    const { ask, repo } = open();
    const run = await ask(promptOf('break'));
    expect(run.changed).toEqual(['money.mjs']);
    expect(() => runNode(repo, ['--test'], `${repo}-data`)).toThrow();
    expect(run.answer.risks.join()).toMatch(/wrong on purpose/);
  });

  test('the phone number is asked for, kept, and migrated to', async () => {
    const { ask, repo } = open();
    await ask(promptOf('phone'));
    const data = `${repo}-data`;
    expect(runNode(repo, ['migrate.mjs'], data)).toContain('applied 0003_phone.sql');
    const shop = await startShop(repo, data);
    try {
      expect(await (await fetch(`${shop.base}/contact`)).text()).toContain('name="phone"');
    } finally {
      await shop.stop();
    }
  });
});
