// SBOMs as they come from tools, and as they must not come.
import { expect, test } from 'vitest';
import { readSbom, versionIn } from '../../src/fund/sbom.ts';
import { cycloneDx } from '../support/git-repository.ts';

const asked = (of: string) => ({ name: 'app', path: '/checkout', package: of, revision: 'v{version}' });

const SPDX = {
  spdxVersion: 'SPDX-2.3',
  SPDXID: 'SPDXRef-DOCUMENT',
  name: 'app@1.0.0',
  dataLicense: 'CC0-1.0',
  documentNamespace: 'https://spdx.example/app',
  creationInfo: { created: '2026-05-01T00:00:00Z', creators: ['Tool: npm'] },
  packages: [
    {
      SPDXID: 'SPDXRef-Package-app',
      name: '@acme/app',
      versionInfo: '2.0.0',
      downloadLocation: 'NOASSERTION',
      externalRefs: [
        { referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: 'pkg:npm/%40acme/app@2.0.0' },
      ],
    },
  ],
};

test('a package is found by name and by package URL, in CycloneDX and in SPDX', async () => {
  const cyclone = await readSbom('bom.json', cycloneDx({ app: '1.0.0', '@acme/app': '2.0.0' }));
  expect(cyclone.format).toBe('CycloneDX 1.5');
  const spdx = await readSbom('bom.spdx.json', JSON.stringify(SPDX));
  expect(spdx.format).toBe('SPDX-2.3');
  expect(versionIn(cyclone, asked('app'))).toBe('1.0.0');
  for (const sbom of [cyclone, spdx]) {
    for (const name of ['@acme/app', 'pkg:npm/@acme/app', 'pkg:npm/%40acme/app@2.0.0'])
      expect(versionIn(sbom, asked(name))).toBe('2.0.0');
    expect(() => versionIn(sbom, asked('pkg:npm/%40acme/app@1.0.0'))).toThrow(/has no component pkg:npm/);
  }
});

test('the root that npm names after its folder is found by its package URL', async () => {
  const root = { type: 'library', name: 'folder', version: '3.0.0', purl: 'pkg:npm/app@3.0.0' };
  const text = JSON.stringify({
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: root },
  });
  expect(versionIn(await readSbom('bom.json', text), asked('app'))).toBe('3.0.0');
});

test('one package in two versions is nobody’s guess', async () => {
  const nested = {
    type: 'library',
    name: 'app',
    version: '1.0.0',
    components: [{ type: 'library', name: 'app', version: '2.0.0' }],
  };
  const text = JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components: [nested] });
  const sbom = await readSbom('bom.json', text);
  expect(() => versionIn(sbom, asked('app'))).toThrow('bom.json: has app in several versions (1.0.0, 2.0.0)');
});

test.each([
  ['what is cut off', '{', /^bom\.json: is no JSON: /],
  ['a list', '[]', /^bom\.json: is neither CycloneDX/],
  ['nothing', 'null', /^bom\.json: is neither CycloneDX/],
  [
    'a version that nobody knows',
    '{"bomFormat":"CycloneDX","specVersion":"0.9"}',
    /^bom\.json: specVersion: is 0\.9; known: .*1\.2$/,
  ],
  [
    'a key that the standard does not have',
    '{"bomFormat":"CycloneDX","specVersion":"1.5","version":1,"surprise":1}',
    /^bom\.json: is no valid CycloneDX 1\.5: .*additional/,
  ],
  [
    'an SPDX package without its id',
    JSON.stringify({ ...SPDX, packages: [{ name: 'app' }] }),
    /^bom\.json: is no valid SPDX 2: \/packages\/0\/SPDXID/,
  ],
  ['SPDX 3', JSON.stringify({ ...SPDX, spdxVersion: 'SPDX-3.0' }), /^bom\.json: is no valid SPDX 2: \/spdxVersion/],
])('%s is refused, with the file and the place', async (_what, text, reason) => {
  await expect(readSbom('bom.json', text)).rejects.toThrow(reason);
});
