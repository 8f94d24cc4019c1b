/**
 * Requests the demo model understands, for the page to suggest and for the sample's README.
 * @type {readonly { kind: string, prompt: string }[]}
 */
export const EXAMPLES = [
  { kind: 'headline', prompt: 'Change the headline on the home page to "Ferns for the rest of us"' },
  { kind: 'accent', prompt: 'Make the accent colour plum' },
  { kind: 'footer', prompt: 'Add the line "Open Monday to Friday, 9 to 5" to the footer' },
  { kind: 'page', prompt: 'Add a page at /delivery titled "Delivery"' },
  { kind: 'order', prompt: 'Sort the plants by price' },
  { kind: 'phone', prompt: 'Ask for a phone number on the contact form' },
  { kind: 'break', prompt: 'Break the tests, so that I can see what happens then' },
];
