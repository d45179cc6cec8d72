/**
 * What every provider owes, asked of each in the registry: a new one joins by its line there, its fixtures, and how its
 * senders sign (test/support/sign.ts). A kind with two ways of sending is asked twice, each way with its own fixtures.
 */
import { describe, expect, test } from 'vitest';
import type { Envelope, Provider, Verified } from '../../src/model/provider.ts';
import { parseBody } from '../../src/model/body.ts';
import { PROVIDERS } from '../../src/providers/index.ts';
import { type Headers, SCHEMES } from '../support/sign.ts';
import { type Fixture, fixturesOf, outcomeOf, sourceOf } from './fixtures.ts';

const NOW = new Date('2026-05-01T12:00:00Z');
const minutes = (count: number) => new Date(NOW.getTime() + count * 60_000);

const KINDS = [...PROVIDERS.values()];
const WAYS = KINDS.flatMap((provider) =>
  SCHEMES.filter(({ kind }) => kind === provider.kind).map((scheme) => ({ name: scheme.name, provider, scheme })),
);

test('somebody signs for every kind of source, and for every fixture', () => {
  expect([...new Set(WAYS.map(({ provider }) => provider.kind))]).toEqual([...PROVIDERS.keys()]);
  for (const { kind } of KINDS) {
    const schemes = SCHEMES.filter((scheme) => scheme.kind === kind);
    for (const { type, name } of fixturesOf(kind)) {
      expect(
        schemes.filter((scheme) => scheme.sends(type)),
        name,
      ).toHaveLength(1);
    }
  }
});

describe.each(WAYS)('a sender to a source of the kind $name', ({ provider, scheme }) => {
  const fixtures = fixturesOf(provider.kind).filter(({ type }) => scheme.sends(type));
  const first = fixtures[0] as Fixture;
  const secret = scheme.secret('the live secret');
  const former = scheme.secret('the one before');

  function verify(raw: Buffer, headers: Headers, secrets = [secret], now = NOW): Verified {
    return provider.verify({ raw, headers }, sourceOf(provider, secrets), now);
  }
  function signed(raw: Buffer, by = secret, at = NOW): Headers {
    return scheme.sign(raw, by, 'msg_1', at);
  }
  function refusal(verified: Verified): string | undefined {
    return verified.ok ? undefined : verified.refusal;
  }

  test('takes what is signed with its secret, and finds the same id and type in every delivery', () => {
    for (const { raw, type } of fixtures) {
      const [once, again] = [verify(raw, signed(raw)), verify(raw, signed(raw, secret, minutes(1)))];
      expect(once).toMatchObject({ ok: true, envelope: { type } });
      expect(again).toEqual(once);
    }
  });

  if (scheme.coversBody) {
    test('refuses a body of which any one byte was changed', () => {
      for (const index of [0, Math.floor(first.raw.length / 2), first.raw.length - 1]) {
        const changed = Buffer.from(first.raw);
        changed[index] = (changed[index] ?? 0) ^ 1;
        expect(refusal(verify(changed, signed(first.raw)))).toBe('bad_signature');
      }
      const marked = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), first.raw]);
      expect(refusal(verify(marked, signed(first.raw)))).toBe('bad_signature');
      expect(refusal(verify(Buffer.concat([first.raw, Buffer.from('\n')]), signed(first.raw)))).toBe('bad_signature');
    });
  }

  test('refuses a signature by another secret', () => {
    expect(refusal(verify(first.raw, signed(first.raw, former)))).toBe('bad_signature');
  });

  test('takes either secret while one is being replaced by the other', () => {
    expect(verify(first.raw, signed(first.raw, former), [secret, former]).ok).toBe(true);
    expect(verify(first.raw, signed(first.raw, secret), [secret, former]).ok).toBe(true);
  });

  if (scheme.coversTime) {
    test('takes a signature of up to five minutes of age, and no older one or later one', () => {
      expect(verify(first.raw, signed(first.raw, secret, minutes(-5))).ok).toBe(true);
      expect(verify(first.raw, signed(first.raw, secret, minutes(5))).ok).toBe(true);
      for (const off of [-10, -60, 10, 60]) {
        expect(refusal(verify(first.raw, signed(first.raw, secret, minutes(off))))).toBe('stale_timestamp');
      }
    });
  }

  test('tells a missing signature from a bad one', () => {
    expect(refusal(verify(first.raw, {}))).toBe('missing_signature');
    for (const name of Object.keys(signed(first.raw))) {
      const { [name]: _, ...others } = signed(first.raw);
      expect(refusal(verify(first.raw, others))).toBe('missing_signature');
      expect(refusal(verify(first.raw, { ...others, [name]: 'nonsense' }))).toBe('bad_signature');
      const twice = { ...others, [name]: [signed(first.raw)[name], signed(first.raw)[name]] as unknown as string };
      expect(refusal(verify(first.raw, twice))).toBe('bad_signature');
    }
  });

  test('trap: never takes an empty or prefix-only secret, even when a body is signed with it', () => {
    const prefix = secret.slice(0, secret.lastIndexOf('_') + 1);
    for (const empty of ['', ' ', prefix]) {
      expect(provider.refuseSecret(empty)).toBeTypeOf('string');
      expect(refusal(verify(first.raw, signed(first.raw, empty), [empty]))).toBe('bad_signature');
    }
    expect(refusal(verify(first.raw, signed(first.raw), []))).toBe('bad_signature');
    expect(provider.refuseSecret(secret)).toBeUndefined();
  });

  test('looks at the signature before it looks into the body', () => {
    for (const text of ['', 'no json', '[]', '"text"', 'null', '{"a":', `${'['.repeat(50_000)}`]) {
      const raw = Buffer.from(text);
      expect(refusal(verify(raw, signed(raw)))).toBe('not_parseable');
      expect(refusal(verify(raw, scheme.coversBody ? signed(first.raw) : signed(raw, former)))).toBe('bad_signature');
    }
  });

  test('keeps a signed body that says nothing, under an id of its own', () => {
    const raw = Buffer.from('{"nothing":true}');
    const verified = verify(raw, signed(raw)) as { ok: true; envelope: Envelope };
    expect(verified).toMatchObject({
      ok: true,
      envelope: { type: 'unknown', eventId: expect.stringMatching(/^(msg_1|body_[0-9a-f]{64})$/) },
    });
    expect(provider.normalize(verified.envelope.body, verified.envelope, sourceOf(provider, [secret]))).toMatchObject({
      facts: [],
      ignored: 'unknown_type',
    });
  });

  test.each(fixtures)('makes of $name what its expected file says', ({ raw, source, expected, name }) => {
    expect(outcomeOf(provider, ...handedOn(provider, raw, name, source))).toEqual(expected);
  });

  test('says the same of the same body every time', () => {
    for (const { raw, source, name } of fixtures) {
      const [one, two] = [handedOn(provider, raw, name, source), handedOn(provider, raw, name, source)];
      expect(outcomeOf(provider, ...one)).toEqual(outcomeOf(provider, ...two));
      expect(one[0], 'the body is left as it was').toEqual(parseBody(raw.toString()));
    }
  });

  function handedOn(of: Provider, raw: Buffer, name: string, otherwise: Fixture['source']) {
    const verified = verify(raw, signed(raw));
    if (!verified.ok) throw new Error(`${name}: ${verified.refusal}`);
    const { body, type, eventId } = verified.envelope;
    return [body, { type, eventId }, sourceOf(of, [secret], otherwise)] as const;
  }
});

describe.each(KINDS)('a $kind source', (provider) => {
  const fixtures = fixturesOf(provider.kind);

  test('has a fixture that gives facts for each type of event it handles, and none beside its list', () => {
    const withFacts = fixtures.filter(({ expected }) => ((expected as { facts?: unknown[] }).facts ?? []).length > 0);
    expect([...new Set(withFacts.map(({ type }) => type))].sort()).toEqual([...provider.handles].sort());
  });

  test('ignores a type that it does not know, and says so', () => {
    const unknown = fixtures.filter(({ type }) => !provider.handles.includes(type));
    expect(unknown.length).toBeGreaterThan(0);
    for (const { expected, name } of unknown) {
      expect(expected, name).toMatchObject({ facts: [], ignored: expect.stringMatching(/^[a-z_0-9]+$/) });
    }
  });
});
