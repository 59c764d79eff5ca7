// One approval, whole.
import { seg } from '../../app/api';
import { useEvent } from '../../app/events';
import { usePageKeys } from '../../app/keys';
import { useNow } from '../../app/now';
import { useApi } from '../../app/use';
import { Button, Empty, KeyValues, Page, Problem, Section, Skeleton, Time } from '../../ui';
import { useState } from 'preact/hooks';
import type { Approval } from './approval';
import { Ask } from './ask';

function Deliveries({ a }: { a: Approval }) {
	if (!a.webhooks?.length)
		return null;
	return (
		<Section title="Webhook" lead="Who was told of it elsewhere.">
			<KeyValues items={a.webhooks.map((w) => [w.event, <>{w.state}{w.attempts > 1 && ` after ${w.attempts} attempts`}{w.error && <span class="muted"> · {w.error}</span>}</>])} />
		</Section>
	);
}

export default function ApprovalPage({ id }: { id: string }) {
	const one = useApi<Approval>(`/approvals/${seg(id)}`);
	const now = useNow();
	const [armed, setArmed] = useState<'approve' | 'deny' | 'note' | null>(null);
	useEvent<{ id?: string; what?: string }>('approval', (a) => { if (a.id === id) one.reload(); });
	useEvent<{ approval?: string }>('record', (r) => { if (r.approval === id) one.reload(); });
	usePageKeys({
		a: { label: 'Approve (Enter confirms)', run: () => setArmed('approve') }, d: { label: 'Deny (Enter confirms)', run: () => setArmed('deny') },
		n: { label: 'Write a note', run: () => setArmed('note') }, Escape: { label: 'Leave it', run: () => setArmed(null) },
	});
	const back = { href: '/approvals', label: 'Approvals' };
	if (one.error?.status === 404)
		return <Page title="Approval" back={back}><Empty icon="approval" title="There is no such approval" actions={<Button href="/approvals">Open the inbox</Button>}><p>It may be of a server that you may not see, or older than 90 days.</p></Empty></Page>;
	if (one.error)
		return <Page title="Approval" back={back}><Problem error={one.error} onRetry={one.reload} /></Page>;
	const a = one.data;
	return (
		<Page title={a ? `${a.tool} of ${a.server}` : 'Approval'} back={back} isNarrow lead={a && <>Asked <Time at={a.created} /></>}>
			{a ? <><Ask a={a} now={now} armed={armed} onChange={(v) => { setArmed(null); one.set({ ...v, arguments: v.arguments ?? a.arguments }); }} isWhole /><Deliveries a={a} /></> : <Skeleton rows={8} />}
		</Page>
	);
}
