// What was reviewed beside what the server says now, and a person's word on it.
import { useState } from 'preact/hooks';
import { ApiError, api, asError } from '../../app/api';
import { useEvent } from '../../app/events';
import { useMay } from '../../app/session';
import { useApi } from '../../app/use';
import type { Difference } from '../../app/types';
import { Badge, Button, DifferenceView, Empty, JsonView, Note, Problem, Section, Skeleton, TextField, Time, differ, toast } from '../../ui';
import { PinBadge } from '../../parts/tool_bits';

export interface Pin {
	server: string; tool: string; state: string; difference?: Difference[];
	reviewed?: { pin?: string; at?: string; by?: string; definition?: unknown };
	waiting?: { pin: string; since?: string; rejected_by?: string; definition?: unknown; findings?: { name: string; certain: boolean; where: string }[] };
}

const FINDINGS: Record<string, string> = { hidden_text: 'hidden text', invisible: 'invisible characters' };

export function PinCard({ pin, onDone }: { pin: Pin; onDone: () => void }) {
	const may = useMay();
	const [note, setNote] = useState('');
	const [work, setWork] = useState('');
	const [error, setError] = useState<ApiError>();
	const w = pin.waiting;
	const decide = async (decision: 'accept' | 'reject') => {
		setWork(decision);
		setError(undefined);
		try {
			await api.post('/pins', { server: pin.server, tool: pin.tool, pin: w!.pin, decision, ...(note ? { note } : {}) });
			toast(decision === 'accept' ? `${pin.tool} can be called again, as policies allow.` : `${pin.tool} stays held back.`);
			onDone();
		} catch (e) {
			setError(asError(e));
		}
		setWork('');
	};
	const items = pin.difference ?? (pin.reviewed?.definition && w?.definition ? differ(pin.reviewed.definition, w.definition) : undefined);
	return (
		<Section title={<span class="row"><code>{pin.tool}</code><PinBadge state={pin.state} />{w?.since && <span class="muted small">since <Time at={w.since} /></span>}</span>}>
			{w?.findings?.length ? <Note tone="bad" title="Its text may try to instruct the agent"><ul>{w.findings.map((f, i) => <li key={i}>{FINDINGS[f.name] ?? f.name.replaceAll('_', ' ')} at <code>{f.where || '/'}</code>{f.certain ? '' : ' (perhaps)'}</li>)}</ul></Note> : null}
			{items ? <DifferenceView items={items} from={pin.reviewed?.by ? `Reviewed by ${pin.reviewed.by}` : 'As it was at first'} to="As it is now" />
				: w?.definition ? <><p class="muted">It was not there when the server was reviewed. What it says of itself:</p><JsonView value={w.definition} open={2} /></> : <p class="muted">What was reviewed is in force.</p>}
			{error && <Problem error={error} />}
			{w && may('policy', pin.server) && (
				<div class="form-actions pin-actions">
					<TextField label="Note" isLabelHidden placeholder="Note for the record (optional)" value={note} onInput={setNote} class="grow" maxLength={500} />
					<Button kind={w.findings?.length ? 'default' : 'primary'} isBusy={work === 'accept'} onClick={() => decide('accept')}>Accept as it is now</Button>
					{pin.state !== 'rejected' && <Button kind={w.findings?.length ? 'danger' : 'default'} isBusy={work === 'reject'} onClick={() => decide('reject')}>Reject</Button>}
				</div>)}
			{w && pin.state === 'rejected' && w.rejected_by && <p class="muted small">Rejected by {w.rejected_by}.</p>}
		</Section>
	);
}

export function Pins({ server, onChanged }: { server: string; onChanged: () => void }) {
	const { data, error, reload } = useApi<{ tools?: Pin[]; pins?: Pin[] }>('/pins', { server });
	useEvent('pins', reload);
	if (error)
		return <Problem error={error} onRetry={reload} />;
	if (!data)
		return <Skeleton rows={4} />;
	const list = data.pins ?? data.tools ?? [];
	if (!list.length)
		return <Empty icon="check" title="All tools are as they were reviewed">When the server changes what a tool says or takes, or adds one, the tool is held back and shown here side by side with what was reviewed.</Empty>;
	return <div class="stack"><div><Badge tone="warn">{list.length} to look at</Badge></div>{list.map((p) => <PinCard key={p.tool} pin={p} onDone={() => { reload(); onChanged(); }} />)}</div>;
}
