// The words of an invitation: the program's own texts, what is filled in, and what stays as it is.
import { expect, test } from 'vitest';
import { invitation } from '../../src/mail/templates/invitation.ts';
import { textOn } from '../../src/mail/templates/layout.ts';
import type { Program } from '../../src/model/program.ts';
import { claudexia } from '../support/programs.ts';

function write(invites: Partial<Program['invites']>, changes: object = {}, program = claudexia()) {
  return invitation({
    program: { ...program, invites: { ...program.invites, ...invites } },
    inviter: 'Ann',
    code: 'AB12',
    url: 'https://claudexia.tech/?a=1&ref=AB12',
    amount: '$5',
    note: undefined,
    unsubscribeUrl: 'https://plusone.test/p/claudexia/unsubscribe/x',
    ...changes,
  });
}

test('a program’s own text has its words filled in, its paragraphs kept, and link, button and way out added', () => {
  const own = { subject: 'Hey, {name} thinks of you', text: '{name} says <hi>.\n\nUse {code} for {amount}:\n{url}' };
  const { subject, text, html } = write(own);
  expect(subject).toBe('Hey, Ann thinks of you');
  expect(text).toContain('Ann says <hi>.\n\nUse AB12 for $5:\nhttps://claudexia.tech/?a=1&ref=AB12\n\nJoin Claudexia:');
  expect(text).toContain('Unsubscribe: https://plusone.test/p/claudexia/unsubscribe/x');
  expect(html).toContain('>Ann says &lt;hi&gt;.</p>');
  expect(html).toContain(
    '<a href="https://claudexia.tech/?a=1&amp;ref=AB12">https://claudexia.tech/?a=1&amp;ref=AB12</a>',
  );
});

test('a program’s own text stays as written, whatever the language of what we write around it', () => {
  const { subject, text, html } = write(
    { subject: 'Hey, {name}', text: 'Use {code}.' },
    {},
    claudexia({ language: 'de' }),
  );
  expect([subject, text.split('\n')[0]]).toEqual(['Hey, Ann', 'Use AB12.']);
  expect(text).toContain('Bei Claudexia mitmachen:');
  expect(html).toContain('<html lang="de">');
});

test('what newcomers get is promised only where it is known', () => {
  expect(write({}).text).toContain('with the code AB12, and get $5.');
  expect(write({}, { amount: '' }).text).toContain('with the code AB12.');
});

test('a note stands where the text has it, else in a place of its own', () => {
  const note = 'Dear friend {code}\n\nbye';
  const own = write({ text: 'Before. {note} After.' }, { note });
  expect(own.text).toContain('Before. Dear friend {code}\n\nbye After.');
  expect(own.text.match(/Dear friend/g)).toHaveLength(1);
  expect(own.html).toContain('Before. Dear friend {code}<br>\n<br>\nbye After.');
  const apart = write({}, { note });
  expect(apart.text).toContain('“Dear friend {code}\n\nbye”');
  expect(write({ text: 'Hello.\n\n{note}' }).html).not.toMatch(/<p [^>]*><\/p>/);
});

test('a subject is one line, whatever is put in', () => {
  const { subject } = write({ subject: '{name} and {name}' }, { inviter: `A\r\nB\u2028C ${'x'.repeat(500)}` });
  expect(subject).not.toMatch(/[\r\n\u2028]/);
  expect(subject.length).toBeLessThanOrEqual(150);
});

test.each([
  ['#ffffff', '#000000'],
  ['#4f46e5', '#ffffff'],
  ['#000000', '#ffffff'],
  ['#ffd700', '#000000'],
  ['rebeccapurple', '#ffffff'],
])('on %s the text is %s', (colour, expected) => {
  expect(textOn(colour)).toBe(expected);
});
