// The builder's model of a policy: what it shows, what it leaves alone, and that edits change only what they touch.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { moduleOf } from './lib/module.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const p = await moduleOf('policy/index.ts').catch((e) => e);
const skip = p instanceof Error ? `the console's packages are not installed: ${p.message}` : false;

// The text of the member of each case as it is written in the file, with its own spelling.
function* documents() {
	for (const file of readdirSync(path.join(ROOT, 'tests/cases/policy'))) {
		const text = readFileSync(path.join(ROOT, 'tests/cases/policy', file), 'utf8'), root = p.parse(text);
		for (const [i, item] of (root.items ?? []).entries()) {
			const lines = p.member(item, 'text'), policy = p.member(item, 'policy');
			if (policy?.kind === 'object')
				yield { name: `${file} ${i}`, text: text.slice(policy.start, policy.end) };
			if (lines?.kind === 'array')
				yield { name: `${file} ${i}`, text: lines.items.map((l) => l.value).join('\n') };
		}
	}
	for (const file of readdirSync(path.join(ROOT, 'docs/examples')).filter((f) => f.endsWith('.policy.json')))
		yield { name: file, text: readFileSync(path.join(ROOT, 'docs/examples', file), 'utf8') };
	for (const m of readFileSync(path.join(ROOT, 'docs/policy.md'), 'utf8').matchAll(/```json policy\n([^]*?)```/g))
		yield { name: 'docs/policy.md', text: m[1] };
}

const read = () => [...documents()].map((d) => ({ ...d, view: p.read(d.text) })).filter((d) => p.isView(d.view));

function leaves(node, at = []) {
	if (node.kind === 'object' && node.members.length)
		return node.members.flatMap((m) => leaves(m.value, [...at, m.key]));
	if (node.kind === 'array' && node.items.length)
		return node.items.flatMap((v, i) => leaves(v, [...at, i]));
	return [{ path: at, node }];
}

// Of a large document a part: every leaf means a text of its own.
const some = (all) => all.filter((_, i) => i % Math.ceil(all.length / 60) === 0);

const within = (a, b) => b.every((s, i) => a[i] === s);

test('the same texts parse as JSON.parse says, apart from duplicate keys', { skip }, () => {
	let n = 0;
	for (const d of documents()) {
		let wanted;
		try {
			wanted = JSON.parse(d.text);
		} catch {
			assert.ok(!p.isView(p.read(d.text)), d.name);
			continue;
		}
		const got = p.tryParse(d.text);
		if (got instanceof Error)
			assert.match(got.message, /twice|levels/, d.name);
		else
			assert.deepEqual(p.valueOf(got), wanted, d.name), n++;
	}
	assert.ok(n > 350, `${n} documents`);
});

test('every value of a document is shown, or is custom JSON, exactly once', { skip }, () => {
	const states = { shown: 0, custom: 0 };
	for (const { name, view } of read()) {
		const parts = p.parts(view);
		parts.forEach((x) => states[x.state]++);
		for (const leaf of leaves(view.root)) {
			const by = parts.filter((x) => within(leaf.path, x.path));
			const isEmpty = leaf.node.kind === 'object' || leaf.node.kind === 'array';
			assert.ok(by.length === 1 || (isEmpty && by.length === 0), `${name} ${p.pointerOf(leaf.path)}: ${by.length}`);
		}
	}
	assert.ok(states.shown > 1000 && states.custom > 50, JSON.stringify(states));
});

test('writing what is there changes no character', { skip }, () => {
	for (const { name, text, view } of read())
		for (const leaf of some(leaves(view.root)))
			if (leaf.path.length)
				assert.equal(p.set(text, leaf.path, text.slice(leaf.node.start, leaf.node.end)), text, `${name} ${p.pointerOf(leaf.path)}`);
});

test('a changed value leaves all characters around it', { skip }, () => {
	for (const { name, text, view } of read())
		for (const { path: at, node } of some(leaves(view.root))) {
			if (!at.length)
				continue;
			const to = p.set(text, at, '"<changed>"');
			assert.equal(to, `${text.slice(0, node.start)}"<changed>"${text.slice(node.end)}`, `${name} ${p.pointerOf(at)}`);
		}
});

test('what is added and taken away again leaves an equal document; what is taken away, no trace', { skip }, () => {
	for (const { name, text, view } of read())
		for (const { path: at, node } of some(leaves(view.root))) {
			if (!at.length)
				continue;
			const less = p.remove(text, at);
			assert.ok(!p.isView(p.read(less)) === false, `${name} ${p.pointerOf(at)}: ${less}`);
			const last = at.at(-1);
			const back = typeof last === 'number' ? p.insert(less, at, text.slice(node.start, node.end)) : p.set(less, at, text.slice(node.start, node.end));
			assert.ok(p.same(p.parse(back), view.root), `${name} ${p.pointerOf(at)}: ${back}`);
			if (typeof last === 'string')
				assert.equal(p.find(p.parse(less), at), undefined);
		}
});

test('formatting keeps the document, and formatting twice is formatting once', { skip }, () => {
	for (const { name, text, view } of read()) {
		const once = p.format(text);
		assert.ok(p.same(p.parse(once), view.root), name);
		assert.equal(p.format(once), once, name);
		for (const number of text.match(/(?<=[\s:[,])-?\d[\d.eE+-]*(?=[\s,\]}])/g) ?? [])
			assert.ok(once.includes(number), `${name}: ${number}`);
	}
});

test('the documents of the handbook are in the form that the builder writes', { skip }, () => {
	const text = '{\n  "version": "1",\n  "default": "deny",\n  "tools": {\n    "a": { "limits": [ { "counter": "c", "window": "minute", "max": 1.50 } ] }\n  }\n}\n';
	assert.equal(p.format(text), text.replace(/\{\n    "a": (.*)\n  \}/, '{ "a": $1 }'));
	assert.equal(p.set(text, ['tools', 'b'], '{}'),
		text.replace('1.50 } ] }\n', '1.50 } ] },\n    "b": {}\n'));
	assert.equal(p.model.set(text, ['mode'], '"shadow"'), text.replace('"deny",\n', '"deny",\n  "mode": "shadow",\n'));
	assert.equal(p.set('{"version":"1","default":"deny"}', ['tools', 'a'], '{}'), '{"version":"1","default":"deny","tools": { "a": {} }}');
});

test('choices of a tool: each can be set from each, and reads back', { skip }, () => {
	const choices = ['allow', 'deny', 'hide', 'ask', 'custom'], at = ['tools', 'x'];
	const tool = { name: 'x', class: 'write' };
	const from = '{ "version": "1", "default": "deny", "note?": 1.0, "tools": { "x*": {} } }';
	for (const a of choices)
		for (const b of choices) {
			const text = p.choose(p.choose(from, at, a), at, b);
			const s = p.standing(p.read(text), tool);
			// An empty list of requirements is no requirement, yet the builder shows what can be added.
			assert.deepEqual([s.choice, s.by], [b, 'tool'], `${a} to ${b}: ${text}`);
			assert.ok(text.includes('"note?": 1.0'));
			assert.equal(p.standing(p.read(p.choose(text, at, null)), tool).key, 'x*');
		}
	const custom = '{"require":[{"conditions":[{"path":"args.n","op":"lt","value":1.50}]}]}';
	assert.ok(p.choose(p.choose(from, at, 'deny'), at, 'custom', custom).includes('1.50'));
	const asked = '{"version":"1","default":"deny","tools":{"x":{"action":"require_approval","reason":"why","quorum":2}}}';
	assert.equal(p.choose(asked, at, 'deny'), '{"version":"1","default":"deny","tools":{"x":{"action":"deny","reason":"why"}}}');
	const hidden = '{"version":"1","default":"allow","hide":["x"]}';
	assert.deepEqual(p.standing(p.read(hidden), tool), { choice: 'hide', by: 'hidden', key: 'x', path: ['hide', 0], hasOwn: false });
	assert.equal(p.choose(hidden, at, 'deny'), '{"version":"1","default":"allow","tools": { "x": { "action": "deny" } }}');
});

test('what decides a tool: hide, its name, the best pattern, its class, the default', { skip }, () => {
	const view = p.read('{"version":"1","default":"allow","hide":["admin_*"],"classes":{"read":{},"write":{"action":"require_approval"}},' +
		'"tools":{"get_*":{},"*_secret":{"action":"deny"},"get_secret":{"limits":[]}}}');
	const is = (name, of = undefined) => {
		const s = p.standing(view, { name, class: of });
		return [s.choice, s.by, s.key];
	};
	assert.deepEqual(is('admin_x'), ['hide', 'hidden', 'admin_*']);
	assert.deepEqual(is('get_secret'), ['custom', 'tool', 'get_secret']);
	assert.deepEqual(is('get_a_secret'), ['deny', 'pattern', '*_secret']);
	assert.deepEqual(is('get_x', 'write'), ['allow', 'pattern', 'get_*']);
	assert.deepEqual(is('put', 'write'), ['ask', 'class', 'write']);
	assert.deepEqual(is('put', 'execute'), ['allow', 'default', undefined]);
	for (const [pattern, name, holds] of [['*', '', true], ['a*b*c', 'axxbyyc', true], ['a*b*c', 'axxbyy', false], ['?', 'ä', true], ['?', '', false],
		['a?', 'a', false], ['*a', 'baaa', true], ['', '', true], ['A', 'a', false]])
		assert.equal(p.matches(pattern, name), holds, `${pattern} ${name}`);
});

test('equality is that of JSON with exact numbers', { skip }, () => {
	const same = (a, b) => p.same(p.parse(a), p.parse(b));
	assert.ok(same('1.50', '15e-1') && same('0', '-0.0') && same('{"a":1,"b":[]}', '{"b":[],"a":1.0}') && same('100', '1e2'));
	assert.ok(!same('9007199254740993', '9007199254740992') && !same('"5"', '5') && !same('[1,2]', '[2,1]') && !same('null', 'false') && !same('-1', '1'));
});

test('mistakes are told with their place', { skip }, () => {
	const at = (text) => {
		const v = p.read(text);
		return [v.line, v.column];
	};
	assert.deepEqual(at('{"version": "1",\n "default": deny}'), [2, 13]);
	assert.deepEqual(at(''), [1, 1]);
	assert.deepEqual(at('[]'), [1, 1]);
	assert.deepEqual(at('{"a":1,\n"\\u0061":2}'), [2, 1]);
	assert.deepEqual(at('{"a":01}'), [1, 7]);
	assert.deepEqual(at('{"a":"\t"}'), [1, 6]);
	assert.deepEqual(at(`${'['.repeat(200)}`), [1, 102]);
});

test('paths and types of arguments come from the schema', { skip }, () => {
	const schema = { type: 'object', required: ['to'], properties: {
		to: { type: 'array', items: { $ref: '#/$defs/who' } }, 'odd.key': { type: ['integer', 'null'] },
		mode: { enum: ['a', 'b'], description: 'how' }, when: { anyOf: [{ type: 'string', format: 'date' }, { type: 'null' }] }, any: {},
	}, $defs: { who: { type: 'object', properties: { mail: { type: 'string' }, boss: { $ref: '#/$defs/who' } } } } };
	const paths = p.argPaths(schema);
	const type = Object.fromEntries(paths.map((x) => [x.path, x.type]));
	assert.equal(type['args.to'], 'array');
	assert.equal(type['args.to[*]'], 'object');
	assert.equal(type['args.to[*].mail'], 'string');
	assert.equal(type['args["odd.key"]'], 'number');
	assert.equal(type['args.mode'], 'string');
	assert.equal(type['args.when'], 'string');
	assert.equal(type['args.any'], 'any');
	assert.ok(paths.length < 30);
	assert.deepEqual(p.findPath('args.mode', paths).options, ['"a"', '"b"']);
	assert.equal(p.findPath('args.to[0].mail', paths).type, 'string');
	assert.equal(p.findPath('args.nothing', paths).type, 'any');
	const fields = p.argFields(schema);
	assert.deepEqual(fields.map((f) => [f.name, f.kind, f.isRequired]), [['to', 'json', true], ['odd.key', 'number', false], ['mode', 'choice', false],
		['when', 'text', false], ['any', 'json', false]]);
	assert.equal(p.firstArguments(schema), '{\n  "to": []\n}');
	assert.deepEqual(p.argPaths(undefined), []);
	assert.deepEqual(p.argPaths({ properties: { a: { $ref: '#/properties/a' } } }).map((x) => x.path), ['args.a']);
});

test('operators fit the type, and a value is carried over where it can be', { skip }, () => {
	const ops = (t) => p.operatorsFor(t).map((o) => o.op);
	assert.ok(ops('number').includes('lt') && !ops('number').includes('regex') && !ops('boolean').includes('lt'));
	assert.equal(ops('any').length, 23);
	const carried = (raw, op, type = 'string') => p.carried(p.parse(raw), raw, op, type);
	assert.equal(carried('"a"', 'in'), '["a"]');
	assert.equal(carried('"a"', 'neq'), '"a"');
	assert.equal(carried('5.0', 'lte', 'number'), '5.0');
	assert.equal(carried('"/srv"', 'path_within'), '"/srv"');
	assert.equal(carried('["a"]', 'eq'), '""');
	assert.equal(carried('true', 'length_lte'), '0');
	const schema = JSON.parse(readFileSync(path.join(ROOT, 'docs/policy.schema.json'), 'utf8'));
	assert.deepEqual(p.OPERATORS.map((o) => o.op).sort(), [...schema.$defs.condition.properties.op.enum].sort());
	for (const [fields, key] of [[p.RULES, 'rules'], [p.LIMIT, 'limit'], [p.GROUP, 'group'], [p.FLOW, 'flow']])
		assert.deepEqual(fields.map((f) => f.key).sort(), Object.keys(schema.$defs[key].properties).sort(), key);
});

test('completion knows keys, values, tools and the paths of their arguments', { skip }, () => {
	const known = { schema: JSON.parse(readFileSync(path.join(ROOT, 'docs/policy.schema.json'), 'utf8')),
		tools: [{ name: 'send', class: 'write', paths: p.argPaths({ properties: { to: { type: 'string' } } }) }, { name: 'read', paths: [] }] };
	const at = (text) => {
		const offset = text.indexOf('|');
		const r = p.complete(text.replace('|', ''), offset, known);
		return r && { ...r, labels: r.proposals.map((x) => x.label), before: text.slice(0, r.from) };
	};
	assert.deepEqual(at('{"version": "1", "de|').labels.slice(0, 3), ['description', 'default', 'mode']);
	assert.equal(at('{"version": "1", "de|').before, '{"version": "1", ');
	assert.ok(!at('{"version": "1", |').labels.includes('version'));
	assert.deepEqual(at('{"default": |').labels, ['allow', 'deny']);
	assert.deepEqual(at('{"tools": {"send": {}, |').labels, ['read']);
	assert.ok(at('{"tools": {"send": {"act|').labels.includes('action'));
	const condition = '{"tools": {"send": {"require": [ {"conditions": [ {"path": "args.to", "op": "sql_only", "value": [|';
	assert.ok(at(condition).labels.includes('select'));
	assert.deepEqual(at('{"tools": {"send": {"deny_if": [{"conditions": [{"path": "|').labels.slice(0, 2), ['args.to', 'args']);
	assert.deepEqual(at('{"tools": {"read": {"deny_if": [{"conditions": [{"path": "|').labels[0], 'args');
	assert.deepEqual(at('{"tools": {"*": {"limits": [{"window": "|" } ] } } }').labels.slice(0, 2), ['second', 'minute']);
	assert.ok(at('{"hide": ["s|"]}').labels.includes('send'));
	assert.equal(at('|'), null);
	for (const { text } of read().slice(0, 60))
		for (let i = 0; i < text.length; i += 7)
			p.complete(text, i, known);
});

test('changes that do not meet are put together; others are chosen', { skip }, () => {
	const base = '{\n  "version": "1",\n  "default": "deny",\n  "tools": {\n    "a": {},\n    "b": { "action": "deny" }\n  }\n}\n';
	const mine = p.set(p.set(base, ['tools', 'c'], '{"timeout_ms":1.0}'), ['tools', 'b', 'action'], '"hide"');
	const theirs = p.remove(p.set(base, ['default'], '"allow"'), ['tools', 'a']);
	const clean = p.merge(base, mine, theirs);
	assert.equal(clean.conflicts.length, 0);
	assert.deepEqual(JSON.parse(clean.text), { version: '1', default: 'allow', tools: { b: { action: 'hide' }, c: { timeout_ms: 1 } } });
	assert.ok(clean.text.includes('1.0'));
	const met = p.merge(base, mine, p.remove(base, ['tools', 'b']));
	assert.deepEqual(met.conflicts.map((c) => [c.pointer, c.mine, c.theirs]), [['/tools/b', '{ "action": "hide" }', undefined]]);
	assert.deepEqual(JSON.parse(p.settle(met, ['theirs'])).tools, { a: {}, c: { timeout_ms: 1 } });
	assert.deepEqual(JSON.parse(p.settle(met, ['mine'])).tools, { a: {}, c: { timeout_ms: 1 }, b: { action: 'hide' } });
	assert.equal(p.merge(base, mine, mine).conflicts.length, 0);
	assert.equal(p.merge(base, base, theirs).text, theirs);
	assert.deepEqual(JSON.parse(p.merge(base, mine, base).text), JSON.parse(mine));
});

test('undo and redo go through edits; typing is one step', { skip }, () => {
	let h = p.begin('a');
	h = p.edit(h, 'ab', 'typing', 1000);
	h = p.edit(h, 'abc', 'typing', 1200);
	h = p.edit(h, 'X', '', 1300);
	assert.equal(h.past.length, 2);
	h = p.undo(h);
	assert.equal(h.now, 'abc');
	h = p.undo(h);
	assert.equal(h.now, 'a');
	assert.equal(p.undo(h), h);
	h = p.redo(p.redo(h));
	assert.equal(h.now, 'X');
	assert.equal(p.edit(p.undo(h), 'Y', '', 9999).future.length, 0);
	const d = p.span('abcdef', 'abXXef');
	assert.deepEqual(d, { start: 2, end: 4, insert: 'XX' });
	assert.deepEqual(p.span('aa', 'aaa'), { start: 2, end: 2, insert: 'a' });
	assert.equal(p.span('a', 'a'), null);
});
