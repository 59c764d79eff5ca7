// `gatehouse catalog classify` from outside: the order and shape of what it prints, what it does with bad
// lines and hostile ones, and that its policies load.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { PROGRAM, ROOT, environment, testDir } from './lib/gate.mjs';
import { run } from './lib/process.mjs';

const KEYS = ['server', 'tool', 'category', 'severity', 'confidence', 'evidence', 'signals', 'labels', 'branches', 'attacks', 'recommended',
	'rationale', 'tokens', 'pin', 'claims', 'is_disputed', 'is_undescribed', 'is_schemaless'];

async function classify(t, input, args = ['--jsonl']) {
	const dir = testDir(t);
	const r = await run([PROGRAM, 'catalog', 'classify', ...args], { cwd: dir, env: environment(dir), input, ms: 120000 });
	return { ...r, rows: r.out.split('\n').filter(Boolean).map((x) => JSON.parse(x)) };
}

const line = (x) => `${JSON.stringify(x)}\n`;
const tool = (name, more = {}) => ({ name, description: `${name} it`, inputSchema: { type: 'object' }, ...more });

test('one object a line, in order, with all its keys', async (t) => {
	const { code, err, rows } = await classify(t, line({ server: 'a', tool: 'get_x', description: 'Gets x.', inputSchema: null, annotations: {} })
		+ '\n' + line(tool('delete_database', { server: 'b' })) + JSON.stringify({ tools: [tool('one'), tool('two')], server: 'c' }));
	assert.equal(code, 0, err);
	assert.deepEqual(rows.map((r) => [r.server, r.tool]), [['a', 'get_x'], ['b', 'delete_database'], ['c', 'one'], ['c', 'two']]);
	for (const r of rows)
		assert.deepEqual(Object.keys(r), KEYS);
	assert.equal(rows[0].category, 'read');
	assert.equal(rows[1].category, 'destructive');
	assert.deepEqual(rows[1].recommended, { action: 'hide' });
	assert.match(rows[1].pin, /^[0-9a-f]{64}$/);
	for (const e of rows[1].evidence)
		assert.ok(e.pointer.startsWith('/') && e.quote && e.speaks_for && e.weight, JSON.stringify(e));
});

test('annotations are repeated and judge nothing', async (t) => {
	const { rows } = await classify(t, line(tool('delete_database')) + line(tool('delete_database', { annotations: { readOnlyHint: true } })));
	assert.deepEqual(rows.map((r) => r.is_disputed), [false, true]);
	assert.deepEqual(rows[1].claims, { readOnlyHint: true });
	for (const key of ['category', 'severity', 'confidence', 'labels', 'evidence', 'recommended'])
		assert.deepEqual(rows[0][key], rows[1][key], key);
});

test('a bad line has its place, its number and one line of error', async (t) => {
	const { code, err, rows } = await classify(t, `${line(tool('a'))}{"name":\n5\n[]\n${line({ name: 'a', 'inputSchema': 5 })}${line(tool('z'))}`);
	assert.equal(code, 1);
	assert.deepEqual(rows.map((r) => r.tool ?? r.line), ['a', 2, 3, 4, 'a', 'z']);
	assert.equal(rows[4].refused, 'the definition has no inputSchema object');
	assert.equal(rows[4].category, 'unknown');
	const said = err.split('\n').filter(Boolean);
	assert.equal(said.length, 3, err);
	said.forEach((x, i) => assert.match(x, new RegExp(`'-': line ${i + 2}: `)));
	assert.ok(rows[1].error && rows[2].error);
});

test('a document is a tool, a list, or an answer of tools/list', async (t) => {
	for (const document of [tool('a'), [tool('a')], { tools: [tool('a')] }, { jsonrpc: '2.0', id: 1, result: { tools: [tool('a')] } }]) {
		const { code, rows, err } = await classify(t, JSON.stringify(document, null, 2), ['--server', 'mine']);
		assert.equal(code, 0, err);
		assert.deepEqual(rows.map((r) => [r.server, r.tool]), [['mine', 'a']]);
	}
	const dir = testDir(t);
	writeFileSync(path.join(dir, 'broken.json'), '{');
	assert.equal((await run([PROGRAM, 'catalog', 'classify', 'broken.json'], { cwd: dir, env: environment(dir) })).code, 1);
	assert.equal((await run([PROGRAM, 'catalog', 'classify', 'none.json'], { cwd: dir, env: environment(dir) })).code, 2);
});

test('hostile definitions are judged, shown escaped, and cost little', async (t) => {
	const deep = { type: 'object', properties: {} };
	let at = deep;
	for (let i = 0; i < 20; i++)
		at = at.properties.a = { type: 'object', properties: {} };
	const many = Object.fromEntries(Array.from({ length: 10000 }, (_, i) => [`p${i}`, { $ref: '#' }]));
	const { code, err, out, rows } = await classify(t,
		line(tool('long', { description: 'delete everything '.repeat(600000) }))
		+ line(tool('many', { inputSchema: { type: 'object', properties: many } }))
		+ line(tool('deep', { inputSchema: deep }))
		+ line(tool('b\u202eidi', { description: 'a\u001b[8mb\u{e0041}\u0000' }))
		+ line(tool('over', { description: 'x'.repeat(17 << 20) }))
		+ line(tool('after')));
	assert.equal(code, 1, err);
	assert.deepEqual(rows.map((r) => r.tool ?? 'error'), ['long', 'many', 'deep', 'b\u202eidi', 'error', 'after']);
	assert.ok(!/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/u.test(out), 'nothing hides in what is printed');
	assert.ok(out.length < 200000, `${out.length} bytes`);
	assert.match(rows[1].rationale, /too large or too deep/);
	assert.ok(rows[0].tokens > 1000000);
});

test('the case of the contract: execute, high, and the policy of the page', async (t) => {
	const { rows } = await classify(t, line({ server: 'aws', tool: 'CloneContainerToECR', description: '' }));
	const [r] = rows;
	assert.deepEqual([r.category, r.severity, r.is_undescribed], ['execute', 'high', true]);
	const policy = `${JSON.stringify({ version: '1', default: 'deny', tools: { [r.tool]: r.recommended } }, null, 2)}\n`;
	assert.equal(policy, readFileSync(path.join(ROOT, 'tests/cases/seeds/policy.json'), 'utf8'));
	assert.match(r.rationale, /The description is empty/);
});

test('every recommended rule of our own definitions loads and fits', async (t) => {
	const dir = testDir(t);
	const cases = JSON.parse(readFileSync(path.join(ROOT, 'tests/cases/catalog/tools.json'), 'utf8'));
	const file = path.join(dir, 'tools.jsonl');
	writeFileSync(file, cases.filter((c) => c.definition.name && !c.refused).map((c, i) => line({ ...c.definition, server: `s${i}` })).join(''));
	const r = await run(['python3', path.join(ROOT, 'tools/recommended.py'), PROGRAM, file, '/nowhere/tools.jsonl'], { cwd: dir, env: environment(dir) });
	assert.equal(r.code, 0, r.out + r.err);
	assert.match(r.out, /skipped: there is no/);
});
