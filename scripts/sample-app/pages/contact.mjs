import { html } from '../html.mjs';

const FIELDS = ['name', 'email', 'text'];

/** The form, or thanks after it was sent. */
export function contact({ database, query, form, problem }) {
  const { count } = database.get('SELECT count(*) AS count FROM messages');
  const value = (field) => form?.get(field) ?? '';
  const sent = query.get('sent');
  const about = query.get('about');
  return {
    title: 'Contact',
    status: problem === undefined ? 200 : 400,
    body: html`
      <article class="prose">
        <h1>Write to us</h1>
        ${sent && html`<p class="note" role="status">Thank you! Yours is message number ${sent}; we answer within two days.</p>`}
        ${problem && html`<p class="note problem" role="alert">${problem}</p>`}
        <form method="post" action="/contact">
          <label>Your name <input name="name" autocomplete="name" required maxlength="100" value="${value('name')}"></label>
          <label>E-mail <input name="email" type="email" autocomplete="email" required maxlength="200" value="${value('email')}"></label>
          <label>Message <textarea name="text" required maxlength="4000" rows="6">${value('text') || (about ? `About the ${about}: ` : '')}</textarea></label>
          <button class="button">Send</button>
        </form>
        <p class="quiet">${count === 1 ? '1 person has' : `${count} people have`} written to us so far.</p>
      </article>
    `,
  };
}

/** Keeps a message, then sends the browser back to the form with thanks. */
export function sendMessage({ database, query, form }) {
  const message = Object.fromEntries(FIELDS.map((field) => [field, (form.get(field) ?? '').trim()]));
  const problem = problemOf(message);
  if (problem !== undefined) return contact({ database, query, form, problem });
  const { lastInsertRowid } = database.run('INSERT INTO messages (name, email, text, sent_at) VALUES (?, ?, ?, ?)', [
    ...FIELDS.map((field) => message[field]),
    new Date().toISOString(),
  ]);
  return { redirect: `/contact?sent=${lastInsertRowid}` };
}

/** What is wrong with a message, in words for its writer. */
export function problemOf({ name, email, text }) {
  if (name === '') return 'Please tell us your name.';
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) return 'Please give an e-mail address we can answer to.';
  if (text === '') return 'Please write a few words.';
  return undefined;
}
