/** The texts of mails and pages: every language says the same, and every key is used rightly. */
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { ADMIN_ROLES } from '../../src/accounts/admin-users.ts';
import { EXAMPLES_DIR } from '../../src/config/programs.ts';
import { SINKS } from '../../src/delivery/sinks/index.ts';
import { signals } from '../../src/fraud/signals/index.ts';
import { PROBLEMS } from '../../src/http/problems.ts';
import { SUSPENSION_REASONS } from '../../src/model/suspensions.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import de from '../../src/texts/de.json' with { type: 'json' };
import en from '../../src/texts/en.json' with { type: 'json' };
import { everyNode, lineOf, sourceFiles } from '../support/source.ts';

type Catalogue = Record<string, string | Record<string, string>>;
const catalogues: Record<string, Catalogue> = { en, de };
const texts: Catalogue = { ...en };
const WITH_TEXTS = [
  ...['appeal-page', 'unsubscribe', 'plain-page', 'fund/report-page', 'fund/confirm', 'member/share'].map(
    (name) => `src/http/${name}.ts`,
  ),
];
const sources = [
  ...['src/pages', 'src/mail', 'src/texts'].flatMap((folder) => sourceFiles(folder)),
  ...sourceFiles('src/http').filter(({ path }) => WITH_TEXTS.includes(path)),
];

const formsOf = (text: string | Record<string, string> = {}) =>
  typeof text === 'string' ? [text] : Object.values(text);
const wordsOf = (text: string) =>
  [...new Set(Array.from(text.matchAll(/\{(\w+)\}/g), ([, word]) => word as string))].sort();
const askedBy = (text: string | Record<string, string> = {}) => wordsOf(formsOf(text).join(' '));

test.each(Object.keys(catalogues))(
  '%s has each text once, with the same words in it, in each form of a plural, and no markup',
  (language) => {
    const own = catalogues[language] as Catalogue;
    expect(Object.keys(own)).toEqual(Object.keys(texts));
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    const faults = Object.entries(own).filter(([key, text]) => {
      const isPlural = typeof text !== 'string';
      const forms = formsOf(text);
      return (
        isPlural !== (typeof texts[key] !== 'string') ||
        (isPlural && Object.keys(text).sort().join() !== [...pluralCategories].sort().join()) ||
        askedBy(text).join() !== askedBy(texts[key]).join() ||
        // A form may leave out how many there are, and nothing else.
        forms.some(
          (form) =>
            [...new Set(['n', ...wordsOf(form)])].sort().join() !== [...new Set(['n', ...askedBy(text)])].sort().join(),
        ) ||
        forms.some((form) => form.trim() === '' || form !== form.trim() || /[<>&]/.test(form))
      );
    });
    expect(faults).toEqual([]);
  },
);

test('a page or a mail gives each text the words that it asks for', () => {
  const faults = sources.flatMap((file) => {
    const found: string[] = [];
    everyNode(file.tree, (node) => {
      if (!ts.isCallExpression(node) || node.expression.getText() !== 't') return;
      const [which, given] = node.arguments;
      const properties = given && ts.isObjectLiteralExpression(given) ? given.properties : undefined;
      if (given && !properties) return;
      const words = (properties ?? []).map((each) => each.name?.getText() ?? '').sort();
      everyNode(which as ts.Node as ts.SourceFile, (inner) => {
        if (!ts.isStringLiteral(inner) || !(inner.text in texts)) return;
        if (askedBy(texts[inner.text]).join() !== words.join()) found.push(`${lineOf(file, node)}: ${inner.text}`);
      });
    });
    return found;
  });
  expect(faults).toEqual([]);
});

test('no text is there for nothing, and what the product knows by a code has a word', () => {
  const literals = new Set<string>();
  const heads = new Set<string>();
  for (const { tree } of sources) {
    everyNode(tree, (node) => {
      if (ts.isStringLiteralLike(node)) literals.add(node.text);
      if (ts.isTemplateHead(node) && /^[a-zA-Z.]+\.$/.test(node.text)) heads.add(node.text);
    });
  }
  const isUsed = (key: string) =>
    literals.has(key) || [...heads].some((head) => head !== 'word.' && key.startsWith(head));
  const [words, others] = [Object.keys(texts).filter(isWord), Object.keys(texts).filter((key) => !isWord(key))];
  expect(others.filter((key) => !isUsed(key))).toEqual([]);
  const all = sourceFiles('src')
    .map(({ text }) => text)
    .join('\n');
  const schema = readFileSync('migrations/schema.sql', 'utf8');
  const spoken = new Set(`${all}\n${schema}`.match(/\w+/g));
  const joined = all.replaceAll(' ', '_');
  const isSpoken = (code: string) =>
    spoken.has(code) || spoken.has(`${code}_ms`) || (code.includes('_') && joined.includes(code));
  expect(words.map((key) => key.slice(5)).filter((code) => !isSpoken(code))).toEqual([]);
  const states = [...schema.matchAll(/constraint (\w+) CHECK(.*)/g)]
    .filter(([, name = '']) => VOCABULARY.test(name))
    .flatMap(([, , check = '']) => Array.from(check.matchAll(/'(\w+)'::text/g), ([, code]) => code as string));
  const known = [...ADMIN_ROLES, ...SINKS.keys(), ...signals.keys(), ...SUSPENSION_REASONS, ...states];
  expect(known.filter((code) => !(`word.${code}` in texts))).toEqual([]);
  expect(SUSPENSION_REASONS.filter((reason) => !(`mail.suspension.why.${reason}` in texts))).toEqual([]);
  expect(Object.keys(PROBLEMS).filter((code) => texts[`problem.${code}`] !== PROBLEMS[code as 'busy'][1])).toEqual([]);
  const examples = readdirSync(EXAMPLES_DIR).map((file) => file.replace('.yaml', ''));
  expect(examples.filter((name) => !(`example.${name}` in texts))).toEqual([]);
  expect([...PROVIDERS.keys()].filter((kind) => !(`provider.${kind}` in texts))).toEqual([]);
});

const isWord = (key: string) => key.startsWith('word.');
const VOCABULARY =
  /^(appeals_state|deliveries_(kind|outcome|state)|fund_payouts_state|ledger_(entries_account|transactions_kind)|referrals_status|rewards_(status|beneficiary)|inbox_events_outcome)_check$/;

test('the source of pages and mails has no text for people', () => {
  const faults = sources
    .filter(({ path }) => !path.endsWith('.sql.ts') && !FOR_OPERATORS.test(path))
    .flatMap((file) => {
      const found: string[] = [];
      everyNode(file.tree, (node) => {
        const said = ts.isTaggedTemplateExpression(node) ? shownBy(node) : saidBy(node);
        if (said) found.push(`${lineOf(file, node)}: ${said}`);
      });
      return found;
    });
  expect(faults).toEqual([]);
});

/** What these say stands in the log, or is a fault of the environment. */
const FOR_OPERATORS = /^src\/mail\/(send|smtp-url|transport)\.ts$/;

/** Names that are the same in every language. */
const NAMES = /\b(Plusone|CSV|SVG|PNG|SHA-256|GitHub|iban: DE89)\b/g;
const SEEN_ATTRIBUTES = /\s(?:aria-label|alt|title|placeholder|data-confirm|data-copied|data-file)="([^"]*)"/g;

/** What a template shows beside what is put into it. */
function shownBy({ template }: ts.TaggedTemplateExpression): string | undefined {
  const pieces = ts.isTemplateExpression(template)
    ? [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)]
    : [template.text];
  const whole = pieces.join('¤');
  const attributes = Array.from(whole.matchAll(SEEN_ATTRIBUTES), ([, value]) => value).join(' ');
  const shown = OF_A_TAG.test(whole) ? '' : whole.replace(/<(code|style)>.*?<\/\1>/gs, '').replace(/<[^>]*>/g, '');
  return /\p{L}.*/u.exec(`${attributes} ${shown}`.replace(NAMES, ''))?.[0];
}

/** Attributes that stand in a template of their own, or an id that another gives. */
const OF_A_TAG = /^(\s[a-z-]+(="[^"<>]*")?)+$|^¤-\w+ $/;

/** A column's or a page's name, or a sentence, that is none of the texts. */
function saidBy(node: ts.Node): string | undefined {
  if (!ts.isStringLiteralLike(node)) return undefined;
  const { parent } = node;
  const property = ts.isPropertyAssignment(parent) ? parent.name.getText() : '';
  if (property === 'summary' || ts.isImportDeclaration(parent) || ts.isTaggedTemplateExpression(parent))
    return undefined;
  if (ts.isVariableDeclaration(parent) && /^(STYLE|FONT)$/.test(parent.name.getText())) return undefined;
  // What is thrown; the names of statements; and `act`, which makes a route of a summary.
  if (
    ts.isNewExpression(parent) ||
    (ts.isCallExpression(parent) && /^(act|statement)$/.test(parent.expression.getText()))
  )
    return undefined;
  const isName = ['title', 'lead', 'label'].includes(property) || (property === 'name' && /^[A-Z]/.test(node.text));
  return (isName || /\p{L} \p{L}/u.test(node.text)) && !NAMES_ONLY.test(node.text) ? node.text : undefined;
}

const NAMES_ONLY = /^(Plusone|CSV|SHA-256|GitHub)$/;
