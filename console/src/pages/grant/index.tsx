// One grant: what it may reach, how a client is told, what is left of its limits, what it did.
import { useState } from 'preact/hooks';
import { api, seg } from '../../app/api';
import { useDraft } from '../../app/drafts';
import { useEvent } from '../../app/events';
import { useNow } from '../../app/now';
import { useMay } from '../../app/session';
import { useAction, useApi } from '../../app/use';
import type { Binding, Grant } from '../../app/types';
import { Badge, Button, Confirm, Decision, Dialog, Empty, Form, IconButton, KeyValues, Menu, Note, Page, Problem, Section, Select, Skeleton, Stale, Table, TextField, Time, duration, isStale, toast, type Column } from '../../ui';
import type { PageProps } from '..';
import { QuotaBars } from '../activity/charts';
import { decisionWord, targetOf, type CallRecord } from '../activity/record';
import { expiryText, tagsOf } from '../grants/grant';
import { localInput } from '../activity/range';
import { GrantState, NO_POLICY, PolicySelect, Snippets, TokenOnce, useNames } from '../grants/parts';

interface EditProps { g: Grant; etag: string | undefined; onDone: () => void; onReload: () => void; onClose: () => void }

function Edit({ g, etag, onDone, onReload, onClose }: EditProps) {
	const [typed, setTyped, clear] = useDraft(`grant:${g.id}`, { label: g.label, subject: g.subject ?? '', tags: (g.tags ?? []).join(', '), expires: g.expires_at ? localInput(Date.parse(g.expires_at)) : '' });
	const set = (change: Partial<typeof typed>) => setTyped((t) => ({ ...t, ...change }));
	const save = useAction(async (tag: string | undefined) => {
		const expires = typed.expires ? new Date(typed.expires).toISOString() : null;
		await api.patch(`/grants/${seg(g.id)}`, { label: typed.label.trim(), subject: typed.subject.trim() || null, tags: tagsOf(typed.tags), expires_at: expires }, { ifMatch: tag });
		clear();
		toast('Saved.');
		onDone();
		return true;
	});
	const e = save.error;
	return (
		<Dialog title="Edit the grant" onClose={onClose} footer={<><Button onClick={() => { clear(); onClose(); }}>Cancel</Button><Button kind="primary" isBusy={save.isBusy} type="submit" form="dialog-form">Save</Button></>}>
			<Form id="dialog-form" onSubmit={() => void save.run(etag)}>
				<TextField label="Label" value={typed.label} onInput={(label) => set({ label })} error={e?.at('/label')} autoFocus maxLength={128} />
				<TextField label="Works for" isOptional value={typed.subject} onInput={(subject) => set({ subject })} error={e?.at('/subject')} hint="That person can never approve its calls." />
				<TextField label="Tags" isOptional value={typed.tags} onInput={(tags) => set({ tags })} error={e?.at('/tags')} />
				<TextField label="Expires" isOptional type="datetime-local" value={typed.expires} onInput={(expires) => set({ expires })} error={e?.at('/expires_at')} hint="Empty: never." />
				{e && (isStale(e) ? <Stale error={e} isBusy={save.isBusy} onOverwrite={() => void save.run('*')} onReload={() => { clear(); onReload(); onClose(); }} /> : !e.errors.length && <Problem error={e} />)}
			</Form>
		</Dialog>
	);
}

function Rotate({ g, etag, onClose, onDone }: { g: Grant; etag: string | undefined; onClose: () => void; onDone: () => void }) {
	const [token, setToken] = useState<string>();
	const go = useAction(async () => {
		setToken((await api.post<{ token: string }>(`/grants/${seg(g.id)}/rotate`, {}, { ifMatch: etag })).token);
		onDone();
	});
	if (token)
		return (
			<Dialog title="The new token" onClose={onClose} isFixed footer={<Button kind="primary" onClick={onClose}>I have copied it</Button>}>
				<div class="stack"><TokenOnce token={token} /><Snippets id={g.id} servers={g.bindings.map((b) => b.server)} token={token} /></div>
			</Dialog>);
	return (
		<Confirm title="Give it a new token?" action="Make a new token" kind="primary" onClose={onClose} onConfirm={() => void go.run()} isBusy={go.isBusy} error={go.error}>
			The token that is in use now ends at once: the agent is refused until its client has the new one.
		</Confirm>);
}

function Row({ g, b, etag, names, mayPolicy, mayManage, onDone }: { g: Grant; b: Binding; etag: string | undefined; names: ReturnType<typeof useNames>; mayPolicy: boolean; mayManage: boolean; onDone: () => void }) {
	const path = `/grants/${seg(g.id)}/bindings/${seg(b.server)}`;
	const [policy, setPolicy] = useState<string | null>(b.policy);
	const [isLeaving, setLeaving] = useState(false);
	const put = useAction(async (tag: string | undefined) => { await api.put(path, { policy }, { ifMatch: tag }); toast(`The policy for ${b.server} is changed.`); onDone(); });
	const take = useAction(async () => { await api.del(path, { ifMatch: etag }); toast(`${b.server} is taken out.`); onDone(); });
	return (
		<div class="binding-row">
			<a class="strong" href={`/servers/${seg(b.server)}`}>{b.server}</a>
			{mayPolicy && g.state === 'valid'
				? <PolicySelect server={b.server} value={policy} policies={names.policies} onChange={setPolicy} error={put.error && !isStale(put.error) ? put.error.message : undefined} />
				: <span>{b.policy ?? <span class="muted">{NO_POLICY}</span>}</span>}
			<span class="row">
				{policy !== b.policy ? <><Button size="small" kind="primary" isBusy={put.isBusy} onClick={() => void put.run(etag)}>Save</Button><Button size="small" kind="quiet" onClick={() => setPolicy(b.policy)}>Undo</Button></>
					: b.policy && <a href={`/policies/${seg(b.policy)}`}>Open the policy</a>}
				{mayManage && g.state === 'valid' && policy === b.policy && <IconButton icon="close" label={`Take ${b.server} out`} onClick={() => setLeaving(true)} />}
			</span>
			{put.error && isStale(put.error) && <div class="binding-wide"><Stale error={put.error} isBusy={put.isBusy} onOverwrite={() => void put.run('*')} onReload={() => { put.clear(); onDone(); }} /></div>}
			{isLeaving && <Confirm title={`Take ${b.server} out?`} action="Take it out" onClose={() => setLeaving(false)} onConfirm={() => void take.run()} isBusy={take.isBusy} error={take.error}>This agent can then no longer call any tool of {b.server}. Calls under way are still answered.</Confirm>}
		</div>
	);
}

function Servers({ g, etag, onDone }: { g: Grant; etag: string | undefined; onDone: () => void }) {
	const may = useMay(), names = useNames();
	const add = useAction(async (server: string) => {
		await api.put(`/grants/${seg(g.id)}/bindings/${seg(server)}`, { policy: names.policies.includes(server) ? server : null }, { ifMatch: etag });
		toast(`${server} is added.`);
		onDone();
	});
	const left = names.servers.filter((s) => !g.bindings.some((b) => b.server === s));
	return (
		<Section title="Servers and policies" lead="What this agent may reach, and the policy that decides on its calls there. A change is in force at once.">
			{g.bindings.length === 0 && <Empty icon="server" title="No server yet"><p>Until it has one, this agent is refused everywhere.</p></Empty>}
			<div class="binding-rows">{g.bindings.map((b) => <Row key={`${b.server} ${b.policy}`} g={g} b={b} etag={etag} names={names} mayPolicy={may('policy', b.server)} mayManage={may('manage')} onDone={onDone} />)}</div>
			{may('manage') && g.state === 'valid' && left.length > 0 && <Select class="binding-add" label="Add a server" isLabelHidden value="" disabled={add.isBusy} onChange={(s) => { if (s) void add.run(s); }} options={[{ value: '', label: 'Add a server…' }, ...left]} />}
			{add.error && <Problem error={add.error} />}
		</Section>
	);
}

const COLUMNS: Column<CallRecord>[] = [
	{ key: 'target', title: 'Call', isMain: true, render: (r) => <a href={`/activity/${r.id}`}><code>{targetOf(r)}</code> <span class="muted">{r.server}</span></a> },
	{ key: 'decision', title: 'Decision', render: (r) => <Decision decision={r.decision} label={decisionWord(r)} /> },
	{ key: 'why', title: 'Why', render: (r) => r.message || r.rule || <span class="muted">–</span> },
	{ key: 'took', title: 'Took', align: 'end', render: (r) => (r.duration_us ? duration(r.duration_us) : <span class="muted">–</span>) },
	{ key: 'time', title: 'When', align: 'end', render: (r) => <Time at={r.time} /> },
];
const RECENT = 8;

function Recent({ id }: { id: string }) {
	const list = useApi<{ records: CallRecord[] }>('/records', { grant: id, limit: RECENT });
	useEvent<CallRecord>('record', (r) => {
		if (r['grant.id'] === id && list.data)
			list.set({ records: [r, ...list.data.records.filter((x) => x.id !== r.id)].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, RECENT) });
	});
	return (
		<Section title="Recent calls" actions={<Button size="small" href={`/activity?grant=${encodeURIComponent(id)}`}>All of them</Button>}>
			{list.error ? <Problem error={list.error} onRetry={list.reload} /> : !list.data ? <Skeleton rows={4} />
				: <Table label="Recent calls" columns={COLUMNS} rows={list.data.records} keyOf={(r) => r.id} href={(r) => `/activity/${r.id}`}
					empty={<Empty icon="activity" title="No call yet"><p>Put the snippet below into a client and let the agent work: its calls appear here at once.</p></Empty>} />}
		</Section>
	);
}

export default function GrantPage({ params: { id } }: PageProps) {
	const one = useApi<Grant>(`/grants/${seg(id)}`);
	const may = useMay(), now = useNow(30_000);
	const [open, setOpen] = useState<'edit' | 'rotate' | 'revoke' | null>(null);
	const close = () => setOpen(null);
	const revoke = useAction(async () => {
		await api.del(`/grants/${seg(id)}`, { ifMatch: one.etag });
		toast('Revoked. The agent is refused from now on.');
		close();
		one.reload();
	});
	useEvent<{ type?: string; id?: string }>('change', (c) => { if (c.type === 'grant' && c.id === id && open === null) one.reload(); });
	const back = { href: '/grants', label: 'Grants' };
	if (one.error?.status === 404)
		return <Page title="Grant" back={back}><Empty icon="key" title="There is no such grant" actions={<Button href="/grants">Open grants</Button>} /></Page>;
	if (one.error && !one.data)
		return <Page title="Grant" back={back}><Problem error={one.error} onRetry={one.reload} /></Page>;
	const g = one.data;
	if (!g)
		return <Page title="Grant" back={back}><Skeleton rows={10} /></Page>;
	const isOpen = g.state === 'valid';
	const name = g.label || g.id.slice(0, 8);
	return (
		<Page title={name} back={back} badges={<GrantState g={g} now={now} />} actions={may('manage') && isOpen && <>
			<Button icon="edit" onClick={() => setOpen('edit')}>Edit</Button>
			<Menu label="More" class="btn btn-default btn-icon" items={[{ label: 'New token…', icon: 'refresh', onSelect: () => setOpen('rotate') }, { label: 'Revoke…', icon: 'trash', isDanger: true, onSelect: () => setOpen('revoke') }]} />
		</>}>
			{g.state === 'revoked' && <Note tone="bad">Revoked <Time at={g.revoked_at} />. Its token is refused, for good. Make a new grant to let the agent in again.</Note>}
			{g.state === 'expired' && <Note tone="warn">{expiryText(g, now)}. Its token is refused.</Note>}
			<div class="cols">
				<Section title="About">
					<KeyValues items={[
						['Works for', g.subject || <span class="muted">Nobody is named: anybody may approve its calls</span>],
						['Tags', g.tags?.length ? g.tags.map((t) => <Badge key={t}>{t}</Badge>) : undefined],
						['Expires', <span title={g.expires_at && new Date(g.expires_at).toLocaleString('en')}>{expiryText(g, now)}</span>],
						['Made', <Time at={g.created_at} />],
						['Last used', <Time at={g.last_used_at} none="Never" />],
						['Id', <code class="wrap">{g.id}</code>],
					]} />
				</Section>
				<Section title="Quota left"><QuotaBars grant={g.id} isAlone /></Section>
			</div>
			<Servers g={g} etag={one.etag} onDone={one.reload} />
			<Recent id={g.id} />
			{isOpen && g.bindings.length > 0 && <Section title="Tell a client"><Snippets id={g.id} servers={g.bindings.map((b) => b.server)} /></Section>}
			{open === 'edit' && <Edit g={g} etag={one.etag} onDone={() => { close(); one.reload(); }} onReload={one.reload} onClose={close} />}
			{open === 'rotate' && <Rotate g={g} etag={one.etag} onDone={one.reload} onClose={close} />}
			{open === 'revoke' && <Confirm title={`Revoke ${name}?`} action="Revoke" word={name} onClose={close} onConfirm={() => void revoke.run()} isBusy={revoke.isBusy} error={revoke.error}>Its token is refused at once, for good. What it did stays in the records.</Confirm>}
		</Page>
	);
}
