// Every environment variable, in one table: name, meaning, check, default. This is the only file that reads
// process.env. A wrong or missing value throws a ConfigError of one line that says which variable and why; entry
// points print it and exit with 1. Values of secrets never appear in such a line.
import { isIP } from 'node:net';
import path from 'node:path';
import * as z from 'zod';
import { parseSmtpUrl, type SmtpServer } from '../mail/smtp-url.ts';
import { parseSecretKey } from './secrets.ts';

/** The operator has to change something before the service can start: `message` is one line, for the terminal. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

type Hops = number;
type Cidrs = readonly string[];

export type Env = {
  readonly port: number;
  /** Undefined: all interfaces, as Node does by default. */
  readonly host?: string;
  /** An origin without a slash at its end. */
  readonly publicUrl: string;
  /** Undefined: the embedded server is used. */
  readonly databaseUrl?: string;
  readonly databaseDirectUrl?: string;
  readonly databasePrepared: boolean;
  /** Absolute, as programsDir. */
  readonly dataDir: string;
  /** Undefined: the bundled examples. */
  readonly programsDir?: string;
  readonly adminToken?: string;
  /** Undefined only on the embedded server, where DATA_DIR keeps a generated one. */
  readonly secretKey?: string;
  readonly trustProxy: Hops | Cidrs | false;
  readonly egressAllow: Cidrs;
  /** Undefined: mails go to the log and to DATA_DIR/outbox. */
  readonly smtp?: SmtpServer;
  readonly logLevel: string;
  readonly testClock: boolean;
  readonly nodeEnv: string;
  /** The whole environment, for `${NAME}` in program files. */
  readonly raw: Readonly<Record<string, string | undefined>>;
};

const postgresUrl = z.string().regex(/^postgres(ql)?:\/\/\S+$/, 'must be a postgres:// URL');
const flag = z.enum(['0', '1'], 'must be 0 or 1').transform((value) => value === '1');

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** The descriptions stand in .env.example, too; a test holds the two together. */
const variables = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number')
    .transform(Number)
    .refine((port) => port <= 65_535, 'must be a port number')
    .default(8080)
    .describe('port of the HTTP server'),
  HOST: z
    .string()
    .regex(/^\S+$/, 'must be an address or a host name')
    .optional()
    .describe('address to listen on; all interfaces by default'),
  PUBLIC_URL: z
    .string()
    .transform((value, context) => origin(value, context))
    .optional()
    .describe('origin under which the outside reaches this service; http://localhost:PORT by default'),
  DATABASE_URL: postgresUrl
    .optional()
    .describe("PostgreSQL 15 or newer, the application's role; without it an embedded server runs under DATA_DIR"),
  DATABASE_DIRECT_URL: postgresUrl
    .optional()
    .describe("the schema owner's role, not through a pooler: for migrations and LISTEN"),
  DATABASE_PREPARED: flag.default(true).describe('0 for PgBouncer before 1.21 in transaction mode'),
  DATA_DIR: z.string().default('.data').describe('folder for the embedded server, generated secrets and mails'),
  PROGRAMS_DIR: z.string().optional().describe('folder of the program files; the bundled examples by default'),
  ADMIN_TOKEN: z
    .string()
    .regex(/^\S{8,}$/, 'must be at least 8 characters without spaces')
    .optional()
    .describe('bearer token of the admin API and console; generated into DATA_DIR/admin-token by default'),
  SECRET_KEY: z
    .string()
    .superRefine((value, context) => secretKey(value, context))
    .optional()
    .describe('1:<base64 of 32 bytes>, newer versions behind a comma; required with DATABASE_URL'),
  TRUST_PROXY: z
    .string()
    .transform((value, context) => trustProxy(value, context))
    .default(false)
    .describe('how many proxies stand before us, or their addresses as a CIDR list'),
  EGRESS_ALLOW: z
    .string()
    .transform((value, context) => cidrs(value, context))
    .default([])
    .describe('CIDR list of private or plain-http addresses that sinks and the like may reach'),
  SMTP_URL: z
    .string()
    .transform((value, context) => smtpServer(value, context))
    .optional()
    .describe('mail server; without it mails go to the log and to DATA_DIR/outbox'),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, `must be one of ${LOG_LEVELS.join(', ')}`)
    .default('info')
    .describe('log detail'),
  TEST_CLOCK: flag.default(false).describe('1 lets tests set the clock; never in production'),
  NODE_ENV: z.string().default('development').describe('production refuses TEST_CLOCK'),
});

export const ENVIRONMENT: readonly { readonly name: string; readonly description: string }[] = Object.entries(
  variables.shape,
).map(([name, schema]) => ({ name, description: schema.description ?? '' }));

/** Reads and checks the environment; an empty variable counts as unset. Throws ConfigError. */
export function readEnv(source: Readonly<Record<string, string | undefined>> = process.env): Env {
  const raw = Object.freeze({ ...source });
  const given = ENVIRONMENT.flatMap(({ name }) => (raw[name]?.trim() ? [[name, raw[name].trim()]] : []));
  const parsed = variables.safeParse(Object.fromEntries(given));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ConfigError(`${issue?.path.join('.')} ${issue?.message}`);
  }
  const values = parsed.data;
  checkTogether(values);
  return {
    port: values.PORT,
    host: values.HOST,
    publicUrl: values.PUBLIC_URL ?? `http://localhost:${values.PORT}`,
    databaseUrl: values.DATABASE_URL,
    databaseDirectUrl: values.DATABASE_DIRECT_URL,
    databasePrepared: values.DATABASE_PREPARED,
    dataDir: path.resolve(values.DATA_DIR),
    programsDir: values.PROGRAMS_DIR && path.resolve(values.PROGRAMS_DIR),
    adminToken: values.ADMIN_TOKEN,
    secretKey: values.SECRET_KEY,
    trustProxy: values.TRUST_PROXY,
    egressAllow: values.EGRESS_ALLOW,
    smtp: values.SMTP_URL,
    logLevel: values.LOG_LEVEL,
    testClock: values.TEST_CLOCK,
    nodeEnv: values.NODE_ENV,
    raw,
  };
}

function checkTogether(values: z.output<typeof variables>): void {
  if (values.DATABASE_URL && !values.SECRET_KEY)
    throw new ConfigError('SECRET_KEY is missing: it is required with DATABASE_URL (try: openssl rand -base64 32)');
  if (values.DATABASE_DIRECT_URL && !values.DATABASE_URL)
    throw new ConfigError('DATABASE_URL is missing: DATABASE_DIRECT_URL only goes with it');
  if (values.TEST_CLOCK && values.NODE_ENV === 'production')
    throw new ConfigError('TEST_CLOCK must not be 1 when NODE_ENV is production');
}

function secretKey(value: string, context: z.RefinementCtx): void {
  const parsed = parseSecretKey(value);
  if ('problem' in parsed) context.addIssue(parsed.problem);
}

function smtpServer(value: string, context: z.RefinementCtx): SmtpServer {
  const parsed = parseSmtpUrl(value);
  if (!('problem' in parsed)) return parsed;
  context.addIssue(parsed.problem);
  return z.NEVER;
}

function origin(value: string, context: z.RefinementCtx): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !url.search && !url.hash && !url.username)
    return url.origin;
  context.addIssue('must be an http(s) origin without a path, as https://ref.example.com');
  return z.NEVER;
}

function trustProxy(value: string, context: z.RefinementCtx): Hops | Cidrs | false {
  if (/^\d{1,2}$/.test(value)) return Number(value) === 0 ? false : Number(value);
  const list = splitCidrs(value);
  if (list) return list;
  context.addIssue('must be a number of proxies or a CIDR list; trusting everybody is not possible');
  return z.NEVER;
}

function cidrs(value: string, context: z.RefinementCtx): Cidrs {
  const list = splitCidrs(value);
  if (list) return list;
  context.addIssue('must be a CIDR list, as 10.0.0.0/8,127.0.0.1');
  return z.NEVER;
}

/** Addresses and networks between commas or spaces; a bare address is a network of one. */
function splitCidrs(value: string): string[] | undefined {
  const list = value.split(/[\s,]+/).filter((entry) => entry !== '');
  const networks = list.map((entry) => {
    const [address = '', bits, ...rest] = entry.split('/');
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
    return most > 0 && length >= 0 && length <= most && rest.length === 0 ? `${address}/${length}` : undefined;
  });
  return networks.length > 0 && networks.every((network) => network !== undefined) ? networks : undefined;
}
