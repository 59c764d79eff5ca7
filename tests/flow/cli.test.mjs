// The command line from outside: help, exit codes, what is printed, what is refused, and
// that a command returns when a running gate has taken its change over.
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { Gate, PROGRAM, ROOT, environment, startGate, testDir } from './lib/gate.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { Process, run } from './lib/process.mjs';

const POLICY = { version: '1', default: 'deny', tools: { echo: {}, paid: { limits: [{ counter: 'c', window: 'hour', max: 1 }] } } };

function shell(t, env = {}) {
	const dir = testDir(t);
	const call = (args, options = {}) => run([PROGRAM, ...args], { cwd: dir, env: environment(dir, env), ...options });
	call.dir = dir;
	call.write = (name, text) => {
		writeFileSync(path.join(dir, name), typeof text === 'string' ? text : JSON.stringify(text));
		return name;
	};
	return call;
}

async function commandsOf(gatehouse) {
	const { out } = await gatehouse(['--help']);
	return out.split('\n').map((l) => /^ {2}([a-z]+(?: [a-z]+)?)  /.exec(l)?.[1]).filter(Boolean);
}

test('every command has a help with an example', async (t) => {
	const gatehouse = shell(t);
	const commands = await commandsOf(gatehouse);
	assert.ok(commands.length >= 20, `${commands.length} commands`);
	for (const name of commands) {
		const { code, out, err } = await gatehouse([...name.split(' '), '--help']);
		assert.equal(code, 0, `${name}: ${err}`);
		assert.ok(out.startsWith(`gatehouse ${name}: `), name);
		assert.match(out, /\nusage: gatehouse /);
		assert.match(out, /\n {2}--json /);
		assert.match(out, /\nexample:\n {2}gatehouse /);
	}
});

test('exit codes are those of the manual', async (t) => {
	const gatehouse = shell(t);
	const expect = async (args, code, said) => {
		const r = await gatehouse(args);
		assert.equal(r.code, code, `${args.join(' ')}: ${r.out}${r.err}`);
		assert.match(r.out + r.err, said);
	};
	await expect(['--version'], 0, /^gatehouse \d/);
	await expect(['help', 'exit-codes'], 0, /^ {2}0 /);
	await expect([], 2, /usage:/);
	await expect(['stauts'], 2, /did you mean 'status'/);
	await expect(['policy', 'chekc'], 2, /did you mean 'policy check'/);
	await expect(['policy'], 2, /policy apply/);
	await expect(['status', '--jsno'], 2, /did you mean '--json'/);
	await expect(['server', 'add'], 2, /too few arguments/);
	await expect(['server', 'list'], 1, /no data folder/);
	await expect(['status'], 3, /no gate runs/);
	await expect(['tools'], 3, /no gate runs/);
	await expect(['policy', 'check', 'none.json'], 2, /cannot open 'none.json'/);
	await expect(['wrap', '--', 'true'], 2, /--policy/);
	assert.ok(!existsSync(path.join(gatehouse.dir, 'gatehouse-data')), 'looking around creates nothing');
});

test('every mistake of the file is told with its place, and nothing is started', async (t) => {
	const gatehouse = shell(t);
	gatehouse.write('gatehouse.yaml', 'lisen: x\nlimits:\n  calls: none\nservers:\n  a: {url: "ftp://x"}\n');
	const { code, out, err } = await gatehouse(['up']);
	assert.equal(code, 2);
	assert.equal(out, '');
	assert.match(err, /^gatehouse\.yaml:1:1: unknown key 'lisen' \(did you mean 'listen'\?\)\ngatehouse\.yaml:3:10: .*\ngatehouse\.yaml:5:12: /);
	assert.ok(!existsSync(path.join(gatehouse.dir, 'gatehouse-data')));
});

test('mistakes of policies are told where they stand in the file', async (t) => {
	const gatehouse = shell(t);
	gatehouse.write('p.json', '{\n  "version": "1",\n  "defalt": "deny"\n}');
	gatehouse.write('gatehouse.yaml', 'policies:\n  one:\n    file: p.json\n  two:\n    document:\n      version: "1"\n      default: maybe\n');
	const { code, err } = await gatehouse(['up']);
	assert.equal(code, 2);
	assert.match(err, /^p\.json:3:\d+: .*defalt/m);
	assert.match(err, /^gatehouse\.yaml:7:16: /m);
});

test('init writes files that the program takes, and never over others', async (t) => {
	const gatehouse = shell(t);
	assert.equal((await gatehouse(['init'])).code, 0);
	const file = readFileSync(path.join(gatehouse.dir, 'gatehouse.yaml'), 'utf8');
	assert.match(file, /^listen: "127\.0\.0\.1:8811"$/m);
	assert.equal((await gatehouse(['policy', 'check', 'policy.example.json'])).code, 0);
	const again = await gatehouse(['init']);
	assert.equal(again.code, 1);
	assert.match(again.err, /File exists/);
	assert.equal((await gatehouse(['init', 'sub', '--json'])).code, 0);
	assert.ok(existsSync(path.join(gatehouse.dir, 'sub/gatehouse.yaml')));
});

test('a first start needs no file and writes one', async (t) => {
	const gatehouse = shell(t);
	const p = new Process([PROGRAM, 'up'], { cwd: gatehouse.dir, env: environment(gatehouse.dir), name: 'gatehouse' });
	t.after(() => p.stop());
	// The address that it would choose may belong to another program of this machine.
	await p.line(/answers at http:\/\/127\.0\.0\.1:8811|Address already in use|in use/);
	const file = readFileSync(path.join(gatehouse.dir, 'gatehouse.yaml'), 'utf8');
	assert.match(file, /#timeouts:\n/);
	assert.match(p.text(), /'gatehouse\.yaml' is written/);
});

test('servers: what is added is shown, secrets are not', async (t) => {
	const gatehouse = shell(t, { TOKEN: 's3cret-of-env' });
	const add = (args, options) => gatehouse(['server', 'add', ...args], options);
	assert.equal((await add(['web', 'http://127.0.0.1:9/mcp', '--header', 'X-A: s3cret-of-argv', '--header-env', 'Authorization=TOKEN', '--header-stdin', 'X-B'],
		{ input: 's3cret-of-stdin\n' })).code, 0);
	assert.equal((await add(['prog', '--env', 'A=s3cret', '--env-from', 'TOKEN', '--per', 'session', '--call-timeout', '30s', '--', 'node', '-e', 'two words'])).code, 0);
	const listed = JSON.parse((await gatehouse(['server', 'list', '--json'])).out);
	assert.deepEqual(listed.map((s) => s.name), ['prog', 'web']);
	assert.deepEqual(listed[0].command, ['node', '-e', 'two words']);
	assert.deepEqual(listed[0].env, ['A', 'TOKEN']);
	assert.equal(listed[0].per, 'session');
	assert.equal(listed[0].call_timeout_ms, 30000);
	assert.deepEqual([...listed[1].headers].sort(), ['Authorization', 'X-A', 'X-B']);
	for (const args of [['list'], ['list', '--json'], ['show', 'web'], ['show', 'prog'], ['show', 'web', '--json']]) {
		const { out, code } = await gatehouse(['server', ...args]);
		assert.equal(code, 0);
		assert.doesNotMatch(out, /s3cret/);
	}
	for (const [args, said] of [
		[['web', 'http://x/mcp'], /web/],
		[['a b', 'http://x/mcp'], /a b/],
		[['c'], /either a URL or/],
		[['c', 'ftp://x'], /http:\/\//],
		[['c', 'http://x', '--env', 'A=b'], /--env/],
		[['c', 'http://x', '--header', 's3cret'], /NAME: VALUE/],
		[['c', 'http://x', '--header-env', 'A=NOT_SET'], /NOT_SET/],
		[['c', '--per', 'user', '--', 'true'], /--per/],
		[['c', '--cwd', '/does/not/exist', '--', 'true'], /no folder/],
		[['c', '--'], /no command/],
	]) {
		const { code, out, err } = await add(args);
		assert.equal(code, 2, args.join(' '));
		assert.match(err, said);
		assert.doesNotMatch(out + err, /s3cret/);
	}
	assert.equal((await gatehouse(['server', 'disable', 'web'])).code, 0);
	assert.equal(JSON.parse((await gatehouse(['server', 'show', 'web', '--json'])).out).enabled, false);
	assert.equal((await gatehouse(['server', 'remove', 'web'])).code, 0);
	assert.match((await gatehouse(['server', 'show', 'wbe'])).err, /no server 'wbe'/);
	assert.match((await gatehouse(['server', 'show', 'prgo'])).err, /did you mean 'prog'/);
});

test('policies: checked before they are kept, with a history', async (t) => {
	const gatehouse = shell(t);
	gatehouse.write('good.json', POLICY);
	gatehouse.write('bad.json', '{\n  "version": "1",\n  "default": "deny",\n  "tols": {},\n  "tools": { "x": { "limits": [ { "counter": "c", "window": "minute", "max": 0 } ] } }\n}');
	const applied = await gatehouse(['policy', 'apply', 'p', 'good.json', '--note', 'first', '--json']);
	assert.deepEqual(JSON.parse(applied.out), { name: 'p', version: 1, in_force: false });
	const refused = await gatehouse(['policy', 'apply', 'p', 'bad.json']);
	assert.equal(refused.code, 2);
	assert.match(refused.err, /^bad\.json:4:\d+: .*tols/m);
	assert.match(refused.err, /^bad\.json:5:\d+: /m);
	gatehouse.write('next.json', { ...POLICY, description: 'next' });
	assert.equal((await gatehouse(['policy', 'apply', 'p', 'next.json'])).code, 0);
	assert.equal((await gatehouse(['policy', 'apply', 'p', '--version', '1'])).code, 0);
	const history = JSON.parse((await gatehouse(['policy', 'history', 'p', '--json'])).out);
	assert.deepEqual(history.map((v) => [v.version, v.current, v.note]), [[3, true, 'version 1 again'], [2, false, ''], [1, false, 'first']]);
	assert.deepEqual(JSON.parse((await gatehouse(['policy', 'show', 'p'])).out), POLICY);
	assert.equal(JSON.parse((await gatehouse(['policy', 'show', 'p', '--version', '2', '--json'])).out).document.description, 'next');
	assert.equal((await gatehouse(['policy', 'apply', 'p', '--version', '9'])).code, 2);
	assert.equal((await gatehouse(['policy', 'apply', 'p', 'good.json', '--version', '1'])).code, 2);
	const checked = await gatehouse(['policy', 'check', 'good.json', 'bad.json', '--json']);
	assert.equal(checked.code, 2);
	const files = checked.out.trim().split('\n').map((l) => JSON.parse(l));
	assert.deepEqual(files.map((f) => f.valid), [true, false]);
	assert.equal(files[1].problems[0].line, 4);
});

test('policies decide and explain calls from files', async (t) => {
	const gatehouse = shell(t);
	gatehouse.write('p.json', POLICY);
	gatehouse.write('tools.jsonl', 'echo\npaid\n');
	const lines = [{ tool: 'echo' }, { tool: 'paid', at: '2030-01-01T00:00:00Z' }, { tool: 'paid', at: '2030-01-01T00:00:01Z' }, { tool: 'paid', at: '2030-01-01T01:00:00Z' }, { tool: 'other' }];
	const input = `${lines.map((l) => JSON.stringify(l)).join('\r\n')}\n\nnonsense`;
	const { code, out } = await gatehouse(['policy', 'decide', '--policy', 'p.json', '--tools', 'tools.jsonl'], { input });
	assert.equal(code, 0);
	const decisions = out.trim().split('\n').map((l) => JSON.parse(l));
	assert.deepEqual(decisions.map((d) => d.decision), ['allow', 'allow', 'deny', 'allow', 'deny', 'deny']);
	assert.equal(decisions[2].rule, '/tools/paid/limits/c');
	assert.deepEqual(Object.keys(decisions[0]), ['decision', 'rule', 'message']);
	const explained = await gatehouse(['policy', 'explain', 'paid', '{"a":1}', '--policy', 'p.json', '--tools', 'tools.jsonl', '--json']);
	assert.equal(JSON.parse(explained.out).decision, 'allow');
	assert.match((await gatehouse(['policy', 'explain', 'nope', '--policy', 'p.json'])).out, /^deny by \(default deny\)/);
	assert.equal((await gatehouse(['policy', 'explain', 'paid', '{', '--policy', 'p.json'])).code, 2);
	assert.equal((await gatehouse(['policy', 'decide'])).code, 2);
	await gatehouse(['policy', 'apply', 'kept', 'p.json']);
	assert.match((await gatehouse(['policy', 'explain', 'nope', '--stored', 'kept'])).out, /^deny/);
});

test('what is of no use in a policy is told, and refused when it must be', async (t) => {
	const gatehouse = shell(t);
	gatehouse.write('tools.json', [{ name: 'a', inputSchema: { type: 'object', properties: { n: { type: 'number' } } } }, { name: 'b' }]);
	gatehouse.write('p.json', { version: '1', default: 'allow', tools: { a: { deny_if: [{ conditions: [{ path: 'args.n', op: 'eq', value: '5' }] }] } } });
	gatehouse.write('q.json', { version: '1', default: 'allow', tools: { a: { deny_if: [{ conditions: [] }, { conditions: [] }] } } });
	const known = await gatehouse(['policy', 'check', 'p.json', '--tools', 'tools.json']);
	assert.equal(known.code, 0);
	assert.match(known.out, /^p\.json:1:\d+: warning: this can never hold: it is of another type$/m);
	assert.match(known.out, /^p\.json: note: decided by 'default' alone: b$/m);
	assert.equal((await gatehouse(['policy', 'check', 'p.json', '--tools', 'tools.json', '--strict'])).code, 2);
	assert.equal((await gatehouse(['policy', 'check', 'p.json', '--strict'])).code, 0);
	const alone = await gatehouse(['policy', 'check', 'q.json', '--json', '--strict']);
	assert.equal(alone.code, 2);
	const report = JSON.parse(alone.out);
	assert.deepEqual([report.valid, report.problems[0].pointer, report.problems[0].warning], [false, '/tools/a/deny_if/1', true]);
	const json = JSON.parse((await gatehouse(['policy', 'check', 'p.json', '--tools', 'tools.json', '--json'])).out);
	assert.deepEqual(json.unnamed, ['b']);
	assert.equal((await gatehouse(['policy', 'check', 'p.json', '--tools', 'tools.json', '--server', 'x'])).code, 2);
	assert.equal((await gatehouse(['policy', 'check', 'p.json', '--server', 'x'])).code, 3);
});

test('policies: what changed, who changed it, and the way back', async (t) => {
	const gatehouse = shell(t, { USER: 'ann' });
	gatehouse.write('p.json', POLICY);
	gatehouse.write('next.json', { ...POLICY, default: 'allow', tools: { echo: {}, extra: {} } });
	await gatehouse(['policy', 'apply', 'p', 'p.json']);
	await gatehouse(['policy', 'apply', 'p', 'next.json', '--author', 'bob', '--note', 'more']);
	const diff = await gatehouse(['policy', 'diff', 'p@1', 'p@2']);
	assert.equal(diff.code, 0, diff.err);
	assert.ok(diff.out.startsWith('~ /default: "deny" -> "allow"\n- /tools/paid: {"limits":[{"counter":"c","window":"hour","max":1}]}\n+ /tools/extra: {}\n\n1 of 3 calls are decided differently\n'), diff.out);
	assert.match(diff.out, /^extra {2}1 {6}1$/m);
	assert.match(diff.out, /^extra \{\}\n {2}deny by \(default deny\) -> allow$/m);
	gatehouse.write('calls.jsonl', '{"tool": "paid"}\n{"tool": "paid"}\n{"tool": "other"}\n');
	const played = JSON.parse((await gatehouse(['policy', 'diff', 'p@1', 'p@2', '--calls', 'calls.jsonl', '--tools', gatehouse.write('names', 'paid\nother\n'), '--json'])).out);
	assert.deepEqual([played.tried, played.different], [3, 2]);
	assert.deepEqual(played.calls.map((v) => [v.tool, v.from, v.from_rule, v.to]), [['paid', 'deny', '/tools/paid/limits/c', 'allow'], ['other', 'deny', '(default deny)', 'allow']]);
	assert.equal((await gatehouse(['policy', 'diff', 'p@1', 'p@2', '--calls', 'none.jsonl'])).code, 2);
	assert.deepEqual(JSON.parse((await gatehouse(['policy', 'diff', 'p@1', 'next.json', '--json'])).out).changes.map((v) => v.pointer),
		['/default', '/tools/paid', '/tools/extra']);
	assert.match((await gatehouse(['policy', 'diff', 'p', 'next.json'])).out, /no difference/);
	for (const [a, b, said] of [['p@9', 'p', /no version 9/], ['p@x', 'p', /no version of a policy/], ['q', 'p', /unknown|no policy/], ['none.json', 'p', /none\.json/]]) {
		const r = await gatehouse(['policy', 'diff', a, b]);
		assert.equal(r.code, 2, a);
		assert.match(r.err, said);
	}
	assert.deepEqual(JSON.parse((await gatehouse(['policy', 'show', 'p@1'])).out), POLICY);
	assert.equal((await gatehouse(['policy', 'show', 'p@0'])).code, 2);
	const back = await gatehouse(['policy', 'rollback', 'p', '--to', '1', '--note', 'too open', '--json']);
	assert.deepEqual(JSON.parse(back.out), { name: 'p', version: 3, in_force: false });
	assert.deepEqual(JSON.parse((await gatehouse(['policy', 'show', 'p'])).out), POLICY);
	const history = JSON.parse((await gatehouse(['policy', 'history', 'p', '--json'])).out);
	assert.deepEqual(history.map((v) => [v.version, v.author, v.note]), [[3, 'ann', 'version 1 again: too open'], [2, 'bob', 'more'], [1, 'ann', '']]);
	assert.equal((await gatehouse(['policy', 'rollback', 'p'])).code, 2);
	assert.equal((await gatehouse(['policy', 'rollback', 'p', '--to', '7'])).code, 2);
	assert.equal((await gatehouse(['policy', 'rollback', 'q', '--to', '1'])).code, 2);
});

test('tests of policies run as CI wants them', async (t) => {
	const gatehouse = shell(t);
	gatehouse.write('p.json', POLICY);
	gatehouse.write('good.yaml', 'policy: p.json\ntools: [echo, paid]\ncases:\n  - {name: echoes, call: {tool: echo}, expect: allow}\n');
	gatehouse.write('bad.yaml', 'policy: p.json\ntools: [echo, paid]\ncases:\n  - {name: once, call: {tool: paid}, times: 2, expect: allow}\n');
	gatehouse.write('wrong.yaml', 'policy: p.json\ncases:\n  - {name: x, cal: {tool: echo}, expect: allow}\n');
	const good = await gatehouse(['policy', 'test', 'good.yaml']);
	assert.equal(good.code, 0, good.err);
	assert.equal(good.out, 'good.yaml\n  ok    echoes\n1 case: 1 passed, 0 failed');
	const bad = await gatehouse(['policy', 'test', 'good.yaml', 'bad.yaml']);
	assert.equal(bad.code, 1);
	assert.match(bad.out, /FAIL {2}once\n {8}call 2: paid\n {10}decision: expected "allow", got "deny"\n {10}by \/tools\/paid\/limits\/c: /);
	const wrong = await gatehouse(['policy', 'test', 'wrong.yaml']);
	assert.equal(wrong.code, 2);
	assert.match(wrong.out, /^wrong\.yaml:3:15: unknown key 'cal' \(did you mean 'call'\?\)\n/);
	const report = JSON.parse((await gatehouse(['policy', 'test', 'good.yaml', 'bad.yaml', '--json'])).out);
	assert.deepEqual([report.cases, report.failed, report.files[1].cases[0].passed], [2, 1, false]);
	assert.match((await gatehouse(['policy', 'test', 'bad.yaml', '--format', 'tap'])).out, /^TAP version 13\nnot ok 1 - bad\.yaml: once\n/);
	assert.match((await gatehouse(['policy', 'test', 'bad.yaml', '--format=junit'])).out, /<testsuites tests="1" failures="1" errors="0">/);
	assert.equal((await gatehouse(['policy', 'test', 'bad.yaml', '--format', 'xml'])).code, 2);
	gatehouse.write('open.json', { version: '1', default: 'allow' });
	assert.equal((await gatehouse(['policy', 'test', 'bad.yaml', '--policy', 'open.json'])).code, 0);
});

test('policies of Intercept are imported with notes', async (t) => {
	const gatehouse = shell(t);
	gatehouse.write('i.yaml', 'version: "1"\ndefault: deny\ntools:\n  pay:\n    rules:\n      - {name: n, conditions: [{path: args.n, op: eq, value: 5}]}\n');
	const { code, out, err } = await gatehouse(['policy', 'import', 'i.yaml']);
	assert.equal(code, 0, err);
	assert.deepEqual(JSON.parse(out).tools.pay, { require: [{ conditions: [{ path: 'args.n', op: 'eq', value: 5 }] }] });
	assert.match(err, /^i\.yaml:6:32: note: values are compared as printed text there/m);
	gatehouse.write('p.json', out);
	assert.equal((await gatehouse(['policy', 'check', 'p.json', '--strict'])).code, 0);
	const json = JSON.parse((await gatehouse(['policy', 'import', 'i.yaml', '--json'])).out);
	assert.deepEqual(json.document, JSON.parse(out));
	assert.ok(json.notes.every((n) => n.line > 0 && !n.error));
	gatehouse.write('i.yaml', 'version: "2"\ntools: {a: {rules: [{name: n, action: maybe}]}}\n');
	const bad = await gatehouse(['policy', 'import', 'i.yaml']);
	assert.equal(bad.code, 2);
	assert.equal(bad.out, '');
	assert.match(bad.err, /version must be "1"\n.*the action must be 'evaluate', 'deny' or 'require_approval', not 'maybe'\ngatehouse: 'i\.yaml' is not imported/);
	assert.equal((await gatehouse(['policy', 'import', 'i.yaml', '--scope', 'all'])).code, 2);
});

test('grants: the token is shown once, and what is wrong is refused', async (t) => {
	const gatehouse = shell(t);
	gatehouse.write('p.json', POLICY);
	await gatehouse(['server', 'add', 's', 'http://127.0.0.1:9/mcp']);
	await gatehouse(['policy', 'apply', 'p', 'p.json']);
	const made = JSON.parse((await gatehouse(['grant', 'add', 'agent', '--server', 's=p', '--tag', 'a', '--tag', 'b', '--subject', 'me', '--expires', '30d', '--json'])).out);
	assert.match(made.token, /^gh_[\w-]{43}$/);
	assert.equal(made.servers[0].url, 'http://127.0.0.1:8811/mcp/s');
	const human = (await gatehouse(['grant', 'add', 'other', '--server', 's=p'])).out;
	const token = /token: (gh_\S+)/.exec(human)[1];
	assert.ok(human.includes(`claude mcp add --transport http s http://127.0.0.1:8811/mcp/s --header "Authorization: Bearer ${token}"`));
	for (const args of [['list'], ['list', '--json'], ['show', 'agent'], ['show', 'agent', '--json']])
		assert.doesNotMatch((await gatehouse(['grant', ...args])).out, /gh_/);
	const shown = JSON.parse((await gatehouse(['grant', 'show', 'agent', '--json'])).out);
	assert.deepEqual([shown.state, shown.tags, shown.subject], ['valid', ['a', 'b'], 'me']);
	for (const [args, said] of [
		[['agent', '--server', 's=p'], /agent/],
		[['x'], /--server/],
		[['x', '--server', 'z=p'], /z/],
		[['x', '--server', 's=q'], /q/],
		[['x', '--server', '=p'], /--server/],
		[['x', '--server', 's=p', '--expires', 'soon'], /--expires/],
		[['x', '--server', 's=p', '--expires', '2020-01-01T00:00:00Z'], /past/],
	]) {
		const r = await gatehouse(['grant', 'add', ...args]);
		assert.equal(r.code, 2, `${args.join(' ')}: ${r.out}`);
		assert.match(r.err, said);
	}
	assert.equal((await gatehouse(['grant', 'revoke', 'agent'])).code, 0);
	assert.deepEqual(JSON.parse((await gatehouse(['grant', 'list', '--json'])).out).map((g) => g.label), ['other']);
	assert.equal(JSON.parse((await gatehouse(['grant', 'list', '--all', '--json'])).out).length, 2);
});

test('a command returns when the running gate has its change in force', async (t) => {
	const recorder = await startRecorder(t, 'http');
	const gate = await startGate(t, { servers: { rec: recorder.where }, policies: { p: POLICY }, rights: { rec: 'p' } });
	assert.equal((await gate.json(['policy', 'apply', 'p', path.join(gate.dir, 'p.json')])).in_force, true);
	const status = await gate.json(['status']);
	assert.deepEqual([status.grants, status.servers.map((s) => s.name), status.journal.healthy], [1, ['rec'], true]);
	const tools = await gate.json(['tools', '--server', 'rec']);
	assert.ok(tools.tools.length > 0, 'the gate asks the server for its tools');
	assert.deepEqual([tools.tools[0].server, tools.tools[0].grants[0].label], ['rec', 'test']);
	assert.match((await gate.mustRun(['tools'])).out, /^SEVERITY +CATEGORY +SERVER +TOOL +STATE +GRANTS +NOTES +DESCRIPTION\n/);
	const order = ['critical', 'high', 'medium', 'low'];
	const given = (await gate.json(['tools'])).tools.map((x) => order.indexOf(x.severity));
	assert.deepEqual(given, [...given].sort((a, b) => a - b), 'the most dangerous first');
	assert.ok((await gate.json(['tools', '--category', 'read'])).tools.every((x) => x.category === 'read'));
	for (const wrong of [['--category', 'reed'], ['--severity', 'big'], ['--sort', 'size']])
		assert.equal((await gate.command(['tools', ...wrong])).code, 2);
	assert.equal((await gate.command(['tools', '--server', 'none'])).code, 2);
	assert.match((await gate.mustRun(['status'])).out, /^version /);
	const doctor = await gate.command(['doctor', '--json']);
	const findings = JSON.parse(doctor.out).findings;
	assert.deepEqual(findings.filter((f) => f.state === 'bad'), []);
	assert.ok(findings.some((f) => f.what === 'gate' && /runs, and listens/.test(f.text)));
	assert.equal((await gate.json(['server', 'remove', 'rec'])).in_force, true);
	assert.deepEqual((await gate.json(['status'])).servers, []);
});

test('what stands in the file cannot be changed beside it', async (t) => {
	const config = `servers:\n  fixed:\n    url: http://127.0.0.1:9/mcp\n    headers: {Authorization: "Bearer \${SECRET}"}\npolicies:\n  fixed:\n    document: ${JSON.stringify(POLICY)}\n`;
	const gate = new Gate(t, { config, env: { SECRET: 's3cret' } });
	await gate.start();
	assert.equal((await gate.json(['status'])).servers[0].name, 'fixed');
	const file = path.join(gate.dir, 'p.json');
	writeFileSync(file, JSON.stringify(POLICY));
	for (const args of [['server', 'remove', 'fixed'], ['server', 'add', 'fixed', 'http://x/', '--replace'], ['server', 'disable', 'fixed'], ['policy', 'apply', 'fixed', file]]) {
		const r = await gate.command([...args, '--config', gate.configFile]);
		assert.equal(r.code, 2, args.join(' '));
		assert.match(r.err, /change it there/);
	}
	await gate.mustRun(['grant', 'add', 'a', '--server', 'fixed=fixed']);
	assert.ok(!gate.log().join('\n').includes('s3cret'));
	// A mistake in the file leaves what runs as it is, and is told.
	writeFileSync(gate.configFile, 'servers: 5\n');
	const refused = await gate.command(['server', 'add', 'more', 'http://127.0.0.1:9/mcp']);
	assert.equal(refused.code, 1);
	assert.match(refused.err, /gatehouse\.yaml:1:\d+/);
	assert.deepEqual((await gate.json(['status'])).servers.map((s) => s.name), ['fixed']);
});

test('doctor says what is wrong and what to do', async (t) => {
	const gatehouse = shell(t);
	gatehouse.write('gatehouse.yaml', 'listen: "127.0.0.1:0"\n');
	await gatehouse(['server', 'add', 'gone', '--', 'no-such-program']);
	const data = path.join(gatehouse.dir, 'gatehouse-data');
	assert.equal(statSync(data).mode & 0o777, 0o700);
	const first = await gatehouse(['doctor']);
	assert.equal(first.code, 1);
	assert.match(first.out, /^bad +server: 'gone': there is no program 'no-such-program'; /m);
	assert.match(first.out, /^good +database: is whole$/m);
	await gatehouse(['server', 'remove', 'gone']);
	assert.equal((await gatehouse(['doctor'])).code, 0);
	chmodSync(data, 0o777);
	chmodSync(path.join(data, 'secret.key'), 0o644);
	const open = await gatehouse(['doctor']);
	assert.equal(open.code, 1);
	assert.match(open.out, /^bad +data folder: .*chmod 700 it$/m);
	assert.match(open.out, /^bad +key: .*chmod 600 it$/m);
	gatehouse.write('gatehouse.yaml', 'listen: nowhere\n');
	const second = await gatehouse(['doctor']);
	assert.equal(second.code, 1);
	assert.match(second.out, /^bad +configuration: gatehouse\.yaml:1:9: /m);
});

test('the folder and the file are found as the manual says', async (t) => {
	const gatehouse = shell(t, { GATEHOUSE_DATA_DIR: 'of-env' });
	await gatehouse(['server', 'add', 'a', 'http://127.0.0.1:9/']);
	assert.ok(existsSync(path.join(gatehouse.dir, 'of-env')));
	mkdirSync(path.join(gatehouse.dir, 'etc'));
	gatehouse.write('etc/g.yaml', 'data_dir: kept\n');
	await gatehouse(['server', 'add', 'a', 'http://127.0.0.1:9/', '--config', 'etc/g.yaml']);
	assert.ok(existsSync(path.join(gatehouse.dir, 'etc/kept')));
	await gatehouse(['server', 'add', 'a', 'http://127.0.0.1:9/', '--config', 'etc/g.yaml', '--data-dir', 'of-argv']);
	assert.ok(existsSync(path.join(gatehouse.dir, 'of-argv')));
	assert.equal((await gatehouse(['server', 'list', '--config', 'none.yaml'])).code, 2);
});

test('the pages of the manual are those that the program prints', async (t) => {
	const gatehouse = shell(t);
	assert.equal((await gatehouse(['help', '--markdown'])).out, readFileSync(path.join(ROOT, 'docs/cli.md'), 'utf8').trimEnd());
	assert.equal((await gatehouse(['help', '--configuration'])).out, readFileSync(path.join(ROOT, 'docs/configuration.md'), 'utf8').trimEnd());
});
