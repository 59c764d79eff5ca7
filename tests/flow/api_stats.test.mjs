// Counts over the API: what charts are drawn from. Every answer is judged by docs/openapi.yaml (lib/api.mjs).
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { local, person } from './lib/api.mjs';
import { connectHttp } from './lib/client.mjs';
import { startGate, testDir } from './lib/gate.mjs';
import { missing } from './lib/openapi.mjs';
import { commandOfEverything, commandOfFilesystem } from './lib/servers.mjs';
import { until } from './lib/wait.mjs';

const skip = missing;
const sum = (s) => s.points.reduce((n, [, v]) => n + v, 0);

test('calls are counted by minute, hour and day, as they were decided and ended', { skip }, async (t) => {
	const dir = testDir(t);
	mkdirSync(path.join(dir, 'files'));
	writeFileSync(path.join(dir, 'files/a.txt'), 'hello');
	const gate = await startGate(t, { servers: { files: commandOfFilesystem(path.join(dir, 'files')), every: commandOfEverything() },
		policies: { files: { version: '1', default: 'deny', tools: { read_text_file: {} } }, open: { version: '1', default: 'allow' } } });
	const api = local(gate), token = await gate.grant('laptop', { files: 'files', every: 'open' });
	assert.equal((await api.get('/stats')).is(200).json.totals.calls, 0);
	const files = await connectHttp(t, gate.url('files'), token), every = await connectHttp(t, gate.url('every'), token);
	for (let i = 0; i < 5; i++)
		await files.callTool({ name: 'read_text_file', arguments: { path: path.join(dir, 'files/a.txt') } });
	for (let i = 0; i < 2; i++)
		await files.callTool({ name: 'write_file', arguments: { path: 'x', content: 'y' } }).catch(() => {});
	for (let i = 0; i < 3; i++)
		await every.callTool({ name: 'echo', arguments: { message: 'm' } });
	// One that lasts longer than a batch: its outcome comes later than its decision.
	await every.callTool({ name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 2 } });
	const records = (await api.get('/records?limit=200')).json.records;
	const s = await until('all are counted', async () => {
		const now = (await api.get('/stats?by=tool')).is(200).json;
		return now.totals.calls === records.length && !now.totals.outcomes.pending && now;
	});
	const count = (key) => records.reduce((n, r) => ({ ...n, [r[key]]: (n[r[key]] ?? 0) + 1 }), {});
	assert.deepEqual(s.totals.decisions, count('decision'));
	assert.deepEqual(s.totals.outcomes, count('outcome'));
	assert.equal(s.step, 'minute');
	assert.equal(s.is_counting, false);
	const tools = Object.fromEntries(s.series.map((x) => [`${x.server}/${x.key}`, sum(x)]));
	assert.deepEqual(tools, { 'files/read_text_file': 5, 'files/write_file': 2, 'every/echo': 3, 'every/trigger-long-running-operation': 1 });
	assert.deepEqual(s.top.tools.map((x) => x.calls), [5, 3, 2, 1]);
	assert.deepEqual(s.top.grants, [{ grant: 'laptop', calls: records.length }]);
	assert.equal(s.totals.latency.calls, records.filter((r) => r.outcome !== 'refused').length);
	assert.ok(s.totals.latency.p99_us >= 900000 && s.totals.latency.gate_p50_us < s.totals.latency.p99_us);

	for (const step of ['minute', 'hour', 'day'])
		for (const by of ['decision', 'outcome', 'server', 'grant', 'rule']) {
			const x = (await api.get(`/stats?step=${step}&by=${by}`)).is(200).json;
			assert.equal(x.totals.calls, records.length, `${step} ${by}`);
			if (by !== 'rule')
				assert.equal(x.series.reduce((n, y) => n + sum(y), 0), records.length, `${step} ${by}`);
			assert.ok(x.series.every((y) => y.points.every(([at]) => at % x.step_s === 0)));
		}
	const early = (await api.get('/stats?since=2020-01-01T00:00:00Z&until=2020-01-02T00:00:00Z')).is(200).json;
	assert.deepEqual([early.totals.calls, early.series, early.latency], [0, [], []]);
	for (const [query, name] of [['by=colour', 'by'], ['step=week', 'step'], ['since=x', 'since'],
		['since=2020-01-01T00:00:00Z&until=2026-01-01T00:00:00Z&step=minute', 'step'], ['since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z', 'since']])
		assert.deepEqual((await api.get(`/stats?${query}`)).is(400).json.errors.map((e) => e.parameter), [name], query);

	const one = await person(gate, 'olga', 'viewer@every');
	const own = (await one.get('/stats?by=server')).is(200).json;
	assert.deepEqual(own.series.map((x) => x.key), ['every'], 'only what one may see');
	assert.deepEqual(own.top.tools.map((x) => x.tool), ['echo', 'trigger-long-running-operation']);
	assert.equal(own.totals.calls, records.filter((r) => r.server === 'every').length);
	assert.equal(own.totals.latency.calls, records.filter((r) => r.server === 'every' && r.outcome !== 'refused').length);
});
