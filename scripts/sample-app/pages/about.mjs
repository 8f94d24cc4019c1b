import { html } from '../html.mjs';

/** Who is behind the shop. */
export function about() {
  return {
    title: 'About',
    body: html`
      <article class="prose">
        <h1>About us</h1>
        <p>We started with one Boston fern in a bathroom without a window. It grew. So did we.</p>
        <p>Everything here is raised in the old glasshouse behind the station, in the half of it that never gets the sun. We send plants on Mondays and Tuesdays, so that none of them spends a weekend in a van.</p>
        <p>A plant that arrives unhappy is replaced. A plant that becomes unhappy gets advice: <a href="/contact">write to us</a>.</p>
      </article>
    `,
  };
}
