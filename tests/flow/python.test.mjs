// The official Python client: one that tries a newer revision of MCP first, and one that
// does not.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { PROGRAM, ROOT, environment, startGate, testDir } from './lib/gate.mjs';
import { run } from './lib/process.mjs';
import { fromPypi } from './lib/pypi.mjs';
import { commandOfEverything, startEverything } from './lib/servers.mjs';

const POLICY = { version: '1', default: 'deny', tools: { echo: {}, 'get-sum': {}, 'get-env': { action: 'deny', reason: 'no environment' } } };
const SCRIPT = path.join(ROOT, 'tests/flow/lib/client.py');

async function look(t, args) {
	const { bin, why } = await fromPypi('mcp');
	if (why)
		return t.skip(why);
	const dir = testDir(t);
	const r = await run([path.join(bin, 'python'), SCRIPT, ...args], { env: environment(dir), cwd: dir });
	assert.equal(r.code, 0, r.err);
	const seen = JSON.parse(r.out.split('\n').pop());
	assert.deepEqual(seen.tools, ['echo', 'get-env', 'get-sum']);
	assert.match(seen.allowed, /from Python/);
	assert.deepEqual(seen.refused, [true, '[POLICY DENIED] no environment']);
	return undefined;
}

for (const mode of ['auto', 'legacy', 'sse'])
	test(`the Python client over HTTP, ${mode}`, async (t) => {
		const { url } = await startEverything(t);
		const gate = await startGate(t, { servers: { everything: url }, policies: { p: POLICY }, rights: { everything: 'p' } });
		await look(t, [gate.url('everything'), gate.token, mode]);
	});

test('the Python client on pipes through wrap', async (t) => {
	const dir = testDir(t);
	const policy = path.join(dir, 'policy.json');
	writeFileSync(policy, JSON.stringify(POLICY));
	await look(t, ['-', policy, PROGRAM, ...commandOfEverything(dir)]);
});
