// `make conformance`: the official suite against a fixture server of our own, direct and
// through the gate, side by side; and with the official client, direct and through the gate.
// Writes build/conformance.json. Exit code 1 when a scored scenario fails through the gate,
// or any that passes direct.
//   usage: run.mjs [2025-11-25|2026-07-28|server|client|gate|stdio|crossed|--verbose]...
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT, startGate } from '../flow/lib/gate.mjs';
import { Process } from '../flow/lib/process.mjs';
import { EVERYTHING } from './policy.mjs';
import { VERSIONS, requirements, testClient, testServer, testServerAgain } from './suite.mjs';
import { UNTRANSLATED } from './untranslated.mjs';

const HERE = import.meta.dirname;
const NO_GATE = 'needs the OAuth of its server: a gate is the resource server of its clients itself';
const WAYS = ['gate', 'stdio', 'crossed', 'crossed-stdio'];
const COLUMN = 16;
const WORDS_MAX = 300;

const endings = [];
const later = { after: (fn) => endings.push(fn) };
const words = new Set(process.argv.slice(2));
const isVerbose = words.delete('--verbose');
const wanted = (word, others) => words.size === 0 || words.has(word) || others.every((w) => !words.has(w));

function say(text) {
	process.stdout.write(`${text}\n`);
}

const SERVER = [process.execPath, path.join(HERE, 'server.mjs')];

async function startFixture(era) {
	const fixture = new Process([...SERVER, 'http', era], { name: `fixture server (${era})` });
	endings.push(() => fixture.stop());
	const port = Number((await fixture.line(/^port \d+$/)).slice(5));
	return `http://127.0.0.1:${port}/mcp`;
}

function word(s) {
	if (s.passed + s.failed === 0)
		return 'nothing tested';
	if (s.why)
		return `known ${s.passed}/${s.passed + s.failed}`;
	return `${s.isGood ? 'pass' : 'FAIL'} ${s.passed}/${s.passed + s.failed}`;
}

// What went wrong, the same words of many scenarios once.
function sayBad(wrong) {
	const said = new Map();
	for (const [way, s] of wrong)
		for (const c of s.bad.length > 0 ? s.bad : [{ id: 'nothing', errorMessage: 'the suite tested nothing' }]) {
			const words = `${way}: ${(c.errorMessage ?? c.description).slice(0, isVerbose ? undefined : WORDS_MAX)}${isVerbose ? `\n      ${JSON.stringify(c.details)}` : ''}`;
			said.set(words, [...said.get(words) ?? [], `${s.name} (${c.id})`]);
		}
	for (const [words, names] of said)
		say(`    ${words}\n      ${names.length > 3 && !isVerbose ? `${names.length} checks, such as ${names[0]}` : names.join(', ')}`);
}

// One line a scenario, one column a way: { name: scenarios }, 'direct' first. Answers what is
// wrong: what is scored and not good, and what is good direct and not so on another way.
function compare(title, ways) {
	const names = Object.keys(ways);
	say(`\n${title.padEnd(48)}${names.map((n) => n.padEnd(COLUMN)).join('')}`);
	const wrong = [];
	for (const [i, direct] of ways.direct.entries()) {
		say(`  ${direct.name.padEnd(46)}${names.map((n) => word(ways[n][i]).padEnd(COLUMN)).join('')}${direct.isScored ? '' : '(not scored)'}`);
		for (const n of names.filter((n) => isWrong(n, ways[n][i], direct)))
			wrong.push([n, ways[n][i]]);
	}
	say(`  ${'scored'.padEnd(46)}${names.map((n) => `${score(ways[n]).passed}/${score(ways[n]).total}`.padEnd(COLUMN)).join('')}`);
	const excused = names.flatMap((n) => ways[n].filter((s) => s.why).map((s) => `${n}: ${s.why}`));
	for (const why of new Set(excused))
		say(`    ${why}: ${names.flatMap((n) => ways[n].filter((s) => `${n}: ${s.why}` === why)).map((s) => s.name).join(', ')}`);
	sayBad(wrong);
	return names.map((n) => [n, wrong.filter(([way]) => way === n).length]).filter(([, n]) => n > 0).map(([way, n]) => `${title} ${way} (${n})`);
}

// Takes off what no translation can mend, as long as it is just that.
function excuse(version, way, s) {
	const known = way.startsWith('crossed') && UNTRANSLATED[version][s.name];
	if (!known || (known.way && (known.way !== way || s.isGood)))
		return s;
	const found = s.bad.map((c) => c.id);
	const isKnown = known.checks ? found.length === known.checks.length && known.checks.every((id) => found.includes(id)) : found.length > 0;
	if (isKnown)
		return { ...s, isGood: true, why: known.why };
	return { ...s, isGood: false, bad: [...s.bad, { id: 'untranslated.mjs', errorMessage: `other checks fail than it says: ${found.join(', ') || 'none'}` }] };
}

// What is not good is tested once more, by itself.
async function mend(version, way, scenarios, again) {
	const mended = [];
	for (const first of scenarios.map((s) => excuse(version, way, s)))
		mended.push(first.isGood || first.passed + first.failed === 0 ? first : excuse(version, way, await again(first)));
	return mended;
}

// What is not scored may have nothing to test where the server is another one: no stream of
// HTTP on stdio, no session in the other era.
function isWrong(way, s, direct) {
	const isTested = s.passed + s.failed > 0;
	if (!isTested && !s.isScored && way !== 'gate')
		return false;
	return !s.isGood && (s.isScored || direct.isGood);
}

function score(scenarios) {
	const scored = scenarios.filter((s) => s.isScored);
	return { passed: scored.filter((s) => s.isGood && !s.why).length, total: scored.length };
}

function checksOf(scenarios) {
	return Object.fromEntries(scenarios.map((s) => [s.name, { passed: s.passed, failed: s.failed }]));
}

// An older child is told at its start what its first client can, and the suite's first can do nothing.
async function greet(url, token) {
	const meta = {
		'io.modelcontextprotocol/protocolVersion': '2026-07-28',
		'io.modelcontextprotocol/clientCapabilities': { sampling: {}, elicitation: {}, roots: {} },
	};
	const headers = {
		authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream',
		'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/list',
	};
	const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } });
	const answer = await fetch(url, { method: 'POST', headers, body });
	if (!(await answer.json()).result)
		throw new Error(`the fixture on stdio is not there: ${answer.status}`);
}

// The ways to the fixture: direct; through the gate; through the gate to one on stdio; and
// through the gate to one that speaks only the other era, so that all is translated, over HTTP
// and on stdio. Each has a fixture of its own, whose lists change as its suite asks: they can be tested side by side.
async function testServers(report, dir) {
	const [direct, both, legacy, modern] = await Promise.all(['both', 'both', 'legacy', 'modern'].map(startFixture));
	const lines = (era) => [...SERVER, 'stdio', era];
	const servers = { both, legacy, modern, stdio: lines('both'), 'legacy-stdio': lines('legacy'), 'modern-stdio': lines('modern') };
	const rights = Object.fromEntries(Object.keys(servers).map((name) => [name, 'everything']));
	const gate = await startGate(later, { servers, policies: { everything: EVERYTHING }, rights });
	await greet(gate.url('legacy-stdio'), gate.token);
	const wrong = [];
	for (const version of VERSIONS.filter((v) => wanted(v, VERSIONS))) {
		const other = version === '2026-07-28' ? 'legacy' : 'modern';
		const ways = { direct, gate: gate.url('both'), stdio: gate.url('stdio'), crossed: gate.url(other), 'crossed-stdio': gate.url(`${other}-stdio`) };
		// Whom a shared child asks is told by likelihood, so that way is taken only when it is named.
		const taken = Object.keys(ways).filter((n) => n === 'direct' || (wanted(n, WAYS) && (n !== 'crossed-stdio' || words.has(n))));
		const tokenOf = (name) => (name === 'direct' ? undefined : gate.token);
		const results = await Promise.all(taken.map((n) => testServer(version, ways[n], path.join(dir, n, version), tokenOf(n))));
		const found = {};
		for (const [i, scenarios] of results.entries()) {
			const name = taken[i];
			const again = (s) => testServerAgain(version, s, ways[name], path.join(dir, name, version, s.name), tokenOf(name));
			found[name] = await mend(version, name, scenarios, again);
			report[name][version] = score(found[name]);
			report.checks[name][version] = checksOf(found[name]);
		}
		wrong.push(...compare(`server ${version}`, found));
	}
	return wrong;
}

// Scenarios one after the other, two at a time: each has its own server, gate and folder.
async function testClientsWith(program, version, names, dir) {
	const command = [process.execPath, path.join(HERE, program)].map((w) => JSON.stringify(w)).join(' ');
	const results = new Map();
	const queue = [...names];
	const work = async () => {
		for (let name = queue.shift(); name !== undefined; name = queue.shift())
			results.set(name, await testClient(version, name, command, path.join(dir, name)));
	};
	await Promise.all([work(), work()]);
	return names.map((name) => results.get(name));
}

async function testClients(report, dir) {
	const wrong = [];
	for (const version of VERSIONS.filter((v) => wanted(v, VERSIONS))) {
		const { scored, unscored } = requirements(version, 'client');
		const all = [...scored, ...unscored];
		const names = all.filter((name) => !name.startsWith('auth/'));
		const direct = await testClientsWith('client.mjs', version, names, path.join(dir, 'client', version));
		const through = await testClientsWith('through.mjs', version, names, path.join(dir, 'client-gate', version));
		wrong.push(...compare(`client ${version}`, { direct, gate: through }));
		say(`  ${`auth/* (${all.length - names.length})`.padEnd(48)}not applicable: ${NO_GATE}`);
		report.client.direct[version] = score(direct);
		report.client.gate[version] = score(through);
		report.client.notApplicable[version] = { scenarios: all.filter((name) => name.startsWith('auth/')), why: NO_GATE };
	}
	return wrong;
}

async function end() {
	let good = true;
	while (endings.length > 0)
		await Promise.resolve().then(endings.pop()).catch((e) => { good = false; say(String(e)); });
	return good;
}

async function main() {
	const dir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-conformance-'));
	if (isVerbose)
		say(`results of the suite: ${dir}`);
	else
		endings.push(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
	const each = () => Object.fromEntries(['direct', ...WAYS].map((way) => [way, {}]));
	const report = { ...each(), checks: each(), client: { gate: {}, direct: {}, notApplicable: {} } };
	const wrong = [];
	try {
		if (wanted('server', ['server', 'client']))
			wrong.push(...await testServers(report, dir));
		if (wanted('client', ['server', 'client']))
			wrong.push(...await testClients(report, dir));
	} finally {
		if (!await end())
			wrong.push('ending');
	}
	mkdirSync(path.join(ROOT, 'build'), { recursive: true });
	writeFileSync(path.join(ROOT, 'build/conformance.json'), `${JSON.stringify(report, null, '\t')}\n`);
	say(wrong.length === 0 ? '\nconformance: all as required' : `\nconformance: wrong: ${wrong.join(', ')}`);
	process.exitCode = wrong.length === 0 ? 0 : 1;
}

await main();
