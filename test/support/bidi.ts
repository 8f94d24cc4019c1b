import { WebSocket } from 'ws';

/** A Firefox steered by WebDriver BiDi, the one protocol it speaks without another program. */
export interface Bidi {
  command(method: string, params?: object): Promise<unknown>;
  /** Opens a tab; answers its context. */
  open(url: string): Promise<string>;
  /** The value of an expression in a tab or frame, awaited. */
  evaluate(context: string, expression: string): Promise<unknown>;
  /** Real key presses one after the other: the keys of a text, or keys by name; `Control+k` is held and pressed. */
  press(context: string, ...keys: readonly string[]): Promise<void>;
  type(context: string, text: string): Promise<void>;
  /** A real press of the pointer. */
  click(context: string, at: { x: number; y: number }): Promise<void>;
  /** The frames right inside a tab. */
  frames(context: string): Promise<string[]>;
  /** The addresses of all tabs. */
  tabs(): Promise<string[]>;
  closeTab(context: string): Promise<void>;
  close(): Promise<void>;
}

/** Keys that WebDriver has code points for. */
const KEYS: Readonly<Record<string, string>> = {
  ArrowDown: '\uE015',
  ArrowRight: '\uE014',
  Control: '\uE009',
  End: '\uE010',
  Enter: '\uE007',
  Escape: '\uE00C',
  Tab: '\uE004',
};

/** Speaks with a browser that listens there; `end` ends the browser. */
export async function steer(url: string, end: () => Promise<void>): Promise<Bidi> {
  const socket = new WebSocket(url);
  await new Promise((opened, failed) => socket.once('open', opened).once('error', failed));
  const waiting = new Map<number, (answer: { type: string; result?: unknown; error?: string; message?: string }) => void>();
  let last = 0;
  socket.on('message', (data) => {
    const answer = JSON.parse(data.toString());
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  const command = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve, reject) => {
      last += 1;
      waiting.set(last, ({ type, result, error, message }) =>
        type === 'error' ? reject(new Error(`${method}: ${error} ${message}`)) : resolve(result),
      );
      socket.send(JSON.stringify({ id: last, method, params }));
    });
  const press: Bidi['press'] = async (context, ...keys) => {
    const actions = keys.flatMap((key) => {
      const held = key.split('+').map((name) => KEYS[name] ?? name);
      const up = held.toReversed().map((value) => ({ type: 'keyUp', value }));
      return [...held.map((value) => ({ type: 'keyDown', value })), ...up];
    });
    await command('input.performActions', { context, actions: [{ type: 'key', id: 'keyboard', actions }] });
  };
  return {
    command,
    async open(to) {
      const { context } = (await command('browsingContext.create', { type: 'tab' })) as { context: string };
      await command('browsingContext.navigate', { context, url: to, wait: 'complete' });
      return context;
    },
    async evaluate(context, expression) {
      // As JSON, so that any value comes back as itself.
      const answer = (await command('script.evaluate', {
        expression: `Promise.resolve(${expression}).then((value) => JSON.stringify(value))`,
        target: { context },
        awaitPromise: true,
      })) as { type: string; result?: { value?: string }; exceptionDetails?: { text: string } };
      if (answer.type !== 'success') throw new Error(answer.exceptionDetails?.text ?? 'no answer');
      return answer.result?.value === undefined ? undefined : JSON.parse(answer.result.value);
    },
    press,
    type: (context, text) => press(context, ...text),
    async click(context, { x, y }) {
      const actions = [
        { type: 'pointerMove', x: Math.round(x), y: Math.round(y) },
        { type: 'pointerDown', button: 0 },
        { type: 'pointerUp', button: 0 },
      ];
      await command('input.performActions', { context, actions: [{ type: 'pointer', id: 'mouse', actions }] });
    },
    async frames(context) {
      const { contexts } = (await command('browsingContext.getTree', { root: context })) as {
        contexts: [{ children: { context: string }[] }];
      };
      return contexts[0].children.map((each) => each.context);
    },
    async tabs() {
      const { contexts } = (await command('browsingContext.getTree', { maxDepth: 0 })) as { contexts: { url: string }[] };
      return contexts.map(({ url: at }) => at);
    },
    async closeTab(context) {
      await command('browsingContext.close', { context });
    },
    async close() {
      socket.close();
      await end();
    },
  };
}
