// Where a policy decides: grants and servers. It can be put in force for another one here.
import { useState } from 'preact/hooks';
import { api, seg } from '../../app/api';
import { useMay } from '../../app/session';
import type { Grant, Policy } from '../../app/types';
import { useAction } from '../../app/use';
import { Badge, Button, Confirm, Dialog, Empty, Note, Problem, Select, Table, many, toast } from '../../ui';

import { useAll } from './data';

type Use = NonNullable<Policy['used_by']>[number];

async function bind(grant: string, server: string, policy: string | null) {
	const now = await api.call<Grant>('GET', `/grants/${seg(grant)}`, undefined);
	await api.call('PUT', `/grants/${seg(grant)}/bindings/${seg(server)}`, { policy }, now.etag ? { ifMatch: now.etag } : {});
}

function Attach({ policy, onDone, onClose }: { policy: Policy; onDone: () => void; onClose: () => void }) {
	const grants = useAll<Grant>('/grants', 'grants');
	const may = useMay();
	const rows = grants.rows.filter((g) => g.state === 'valid').flatMap((g) => g.bindings.filter((b) => b.policy !== policy.name && may('policy', b.server)).map((b) => ({ g, b })));
	const [at, setAt] = useState(''), picked = rows[Number(at)];
	const go = useAction(async () => {
		await bind(picked.g.id, picked.b.server, policy.name);
		toast(`${policy.name} decides for ${picked.g.label} at ${picked.b.server} from now on.`);
		onDone();
	});
	return (
		<Dialog title={`Use ${policy.name} for a grant`} onClose={onClose} footer={<><Button onClick={onClose}>Cancel</Button><Button kind="primary" disabled={at === ''} isBusy={go.isBusy} onClick={() => go.run()}>Use it</Button></>}>
			<div class="stack">
				{grants.error && <Problem error={grants.error} />}
				{grants.isReady && !rows.length ? <p>There is no other grant that could use it. <a href="/grants/new">Make a grant</a></p>
					: <Select label="Grant and server" value={at} onChange={setAt} options={[{ value: '', label: grants.isReady ? 'Choose…' : 'Loading…' }, ...rows.map(({ g, b }, i) => ({ value: String(i), label: `${g.label} at ${b.server}${b.policy ? `, now ${b.policy}` : ', now no policy'}` }))]} />}
				{picked?.b.policy && <Note tone="warn">It takes the place of {picked.b.policy} there.</Note>}
				{go.error && <Problem error={go.error} />}
			</div>
		</Dialog>
	);
}

export function Used({ policy, onChanged }: { policy: Policy; onChanged: () => void }) {
	const [isOpen, setOpen] = useState(false), [off, setOff] = useState<Use>();
	const may = useMay(), all = policy.used_by ?? [];
	const take = useAction(async (u: Use) => {
		await bind(u.grant, u.server, null);
		setOff(undefined);
		onChanged();
	});
	const attach = may('policy', '*') && <Button icon="link" kind={all.length ? 'default' : 'primary'} onClick={() => setOpen(true)}>Use for a grant</Button>;
	return (
		<div class="stack">
			{all.length > 0 && <div class="row-between"><p class="muted">{many(all.length, 'grant')} decided by this policy.</p>{attach}</div>}
			<Table<Use> label="Grants that use this policy" rows={all} keyOf={(u) => `${u.grant} ${u.server}`} href={(u) => `/grants/${seg(u.grant)}`}
				empty={<Empty icon="key" title="No grant uses this policy" actions={attach}>It decides nothing until a grant has it for a server.</Empty>} columns={[
					{ key: 'label', title: 'Grant', isMain: true, isSorted: true, render: (u) => <a href={`/grants/${seg(u.grant)}`}>{u.label}</a> },
					{ key: 'server', title: 'Server', render: (u) => <a href={`/servers/${seg(u.server)}`}><Badge icon="server">{u.server}</Badge></a> },
					{ key: 'do', title: '', align: 'end', render: (u) => may('policy', u.server) && <Button size="small" kind="quiet" onClick={() => { take.clear(); setOff(u); }}>Stop using it</Button> },
				]} />
			{isOpen && <Attach policy={policy} onClose={() => setOpen(false)} onDone={() => { setOpen(false); onChanged(); }} />}
			{off && <Confirm title="Stop using it here?" action="Stop using it" isBusy={take.isBusy} error={take.error} onClose={() => setOff(undefined)} onConfirm={() => take.run(off)}>
				{off.label} then has no policy at {off.server}. Without a policy every call is refused.</Confirm>}
		</div>
	);
}
