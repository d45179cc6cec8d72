/**
 * The body of an event, parsed the same at the door and whenever the inbox is read again.
 * Promises: one JSON value, or a list where the text is JSON lines, as Auth0's log streams send. Must never: look at
 * who sent it, or put a text right that is neither; it throws a SyntaxError as JSON.parse does.
 */

export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    if (lines.length < 2) throw error;
    return lines.map((line) => JSON.parse(line) as unknown);
  }
}
