/** The key an act is sent with: kept for the same request until the daemon has decided on it, new for another. */
export function openKeyring(make: () => string): { keyFor(request: unknown): string; decided(): void } {
  let held: { request: string; key: string } | undefined;
  return {
    keyFor(request) {
      const text = JSON.stringify(request);
      if (held?.request !== text) held = { request: text, key: make() };
      return held.key;
    },
    decided() {
      held = undefined;
    },
  };
}

/** Whether the daemon has decided, so that a repeat would be another act. */
export function isDecided(status: number): boolean {
  return status < 500 && status !== 429;
}
