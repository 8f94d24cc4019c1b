import { expect, test } from 'vitest';
import { ARM_MS, openGuard } from '#shared/ui/armed.ts';

/** A guard on a clock that is moved by hand. */
function setup(visible = true) {
  let now = 0;
  let timer: { at: number; then: () => void } | undefined;
  const changes: boolean[] = [];
  const guard = openGuard(
    {
      after(delayMs, then) {
        const own = { at: now + delayMs, then };
        timer = own;
        return () => {
          if (timer === own) timer = undefined;
        };
      },
      changed: (armed) => changes.push(armed),
    },
    visible,
  );
  const pass = (ms: number) => {
    now += ms;
    if (!timer || timer.at > now) return;
    const { then } = timer;
    timer = undefined;
    then();
  };
  return { guard, pass, changes };
}

test('a decision takes clicks once it has been in sight for the whole time, not a moment before', () => {
  const { guard, pass } = setup();
  expect(guard.armed()).toBe(false);
  pass(10_000);
  expect(guard.armed()).toBe(false);
  guard.sight(true);
  pass(ARM_MS - 1);
  expect(guard.armed()).toBe(false);
  pass(1);
  expect(guard.armed()).toBe(true);
});

test('out of sight, or behind another window, it is disarmed at once and begins anew', () => {
  for (const leave of ['sight', 'front'] as const) {
    const { guard, pass } = setup();
    guard.sight(true);
    pass(ARM_MS);
    expect(guard.armed()).toBe(true);
    guard[leave](false);
    expect(guard.armed()).toBe(false);
    pass(10_000);
    expect(guard.armed()).toBe(false);
    guard[leave](true);
    pass(ARM_MS - 1);
    expect(guard.armed()).toBe(false);
    pass(1);
    expect(guard.armed()).toBe(true);
  }
});

test('two short looks do not add up to a long one', () => {
  const { guard, pass } = setup();
  for (let look = 0; look < 5; look++) {
    guard.sight(true);
    pass(ARM_MS - 1);
    guard.sight(false);
  }
  expect(guard.armed()).toBe(false);
});

test('being told the same again takes nothing away and adds nothing', () => {
  const { guard, pass, changes } = setup();
  guard.sight(true);
  pass(ARM_MS / 2);
  guard.sight(true);
  guard.front(true);
  pass(ARM_MS / 2);
  expect(guard.armed()).toBe(true);
  guard.sight(true);
  guard.front(true);
  expect(changes).toEqual([true]);
});

test('in a page that opens behind another one the time begins when it comes to the front', () => {
  const { guard, pass } = setup(false);
  guard.sight(true);
  pass(10_000);
  expect(guard.armed()).toBe(false);
  guard.front(true);
  pass(ARM_MS);
  expect(guard.armed()).toBe(true);
});

test('a guard that has ended is armed by nothing', () => {
  const { guard, pass, changes } = setup();
  guard.sight(true);
  guard.end();
  pass(10_000);
  expect(changes).toEqual([]);
});
