/** Text that is HTML already and may stand in a page as it is. */
class Html {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as it may stand in HTML, in an element or in a quoted attribute. */
export function escapeHtml(text) {
  return String(text).replace(/[&<>"']/g, (character) => ESCAPES[character]);
}

function write(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(write).join('');
  if (value === undefined || value === null || value === false) return '';
  return escapeHtml(value);
}

/** A template whose values are escaped, unless they come from this function themselves. Lists are joined. */
export function html(strings, ...values) {
  return new Html(strings.reduce((text, string, index) => text + write(values[index - 1]) + string));
}
