// The page of the document, by itself: what it is given is shown, and never run.
import { expect, test } from 'vitest';
import { curl, jsonInColours } from '../../src/http/docs/code.ts';
import { PAGE_POLICY, page } from '../../src/http/docs/page.ts';
import { prose } from '../../src/http/docs/prose.ts';
import { documentOffline } from '../../src/http/openapi/offline.ts';
import { html } from '../../src/texts/html.ts';

const HOSTILE = `"><script>alert('1')</script>&`;
const ESCAPED = '&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;';
const document = documentOffline({ server: 'https://referrals.example.com' });

test('what is put in is escaped once, also inside of code and JSON', () => {
  expect(html`<b>${HOSTILE}</b>${[html`<i>${HOSTILE}</i>`]}`.html).toBe(`<b>${ESCAPED}</b><i>${ESCAPED}</i>`);
  expect(prose(`a \`${HOSTILE}\` b`).html).toBe(`a <code>${ESCAPED}</code> b`);
  expect(jsonInColours({ [HOSTILE]: HOSTILE }).html).not.toContain('<script>');
});

test('a document that somebody else has written runs nothing', () => {
  const text = page({
    ...document,
    servers: [{ url: `https://x/${HOSTILE}` }],
    info: { ...document.info, title: HOSTILE },
  });
  expect(text.match(/<script>/g)).toHaveLength(1);
  expect(text).not.toContain("alert('1')</script>");
  expect(PAGE_POLICY).not.toContain('unsafe');
});

test('a command holds the credential as a variable, and could be pasted', () => {
  const path = '/p/{program}/v1/me/links';
  const operation = document.paths[path]?.post;
  expect(operation && curl(document, { method: 'post', path, operation })).toBe(
    [
      'curl -X POST',
      'https://referrals.example.com/p/claudexia/v1/me/links',
      '-H "Authorization: Bearer $MEMBER_TOKEN"',
      '-H "Content-Type: application/json"',
      `-d '{"channel":"newsletter","campaign":"launch-week-2026"}'`,
    ].join(' \\\n  '),
  );
});
