declare module 'addons-linter' {
  interface Finding {
    code: string;
    message: string;
    file?: string;
  }
  /** What the linter's own command line passes is what `config` takes; `_` is the add-on's folder. */
  export function createInstance(options: { config: Record<string, unknown>; runAsBinary: boolean }): {
    run(console?: unknown): Promise<{ errors: Finding[]; warnings: Finding[]; notices: Finding[] }>;
  };
}
