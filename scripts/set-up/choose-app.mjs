import { join } from 'node:path';
import { EXAMPLES } from '../demo-model/examples.mjs';
import { startDemoModel } from '../demo-model/server.mjs';
import { ensureSampleRepository, sampleFolder } from './sample-repository.mjs';
import { say } from './say.mjs';

/**
 * @typedef {{ name: string, baseUrl: string, examples: readonly string[] }} Demo what stands in for a model, and requests it understands
 */

/**
 * Which app the daemon works on: the repository that was named, else a copy of the sample. Only the sample, and only
 * when no model is configured, gets the demo model.
 * @param {{ repo?: string, state?: string, hasModel: boolean }} options
 * @param {string} root the checkout
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ app: { repo: string, copyOf?: string }, demo?: Demo, close: () => Promise<void> }>}
 */
export async function chooseApp(options, root, env) {
  if (options.repo !== undefined) return { app: { repo: options.repo }, close: async () => undefined };
  const source = join(root, 'scripts', 'sample-app');
  const { repo, made } = await ensureSampleRepository(sampleFolder({ state: options.state, env }), source);
  say(
    made
      ? `No repository was named (--repo PATH), so here is a sample app: ${repo}`
      : `No repository was named (--repo PATH): using the sample app in ${repo}`,
  );
  const app = { repo, copyOf: 'the sample app' };
  if (options.hasModel) return { app, close: async () => undefined };
  const model = await startDemoModel();
  say('No model is configured, so a built-in DEMO MODEL answers. It understands a handful of requests; /codex lists them.');
  return {
    app,
    demo: { name: 'Demo model', baseUrl: model.baseUrl, examples: EXAMPLES.map((example) => example.prompt) },
    close: model.close,
  };
}
