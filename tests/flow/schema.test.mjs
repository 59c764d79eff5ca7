// The published JSON Schema of policies in another validator than our own, as an editor has it:
// what gatehouse takes satisfies it, and what it says no to is refused by gatehouse, too.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { MODULES, PROGRAM, ROOT, environment, testDir } from './lib/gate.mjs';
import { run } from './lib/process.mjs';

// What only the program can know: t_author_schema.c has the same list.
const SILENT = ['hosts.json: hosts that are none'];
const CASES = path.join(ROOT, 'tests/cases/policy');
const skip = existsSync(path.join(MODULES, 'ajv')) ? false : 'the packages of tests/package.json are not installed';

function documents() {
	return readdirSync(CASES).flatMap((file) => JSON.parse(readFileSync(path.join(CASES, file), 'utf8'))
		.filter((c) => c.policy && typeof c.policy === 'object')
		.map((c) => ({ name: `${file}: ${c.name}`, policy: c.policy, isRefused: Boolean(c.refused) })));
}

test('the program prints the schema of the manual', async (t) => {
	const dir = testDir(t);
	const { code, out } = await run([PROGRAM, 'policy', 'schema'], { cwd: dir, env: environment(dir) });
	assert.equal(code, 0);
	assert.equal(out.trimEnd(), readFileSync(path.join(ROOT, 'docs/policy.schema.json'), 'utf8').trimEnd());
});

test('Ajv agrees with the program on every case', { skip }, async () => {
	const { default: Ajv } = await import('ajv/dist/2020.js');
	const validate = new Ajv({ strict: false, allErrors: true })
		.compile(JSON.parse(readFileSync(path.join(ROOT, 'docs/policy.schema.json'), 'utf8')));
	const all = documents();
	assert.ok(all.length > 100, `${all.length} documents`);
	for (const { name, policy, isRefused } of all)
		assert.equal(validate(policy), !isRefused || SILENT.includes(name), `${name}: ${JSON.stringify(validate.errors)}`);
});
