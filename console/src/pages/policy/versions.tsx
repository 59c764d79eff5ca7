// All versions of a policy: who, when, why; two of them side by side; an old one put in force again.
import { useState } from 'preact/hooks';
import { api, seg } from '../../app/api';
import type { Difference, Policy, PolicyVersion } from '../../app/types';
import { useAction, useApi, usePages } from '../../app/use';
import { Badge, Button, Code, Confirm, Decision, Dialog, DifferenceView, Empty, Note, Problem, Section, Select, Skeleton, Spinner, Table, Time, many, toast } from '../../ui';
import { pretty } from '../../policy';
import { textOf } from './save';

interface Compared {
	tried: number; different: number;
	tools?: { name: string; tried: number; different: number }[];
	calls?: { tool: string; call: unknown; from: string; from_rule?: string; to: string; to_rule?: string }[];
}

function Decisions({ of }: { of: Compared }) {
	if (!of.different)
		return <Note tone="good">{of.tried ? `All ${of.tried} calls that were made up at the bounds of their rules are decided the same.` : 'No calls to compare.'}</Note>;
	return (
		<div class="stack-small">
			<p><strong>{of.different} of {many(of.tried, 'call')}</strong> made up at the bounds of both versions' rules are decided differently. Limits are not counted here.</p>
			<Table label="Calls that are decided differently" rows={(of.calls ?? []).map((c, i) => ({ ...c, i }))} keyOf={(c) => String(c.i)} columns={[
				{ key: 'tool', title: 'Call', isMain: true, render: (c) => <span class="mono wrap">{c.tool} <span class="muted small">{typeof c.call === 'string' ? c.call : JSON.stringify(c.call)}</span></span> },
				{ key: 'from', title: 'First', render: (c) => <span class="b-became"><Decision decision={c.from} />{c.from_rule && <code class="small muted wrap">{c.from_rule}</code>}</span> },
				{ key: 'to', title: 'Second', render: (c) => <span class="b-became"><Decision decision={c.to} />{c.to_rule && <code class="small muted wrap">{c.to_rule}</code>}</span> },
			]} />
		</div>
	);
}

const shown = (v: unknown): string | undefined => (v === undefined ? undefined : pretty(JSON.stringify(v)));

function Compare({ name, from, to }: { name: string; from: number; to: number }) {
	const d = useApi<{ difference: Difference[]; decisions?: Compared }>(`/policies/${seg(name)}/diff`, { from, to });
	if (d.error)
		return <Problem error={d.error} onRetry={d.reload} />;
	if (!d.data)
		return <Spinner label="Comparing" />;
	return <div class="stack"><DifferenceView items={d.data.difference.map((x) => ({ ...x, from: shown(x.from), to: shown(x.to) }))} from={`Version ${from}`} to={`Version ${to}`} />{d.data.decisions && <Decisions of={d.data.decisions} />}</div>;
}

function Text({ name, version, onClose }: { name: string; version: number; onClose: () => void }) {
	const v = useApi<Policy>(`/policies/${seg(name)}/versions/${version}`);
	return <Dialog title={`Version ${version}`} size="large" onClose={onClose}>{v.error ? <Problem error={v.error} /> : v.data ? <Code text={textOf(v.data)} label={`Text of version ${version}`} /> : <Skeleton />}</Dialog>;
}

export function Versions({ policy, etag, mayEdit, isDirty, onRestored }: { policy: Policy; etag: string | undefined; mayEdit: boolean; isDirty: boolean; onRestored: () => void }) {
	const list = usePages<PolicyVersion>(`/policies/${seg(policy.name)}/versions`, 'versions');
	const [read, setRead] = useState<number>(), [back, setBack] = useState<number>();
	const [pair, setPair] = useState<{ from: number; to: number } | undefined>(policy.version > 1 ? { from: policy.version - 1, to: policy.version } : undefined);
	const restore = useAction(async (version: number) => {
		await api.post(`/policies/${seg(policy.name)}/restore`, { version }, etag ? { ifMatch: etag } : {});
		setBack(undefined);
		toast(`Version ${version} is in force again, as a new version.`);
		list.reload();
		onRestored();
	});
	if (list.error && !list.rows.length)
		return <Problem error={list.error} onRetry={list.reload} />;
	const numbers = list.rows.map((v) => ({ value: String(v.version), label: `Version ${v.version}` }));
	return (
		<div class="stack">
			<Table<PolicyVersion> label="Versions" rows={list.rows} keyOf={(v) => String(v.version)} isLoading={list.isLoading} onEnd={list.hasMore ? list.more : undefined} empty={<Empty icon="history" title="No versions" />} columns={[
				{ key: 'version', title: 'Version', isMain: true, width: '160px', render: (v) => <span class="row nowrap">{v.version}{v.version === policy.version && <Badge tone="good">in force</Badge>}</span> },
				{ key: 'note', title: 'Note', render: (v) => (v.note ? <span class="wrap">{v.note}</span> : <span class="muted">–</span>) },
				{ key: 'author', title: 'Author', render: (v) => v.author || <span class="muted">–</span> },
				{ key: 'created_at', title: 'Saved', render: (v) => <Time at={v.created_at} /> },
				{ key: 'do', title: '', align: 'end', render: (v) => <span class="row nowrap b-end"><Button size="small" kind="quiet" onClick={() => setRead(v.version)}>Text</Button>
					{v.version !== policy.version && <Button size="small" kind="quiet" onClick={() => setPair({ from: v.version, to: policy.version })}>Compare</Button>}
					{v.version !== policy.version && mayEdit && <Button size="small" kind="quiet" icon="history" onClick={() => { restore.clear(); setBack(v.version); }}>Restore</Button>}</span> },
			]} />
			{pair && numbers.length > 1 && (
				<Section title="What differs" actions={<span class="b-compare"><Select label="From" isLabelHidden value={String(pair.from)} onChange={(v) => setPair({ ...pair, from: Number(v) })} options={numbers} />
					<span class="muted">to</span><Select label="To" isLabelHidden value={String(pair.to)} onChange={(v) => setPair({ ...pair, to: Number(v) })} options={numbers} /></span>}>
					<Compare name={policy.name} from={pair.from} to={pair.to} />
				</Section>)}
			{read !== undefined && <Text name={policy.name} version={read} onClose={() => setRead(undefined)} />}
			{back !== undefined && <Confirm title={`Restore version ${back}?`} kind="primary" action={`Restore version ${back}`} isBusy={restore.isBusy} error={restore.error} onClose={() => setBack(undefined)} onConfirm={() => restore.run(back)}>
				Its text becomes version {policy.version + 1} and decides from the next call on. Nothing is deleted.{isDirty && ' Your unsaved changes in the builder are kept; they will meet this version when you save them.'}</Confirm>}
		</div>
	);
}
