/**
 * Runs in the page's own world, where frameworks keep what they know of an element, and is sent
 * there as text: it may use nothing from outside itself. The page can lie in every answer, throw
 * from every getter and never answer: whoever calls it limits the time and checks what comes back.
 */
export function frameworkHints(selector: string, frame: string | null): Record<string, string> {
  const out: Record<string, string> = {};
  const say = (name: string, value: unknown) => {
    if ((typeof value === 'string' || typeof value === 'number') && value !== '' && !(name in out)) out[name] = `${value}`.slice(0, 2_000);
  };
  const tried = (read: () => void) => {
    try {
      read();
    } catch {
      // the page's own getter
    }
  };
  // biome-ignore lint/suspicious/noExplicitAny: what a framework left on an element has no type, and nothing of it is trusted
  type Any = any;

  const find = (): Element | undefined => {
    let root: Any = document;
    for (const step of frame === null ? [] : frame.split(' >>> ')) root = root.querySelector(step).contentDocument;
    const steps = selector.split(' >>> ');
    for (const step of steps.slice(0, -1)) root = root.querySelector(step).shadowRoot;
    return root.querySelector(steps[steps.length - 1]) ?? undefined;
  };

  const fromAttributes = (start: Element) => {
    const names = [
      'data-source',
      'data-source-file',
      'data-source-loc',
      'data-sourcefile',
      'data-inspector-relative-path',
      'data-inspector-line',
      'data-inspector-column',
      'data-insp-path',
      'data-v-inspector',
      'data-astro-source-file',
      'data-astro-source-loc',
      'data-locatorjs',
      'data-locatorjs-id',
      'data-component',
      'data-component-name',
      'data-component-file',
      'data-qwik-inspector',
      'data-ds-file',
      'data-sentry-component',
      'data-sentry-source-file',
      'data-svelte-loc',
      'data-loc',
      'data-view',
      'data-template',
      'data-partial',
      'data-controller',
    ];
    let at: Element | null = start;
    for (let depth = 0; at && depth < 6; depth++, at = at.parentElement)
      for (const name of names) say(depth === 0 ? name : `parent ${name}`, at.getAttribute(name));
  };

  const fromReact = (element: Any) => {
    const key = Object.keys(element).find((name) => /^__react(Fiber|InternalInstance)\$/.test(name));
    if (key === undefined) return;
    const nameOf = (type: Any): unknown =>
      typeof type === 'string' ? undefined : (type?.displayName ?? type?.name ?? type?.render?.name ?? type?.type?.name);
    const names: string[] = [];
    const sources: string[] = [];
    let fiber = element[key];
    for (let depth = 0; fiber && depth < 40 && names.length < 8; depth++) {
      const at = fiber;
      tried(() => {
        const source = at._debugSource;
        if (source) sources.push(`${source.fileName}:${source.lineNumber}${source.columnNumber ? `:${source.columnNumber}` : ''}`);
      });
      tried(() => {
        const stack = at._debugStack?.stack;
        if (typeof stack === 'string') say('react stack', stack.split('\n').slice(1, 8).join('\n'));
      });
      tried(() => {
        const name = nameOf(at.type);
        if (typeof name === 'string' && /^[A-Z]/.test(name) && names[names.length - 1] !== name) names.push(name.slice(0, 80));
      });
      fiber = at._debugOwner && depth > 20 ? at._debugOwner : at.return;
    }
    const others = sources.filter((source, at) => at > 0 && source !== sources[at - 1]);
    say('react source', sources[0]);
    say('react sources', others.slice(0, 4).join(' < '));
    say('react components', names.join(' < '));
  };

  const fromVue = (start: Any) => {
    let at = start;
    for (let depth = 0; at && depth < 12; depth++, at = at.parentElement) {
      const instance = at.__vueParentComponent ?? at.__vnode?.ctx ?? at.__vue__;
      if (!instance) continue;
      const files: string[] = [];
      const names: string[] = [];
      let up = instance;
      for (let level = 0; up && level < 8; level++) {
        const current = up;
        tried(() => {
          const type = current.type ?? current.$options;
          if (typeof type?.__file === 'string') files.push(type.__file);
          const name = type?.name ?? type?.__name ?? type?._componentTag;
          if (typeof name === 'string') names.push(name.slice(0, 80));
        });
        up = current.parent ?? current.$parent;
      }
      say('vue file', files[0]);
      say('vue files', files.slice(1, 5).join(' < '));
      say('vue components', names.join(' < '));
      const inspected = start.__vnode?.props?.__v_inspector;
      say('vue inspector', inspected);
      return;
    }
  };

  const fromSvelte = (start: Any) => {
    let at = start;
    for (let depth = 0; at && depth < 12; depth++, at = at.parentElement) {
      const loc = at.__svelte_meta?.loc;
      if (!loc) continue;
      say('svelte source', `${loc.file}:${loc.line}${loc.column ? `:${loc.column}` : ''}`);
      return;
    }
  };

  const fromOthers = (element: Any) => {
    tried(() => {
      const component = (window as Any).ng?.getComponent?.(element) ?? (window as Any).ng?.getOwningComponent?.(element);
      say('angular component', component?.constructor?.name);
    });
    tried(() => {
      let at = element;
      for (let depth = 0; at && depth < 12; depth++, at = at.parentElement ?? at.getRootNode?.().host) {
        if (!at.localName?.includes('-') || !at.constructor?.name || at.constructor.name === 'HTMLElement') continue;
        say('custom element', `${at.localName} ${at.constructor.name}`);
        return;
      }
    });
  };

  tried(() => {
    const element = find();
    if (!element) return;
    for (const read of [fromAttributes, fromReact, fromVue, fromSvelte, fromOthers]) tried(() => read(element));
  });
  return out;
}
