// The pages that are printed from something else say what it says.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { ROOT } from './lib/gate.mjs';
import { missing } from './lib/openapi.mjs';
import { run } from './lib/process.mjs';

test('docs/api.md is what docs/openapi.yaml says', { skip: missing }, async () => {
	const r = await run(['node', path.join(ROOT, 'tests/api_reference.mjs'), '--check']);
	assert.equal(r.code, 0, r.err);
});
