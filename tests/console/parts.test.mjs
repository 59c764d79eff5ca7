// What the console's pages work out by themselves: ranges of time, filters, live lists, charts, roles, differences.
import assert from 'node:assert/strict';
import test from 'node:test';
import { moduleOf } from './lib/module.mjs';

const NOW = Date.parse('2030-03-05T12:34:56Z');
const MINUTE = 60_000;
const record = (id, more = {}) => ({ id, time: new Date(NOW).toISOString(), server: 'files', 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'read', decision: 'allow', outcome: 'ok', ...more });
const ids = (rows) => rows.map((r) => r.id).join(' ');

test('a time range goes into the address and comes back', async () => {
	const { rangeOf, rangeInto, boundsOf, stepOf, brushed, isMoving } = await moduleOf('pages/activity/range.ts');
	for (const range of [{ last: '15m' }, { last: '24h' }, { last: '30d' }, { since: NOW }, { since: NOW - MINUTE, until: NOW }]) {
		const search = new URLSearchParams('tool=x&last=1h&since=2020-01-01T00:00:00Z');
		rangeInto(search, range);
		assert.deepEqual(rangeOf(search), range);
		assert.equal(search.get('tool'), 'x');
	}
	for (const bad of ['last=99y', 'since=yesterday', 'until=2030-01-01T00:00:00Z', ''])
		assert.deepEqual(rangeOf(new URLSearchParams(bad)), { last: '24h' }, bad);
	assert.deepEqual(rangeOf(new URLSearchParams('since=2030-01-02T00:00:00Z&until=2030-01-01T00:00:00Z')), { since: Date.parse('2030-01-02T00:00:00Z') });
	assert.deepEqual(boundsOf({ last: '1h' }, NOW), { since: NOW - 60 * MINUTE, until: NOW });
	assert.deepEqual([15, 60, 200, 201, 10_000, 60 * 24 * 30].map((m) => stepOf(NOW - m * MINUTE, NOW)), ['minute', 'minute', 'minute', 'hour', 'hour', 'day']);
	const past = brushed(NOW - 10 * MINUTE, NOW - 30 * MINUTE, NOW);
	assert.ok(past.since <= NOW - 30 * MINUTE && past.until >= NOW - 10 * MINUTE && past.since % MINUTE === 0);
	assert.ok(isMoving(brushed(NOW - 5 * MINUTE, NOW + 1, NOW)), 'up to the right edge goes on');
	assert.ok(brushed(NOW - 90_000, NOW - 90_000, NOW).until - brushed(NOW - 90_000, NOW - 90_000, NOW).since >= MINUTE);
});

test('a filter goes into the address, to the API and into a link for export', async () => {
	const { filterOf, searchOf, queryOf, exportHref, chipsOf } = await moduleOf('pages/activity/filter.ts');
	const text = 'decision=deny&server=files&rule=%2Ftools%2Fa%26b&q=r%C3%A9sum%C3%A9+1&last=7d';
	const filter = filterOf(new URLSearchParams(text));
	assert.equal(filter.rule, '/tools/a&b');
	assert.deepEqual(filterOf(searchOf(filter)), filter);
	const query = queryOf(filter, NOW);
	assert.equal(query.get('since'), new Date(NOW - 7 * 24 * 60 * MINUTE).toISOString());
	assert.ok(!query.has('last') && !query.has('until'));
	const link = new URL(exportHref(filter, 'csv', NOW), 'https://x.example');
	assert.equal(link.pathname, '/api/v1/records/export');
	assert.equal(link.searchParams.get('format'), 'csv');
	assert.equal(link.searchParams.get('rule'), '/tools/a&b');
	assert.deepEqual(chipsOf({ ...filter, grant: '123' }, (id) => `ci ${id}`).map((c) => `${c.label}: ${c.value}`),
		['Decision: Refused', 'Server: files', 'Grant: ci 123', 'Rule: /tools/a&b', 'Search: résumé 1']);
});

test('a live record is shown only when it fits the filter', async () => {
	const { matches } = await moduleOf('pages/activity/filter.ts');
	const range = { last: '1h' };
	const r = record('1', { decision: 'deny', outcome: 'refused', rule: '/tools/read/deny_if', 'grant.id': 'g1', 'grant.label': 'CI job', 'user.id': 'ann' });
	for (const yes of [{}, { decision: 'deny' }, { rule: '/tools/read/deny_if' }, { grant: 'g1' }, { q: 'ci JOB' }, { subject: 'ann', outcome: 'refused' }])
		assert.ok(matches({ range, ...yes }, r), JSON.stringify(yes));
	for (const no of [{ decision: 'allow' }, { server: 'file' }, { tool: 'write' }, { rule: '/tools/read' }, { grant: 'g2' }, { q: 'nightly' }, { method: 'prompts/get' }, { outcome: 'ok' }, { subject: 'bob' }])
		assert.ok(!matches({ range, ...no }, r), JSON.stringify(no));
	assert.ok(!matches({ range: { since: NOW - MINUTE, until: NOW + MINUTE } }, r), 'a range that has an end does not grow');
	assert.ok(!matches({ range: { since: NOW + MINUTE } }, r));
});

test('live records go in by time, once, and wait while the list is held', async () => {
	const { arrive, release, older, NO_LIVE, LIVE_MAX } = await moduleOf('pages/activity/live.ts');
	let live = older(NO_LIVE, [record('05'), record('03')]);
	live = arrive(live, record('06'), true, false);
	live = arrive(live, record('04', { outcome: 'pending' }), true, false);
	assert.equal(ids(live.rows), '06 05 04 03');
	live = arrive(live, record('04', { outcome: 'ok', duration_us: 5 }), false, true);
	assert.equal(ids(live.rows), '06 05 04 03', 'its end changes it in place, also while held and when it no longer fits');
	assert.equal(live.rows[2].outcome, 'ok');
	const before = live.rows;
	live = arrive(live, record('07', { outcome: 'pending' }), true, true);
	live = arrive(live, record('08'), true, true);
	live = arrive(live, record('09'), false, true);
	live = arrive(live, record('07', { outcome: 'timeout' }), true, true);
	assert.equal(live.rows, before, 'nothing moves');
	assert.equal(ids(live.waiting), '08 07');
	live = older(live, [record('07'), record('03'), record('02')]);
	assert.equal(ids(live.rows), '06 05 04 03 02');
	live = release(live);
	assert.equal(ids(live.rows), '08 07 06 05 04 03 02');
	assert.equal(live.rows[1].outcome, 'timeout');
	assert.equal(live.waiting.length, 0);
	assert.deepEqual([...live.fresh], ['08', '07']);
	let many = NO_LIVE;
	for (let i = 0; i < LIVE_MAX + 5; i += 1)
		many = arrive(many, record(String(i).padStart(6, '0')), true, false);
	assert.equal(many.rows.length, LIVE_MAX);
	assert.equal(many.rows[0].id, String(LIVE_MAX + 4).padStart(6, '0'));
});

test('charts have a point for each step, and their tables add up', async () => {
	const { countColumns, latencyColumns, stacked, tableRows, topKeys, stepsOf, POINTS_MAX, scarcest } = await moduleOf('pages/activity/series.ts');
	const t = Math.floor(NOW / 60_000) * 60;
	const stats = { step: 'minute', series: [{ key: 'allow', points: [[t - 120, 3], [t, 4]] }, { key: 'deny', points: [[t - 60, 2]] }], totals: {},
		latency: [{ t: t - 60, p50_us: 1500, p95_us: 2000, p99_us: 9000, gate_p50_us: 200 }], top: {} };
	const c = countColumns(stats, NOW - 3 * MINUTE, NOW, ['allow', 'approve', 'deny']);
	assert.deepEqual(c.x, [t - 180, t - 120, t - 60, t]);
	assert.deepEqual(c.y, [[0, 3, 0, 4], [0, 0, 0, 0], [0, 0, 2, 0]]);
	assert.deepEqual(stacked(c.y)[2], [0, 3, 2, 4]);
	assert.deepEqual(latencyColumns(stats, NOW - 3 * MINUTE, NOW).y[0], [null, null, 1.5, null]);
	const rows = tableRows(c, 2);
	assert.deepEqual(rows.map((r) => r.values), [[3, 0, 0], [4, 0, 2]]);
	assert.deepEqual([rows[0].from, rows[0].to, rows[1].to], [t - 180, t - 60, t + 60]);
	assert.deepEqual(topKeys(stats, 1), ['allow']);
	assert.ok(stepsOf(0, NOW, 'minute').length <= POINTS_MAX);
	const limit = (server, left, max) => ({ grant: 'g', server, pointer: '', max, used: max - left, left });
	assert.deepEqual(scarcest([limit('a', 9, 10), limit('b', 0, 10), limit('c', 40, 100)]).map((l) => l.server), ['b', 'c', 'a']);
});

test('sizes and what was taken out are read easily', async () => {
	const { bytesText, redactionsText, targetOf } = await moduleOf('pages/activity/record.ts');
	assert.deepEqual([undefined, 0, 1023, 2048, 20_480, 3_145_728].map(bytesText), ['', '0 bytes', '1023 bytes', '2.0 KiB', '20 KiB', '3.0 MiB']);
	assert.equal(redactionsText({ redactions: 'email=2 secret=1' }), '2 × email, 1 × secret');
	assert.equal(targetOf({ id: '1', time: '', 'mcp.method.name': 'tools/list' }), 'tools/list');
});

const approval = (id, more = {}) => ({ id, state: 'pending', server: 's', tool: 't', grant: { id: 'g', subject: 'Ann@Example.com' }, arguments_sha256: '', arguments_bytes: 2,
	hints: [], recent: [], quorum: 1, yes: 0, created: new Date(NOW - 10 * MINUTE).toISOString(), expires: new Date(NOW + 20 * MINUTE).toISOString(), votes: [], ...more });

test('an approval says how long it waits, and why one cannot decide it', async () => {
	const { countdown, timeLeft, whyNot, isOpen } = await moduleOf('pages/approvals/approval.ts');
	const at = (ms) => countdown(new Date(NOW + ms).toISOString(), NOW);
	assert.deepEqual([-1, 0, 500, 65_000, 3_599_000, 3_660_000, 100 * 3_600_000].map(at), ['expired', 'expired', '0:01', '1:05', '59:59', '1 h 1 min', '4 d 4 h']);
	assert.ok(Math.abs(timeLeft(approval('1'), NOW) - 2 / 3) < 1e-9);
	const bob = { name: 'bob', subjects: ['bob@example.com'] };
	assert.equal(whyNot(approval('1'), bob, true, NOW), '');
	assert.match(whyNot(approval('1'), bob, false, NOW), /role approver/);
	assert.match(whyNot(approval('1'), { name: 'ann', subjects: ['ann@example.COM'] }, true, NOW), /works for you/);
	assert.match(whyNot(approval('1', { quorum: 2, yes: 1, votes: [{ yes: true, person: 'bob', subject: 'bob@example.com', time: '' }] }), bob, true, NOW), /1 more/);
	assert.match(whyNot(approval('1'), bob, true, NOW + 60 * MINUTE), /expired/);
	assert.equal(whyNot(approval('1', { grant: { id: 'g' } }), { name: 'x', subjects: [''] }, true, NOW), '', 'nobody is nobody');
	assert.ok(!isOpen(approval('1', { state: 'used' }), NOW));
});

test('the inbox does not move under a finger', async () => {
	const { inboxOrder, arriveApproval, moved } = await moduleOf('pages/approvals/approval.ts');
	const soon = approval('b', { expires: new Date(NOW + MINUTE).toISOString() });
	let list = inboxOrder([approval('a'), soon]);
	assert.equal(ids(list), 'b a');
	list = arriveApproval(list, approval('c', { expires: new Date(NOW + 1).toISOString() }));
	list = arriveApproval(list.map((a) => (a.id === 'b' ? { ...a, arguments: { x: 1 } } : a)), { ...soon, state: 'denied' });
	list = arriveApproval(list, approval('d', { state: 'used' }));
	assert.equal(ids(list), 'b a c');
	assert.equal(list[0].state, 'denied');
	assert.deepEqual(list[0].arguments, { x: 1 }, 'arguments that were read stay');
	const voted = { ...approval('a'), yes: 1, votes: [{ yes: true, person: 'bob', subject: 'bob', time: '' }] };
	list = arriveApproval(arriveApproval(list, voted), { ...voted, votes: [] });
	assert.equal(list[1].votes.length, 1, 'and votes, when a list says nothing of them');
	assert.deepEqual([moved(['a', 'b'], null, 1), moved(['a', 'b'], 'a', 1), moved(['a', 'b'], 'b', 1), moved(['a', 'b'], 'gone', -1), moved([], 'a', 1)], ['a', 'b', 'b', 'b', null]);
});

test('roles are a matrix', async () => {
	const { withRole, isSame, includedBy, rolesText, serversOf, hasRole } = await moduleOf('pages/users/roles.ts');
	let given = withRole([], 'approver', 'mail', true);
	given = withRole(given, 'viewer', null, true);
	given = withRole(given, 'approver', 'files', true);
	assert.equal(rolesText(given), 'Viewer; Approver of files, mail');
	assert.deepEqual(serversOf(given), ['files', 'mail']);
	assert.ok(isSame(given, [...given].reverse()) && !isSame(given, given.slice(1)));
	assert.ok(!hasRole(withRole(given, 'approver', 'mail', false), 'approver', 'mail'));
	assert.equal(includedBy(given, 'viewer', 'mail'), 'Viewer of the organisation');
	assert.equal(includedBy([{ role: 'admin', server: null }], 'auditor', 'x'), 'Admin of the organisation');
	assert.equal(includedBy([{ role: 'approver', server: null }], 'auditor', null), '');
	assert.equal(includedBy([{ role: 'approver', server: null }], 'viewer', null), 'Approver');
	assert.equal(rolesText([]), 'No role yet');
});

test('before and after become differences', async () => {
	const { differenceOf, sentenceOf, hrefOf, DIFFERENCES_MAX } = await moduleOf('pages/audit/changes.ts');
	assert.deepEqual(differenceOf({ a: 1, 'b/c': [1, { x: 2 }], same: {} }, { a: 1, 'b/c': [1, { x: 3 }, 4], d: null, same: {} }), [
		{ pointer: '/b~1c/1/x', from: 2, to: 3 }, { pointer: '/b~1c/2', from: undefined, to: 4 }, { pointer: '/d', from: undefined, to: null }]);
	assert.deepEqual(differenceOf(undefined, { a: 1 }), [{ pointer: '', from: undefined, to: { a: 1 } }]);
	assert.equal(differenceOf(Object.fromEntries(Array.from({ length: 999 }, (_, i) => [i, 1])), {}).length, DIFFERENCES_MAX);
	const change = (action, type, id) => ({ action, object: { type, id }, who: { kind: 'user', id: '7', name: 'ann' } });
	assert.equal(sentenceOf(change('user.update', 'user', '7')), 'changed user ann');
	assert.equal(sentenceOf({ ...change('grant.create', 'grant', '0190'), after: { label: 'laptop' } }), 'added grant laptop');
	assert.equal(sentenceOf(change('policy.update', 'policy', 'files')), 'changed policy files');
	assert.equal(sentenceOf(change('user.sign_in', 'user', 'ann')), 'signed in');
	assert.equal(hrefOf(change('server.create', 'server', 'a/b')), '/servers/a%2Fb');
	assert.equal(hrefOf(change('reload', 'settings', '')), '');
});

test('grants: tags, expiry, and the token in the snippet', async () => {
	const { tagsOf, expiryOf, expiryText, withToken, bindingProblem } = await moduleOf('pages/grants/grant.ts');
	assert.deepEqual(tagsOf(' ci, nightly  ci\n'), ['ci', 'nightly']);
	assert.equal(expiryOf('7d', '', NOW), new Date(NOW + 7 * 86_400_000).toISOString());
	assert.equal(expiryOf('', '', NOW), undefined);
	assert.equal(expiryOf('date', 'never', NOW), undefined);
	const text = (ms) => expiryText({ expires_at: new Date(NOW + ms).toISOString() }, NOW);
	assert.deepEqual([3 * 86_400_000, 3 * 3_600_000, 90_000, -5 * 3_600_000].map(text), ['Expires in 3 days', 'Expires in 3 hours', 'Expires in 1 minute', 'Expired 5 hours ago']);
	assert.equal(withToken('a $TOKEN b $TOKEN', 'gh_$&'), 'a gh_$& b gh_$&');
	assert.deepEqual(bindingProblem('/bindings/2/policy'), { at: 2, field: 'policy' });
	assert.equal(bindingProblem('/label'), null);
});

test('settings stand in their groups', async () => {
	const { groupsOf, settingName, found } = await moduleOf('pages/settings/groups.ts');
	const s = (key, help = '') => ({ key, value: '5m', source: 'default', help, kind: 'duration' });
	const groups = groupsOf([s('listen'), s('timeouts/call', 'Until a server has answered.'), s('log_level'), s('approvals.webhook_url'), s('odd_thing.x')]);
	assert.deepEqual(groups.map((g) => `${g.title} ${g.settings.length}`), ['General 2', 'Timeouts 1', 'Approvals 1', 'Odd thing 1']);
	assert.deepEqual(['timeouts/child_idle', 'approvals.webhook_url', 'data_dir'].map(settingName), ['Child idle', 'Webhook URL', 'Data folder']);
	assert.ok(found(groups[1].settings[0], 'ANSWERED 5m') && !found(groups[1].settings[0], 'policy'));
});

test('the QR code is a square with its three marks', async () => {
	const { qrOf } = await moduleOf('pages/account/qr.ts');
	const { size, path } = qrOf('otpauth://totp/Gatehouse:ann?secret=ABCDEFGHIJKLMNOPQRSTUVWXYZ234567&issuer=Gatehouse');
	assert.ok((size - 8 - 17) % 4 === 0 && size < 80, `${size}`);
	for (const [x, y] of [[4, 4], [size - 11, 4], [4, size - 11]])
		assert.ok(path.includes(`M${x} ${y}h7v1`), `a finder at ${x},${y}`);
	const { spaced, passwordProblem } = await moduleOf('pages/account/password.ts');
	assert.equal(spaced('ABCDEFGHIJ'), 'ABCD EFGH IJ');
	assert.ok(passwordProblem('short', 'short', 'ann').fresh && passwordProblem('correct horse battery', 'x', 'ann').again);
	assert.deepEqual(passwordProblem('correct horse battery', 'correct horse battery', 'ann'), {});
});
